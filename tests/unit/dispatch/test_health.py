"""What an operator is told first of a dispatch, by what is known of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.health import Doing, Facts, Health, Pacing, Tone, health

NOW = datetime(2026, 11, 3, 2, 13, tzinfo=UTC)
HOUR = timedelta(hours=1)
RUNNING = Facts(state="running", now=NOW, planned_at=NOW - HOUR)
DUE = replace(RUNNING, due=40, due_since=NOW - HOUR)


@pytest.mark.parametrize(
    ("facts", "doing", "tone"),
    [
        (replace(DUE, leased=100, rate=80.0), Doing.SENDS, Tone.GOOD),
        (replace(DUE, leased=100), Doing.SENDS, Tone.GOOD),
        (replace(DUE, rate=9.9, pacing=Pacing(per_minute=600)), Doing.PACED, Tone.GOOD),
        (replace(DUE, pacing=Pacing(per_minute=6, turn_at=NOW + timedelta(seconds=8))), Doing.PACED, Tone.GOOD),
        (replace(DUE, leased=100, rate=2.0, pacing=Pacing(per_minute=600)), Doing.SENDS, Tone.GOOD),
        (replace(DUE, pacing=Pacing(closed_until=NOW + HOUR)), Doing.CLOSED, Tone.WAITS),
        (replace(DUE, pacing=Pacing(closed_until=NOW + HOUR, day_done=True)), Doing.DAY_DONE, Tone.WAITS),
        (replace(DUE, pacing=Pacing(rests_until=NOW + HOUR, rest_reason="421")), Doing.RESTS, Tone.BAD),
        (replace(RUNNING, resting=9, resting_until=NOW + HOUR), Doing.DOMAINS_REST, Tone.WAITS),
        (replace(RUNNING, later_at=NOW + HOUR), Doing.RETRIES, Tone.WAITS),
        (replace(RUNNING, later_wave=True), Doing.WAVE, Tone.PERSON),
        (replace(DUE, due_since=NOW - timedelta(seconds=3)), Doing.BEGINS, Tone.WAITS),
        (replace(DUE, worked_at=NOW - timedelta(seconds=2)), Doing.BEGINS, Tone.WAITS),
        (DUE, Doing.NO_WORKER, Tone.BAD),
        (replace(DUE, worked_at=NOW - timedelta(seconds=30)), Doing.NO_WORKER, Tone.BAD),
        (replace(DUE, lost=100, lost_since=NOW - HOUR), Doing.WORKER_LOST, Tone.BAD),
        (replace(DUE, lost=100, lost_since=NOW, leased=5), Doing.SENDS, Tone.GOOD),
        (RUNNING, Doing.ENDS, Tone.GOOD),
        (replace(RUNNING, state="paused"), Doing.PAUSED, Tone.PERSON),
        (replace(RUNNING, state="paused", stopped_by_itself="550 no"), Doing.PAUSED_BY_ITSELF, Tone.BAD),
        (replace(RUNNING, state="finished"), Doing.FINISHED, Tone.GOOD),
        (replace(RUNNING, state="finished", doubts=2), Doing.DOUBTS, Tone.PERSON),
        (replace(RUNNING, state="finished", open=1, doubts=2), Doing.LEFT_OPEN, Tone.BAD),
        (replace(RUNNING, state="cancelled"), Doing.CANCELLED, Tone.GOOD),
        (replace(RUNNING, state="cancelled", leased=3), Doing.CANCELLED, Tone.WAITS),
    ],
)
def test_the_first_thing_to_be_said(facts: Facts, doing: Doing, tone: Tone) -> None:
    found = health(facts)
    assert (found.doing, found.tone) == (doing, tone)


def test_a_lost_worker_is_told_with_the_time_at_which_its_letters_are_settled() -> None:
    found = health(replace(DUE, lost=7, lost_since=NOW - timedelta(seconds=20)))
    assert isinstance(found, Health)
    assert (found.count, found.since) == (7, NOW - timedelta(seconds=20))
    assert found.until is not None
    assert found.until > NOW


def test_doubts_do_not_hide_that_letters_leave() -> None:
    assert health(replace(DUE, leased=5, doubts=3)).doing is Doing.SENDS
