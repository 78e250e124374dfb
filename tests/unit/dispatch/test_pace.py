"""The pace: turns, days, hours and rests, as pure decisions."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.pace import (
    DOMAIN_RESTS,
    FAMILIES,
    TRANSPORT_RESTS,
    Limits,
    Standing,
    after_refusal,
    after_success,
    day_sum,
    family_of,
    give_back_turns,
    is_open,
    members_of,
    opens_in,
    take_turns,
    wait_for,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FEW_PER_CENT = 0.03


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def departures(
    limits: Limits, *, workers: int, wanted: int, late: float, seconds: float, idle: float = 0
) -> list[float]:
    """When letters leave, if workers ask whenever they have sent what they were granted, `late` seconds late.

    With `idle`, nobody has a letter for that long in the middle.
    """
    standing, left = Standing(), []
    asking = [(worker * 0.01, worker) for worker in range(workers)]
    while asking[0][0] < seconds:
        at, worker = heapq.heappop(asking)
        if seconds / 2 < at < seconds / 2 + idle:
            heapq.heappush(asking, (seconds / 2 + idle, worker))
            continue
        turns = take_turns(limits, standing, now=after(at), wanted=wanted)
        standing = turns.standing
        left += [at + place * turns.spacing for place in range(turns.letters)]
        pause = turns.letters * turns.spacing + late if turns.letters else turns.wait
        heapq.heappush(asking, (at + max(pause, 0.001), worker))
    return sorted(left)


@settings(max_examples=40, deadline=None)
@given(
    per_minute=st.floats(1, 2000),
    workers=st.integers(1, 5),
    wanted=st.integers(1, 500),
    late=st.floats(0, 0.2),
)
def test_over_any_minute_the_rate_is_kept_to_a_few_per_cent(
    per_minute: float, workers: int, wanted: int, late: float
) -> None:
    left = departures(Limits(per_minute=per_minute), workers=workers, wanted=wanted, late=late, seconds=130)
    most = max(bisect_left(left, start + 60) - place for place, start in enumerate(left))
    assert most <= per_minute * (1 + FEW_PER_CENT) + 1
    # Where one worker asks for one letter at a time, its own lateness is what bounds it.
    if wanted * 60 / per_minute * workers >= late * 1.2:
        for start in range(0, 65, 5):
            within = bisect_left(left, start + 60) - bisect_left(left, start)
            assert within >= per_minute * (1 - FEW_PER_CENT) - 1


@settings(max_examples=20, deadline=None)
@given(per_minute=st.floats(30, 2000), workers=st.integers(1, 5), idle=st.floats(0, 40))
def test_a_pause_in_the_demand_is_not_made_up_for(per_minute: float, workers: int, idle: float) -> None:
    limits = Limits(per_minute=per_minute)
    left = departures(limits, workers=workers, wanted=500, late=0.05, seconds=100, idle=idle)
    most = max(bisect_left(left, start + 60) - place for place, start in enumerate(left))
    assert most <= per_minute * (1 + FEW_PER_CENT) + 1


@given(idle=st.floats(0, 1e6), per_minute=st.floats(1, 10_000))
def test_an_idle_time_makes_no_burst(idle: float, per_minute: float) -> None:
    limits = Limits(per_minute=per_minute)
    standing = take_turns(limits, Standing(), now=NOON, wanted=1).standing
    turns = take_turns(limits, standing, now=after(limits.interval + idle), wanted=1_000_000)
    assert 1 <= turns.letters <= max(1, 2 * per_minute / 60 + 1), "about two seconds of letters, no more"


def test_a_turn_that_was_given_back_is_taken_by_the_next() -> None:
    limits = Limits(per_minute=60, per_day=100)
    turns = take_turns(limits, Standing(), now=NOON, wanted=1)
    assert wait_for(limits, turns.standing, now=NOON) == pytest.approx(1)
    back = give_back_turns(limits, turns.standing, 1)
    assert back.sent == 0
    assert take_turns(limits, back, now=NOON, wanted=1).letters == 1


def test_without_limits_everything_leaves_at_once() -> None:
    turns = take_turns(Limits(), Standing(), now=NOON, wanted=500)
    assert (turns.letters, turns.wait, turns.spacing) == (500, 0.0, 0.0)


@pytest.mark.parametrize(("under_way", "letters"), [(0, 3), (2, 1), (3, 0), (9, 0)])
def test_no_more_letters_are_under_way_than_connections_are_allowed(under_way: int, letters: int) -> None:
    turns = take_turns(Limits(connections=3), Standing(), now=NOON, wanted=50, under_way=under_way)
    assert turns.letters == letters
    assert (turns.wait > 0) == (letters == 0)


@pytest.mark.parametrize(
    ("limits", "day", "most"),
    [
        (Limits(), date(2026, 3, 2), None),
        (Limits(per_day=900), date(2026, 3, 2), 900),
        (Limits(warm_up_from=date(2026, 3, 2), warm_up_first=100, warm_up_factor=2), date(2026, 3, 1), None),
        (Limits(warm_up_from=date(2026, 3, 2), warm_up_first=100, warm_up_factor=2), date(2026, 3, 2), 100),
        (Limits(warm_up_from=date(2026, 3, 2), warm_up_first=100, warm_up_factor=2), date(2026, 3, 5), 800),
        (Limits(warm_up_from=date(2026, 3, 2), warm_up_first=100, warm_up_factor=1.5), date(2026, 3, 3), 150),
        (Limits(per_day=500, warm_up_from=date(2026, 3, 2), warm_up_first=100), date(2026, 4, 2), 500),
        (Limits(warm_up_from=date(2026, 3, 2), warm_up_first=100), date(2046, 3, 2), None),
        (Limits(warm_up_from=date(2026, 3, 2)), date(2026, 3, 2), None),
    ],
)
def test_a_days_sum(limits: Limits, day: date, most: int | None) -> None:
    assert day_sum(limits, day) == most


def test_when_the_days_sum_is_reached_letters_wait_for_midnight_in_the_rules_zone() -> None:
    limits = Limits(per_day=10, time_zone="Europe/Paris")
    turns = take_turns(limits, Standing(), now=NOON, wanted=50)
    assert turns.letters == 10
    turns = take_turns(limits, turns.standing, now=NOON, wanted=50)
    assert (turns.letters, turns.wait) == (0, 11 * 3600)
    assert take_turns(limits, turns.standing, now=after(11 * 3600), wanted=50).letters == 10


DAYTIME = Limits(hours_from=time(8), hours_until=time(18), time_zone="Europe/Paris")
NIGHT = Limits(hours_from=time(22), hours_until=time(6), time_zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("limits", "now", "wait"),
    [
        (Limits(), "2026-03-02T03:00+00:00", 0),
        (DAYTIME, "2026-03-02T06:59+00:00", 60),
        (DAYTIME, "2026-03-02T07:00+00:00", 0),
        (DAYTIME, "2026-03-02T16:59+00:00", 0),
        (DAYTIME, "2026-03-02T17:00+00:00", 14 * 3600),
        (NIGHT, "2026-03-02T14:00+00:00", 0),
        (NIGHT, "2026-03-02T21:59+00:00", 0),
        (NIGHT, "2026-03-02T22:00+00:00", 16 * 3600),
        (Limits(hours_from=time(8)), "2026-03-02T23:59+00:00", 0),
        (Limits(hours_from=time(8)), "2026-03-02T00:00+00:00", 8 * 3600),
        (Limits(hours_until=time(8)), "2026-03-02T08:00+00:00", 16 * 3600),
        (Limits(hours_from=time(8), hours_until=time(8)), "2026-03-02T03:00+00:00", 0),
        # The night in which Paris puts its clocks forward, at 02:00: 02:30 is left out, 08:00 comes an hour sooner.
        (DAYTIME, "2026-03-28T18:00+00:00", 12 * 3600),
        (replace(DAYTIME, hours_from=time(2, 30)), "2026-03-29T00:00+00:00", 3600),
        # The night in which it puts them back, at 03:00: 02:30 comes twice.
        (DAYTIME, "2026-10-24T18:00+00:00", 13 * 3600),
        (replace(DAYTIME, hours_from=time(2, 30)), "2026-10-25T00:20+00:00", 600),
        (replace(DAYTIME, hours_from=time(2, 30)), "2026-10-25T01:10+00:00", 1200),
    ],
)
def test_letters_leave_in_the_hours_that_the_clock_on_the_wall_shows(limits: Limits, now: str, wait: float) -> None:
    at = datetime.fromisoformat(now)
    assert opens_in(limits, at) == pytest.approx(wait, abs=1)
    assert is_open(limits, at) == (wait == 0)


MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - it has one
    since=st.one_of(st.none(), MINUTES),
    until=st.one_of(st.none(), MINUTES),
    zone=st.sampled_from(["UTC", "Europe/Paris", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]),
)
def test_after_the_wait_letters_may_leave(now: datetime, since: time | None, until: time | None, zone: str) -> None:
    limits = Limits(hours_from=since, hours_until=until, time_zone=zone)
    wait = opens_in(limits, now)
    assert 0 <= wait <= 49 * 3600
    assert is_open(limits, now + timedelta(seconds=wait + 1e-3))
    if wait > 2:
        assert not is_open(limits, now + timedelta(seconds=wait - 2))


def test_refusals_in_a_row_make_the_rest_grow() -> None:
    standing, now, rests = Standing(), NOON, []
    for _refusal in range(len(DOMAIN_RESTS) + 2):
        standing = after_refusal(standing, now=now, rests=DOMAIN_RESTS)
        assert standing.rests_until
        rests.append((standing.rests_until - now).total_seconds())
        now = standing.rests_until
    assert rests == [*DOMAIN_RESTS, DOMAIN_RESTS[-1], DOMAIN_RESTS[-1]]


def test_letters_that_were_on_their_way_when_a_rest_began_change_nothing_of_it() -> None:
    resting = after_refusal(Standing(), now=NOON, rests=DOMAIN_RESTS)
    assert after_refusal(resting, now=after(1), rests=DOMAIN_RESTS) == resting
    assert after_success(resting, now=after(1), at_once=True) == resting


def test_a_domain_that_accepts_again_is_trusted_a_step_more_each_minute() -> None:
    standing = replace(Standing(), refusals=3, rests_until=NOON, changed_at=NOON)
    assert after_success(standing, now=after(59), at_once=False) == standing
    eased = after_success(standing, now=after(60), at_once=False)
    assert eased.refusals == 2
    assert after_success(eased, now=after(100), at_once=False) == eased
    assert after_success(eased, now=after(120), at_once=False).refusals == 1


def test_a_server_that_takes_letters_again_is_trusted_at_once() -> None:
    standing = after_refusal(Standing(refusals=4, rests_until=NOON), now=NOON, rests=TRANSPORT_RESTS)
    assert standing.refusals == 5
    assert after_success(standing, now=after(TRANSPORT_RESTS[4]), at_once=True).refusals == 0


def test_refusals_of_another_day_are_forgotten() -> None:
    standing = Standing(refusals=7, rests_until=NOON - timedelta(days=1, seconds=1))
    assert after_refusal(standing, now=NOON, rests=DOMAIN_RESTS).refusals == 1


def test_nothing_leaves_during_a_rest() -> None:
    resting = after_refusal(Standing(), now=NOON, rests=DOMAIN_RESTS)
    turns = take_turns(Limits(), resting, now=after(10), wanted=5)
    assert (turns.letters, turns.wait) == (0, DOMAIN_RESTS[0] - 10)
    assert take_turns(Limits(), resting, now=after(DOMAIN_RESTS[0]), wanted=5).letters == 5


def test_domains_of_one_receiver_share_a_pace() -> None:
    assert family_of("googlemail.com") == family_of("gmail.com") == "gmail.com"
    assert family_of("example.org") == "example.org"
    assert members_of("example.org") == ("example.org",)
    for family in FAMILIES:
        assert {family_of(domain) for domain in family} == {family[0]}
        assert members_of(family[0]) == family
    every = [domain for family in FAMILIES for domain in family]
    assert len(every) == len(set(every))


def test_the_day_begins_at_midnight_in_the_rules_zone() -> None:
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    turns = take_turns(Limits(time_zone="Asia/Shanghai"), Standing(), now=late, wanted=1)
    assert turns.standing.day == late.astimezone(ZoneInfo("Asia/Shanghai")).date() == date(2026, 3, 3)
