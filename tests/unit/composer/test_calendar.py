"""An event's entry for a calendar, read back by the standard's own rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.calendar import NoEntry, calendar_entry, when
from composer.content import Event, Paragraph, Span

STAMP = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KEY = "5f0c7d7e-1f56-4f0e-9a55-2d2b6b1c0a11"


def make_event(**fields: Any) -> Event:
    return Event(**{"key": KEY, "heading": "Open call", "day": date(2026, 4, 14), **fields})


def entry_bytes(event: Event, language: str = "") -> bytes:
    return calendar_entry(event, stamp=STAMP, base_url="https://bulletins.example:8443", language=language)


def read_entry(event: Event) -> Any:
    [entry] = icalendar.Calendar.from_ical(entry_bytes(event)).walk("VEVENT")
    return entry


def test_an_event_at_a_time_stands_in_its_zone_with_the_zones_rules() -> None:
    event = make_event(start=time(14), end=time(15, 30), zone="Europe/Paris")
    entry = read_entry(event)
    assert entry.decoded("dtstart").isoformat() == "2026-04-14T14:00:00+02:00"
    assert entry.decoded("dtend").isoformat() == "2026-04-14T15:30:00+02:00"
    text = entry_bytes(event).decode()
    assert "DTSTART;TZID=Europe/Paris:20260414T140000" in text
    assert "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris" in text
    assert "BEGIN:DAYLIGHT" in text


def test_an_event_in_utc_needs_no_zone() -> None:
    text = entry_bytes(make_event(start=time(14), end=time(15))).decode()
    assert "DTSTART:20260414T140000Z" in text
    assert "VTIMEZONE" not in text


def test_days_end_on_the_day_after_the_last_one() -> None:
    text = entry_bytes(make_event(last_day=date(2026, 4, 16))).decode()
    assert "DTSTART;VALUE=DATE:20260414\r\n" in text
    assert "DTEND;VALUE=DATE:20260417\r\n" in text
    assert "VTIMEZONE" not in text


@pytest.mark.parametrize(
    ("fields", "takes"),
    [
        ({}, timedelta(days=1)),
        ({"last_day": date(2026, 4, 15)}, timedelta(days=2)),
        ({"last_day": date(2026, 4, 1)}, timedelta(days=1)),
        ({"start": time(9)}, timedelta(hours=1)),
        ({"start": time(9), "end": time(8)}, timedelta(hours=1)),
        ({"start": time(9), "end": time(8), "last_day": date(2026, 4, 15)}, timedelta(hours=23)),
        ({"start": time(9), "last_day": date(2026, 4, 15)}, timedelta(hours=25)),
        ({"start": time(9), "end": time(10), "zone": "Nowhere/At_All"}, timedelta(hours=1)),
    ],
)
def test_an_event_ends_after_it_begins(fields: dict[str, Any], takes: timedelta) -> None:
    starts, ends = when(make_event(**fields))
    assert ends - starts == takes


def test_the_same_event_gives_the_same_bytes_and_a_uid_that_stays() -> None:
    event = make_event(start=time(14), zone="Asia/Shanghai")
    assert entry_bytes(event) == entry_bytes(event)
    assert str(read_entry(event)["uid"]) == f"{KEY}@bulletins.example"
    assert read_entry(make_event(heading="Moved", day=date(2026, 5, 1)))["uid"] == read_entry(event)["uid"]
    assert b"DTSTAMP:20260301T093000Z" in entry_bytes(event)


def test_text_is_escaped_and_nothing_in_it_begins_a_property() -> None:
    event = make_event(
        heading="Milk; eggs, and \\ more\r\nATTENDEE:mailto:x@evil.example",
        body=(Paragraph((Span("First\nline"),)), Paragraph((Span("Second; line"),))),
        place="Room 4,\nFloor 2",
        url="https://www.example.org/a?b=c,d",
    )
    entry = read_entry(event)
    assert str(entry["summary"]) == "Milk; eggs, and \\ more ATTENDEE:mailto:x@evil.example"
    assert "attendee" not in entry
    assert str(entry["description"]).startswith("First\nline\nSecond; line")
    assert str(entry["location"]) == "Room 4, Floor 2"
    assert str(entry["url"]) == "https://www.example.org/a?b=c,d"


def test_the_language_of_the_words_is_said() -> None:
    assert "SUMMARY;LANGUAGE=zh-hans:开放日".encode() in entry_bytes(make_event(heading="开放日"), "zh-hans")


@pytest.mark.parametrize("event", [make_event(day=None), make_event(calendar=False)])
def test_an_event_without_a_day_or_without_the_offer_has_no_entry(event: Event) -> None:
    with pytest.raises(NoEntry):
        entry_bytes(event)


@given(st.text(max_size=400), st.text(max_size=200), st.text(max_size=400))
def test_whatever_the_text_the_file_is_whole_and_its_lines_are_short(heading: str, place: str, body: str) -> None:
    event = make_event(heading=heading, place=place, body=(Paragraph((Span(body),)),))
    raw = entry_bytes(event)
    assert raw.count(b"BEGIN:VEVENT\r\n") == 1
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert len(icalendar.Calendar.from_ical(raw).walk("VEVENT")) == 1


@given(
    st.dates(),
    st.none() | st.times(),
    st.none() | st.dates(),
    st.none() | st.times(),
    st.sampled_from(["UTC", "Europe/Paris", "Asia/Shanghai", "America/Sao_Paulo", "Pacific/Kiritimati"]),
)
def test_every_day_and_time_has_a_begin_before_its_end(
    day: date, start: time | None, last_day: date | None, end: time | None, zone: str
) -> None:
    if not date(1900, 1, 1) < day < date(2200, 1, 1) or (last_day and last_day > date(2300, 1, 1)):
        return
    starts, ends = when(make_event(day=day, start=start, last_day=last_day, end=end, zone=zone))
    assert starts < ends
