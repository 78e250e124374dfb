"""When a deferred delivery is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.retry import DELAYS, GIVE_UP_AFTER, JITTER, delay_after


@pytest.mark.parametrize(
    ("attempts", "greylisted", "minutes"),
    [
        (1, False, 5),
        (2, False, 15),
        (3, False, 30),
        (7, False, 480),
        (50, False, 480),
        (0, False, 5),
        (1, True, 2),
        (2, True, 5),
        (3, True, 15),
        (50, True, 480),
    ],
)
def test_the_delays_grow_and_greylisting_begins_sooner(attempts: int, greylisted: bool, minutes: int) -> None:
    assert delay_after(attempts, age=timedelta(hours=1), greylisted=greylisted) == timedelta(minutes=minutes)


def test_the_last_try_is_made_when_72_hours_are_over() -> None:
    assert delay_after(9, age=GIVE_UP_AFTER - timedelta(hours=3)) == timedelta(hours=3)
    assert delay_after(9, age=GIVE_UP_AFTER) is None
    assert delay_after(1, age=GIVE_UP_AFTER + timedelta(days=1)) is None


@given(attempts=st.integers(1, 60), delivery=st.integers(0, 2**63), age=st.timedeltas(timedelta(), GIVE_UP_AFTER))
def test_the_jitter_is_small_and_the_same_each_time(attempts: int, delivery: int, age: timedelta) -> None:
    plain, jittered = delay_after(attempts, age=age), delay_after(attempts, age=age, delivery=delivery)
    assert jittered == delay_after(attempts, age=age, delivery=delivery)
    assert (plain is None) == (jittered is None)
    if plain is not None and jittered is not None:
        assert plain <= jittered <= plain * (1 + JITTER)
        assert age + jittered <= GIVE_UP_AFTER


def test_those_refused_together_do_not_come_back_together() -> None:
    assert len({delay_after(1, age=timedelta(), delivery=delivery) for delivery in range(1000)}) > 500


@given(age=st.timedeltas(timedelta(), GIVE_UP_AFTER), greylisted=st.booleans())
def test_however_it_is_refused_it_ends_after_72_hours(age: timedelta, greylisted: bool) -> None:
    attempts = 1
    while (delay := delay_after(attempts, age=age, greylisted=greylisted)) is not None:
        age, attempts = age + delay, attempts + 1
        assert age <= GIVE_UP_AFTER
    assert attempts <= len(DELAYS) + GIVE_UP_AFTER / DELAYS[-1] + 3
