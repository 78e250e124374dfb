"""Sendings that wait: exactly one dispatch at their time, and none by itself that isn't what was shown or is late."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from dispatch import schedules
from dispatch.audiences import audience_rule, rule_digest
from dispatch.claim import database_now
from dispatch.errors import PlanRefused
from dispatch.frozen import freeze
from dispatch.models import Delivery, Dispatch, Schedule
from dispatch.options import Options, Sample
from dispatch.schedules import Time, Wanted
from subscribers.models import Segment
from tests.factories import (
    approve,
    edition_of,
    make_bulletin,
    make_issue,
    make_segment,
    make_subscriber,
    make_user,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ids: list[int] = []

    def ring(dispatch_id: int) -> bool:
        ids.append(dispatch_id)
        return True

    monkeypatch.setattr("dispatch.schedules.ring", ring)
    return ids


@pytest.fixture
def issue() -> UUID:
    bulletin = make_bulletin()
    for _person in range(3):
        make_subscriber(bulletin)
    key = make_issue(bulletin)
    approve(key)
    make_segment()
    return key


def wanted(key: UUID, **fields: Any) -> Wanted:
    segment = Segment.objects.get(slug="everyone")
    shown: dict[str, Any] = {
        "issue_key": key,
        "digest": freeze(key).digest,
        "segment": segment,
        "audience_digest": rule_digest(audience_rule(segment)),
    }
    return Wanted(**shown | fields)


def scheduled(key: UUID, *, late: timedelta | None = None, **fields: Any) -> Schedule:
    """A schedule of the issue in an hour; with `late`, its time was so long ago."""
    time = Time(at=database_now() + HOUR, zone="Europe/Paris")
    made = schedules.schedule(wanted(key, **fields), time, request_key=uuid4(), user=make_user("sender"))
    if late is not None:
        Schedule.objects.filter(pk=made.pk).update(at=database_now() - late)
    made.refresh_from_db()
    return made


def edit(key: UUID, title: str = "Changed") -> None:
    page = edition_of(key)
    page.title = title
    page.save_revision()


def test_before_its_time_nothing_leaves(issue: UUID, rung: list[int]) -> None:
    waiting = scheduled(issue)
    assert schedules.start_due() == 0
    waiting.refresh_from_db()
    assert waiting.state == "waiting"
    assert not Dispatch.objects.exists()
    assert not rung


def test_at_its_time_it_becomes_one_dispatch_however_often_it_is_looked_at(issue: UUID, rung: list[int]) -> None:
    waiting = scheduled(issue, late=timedelta(seconds=5))
    assert schedules.start_due() == 1
    assert schedules.start_due() == 0
    dispatch = Dispatch.objects.get()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.dispatch_id, waiting.reason) == ("done", dispatch.pk, "")
    assert dispatch.request_key == waiting.request_key
    assert dispatch.planned_by == waiting.made_by
    assert dispatch.audience_size == 3
    assert rung == [dispatch.pk]
    assert edition_of(issue).live, "what is sent is in the public archive"


def test_a_database_from_before_its_end_makes_no_second_dispatch(issue: UUID) -> None:
    waiting = scheduled(issue, late=timedelta(seconds=5))
    schedules.start_due()
    Schedule.objects.filter(pk=waiting.pk).update(state="waiting", dispatch=None)
    schedules.start_due()
    assert Dispatch.objects.count() == 1
    assert Delivery.objects.count() == 3


def test_what_is_late_by_more_than_its_grace_asks_and_never_leaves_by_itself(issue: UUID, rung: list[int]) -> None:
    waiting = scheduled(issue, late=timedelta(minutes=61))
    for _time in range(3):
        assert schedules.start_due() == 0
    waiting.refresh_from_db()
    assert waiting.state == "asking"
    assert "backup" in waiting.reason
    assert not Dispatch.objects.exists()
    assert not rung


def test_a_longer_grace_lets_it_leave_later(issue: UUID) -> None:
    waiting = scheduled(issue, late=timedelta(minutes=61))
    Schedule.objects.filter(pk=waiting.pk).update(grace=timedelta(hours=3))
    assert schedules.start_due() == 1


def test_an_edit_after_it_was_scheduled_makes_it_ask(issue: UUID) -> None:
    waiting = scheduled(issue, late=timedelta(seconds=5))
    edit(issue)
    assert schedules.start_due() == 0
    waiting.refresh_from_db()
    assert waiting.state == "asking"
    assert "nobody has approved" in waiting.reason


def test_content_that_was_approved_anew_is_not_sent_unseen(issue: UUID) -> None:
    waiting = scheduled(issue, late=timedelta(seconds=5))
    edit(issue)
    approve(issue)
    assert schedules.start_due() == 0
    waiting.refresh_from_db()
    assert (
        waiting.reason == "It couldn’t leave in time. The issue was changed and approved anew after it was scheduled."
    )
    assert not Dispatch.objects.exists()
    assert not Delivery.objects.exists()


def test_a_segment_whose_rule_changed_makes_it_ask(issue: UUID) -> None:
    waiting = scheduled(issue, late=timedelta(seconds=5))
    Segment.objects.update(rule={"field": "language", "in": ["en"]})
    assert schedules.start_due() == 0
    waiting.refresh_from_db()
    assert "Who belongs to “Everyone” was changed" in waiting.reason
    assert not Dispatch.objects.exists()


def test_a_segment_that_is_gone_makes_it_ask(issue: UUID) -> None:
    waiting = scheduled(issue, late=timedelta(seconds=5))
    Segment.objects.all().delete()
    schedules.start_due()
    waiting.refresh_from_db()
    assert (waiting.state, "deleted: everyone" in waiting.reason) == ("asking", True)


def test_a_fault_makes_it_ask_and_keeps_the_others_no_longer(issue: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = scheduled(issue, late=timedelta(seconds=5))

    def fails(**_facts: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dispatch.schedules.plan_dispatch", fails)
    assert schedules.start_due() == 0
    waiting.refresh_from_db()
    assert (waiting.state, "fault" in waiting.reason) == ("asking", True)


def test_what_asks_can_be_sent_by_a_person_once(issue: UUID) -> None:
    waiting = scheduled(issue, late=timedelta(days=3))
    schedules.start_due()
    dispatch = schedules.send_now(waiting.pk, user=waiting.made_by)
    assert dispatch is not None
    assert schedules.send_now(waiting.pk, user=waiting.made_by) is None
    assert not schedules.cancel(waiting.pk)
    assert Dispatch.objects.count() == 1


def test_not_even_a_person_sends_by_it_what_was_not_shown(issue: UUID) -> None:
    waiting = scheduled(issue, late=timedelta(days=3))
    edit(issue)
    approve(issue)
    with pytest.raises(PlanRefused, match="approved anew"):
        schedules.send_now(waiting.pk, user=None)
    waiting.refresh_from_db()
    assert waiting.state == "waiting"
    assert not Dispatch.objects.exists()


def test_another_time_is_waited_for_again(issue: UUID) -> None:
    waiting = scheduled(issue, late=timedelta(days=3))
    schedules.start_due()
    later = Time(at=database_now() + HOUR, zone="Asia/Shanghai", grace=2 * HOUR)
    assert schedules.move(waiting.pk, later)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason, waiting.time_zone, waiting.grace) == (
        "waiting",
        "",
        "Asia/Shanghai",
        2 * HOUR,
    )
    assert schedules.start_due() == 0


def test_a_time_that_has_passed_is_refused(issue: UUID) -> None:
    past = Time(at=database_now() - timedelta(seconds=1), zone="UTC")
    with pytest.raises(PlanRefused, match="has passed"):
        schedules.schedule(wanted(issue), past, request_key=uuid4())
    with pytest.raises(PlanRefused, match="has passed"):
        schedules.move(scheduled(issue).pk, past)


def test_a_cancelled_one_never_leaves(issue: UUID) -> None:
    waiting = scheduled(issue, late=timedelta(seconds=5))
    assert schedules.cancel(waiting.pk)
    assert not schedules.cancel(waiting.pk)
    assert schedules.start_due() == 0
    assert not schedules.move(waiting.pk, Time(at=database_now() + HOUR, zone="UTC"))
    assert not Dispatch.objects.exists()


def test_an_issue_has_one_schedule_and_a_second_click_makes_no_other(issue: UUID) -> None:
    time, key = Time(at=database_now() + HOUR, zone="UTC"), uuid4()
    first = schedules.schedule(wanted(issue), time, request_key=key)
    assert schedules.schedule(wanted(issue), time, request_key=key) == first
    with pytest.raises(PlanRefused, match="scheduled already"):
        schedules.schedule(wanted(issue), time, request_key=uuid4())


def test_what_could_not_be_sent_is_not_scheduled(issue: UUID) -> None:
    with pytest.raises(PlanRefused, match="changed after you opened"):
        scheduled(issue, audience_digest="0" * 64)
    asked = wanted(issue, options=Options(sample=Sample(25), subjects={"en": "For {{ name | you }}"}))
    with pytest.raises(PlanRefused, match="same merge values"):
        schedules.schedule(asked, Time(at=database_now() + HOUR, zone="UTC"), request_key=uuid4())
    edit(issue)
    with pytest.raises(PlanRefused, match="nobody has approved"):
        schedules.schedule(
            Wanted(issue_key=issue, digest="0" * 64, segment=Segment.objects.get(), audience_digest=""),
            Time(at=database_now() + HOUR, zone="UTC"),
            request_key=uuid4(),
        )


def test_its_options_become_the_dispatches(issue: UUID) -> None:
    scheduled(issue, late=timedelta(seconds=5), options=Options(sample=Sample(1, "letters")))
    schedules.start_due()
    assert Dispatch.objects.get().next_wave == "person"
    assert sorted(Delivery.objects.values_list("wave", flat=True)) == [0, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_the_same_moment_make_one_dispatch(issue: UUID) -> None:
    scheduled(issue, late=timedelta(seconds=5))
    begin, begun = threading.Barrier(2), []

    def sweep() -> None:
        begin.wait()
        begun.append(schedules.start_due())
        connection.close()

    threads = [threading.Thread(target=sweep) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(begun) == [0, 1]
    assert Dispatch.objects.count() == 1
