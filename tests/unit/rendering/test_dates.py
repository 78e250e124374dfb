from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.content import Event
from composer.rendering.items import when
from composer.rendering.phrases import PHRASES

MAY, JUNE, NEXT_YEAR = date(2026, 5, 12), date(2026, 6, 1), date(2027, 1, 2)


def printed(locale: str, day: date | None = MAY, zone: str = "Europe/Paris", **fields: date | time | None) -> str:
    return when(Event(key="e", day=day, zone=zone, **fields), PHRASES[locale])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "Tuesday, 12 May 2026, 14:00–16:30 (Europe/Paris, UTC+2)"),
        ("fr", "Mardi 12 mai 2026, de 14\u00a0h à 16\u00a0h\u00a030 (Europe/Paris, UTC+2)"),
        ("zh-hans", "2026年5月12日（星期二）14:00–16:30（Europe/Paris, UTC+2）"),
    ],
)
def test_an_afternoon_is_written_with_its_zone_and_offset(locale: str, expected: str) -> None:
    assert printed(locale, start=time(14), end=time(16, 30)) == expected


@pytest.mark.parametrize(
    ("locale", "last_day", "expected"),
    [
        ("en", date(2026, 5, 13), "12–13 May 2026"),
        ("en", JUNE, "12 May – 1 June 2026"),
        ("en", NEXT_YEAR, "12 May 2026 – 2 January 2027"),
        ("fr", date(2026, 5, 13), "Du 12 au 13 mai 2026"),
        ("fr", JUNE, "Du 12 mai au 1er juin 2026"),
        ("fr", NEXT_YEAR, "Du 12 mai 2026 au 2 janvier 2027"),
        ("zh-hans", date(2026, 5, 13), "2026年5月12日至13日"),
        ("zh-hans", JUNE, "2026年5月12日至6月1日"),
        ("zh-hans", NEXT_YEAR, "2026年5月12日至2027年1月2日"),
        ("en", MAY, "Tuesday, 12 May 2026"),
    ],
)
def test_whole_days_say_each_month_and_year_once_and_no_zone(locale: str, last_day: date, expected: str) -> None:
    assert printed(locale, last_day=last_day) == expected


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "12 May 2026, 14:00 – 1 June 2026, 16:00 (UTC)"),
        ("fr", "Du 12 mai 2026 à 14\u00a0h au 1er juin 2026 à 16\u00a0h (UTC)"),
        ("zh-hans", "2026年5月12日 14:00 至 6月1日 16:00（UTC）"),
    ],
)
def test_several_days_with_times_have_each_time_at_its_day(locale: str, expected: str) -> None:
    assert printed(locale, zone="UTC", start=time(14), last_day=JUNE, end=time(16)) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Shanghai", "(Asia/Shanghai, UTC+8)"),
        ("Asia/Kolkata", "(Asia/Kolkata, UTC+5:30)"),
        ("America/Bogota", "(America/Bogota, UTC−5)"),
        ("Africa/Accra", "(Africa/Accra, UTC)"),
        ("Nowhere/Land", "(Nowhere/Land)"),
        ("../etc/passwd", "(../etc/passwd)"),
        ("Europe", "(Europe)"),
    ],
)
def test_a_zone_has_its_offset_on_that_day_and_an_unknown_one_its_name(zone: str, expected: str) -> None:
    assert printed("en", zone=zone, start=time(9)) == f"Tuesday, 12 May 2026, 09:00 {expected}"


def test_clocks_that_change_in_between_are_told() -> None:
    assert "UTC+1/UTC+2" in printed("en", day=date(2026, 3, 28), start=time(9), last_day=date(2026, 3, 30), end=time(9))


days = st.none() | st.dates()
times = st.none() | st.times()
zones = st.sampled_from(["UTC", "Europe/Paris", "Pacific/Kiritimati", "Asia", "", "x\x00y"]) | st.text(max_size=9)


@given(st.sampled_from(["en", "fr", "zh-hans"]), days, times, days, times, zones)
def test_no_event_is_too_odd_to_be_written(
    locale: str, day: date | None, start: time | None, last: date | None, end: time | None, zone: str
) -> None:
    text = printed(locale, day=day, start=start, last_day=last, end=end, zone=zone)
    assert (str(day.year) in text) if day else text == ""
