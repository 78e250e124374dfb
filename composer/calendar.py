"""An event as an entry for a reader's calendar: iCalendar, RFC 5545."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import icalendar

from composer.content import Event, plain_text
from composer.rendering.printable import printable

PRODUCT = "-//Circular//Bulletins//EN"
AN_HOUR = timedelta(hours=1)


class NoEntry(ValueError):
    """The event offers no entry for a calendar, or has no day."""


def calendar_entry(event: Event, *, stamp: datetime, base_url: str, language: str = "") -> bytes:
    """`event` as the bytes of an `.ics` file; the same input gives the same bytes. NoEntry if it has no day.

    `stamp`, which knows its zone, is when the entry last changed. `language` is that of its words. The UID is made of
    the item's key and the host of `base_url`: a corrected entry replaces the one in the calendar.
    """
    if event.day is None or not event.calendar:
        raise NoEntry(f"“{event.heading}” offers no entry for a calendar.")
    event = printable(event)
    entry = icalendar.Event()
    entry.add("uid", f"{event.key}@{urlsplit(base_url).hostname or 'localhost'}")
    entry.add("dtstamp", stamp)
    entry.add("last-modified", stamp)
    starts, ends = when(event)
    entry.add("dtstart", starts)
    entry.add("dtend", ends)
    words = {"LANGUAGE": language} if language else {}
    entry.add("summary", _line(event.heading) or _line(plain_text(event.body))[:120] or "-", parameters=words)
    description = "\n\n".join(filter(None, (plain_text(event.body).strip(), event.url.strip())))
    if description:
        entry.add("description", description, parameters=words)
    if event.place.strip():
        entry.add("location", _line(event.place), parameters=words)
    if event.url.strip():
        entry.add("url", _line(event.url))
    if not isinstance(starts, datetime):
        entry.add("transp", "TRANSPARENT")  # a day's event doesn't make its reader busy all day
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    if isinstance(starts, datetime):
        # The rules of the zone around the event: a calendar program may not know its name.
        calendar.add_missing_timezones(starts.date() - timedelta(days=366), starts.date() + timedelta(days=732))
    return bytes(calendar.to_ical())


def when(event: Event) -> tuple[date, date] | tuple[datetime, datetime]:
    """Begin and end: two days, the end exclusive, or two times in the event's zone.

    An event with a begin but no end takes an hour on its last day.
    """
    if event.day is None:
        raise NoEntry(f"“{event.heading}” has no day.")
    last = max(event.last_day or event.day, event.day)
    if event.start is None:
        return event.day, min(last, date.max - timedelta(days=1)) + timedelta(days=1)
    zone = _zone(event.zone)
    starts = datetime.combine(event.day, event.start, zone)
    ends = _end(last, event, zone)
    return starts, ends if ends > starts else starts + AN_HOUR


def _end(last: date, event: Event, zone: ZoneInfo) -> datetime:
    if event.end is not None:
        return datetime.combine(last, event.end, zone)
    return datetime.combine(last, event.start or time(), zone) + AN_HOUR


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _line(text: str) -> str:
    return " ".join(text.split())
