"""Settling what is in doubt by hand: exactly once, whoever clicks how often, and nobody is written to by surprise."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from wagtail.models import ModelLogEntry

from dispatch.again import who_failed
from dispatch.claim import claim_batch, database_now
from dispatch.control import cancel_dispatch, finish_if_done, pause_dispatch
from dispatch.doubts import ACTION, Answer, DoubtRefused, settle_all, settle_one
from dispatch.errors import PlanRefused
from dispatch.frozen import freeze
from dispatch.models import Attempt, Delivery, Dispatch
from dispatch.plan import plan_dispatch
from dispatch.reconcile import account_of
from subscribers.models import Segment
from tests.factories import make_bulletin, make_dispatch, make_user

pytestmark = pytest.mark.django_db


def in_doubt(dispatch: Dispatch, *, ago: timedelta = timedelta(hours=1)) -> list[int]:
    """Bring all deliveries of the dispatch into doubt, held for an operator; returns their numbers."""
    for delivery in Delivery.objects.filter(dispatch=dispatch):
        Attempt.objects.create(
            delivery=delivery, number=1, stage="dot", outcome="unknown", reply="timed out",
            finished_at=timezone.now() - ago,
        )  # fmt: skip
    Delivery.objects.filter(dispatch=dispatch).update(
        state="unknown", attempts=1, due_at=None, lease=uuid4(), changed_at=database_now() - ago
    )
    finish_if_done(dispatch.pk)
    dispatch.refresh_from_db()
    return list(Delivery.objects.filter(dispatch=dispatch).order_by("pk").values_list("pk", flat=True))


def one(dispatch: Dispatch, answer: Answer, *, delivery: int = 0, attempts: int = 1) -> bool:
    number = delivery or Delivery.objects.filter(dispatch=dispatch).order_by("pk")[0].pk
    return settle_one(dispatch.pk, number, answer, attempts=attempts, user=None)


def states(dispatch: Dispatch) -> list[str]:
    return list(Delivery.objects.filter(dispatch=dispatch).order_by("pk").values_list("state", flat=True))


def test_what_arrived_counts_as_accepted_and_the_accounts_agree() -> None:
    dispatch = make_dispatch(people=2)
    in_doubt(dispatch)
    assert one(dispatch, Answer.ARRIVED)
    assert states(dispatch) == ["accepted", "unknown"]
    account = account_of(dispatch.pk)
    assert account is not None
    assert account.agrees, account.findings


def test_what_is_sent_once_more_reopens_a_finished_dispatch_and_is_due() -> None:
    dispatch = make_dispatch(people=2)
    in_doubt(dispatch)
    assert dispatch.state == "finished"
    assert one(dispatch, Answer.AGAIN)
    dispatch.refresh_from_db()
    assert (dispatch.state, dispatch.finished_at) == ("running", None)
    assert len(claim_batch(dispatch.pk, size=10).deliveries) == 1


def test_nothing_leaves_once_more_within_ten_minutes_of_the_last_try() -> None:
    dispatch = make_dispatch(people=1)
    in_doubt(dispatch, ago=timedelta(minutes=3))
    assert one(dispatch, Answer.AGAIN)
    assert not claim_batch(dispatch.pk, size=10).deliveries
    due_at = Delivery.objects.get(dispatch=dispatch).due_at
    assert due_at is not None
    assert timedelta(minutes=6) < due_at - database_now() <= timedelta(minutes=7)


def test_what_is_left_fails_and_a_later_dispatch_of_the_issue_does_not_write_to_them() -> None:
    dispatch = make_dispatch(people=1)
    in_doubt(dispatch)
    assert one(dispatch, Answer.LEAVE)
    assert states(dispatch) == ["failed"]
    segment = Segment.objects.get(slug="everyone")
    with pytest.raises(PlanRefused, match="all have it already"):
        plan_dispatch(issue_key=dispatch.issue_key, segment=segment, request_key=uuid4())


def test_sending_again_to_those_who_failed_leaves_out_who_may_have_it() -> None:
    dispatch = make_dispatch(people=2)
    left, failed = in_doubt(dispatch)
    assert one(dispatch, Answer.LEAVE, delivery=left)
    Delivery.objects.filter(pk=failed).update(state="failed", reason="5.2.2")
    frozen = freeze(dispatch.issue_key)
    readers = dict(Delivery.objects.filter(dispatch=dispatch).values_list("pk", "subscriber"))
    assert [person.pk for person in who_failed(dispatch, frozen)] == [readers[failed]]
    assert {person.pk for person in who_failed(dispatch, frozen, with_unknown=True)} == set(readers.values())


def test_a_cancelled_dispatch_sends_nothing_once_more_and_can_be_settled_otherwise() -> None:
    dispatch = make_dispatch(people=2)
    in_doubt(dispatch)
    Dispatch.objects.filter(pk=dispatch.pk).update(state="running", finished_at=None)
    cancel_dispatch(dispatch.pk)
    with pytest.raises(DoubtRefused, match="cancelled"):
        one(dispatch, Answer.AGAIN)
    assert states(dispatch) == ["unknown", "unknown"]
    assert one(dispatch, Answer.LEAVE)


def test_a_finished_dispatch_is_not_reopened_beside_a_later_one_of_its_issue() -> None:
    bulletin = make_bulletin()
    dispatch = make_dispatch(bulletin, people=1)
    in_doubt(dispatch)
    later = make_dispatch(bulletin, people=1)
    Dispatch.objects.filter(pk=later.pk).update(issue_key=dispatch.issue_key)
    with pytest.raises(DoubtRefused, match="later dispatch"):
        one(dispatch, Answer.AGAIN)
    assert states(dispatch) == ["unknown"]


def test_a_paused_dispatch_stays_paused() -> None:
    dispatch = make_dispatch(people=2)
    in_doubt(dispatch)
    Dispatch.objects.filter(pk=dispatch.pk).update(state="running", finished_at=None)
    pause_dispatch(dispatch.pk)
    assert one(dispatch, Answer.AGAIN)
    dispatch.refresh_from_db()
    assert dispatch.state == "paused"
    assert not claim_batch(dispatch.pk, size=10).deliveries


def test_a_second_click_changes_nothing_and_is_not_logged() -> None:
    dispatch = make_dispatch(people=1)
    in_doubt(dispatch)
    assert one(dispatch, Answer.ARRIVED)
    assert not one(dispatch, Answer.LEAVE)
    assert states(dispatch) == ["accepted"]
    assert [entry.data["answer"] for entry in ModelLogEntry.objects.filter(action=ACTION)] == ["arrived"]


def test_a_click_of_before_another_doubt_settles_nothing() -> None:
    dispatch = make_dispatch(people=1)
    in_doubt(dispatch)
    Delivery.objects.filter(dispatch=dispatch).update(attempts=2)
    assert not one(dispatch, Answer.ARRIVED, attempts=1)
    assert states(dispatch) == ["unknown"]


def test_all_means_those_that_somebody_saw() -> None:
    dispatch = make_dispatch(people=3)
    late, *_others = in_doubt(dispatch)
    seen = database_now() - timedelta(minutes=1)
    Delivery.objects.filter(pk=late).update(changed_at=database_now())
    user = make_user()
    assert settle_all(dispatch.pk, Answer.ARRIVED, before=seen, user=user) == 2
    assert states(dispatch) == ["unknown", "accepted", "accepted"]
    entry = ModelLogEntry.objects.get(action=ACTION)
    assert (entry.user_id, entry.data["count"], len(entry.data["deliveries"])) == (user.pk, 2, 2)


def test_a_delivery_of_another_dispatch_is_not_touched() -> None:
    bulletin = make_bulletin()
    dispatch, other = make_dispatch(bulletin, people=1), make_dispatch(bulletin, people=1)
    number = in_doubt(other)[0]
    assert not one(dispatch, Answer.ARRIVED, delivery=number)
    assert states(other)[0] == "unknown"


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_at_once_one_wins() -> None:
    dispatch = make_dispatch(people=1)
    number = in_doubt(dispatch)[0]
    ready, won = threading.Barrier(2, timeout=20), []

    def click(answer: Answer) -> None:
        try:
            ready.wait()
            if settle_one(dispatch.pk, number, answer, attempts=1, user=None):
                won.append(answer)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=[answer]) for answer in (Answer.ARRIVED, Answer.LEAVE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(won) == 1
    assert states(dispatch) == [{"arrived": "accepted", "leave": "failed"}[won[0]]]


@pytest.mark.django_db(transaction=True)
def test_a_dispatch_is_not_ended_while_something_of_it_is_to_leave_once_more(monkeypatch: Any) -> None:
    """Whoever ends a dispatch in the same moment looks again once the operator is done."""
    dispatch = make_dispatch(people=1)
    number = in_doubt(dispatch)[0]
    Dispatch.objects.filter(pk=dispatch.pk).update(state="running", finished_at=None)
    ended: list[bool] = []

    def end() -> None:
        try:
            ended.append(finish_if_done(dispatch.pk))
        finally:
            connection.close()

    other = threading.Thread(target=end)
    begun = threading.Event()

    def logged(**_told: Any) -> None:  # within the operator's transaction, with the dispatch locked
        other.start()
        begun.set()
        with connection.cursor() as cursor:
            for _try in range(200):
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone() != (0,):
                    break
                threading.Event().wait(0.05)

    monkeypatch.setattr("dispatch.doubts.log", logged)
    assert settle_one(dispatch.pk, number, Answer.AGAIN, attempts=1, user=None)
    other.join(30)
    assert ended == [False]
    dispatch.refresh_from_db()
    assert dispatch.state == "running"
