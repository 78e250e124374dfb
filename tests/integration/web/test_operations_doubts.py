"""Letters in doubt on the desk: what is known, one click each, and all of them after a question."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from dispatch.claim import database_now
from dispatch.doubts import ACTION
from dispatch.models import Attempt, Delivery, Dispatch
from tests.factories import make_dispatch, make_user

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

    monkeypatch.setattr("web.operations.doubts.ring", ring)
    return ids


def doubtful(people: int = 3, *, doubts: int = 2) -> Dispatch:
    """A dispatch with so many letters in doubt; all others were accepted."""
    dispatch = make_dispatch(people=people)
    for place, delivery in enumerate(Delivery.objects.filter(dispatch=dispatch).order_by("pk")):
        state = "unknown" if place < doubts else "accepted"
        Attempt.objects.create(
            delivery=delivery, number=1, stage="dot", outcome=state, reply="timed out", server="mx.example.net",
            finished_at=database_now(),
        )  # fmt: skip
        Delivery.objects.filter(pk=delivery.pk).update(state=state, attempts=1, due_at=None)
    Dispatch.objects.filter(pk=dispatch.pk).update(state="finished", finished_at=database_now())
    dispatch.refresh_from_db()
    return dispatch


def states(dispatch: Dispatch) -> list[str]:
    return list(Delivery.objects.filter(dispatch=dispatch).order_by("pk").values_list("state", flat=True))


def text(response: Any) -> str:
    return str(response.content.decode())


def test_a_finished_dispatch_says_first_that_somebody_must_look(desk: Client) -> None:
    dispatch = doubtful()
    page = desk.get(reverse("circular_dispatch", args=[dispatch.pk]))
    assert page.context["figures"]["standing"]["tone"] == "person"
    assert "Finished but for 2 letters in doubt" in text(page)
    assert "?state=unknown" in text(page)


def test_each_doubt_has_what_is_known_and_three_answers(desk: Client) -> None:
    dispatch = doubtful(doubts=1)
    page = text(desk.get(reverse("circular_dispatch_deliveries", args=[dispatch.pk]), {"state": "unknown"}))
    for words in ("mx.example.net", "timed out", "after the text", "It arrived", "Send once more", "Leave it"):
        assert words in page


def test_one_is_settled_where_it_stands_and_the_list_comes_back(desk: Client) -> None:
    dispatch = doubtful()
    first = Delivery.objects.filter(dispatch=dispatch).order_by("pk")[0]
    here = reverse("circular_dispatch_deliveries", args=[dispatch.pk]) + "?state=unknown"
    said = {"answer": "arrived", "delivery": first.pk, "attempts": 1, "here": here}
    response = desk.post(reverse("circular_dispatch_doubts", args=[dispatch.pk]), said)
    assert response["Location"] == here
    assert states(dispatch) == ["accepted", "unknown", "accepted"]
    again = desk.post(reverse("circular_dispatch_doubts", args=[dispatch.pk]), {**said, "answer": "leave"}, follow=True)
    assert "somebody was faster" in text(again)
    assert states(dispatch) == ["accepted", "unknown", "accepted"]
    assert ModelLogEntry.objects.filter(action=ACTION).count() == 1


def test_all_are_asked_about_first_and_settled_as_they_were_shown(desk: Client, rung: list[int]) -> None:
    dispatch = doubtful()
    url = reverse("circular_dispatch_doubts", args=[dispatch.pk])
    page = desk.get(url)
    assert "All 2 arrived" in text(page)
    assert states(dispatch) == ["unknown", "unknown", "accepted"]
    Delivery.objects.filter(dispatch=dispatch, state="accepted").update(state="unknown", changed_at=database_now())
    response = desk.post(url, {"answer": "again", "seen": page.context["seen"]}, follow=True)
    assert "2 letters leave once more" in text(response)
    assert states(dispatch) == ["deferred", "deferred", "unknown"]
    assert rung == [dispatch.pk]
    assert "Settled 2 letters in doubt: once more" in text(desk.get(reverse("circular_dispatch", args=[dispatch.pk])))


def test_a_cancelled_dispatch_offers_no_second_sending_and_refuses_it(desk: Client) -> None:
    dispatch = doubtful()
    Dispatch.objects.filter(pk=dispatch.pk).update(state="cancelled")
    url = reverse("circular_dispatch_doubts", args=[dispatch.pk])
    page = desk.get(url)
    assert 'value="again"' not in text(page)
    refused = desk.post(url, {"answer": "again", "seen": page.context["seen"]}, follow=True)
    assert "was cancelled" in text(refused)
    assert states(dispatch) == ["unknown", "unknown", "accepted"]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"answer": "arrived"},
        {"answer": "nonsense", "delivery": "1"},
        {"answer": "arrived", "seen": "yesterday"},
        {"answer": "arrived", "seen": "2026-13-45T00:00:00"},
        {"answer": "arrived", "seen": "2026-11-03T02:13:00"},
        {"answer": "arrived", "delivery": "9" * 30, "attempts": "9" * 30},
    ],
)
def test_what_makes_no_sense_changes_nothing(desk: Client, said: dict[str, str]) -> None:
    dispatch = doubtful()
    desk.post(reverse("circular_dispatch_doubts", args=[dispatch.pk]), said, follow=True)
    assert states(dispatch) == ["unknown", "unknown", "accepted"]


def test_nobody_is_led_away_from_the_desk(desk: Client) -> None:
    dispatch = doubtful()
    said = {"answer": "arrived", "delivery": "1", "here": "https://evil.example/"}
    response = desk.post(reverse("circular_dispatch_doubts", args=[dispatch.pk]), said)
    assert response["Location"] == reverse("circular_dispatch", args=[dispatch.pk])
