"""Local times as instants: the hour that clocks skip, the one that comes twice, and everybody's own morning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.moments import Late, NoSuchTime, NoSuchZone, first_instant, local_instants, moment, zone_of

ZONES = ("UTC", "Africa/Nairobi", "America/New_York", "Asia/Shanghai", "Europe/Paris", "Pacific/Apia", "Asia/Kolkata")
at = datetime.fromisoformat  # a local time has no zone
days = st.datetimes(min_value=at("2024-01-01 00:00"), max_value=at("2035-01-01 00:00"))


@pytest.mark.parametrize(
    ("local", "zone", "utc"),
    [
        ("2026-11-23 09:00", "Africa/Nairobi", "2026-11-23 06:00"),
        ("2026-07-01 09:00", "Europe/Paris", "2026-07-01 07:00"),
        ("2026-12-01 09:00", "Europe/Paris", "2026-12-01 08:00"),
        ("2026-11-23 09:00", "Asia/Kolkata", "2026-11-23 03:30"),
        ("2026-11-23 09:00", "UTC", "2026-11-23 09:00"),
    ],
)
def test_a_local_time_is_an_instant(local: str, zone: str, utc: str) -> None:
    found = moment(datetime.fromisoformat(local), zone)
    assert found.at == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert not found.twice


def test_a_time_that_the_clocks_skip_is_refused_with_one_that_there_is() -> None:
    with pytest.raises(NoSuchTime) as refused:
        moment(at("2027-03-28 02:30"), "Europe/Paris")
    assert refused.value.instead == at("2027-03-28 03:30")


def test_of_a_time_that_comes_twice_the_first_is_taken_and_it_is_said() -> None:
    found = moment(at("2026-10-25 02:30"), "Europe/Paris")
    assert found.twice
    assert found.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # still summer time


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe/Paris\n", "Europe"])
def test_a_zone_that_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(NoSuchZone):
        moment(at("2026-01-01 00:00"), zone)


@given(local=days, zone=st.sampled_from(ZONES))
def test_what_is_taken_shows_on_the_clocks_as_it_was_asked_for(local: datetime, zone: str) -> None:
    try:
        found = moment(local, zone)
    except NoSuchTime as refused:
        local, found = refused.instead, moment(refused.instead, zone)
    assert found.at.astimezone(zone_of(zone)).replace(tzinfo=None) == local


@given(local=days, offset=st.timedeltas(min_value=timedelta(days=-40), max_value=timedelta(days=40)))
@pytest.mark.parametrize("late", ["now", "next-day"])
def test_nobodys_hour_lies_in_the_past(local: datetime, offset: timedelta, late: Late) -> None:
    now = (local + offset).replace(tzinfo=UTC)
    for zone, due in local_instants(local, ZONES, now=now, late=late).items():
        assert due >= now
        if late == "next-day":
            assert due - max(moment_or_after(local, zone), now) <= timedelta(days=1, hours=1)
        else:
            assert due == max(moment_or_after(local, zone), now)


def moment_or_after(local: datetime, zone: str) -> datetime:
    try:
        return moment(local, zone).at
    except NoSuchTime as skipped:
        return moment(skipped.instead, zone).at


def test_the_next_day_is_at_the_same_hour_of_the_clock_though_it_has_23_hours() -> None:
    now = datetime(2027, 3, 27, 12, tzinfo=UTC)
    found = local_instants(at("2027-03-27 09:00"), ["Europe/Paris"], now=now, late="next-day")
    assert found["Europe/Paris"] == datetime(2027, 3, 28, 7, tzinfo=UTC)  # 9 o'clock in summer time


def test_the_first_of_all_zones_is_in_the_east() -> None:
    assert first_instant(at("2026-11-23 09:00"), ["UTC", "Pacific/Kiritimati"]) == datetime(
        2026, 11, 22, 19, tzinfo=UTC
    )
