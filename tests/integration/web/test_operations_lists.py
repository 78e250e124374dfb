"""The operators' lists: deliveries walked by keys and sifted, receiving domains, the accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from dispatch.claim import database_now
from dispatch.models import Attempt, Delivery, Dispatch, Feedback, PaceState
from dispatch.progress import progress_of
from subscribers.models import Subscriber
from tests.factories import make_bulletin, make_dispatch, make_user
from web.operations import deliveries as listing
from web.operations import domains as domain_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


def url(dispatch: Dispatch, name: str = "deliveries") -> str:
    return reverse(f"circular_dispatch_{name}", args=[dispatch.pk])


def numbers(response: Any) -> list[int]:
    return [row.delivery.pk for row in response.context["rows"]]


@pytest.mark.parametrize("big", [False, True])
def test_a_list_is_walked_to_its_end_and_back(desk: Client, monkeypatch: Any, big: bool) -> None:
    monkeypatch.setattr(listing, "PER_PAGE", 3)
    if big:
        monkeypatch.setattr(listing, "BIG", 1)
    bulletin = make_bulletin()
    make_dispatch(bulletin, people=2)
    dispatch = make_dispatch(bulletin, people=5)
    everybody = list(Delivery.objects.filter(dispatch=dispatch).order_by("pk").values_list("pk", flat=True))
    assert len(everybody) == 7
    page, walked = desk.get(url(dispatch)), []
    assert page.context["earlier"] == ""
    while True:
        walked.append(numbers(page))
        if not page.context["later"]:
            break
        page = desk.get(url(dispatch) + page.context["later"])
    assert walked == [everybody[:3], everybody[3:6], everybody[6:]]
    back = desk.get(url(dispatch) + page.context["earlier"])
    assert numbers(back) == everybody[3:6]
    first = desk.get(url(dispatch) + back.context["earlier"])
    assert (numbers(first), first.context["earlier"]) == (everybody[:3], "")


def test_deliveries_are_sifted_by_domain_and_reason_together(desk: Client) -> None:
    dispatch = make_dispatch(people=4)
    one, two, three, _four = Delivery.objects.filter(dispatch=dispatch).order_by("pk")
    Delivery.objects.filter(pk__in=[one.pk, two.pk]).update(domain="gmail.com")
    Delivery.objects.filter(pk__in=[two.pk, three.pk]).update(state="failed", reason="5.1.1", due_at=None)
    assert numbers(desk.get(url(dispatch), {"domain": "@GMAIL.com"})) == [one.pk, two.pk]
    assert numbers(desk.get(url(dispatch), {"reason": "5.1.1"})) == [two.pk, three.pk]
    page = desk.get(url(dispatch), {"state": "failed", "reason": "5.1.1", "domain": "gmail.com"})
    assert numbers(page) == [two.pk]
    assert ("5.1.1", "5.1.1", 2) in page.context["reasons"]
    assert "No delivery of this dispatch is like that" in text(desk.get(url(dispatch), {"domain": "nowhere.example"}))


def test_a_delivery_is_found_by_its_number_and_one_of_another_dispatch_is_pointed_to(desk: Client) -> None:
    bulletin = make_bulletin()
    dispatch, other = make_dispatch(bulletin, people=2), make_dispatch(bulletin, people=1)
    wanted = Delivery.objects.filter(dispatch=dispatch).order_by("pk")[1]
    assert numbers(desk.get(url(dispatch), {"q": wanted.pk})) == [wanted.pk]
    theirs = Delivery.objects.filter(dispatch=other).order_by("pk")[0]
    page = desk.get(url(dispatch), {"q": theirs.pk})
    assert numbers(page) == []
    assert f"{url(other)}?q={theirs.pk}" in text(page)
    for nonsense in ("0", "9" * 60, "-1", "½", "'; --", "a\x00b"):
        assert numbers(desk.get(url(dispatch), {"q": nonsense})) == []


def test_an_address_finds_a_delivery_for_who_may_see_people_only(desk: Client, client: Client) -> None:
    dispatch = make_dispatch(people=3)
    person = Subscriber.objects.order_by("pk")[1]
    wanted = Delivery.objects.get(dispatch=dispatch, subscriber=person)
    assert numbers(desk.get(url(dispatch), {"q": f" {person.email.upper()} "})) == [wanted.pk]
    watcher = make_user("watcher", superuser=False)
    for name in ("access_admin", "view_dispatch"):
        watcher.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(watcher)
    refused = client.get(url(dispatch), {"q": person.email})
    assert numbers(refused) == []
    assert "Only who may see people" in text(refused)


def test_an_attempt_shows_how_far_it_came_how_long_it_took_and_who_answered(desk: Client) -> None:
    dispatch = make_dispatch(people=1)
    now = database_now()
    Attempt.objects.create(
        delivery=Delivery.objects.get(), number=1, started_at=now - timedelta(milliseconds=420), finished_at=now,
        stage="rcpt", outcome="deferred", code=450, enhanced="4.2.1", reply="slow down, someone@gmail.com",
        server="mx.example.net",
    )  # fmt: skip
    page = text(desk.get(url(dispatch)))
    for words in ("refused for now", "at the reader’s address", "450 4.2.1", "0.42 s", "mx.example.net", "…@gmail.com"):
        assert words in page
    assert "someone@" not in page


def test_domains_are_summed_with_the_last_words_and_their_rest(desk: Client) -> None:
    dispatch = make_dispatch(people=4)
    one, two, three, four = Delivery.objects.filter(dispatch=dispatch).order_by("pk")
    now = database_now()
    Delivery.objects.filter(pk__in=[one.pk, two.pk, three.pk]).update(domain="gmail.com")
    Delivery.objects.filter(pk=four.pk).update(domain="example.org", state="accepted", due_at=None)
    for delivery, words, ago in ((one, "older words", 5), (two, "the last words, x@y.example", 1)):
        Delivery.objects.filter(pk=delivery.pk).update(state="deferred", changed_at=now - timedelta(minutes=ago))
        Attempt.objects.create(delivery=delivery, number=1, outcome="deferred", code=421, reply=words)
    PaceState.objects.create(domain="gmail.com", refusals=2, rests_until=now + timedelta(hours=1))
    lines = {line.domain: line for line in domain_page.domain_lines(dispatch)}
    gmail = lines["gmail.com"]
    assert list(lines) == ["gmail.com", "example.org"]
    assert (gmail.size, gmail.deferred, gmail.waiting, gmail.accepted) == (3, 2, 1, 0)
    assert (gmail.words, gmail.code) == ("the last words, x@y.example", "421")
    assert gmail.closed_until is not None
    assert lines["example.org"].accepted == 1
    page = text(desk.get(url(dispatch, "domains")))
    assert "rests until" in page
    assert "…@y.example" in page


def test_of_a_bounce_the_words_of_the_report_are_shown(desk: Client) -> None:
    dispatch = make_dispatch(people=1)
    delivery = Delivery.objects.get()
    Attempt.objects.create(delivery=delivery, number=1, outcome="accepted", code=250, reply="Ok: queued")
    Delivery.objects.filter(pk=delivery.pk).update(state="bounced", reason="5.2.2", due_at=None, domain="gmail.com")
    Feedback.objects.create(
        delivery=delivery, kind="soft", source="dsn", digest="0" * 64, enhanced="5.2.2", words="mailbox full"
    )
    assert domain_page.domain_lines(dispatch)[0].words == "mailbox full"
    details = desk.get(url(dispatch, "live"), {"details": 1}).json()["details"]
    assert "mailbox full" in details


def test_the_accounts_are_shown_and_a_fault_with_the_deliveries_to_look_at(desk: Client) -> None:
    dispatch = make_dispatch(people=2)
    assert "Everything agrees" in text(desk.get(url(dispatch, "accounts")))
    Delivery.objects.filter(dispatch=dispatch).update(attempts=3)
    page = text(desk.get(url(dispatch, "accounts")))
    assert "Something doesn&#x27;t agree" in page or "Something doesn't agree" in page
    assert f"?q={Delivery.objects.order_by('pk')[0].pk}" in page


def test_the_rate_is_that_of_the_dispatch_over_the_last_ten_seconds() -> None:
    bulletin = make_bulletin()
    other, dispatch = make_dispatch(bulletin, people=1), make_dispatch(bulletin, people=19)
    now = database_now()
    Dispatch.objects.update(planned_at=now - timedelta(minutes=5))
    dispatch.refresh_from_db()
    for place, delivery in enumerate(Delivery.objects.filter(dispatch=dispatch)):
        at = now - timedelta(seconds=3 if place < 10 else 60)
        Attempt.objects.create(delivery=delivery, number=1, outcome="accepted", finished_at=at)
    Attempt.objects.create(delivery=other.deliveries.all()[0], number=1, outcome="accepted", finished_at=now)
    assert progress_of(dispatch).rate == pytest.approx(1.0, abs=0.11)


def test_how_a_running_dispatch_stands_is_renewed_by_the_poll(desk: Client) -> None:
    dispatch = make_dispatch(people=2)
    Delivery.objects.filter(dispatch=dispatch).update(due_at=database_now() - timedelta(hours=2))
    Dispatch.objects.filter(pk=dispatch.pk).update(planned_at=database_now() - timedelta(hours=2))
    stands = desk.get(url(dispatch, "live")).json()["dispatch"]["standing"]
    assert (stands["doing"], stands["tone"]) == ("no-worker", "bad")
    assert stands["words"].startswith("Nothing moves")
    Delivery.objects.filter(dispatch=dispatch).update(due_at=database_now() + timedelta(hours=2))
    stands = desk.get(url(dispatch, "live")).json()["dispatch"]["standing"]
    assert (stands["doing"], stands["tone"]) == ("retries", "waits")
