"""The operators' pages: sums that hold, actions that say who was faster, and who may do what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from dispatch.control import cancel_dispatch, pause_dispatch
from dispatch.models import Attempt, Delivery, Dispatch, Event
from tests.factories import make_bulletin, make_dispatch, make_user
from web.operations.figures import NARROWEST, parts
from web.operations.queues import Machinery
from web.operations.wording import duration_words, rate_words

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ids: list[int] = []

    def ring(dispatch_id: int) -> bool:
        ids.append(dispatch_id)
        return True

    monkeypatch.setattr("web.operations.actions.ring", ring)
    return ids


def login(client: Client, *permissions: str) -> Client:
    user = make_user("limited", superuser=False)
    for name in ("wagtailadmin.access_admin", *permissions):
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client.force_login(user)
    return client


def settle(dispatch: Dispatch, **states: int) -> None:
    """Bring so many planned deliveries to each state."""
    for state, count in states.items():
        some = Delivery.objects.filter(dispatch=dispatch, state="planned").values("pk")[:count]
        due = timezone.now() + timedelta(minutes=5) if state == "deferred" else None
        reason = "5.1.1" if state == "failed" else ""
        Delivery.objects.filter(pk__in=some).update(state=state, due_at=due, reason=reason)


def text(response: Any) -> str:
    return str(response.content.decode())


# Figures


def test_the_live_numbers_sum_to_the_audience(desk: Client) -> None:
    dispatch = make_dispatch(people=12)
    settle(dispatch, accepted=5, deferred=2, failed=1, unknown=1, excluded=1)
    live = desk.get(reverse("circular_dispatch_live", args=[dispatch.pk])).json()["dispatch"]
    assert live["counts"] == {
        "planned": 2, "claimed": 0, "accepted": 5, "deferred": 2, "failed": 1, "unknown": 1, "excluded": 1,
        "bounced": 0, "complained": 0,
    }  # fmt: skip
    assert sum(live["counts"].values()) == live["sum"] == live["audience"] == 12
    assert live["balanced"] is True
    assert (live["done"], live["trouble"]) == (8, 2)


def test_a_sum_that_differs_from_the_audience_is_said(desk: Client) -> None:
    dispatch = make_dispatch(people=3)
    Dispatch.objects.filter(pk=dispatch.pk).update(audience_size=4)
    assert desk.get(reverse("circular_dispatch_live", args=[dispatch.pk])).json()["dispatch"]["balanced"] is False


def test_the_list_of_all_dispatches_sums_too_and_names_what_is_asked_for(desk: Client) -> None:
    bulletin = make_bulletin()
    ended, running = make_dispatch(bulletin, people=4), make_dispatch(bulletin, people=2)
    cancel_dispatch(ended.pk)
    url = reverse("circular_operations_live")
    assert [row["id"] for row in desk.get(url).json()["dispatches"]] == [running.pk]
    rows = {row["id"]: row for row in desk.get(url, {"ids": f"{ended.pk},x,9999999"}).json()["dispatches"]}
    assert set(rows) == {ended.pk, running.pk}
    assert all(row["sum"] == row["audience"] for row in rows.values())
    assert rows[ended.pk]["counts"]["excluded"] == 4
    assert rows[ended.pk]["moving"] is False


def test_the_list_takes_as_many_queries_for_five_ended_dispatches_as_for_one(
    desk: Client, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    bulletin = make_bulletin()
    cancel_dispatch(make_dispatch(bulletin).pk)
    url = reverse("circular_operations")
    desk.get(url)
    with django_assert_max_num_queries(60) as first:
        desk.get(url)
    for _dispatch in range(4):
        cancel_dispatch(make_dispatch(bulletin, people=1).pk)
    with django_assert_num_queries(len(first)):
        desk.get(url)


@pytest.mark.parametrize("counts", [{}, {"accepted": 1}, {"accepted": 100_000, "failed": 1, "unknown": 1}])
def test_the_bar_is_full_and_shows_even_one_failure(counts: dict[str, int]) -> None:
    bar = parts(dict.fromkeys(Delivery.State.values, 0) | counts)
    assert sum(part.width for part in bar) == pytest.approx(100 if counts else 0, abs=0.01)
    assert all(part.width > NARROWEST / 2 for part in bar if part.count)
    assert [part.start for part in bar] == sorted(part.start for part in bar)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (0, "0 s"), (59.4, "59 s"), (61, "1 min 1 s"), (7260, "2 h 1 min"), (90000, "1 d 1 h")],
)
def test_durations_in_words(seconds: float | None, words: str) -> None:
    assert duration_words(None if seconds is None else timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("rate", "words"), [(0, "–"), (0.5, "30.0 letters/min"), (3.04, "3.0 letters/s"), (120.4, "120 letters/s")]
)
def test_rates_in_words(rate: float, words: str) -> None:
    assert rate_words(rate) == words


def test_events_are_counted_by_kind(desk: Client) -> None:
    dispatch = make_dispatch()
    for kind in ("click", "click", "unsubscribe"):
        Event.objects.create(dispatch=dispatch, kind=kind)
    live = desk.get(reverse("circular_dispatch_live", args=[dispatch.pk])).json()
    assert live["reactions"] == {"click": 2, "open": 0, "unsubscribe": 1}


def test_a_poll_is_never_cached(desk: Client) -> None:
    assert "no-store" in desk.get(reverse("circular_operations_live"))["Cache-Control"]


# Pages


def test_an_empty_house_says_so(desk: Client) -> None:
    assert "Nothing has been sent yet" in text(desk.get(reverse("circular_operations")))


def test_redis_that_does_not_answer_is_said_and_nothing_fails(desk: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "Redis doesn’t answer" in text(desk.get(reverse("circular_operations")))
    assert desk.get(reverse("circular_operations_live")).json()["machinery"]["queues"] is None


def test_the_queues_leases_and_the_oldest_delivery_are_shown(desk: Client) -> None:
    dispatch = make_dispatch(people=3)
    state = desk.get(reverse("circular_operations_live")).json()["machinery"]
    assert state["queues"] == {"dispatch": 0, "housekeeping": 0}
    assert state["oldest"] >= 0
    assert set(state) == set(Machinery(None, 0, 0, 0, None).plain())
    pause_dispatch(dispatch.pk)
    assert desk.get(reverse("circular_operations_live")).json()["machinery"]["oldest"] is None


def test_refusals_are_shown_by_code_with_the_servers_words(desk: Client) -> None:
    dispatch = make_dispatch(people=4)
    settle(dispatch, failed=3)
    for delivery in Delivery.objects.filter(dispatch=dispatch, state="failed"):
        Attempt.objects.create(
            delivery=delivery, number=1, stage="rcpt", outcome="failed", code=550, enhanced="5.1.1",
            reply="<script>no such</script> mailbox",
        )  # fmt: skip
    page = text(desk.get(reverse("circular_dispatch", args=[dispatch.pk])))
    assert "550 5.1.1" in page
    assert "&lt;script&gt;no such" in page
    assert "<script>no such" not in page
    live = desk.get(reverse("circular_dispatch_live", args=[dispatch.pk]), {"details": "1"}).json()
    assert "550 5.1.1" in live["details"]


def test_a_dispatch_page_shows_no_address(desk: Client) -> None:
    dispatch = make_dispatch(people=3)
    for name in ("circular_dispatch", "circular_dispatch_deliveries"):
        assert "reader1@example.org" not in text(desk.get(reverse(name, args=[dispatch.pk])))


def test_deliveries_are_filtered_by_state_and_show_their_attempts(desk: Client) -> None:
    dispatch = make_dispatch(people=5)
    settle(dispatch, failed=1)
    failed = Delivery.objects.get(dispatch=dispatch, state="failed")
    Attempt.objects.create(delivery=failed, number=1, outcome="failed", code=550, reply="No such mailbox here")
    url = reverse("circular_dispatch_deliveries", args=[dispatch.pk])
    response = desk.get(url, {"state": "failed"})
    assert [row.delivery.pk for row in response.context["rows"]] == [failed.pk]
    assert "No such mailbox here" in text(response)
    assert len(desk.get(url, {"state": "nonsense"}).context["rows"]) == 5
    assert "No delivery is in this state" in text(desk.get(url, {"state": "unknown"}))


def test_deliveries_of_an_erased_subscriber_stay(desk: Client) -> None:
    dispatch = make_dispatch(people=1)
    Delivery.objects.filter(dispatch=dispatch).update(subscriber=None)
    assert "erased" in text(desk.get(reverse("circular_dispatch_deliveries", args=[dispatch.pk])))


def test_the_deliveries_page_takes_as_many_queries_for_many_as_for_one(
    desk: Client, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    bulletin = make_bulletin()
    one, many = make_dispatch(bulletin, people=1), make_dispatch(bulletin, people=30)
    desk.get(reverse("circular_dispatch_deliveries", args=[one.pk]))
    with django_assert_max_num_queries(40) as first:
        desk.get(reverse("circular_dispatch_deliveries", args=[one.pk]))
    with django_assert_num_queries(len(first)):
        desk.get(reverse("circular_dispatch_deliveries", args=[many.pk]))


# Actions


def test_pause_then_resume_rings_and_both_are_in_the_history(desk: Client, rung: list[int]) -> None:
    dispatch = make_dispatch()
    desk.post(reverse("circular_dispatch_pause", args=[dispatch.pk]))
    dispatch.refresh_from_db()
    assert (dispatch.state, rung) == ("paused", [])
    desk.post(reverse("circular_dispatch_resume", args=[dispatch.pk]))
    dispatch.refresh_from_db()
    assert (dispatch.state, rung) == ("running", [dispatch.pk])
    page = text(desk.get(reverse("circular_dispatch", args=[dispatch.pk])))
    assert "Paused the dispatch" in page
    assert "Resumed the dispatch" in page


def test_cancelling_asks_first_then_excludes_who_was_not_written_to(desk: Client) -> None:
    dispatch = make_dispatch(people=3)
    settle(dispatch, accepted=1)
    url = reverse("circular_dispatch_cancel", args=[dispatch.pk])
    assert "About 2 readers" in text(desk.get(url))
    dispatch.refresh_from_db()
    assert dispatch.state == "running"
    desk.post(url)
    dispatch.refresh_from_db()
    assert dispatch.state == "cancelled"
    live = desk.get(reverse("circular_dispatch_live", args=[dispatch.pk])).json()["dispatch"]
    assert (live["counts"]["accepted"], live["counts"]["excluded"], live["balanced"]) == (1, 2, True)


@pytest.mark.parametrize(
    ("state", "action", "words"),
    [
        ("paused", "pause", "it was already paused"),
        ("running", "resume", "it was already running"),
        ("finished", "pause", "it had already finished"),
        ("cancelled", "resume", "it was already cancelled"),
        ("cancelled", "cancel", "it was already cancelled"),
        ("finished", "cancel", "it had already finished"),
    ],
)
def test_who_was_too_late_is_told_and_nothing_is_logged(desk: Client, state: str, action: str, words: str) -> None:
    dispatch = make_dispatch()
    Dispatch.objects.filter(pk=dispatch.pk).update(state=state)
    response = desk.post(reverse(f"circular_dispatch_{action}", args=[dispatch.pk]), follow=True)
    assert words in text(response)
    dispatch.refresh_from_db()
    assert dispatch.state == state
    assert not ModelLogEntry.objects.filter(action__startswith="circular.dispatch.").exists()


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_getting_an_action_does_nothing(desk: Client, action: str) -> None:
    dispatch = make_dispatch()
    assert desk.get(reverse(f"circular_dispatch_{action}", args=[dispatch.pk])).status_code == 405


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_who_may_only_watch_sees_no_button_and_gets_403(client: Client, action: str) -> None:
    dispatch = make_dispatch()
    login(client, "dispatch.view_dispatch")
    url = reverse(f"circular_dispatch_{action}", args=[dispatch.pk])
    assert url not in text(client.get(reverse("circular_dispatch", args=[dispatch.pk])))
    assert client.post(url).status_code == 403
    dispatch.refresh_from_db()
    assert dispatch.state == "running"


def test_who_may_not_watch_gets_403_everywhere(client: Client) -> None:
    dispatch = make_dispatch()
    login(client, "composer.add_approval")
    for name, args in (
        ("circular_operations", []),
        ("circular_operations_live", []),
        ("circular_dispatch", [dispatch.pk]),
        ("circular_dispatch_live", [dispatch.pk]),
        ("circular_dispatch_deliveries", [dispatch.pk]),
    ):
        assert client.get(reverse(name, args=args)).status_code == 403


def test_a_dispatch_that_does_not_exist_is_not_found(desk: Client) -> None:
    for name in ("circular_dispatch", "circular_dispatch_live", "circular_dispatch_deliveries"):
        assert desk.get(reverse(name, args=[4242]), follow=True).status_code == 404
    assert desk.post(reverse("circular_dispatch_pause", args=[4242]), follow=True).status_code == 404
