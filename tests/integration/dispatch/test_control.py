"""Pausing, resuming, cancelling: exact under two operators; what stood still asks; one refusal is left out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from dispatch import waves
from dispatch.claim import database_now
from dispatch.control import (
    STALE,
    cancel_dispatch,
    leave_out,
    pause_dispatch,
    pause_stale,
    refused_delivery,
    resume_dispatch,
)
from dispatch.models import Attempt, Delivery, Dispatch
from tests.factories import make_dispatch

pytestmark = pytest.mark.django_db

LONG_AGO = STALE + timedelta(minutes=1)


def at_once(*acts: Callable[[], bool]) -> list[bool]:
    """Do each in a thread with a connection of its own, at the same moment."""
    begin = threading.Barrier(len(acts))
    results: list[bool] = [False] * len(acts)

    def run(place: int) -> None:
        begin.wait()
        results[place] = acts[place]()
        connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_of_two_who_pause_at_once_one_wins_and_so_with_all_else() -> None:
    pk = make_dispatch().pk
    assert sorted(at_once(*[lambda: pause_dispatch(pk)] * 3)) == [False, False, True]
    assert sorted(at_once(*[lambda: resume_dispatch(pk)] * 3)) == [False, False, True]
    assert sorted(at_once(*[lambda: cancel_dispatch(pk)] * 3)) == [False, False, True]
    assert Dispatch.objects.get().state == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_whoever_resumes_while_another_cancels_never_brings_it_back() -> None:
    pk = make_dispatch().pk
    pause_dispatch(pk)
    _resumed, cancelled = at_once(lambda: resume_dispatch(pk), lambda: cancel_dispatch(pk))
    assert cancelled
    assert Dispatch.objects.get().state == "cancelled"
    assert set(Delivery.objects.values_list("state", flat=True)) == {"excluded"}


@pytest.mark.django_db(transaction=True)
def test_of_sending_and_cancelling_the_rest_at_once_one_happens() -> None:
    dispatch = make_dispatch(people=6)
    Delivery.objects.filter(pk__in=list(Delivery.objects.values_list("pk", flat=True)[:4])).update(wave=1)
    Dispatch.objects.update(next_wave="person")
    opened, cancelled = at_once(lambda: waves.open_next(dispatch.pk), lambda: waves.cancel_rest(dispatch.pk))
    assert opened is not cancelled
    assert Delivery.objects.filter(state="excluded").count() == (4 if cancelled else 0)


# What stood still


def stood_still(**times: timedelta) -> Dispatch:
    """A running dispatch; `due` and `worked` say how long ago."""
    dispatch = make_dispatch()
    now = database_now()
    due, worked = times.get("due", LONG_AGO), times.get("worked", LONG_AGO)
    Delivery.objects.update(due_at=now - due)
    Dispatch.objects.update(planned_at=now - worked - timedelta(hours=1), worked_at=now - worked)
    return dispatch


def test_what_nobody_looked_after_for_hours_is_paused_and_asks() -> None:
    dispatch = stood_still()
    assert pause_stale() == 1
    assert pause_stale() == 0
    dispatch.refresh_from_db()
    assert dispatch.state == "paused"
    assert dispatch.state_reason.startswith("Nothing moved since ")
    assert "backup" in dispatch.state_reason
    assert dispatch.state_reason.endswith("resuming.")


def test_one_that_never_began_is_counted_from_its_planning() -> None:
    stood_still()
    Dispatch.objects.update(worked_at=None)
    assert pause_stale() == 1


def test_a_letter_under_way_in_a_copy_of_the_database_asks_too() -> None:
    stood_still()
    Delivery.objects.update(
        state="claimed", due_at=None, lease="00000000-0000-4000-8000-000000000000", leased_until=database_now() - STALE
    )
    assert pause_stale() == 1


def test_what_waits_for_a_later_time_is_not_stale() -> None:
    stood_still(due=-timedelta(hours=1))
    assert pause_stale() == 0


def test_what_a_pace_or_the_hour_keeps_back_is_not_stale_while_somebody_looks() -> None:
    dispatch = stood_still(worked=timedelta(hours=5))
    assert pause_stale() == 0
    dispatch.refresh_from_db()
    assert dispatch.worked_at is not None
    assert database_now() - dispatch.worked_at < timedelta(minutes=1)


def test_a_closed_wave_is_not_stale() -> None:
    stood_still()
    Delivery.objects.update(wave=1)
    assert pause_stale() == 0


def test_whoever_resumes_it_is_not_stopped_by_the_next_sweep() -> None:
    dispatch = stood_still()
    pause_stale()
    assert resume_dispatch(dispatch.pk)
    assert pause_stale() == 0


# One that is refused


def refused(dispatch: Dispatch) -> Delivery:
    """Somebody at whose refusal the dispatch paused: they would be tried again."""
    delivery = Delivery.objects.filter(dispatch=dispatch).order_by("pk")[1]
    Delivery.objects.filter(pk=delivery.pk).update(state="deferred", attempts=1, reason="5.7.1")
    Attempt.objects.create(
        delivery=delivery, number=1, outcome="deferred", code=550, enhanced="5.7.1", finished_at=database_now()
    )
    pause_dispatch(dispatch.pk, reason="The server refuses us: 550 5.7.1")
    return delivery


def test_the_refused_one_is_found_and_left_out_once() -> None:
    dispatch = make_dispatch()
    delivery = refused(dispatch)
    assert refused_delivery(dispatch.pk) == delivery.pk
    assert leave_out(delivery.pk)
    assert not leave_out(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason, delivery.due_at) == ("failed", "left out by hand", None)
    assert refused_delivery(dispatch.pk) is None


def test_nobody_is_left_out_of_a_dispatch_that_runs_nor_before_being_tried() -> None:
    dispatch = make_dispatch()
    delivery = refused(dispatch)
    untried = Delivery.objects.exclude(pk=delivery.pk).first()
    assert untried is not None
    assert not leave_out(untried.pk)
    resume_dispatch(dispatch.pk)
    assert not leave_out(delivery.pk)
    assert refused_delivery(dispatch.pk) is None
