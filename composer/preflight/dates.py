"""The checks of dates: past ones, impossible ones, weekdays that don't belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from composer.content import Call, EditionContent, Event

from .findings import Finding, Severity, gettext_noop
from .pieces import Text, shorten
from .places import Place

OLD = timedelta(days=31)
"""An issue dated longer ago than this has kept the date of the one that it was begun from."""

_MONTHS: dict[str, int] = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    )
    for number, name in enumerate(names.split(), start=1)
}
_DAYS: dict[str, int] = {
    name: number
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "一 二 三 四 五 六 日",
    )
    for number, name in enumerate(names.split())
} | {"天": 6}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = "|".join(name for name in _DAYS if len(name) > 1)
_DAY_FIRST = re.compile(
    rf"\b({_DAY}),?\s+(?:the\s+|le\s+)?(\d{{1,2}})(?:st|nd|rd|th|er)?\s+(?:of\s+)?({_MONTH})\b(?:,?\s+(\d{{4}}))?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"\b({_DAY}),?\s+({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}}))?", re.IGNORECASE
)
_DAY_LAST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+({_MONTH})\s+(\d{{4}})\s*[,(（]\s*({_DAY})\b", re.IGNORECASE)
_CHINESE = re.compile(
    r"(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*[，,]?\s*[（(]?\s*(?:星期|周|礼拜)([一二三四五六日天])"
)
_MENTIONS_DAY = re.compile(rf"{_DAY}|星期|周|礼拜", re.IGNORECASE)


def check_dates(content: EditionContent, texts: tuple[Text, ...], *, today: date) -> Iterator[Finding]:
    """`today` and the issue's own date, whichever is later, say what is past when readers get the letter."""
    reference = max(today, content.published or today)
    if content.published and content.published < today - OLD:
        yield Place(content.locale, None, "published").finding(
            "issue-date",
            Severity.WARNING,
            gettext_noop("The issue is dated {day}, more than a month ago. Give it today's date."),
            day=content.published.isoformat(),
        )
    for item in content.items():
        if isinstance(item, Call) and item.deadline and item.deadline < reference:
            yield Place(content.locale, item, "deadline").finding(
                "deadline-past",
                Severity.WARNING,
                gettext_noop("The deadline of {where} is past: {day}. Correct it or take the call out."),
                day=item.deadline.isoformat(),
            )
        elif isinstance(item, Event):
            yield from _event(item, content.locale, reference)
    for text in texts:
        if _MENTIONS_DAY.search(text.text):
            yield from _weekdays(text, content)


def _event(item: Event, locale: str, reference: date) -> Iterator[Finding]:
    if item.day is None:
        yield Place(locale, item, "day").finding(
            "event-day", Severity.ERROR, gettext_noop("The event {where} has no day. Say when it takes place.")
        )
        return
    if item.start is not None and not _is_zone(item.zone):
        yield Place(locale, item, "zone").finding(
            "event-zone",
            Severity.ERROR,
            gettext_noop("The event {where} has a time but no time zone that exists: “{zone}”. Choose one."),
            zone=shorten(item.zone),
        )
    last = item.last_day or item.day
    if last < item.day or (last == item.day and item.start and item.end and item.end < item.start):
        yield Place(locale, item, "end").finding(
            "event-order", Severity.ERROR, gettext_noop("The event {where} ends before it begins. Correct its times.")
        )
    elif last < reference:
        yield Place(locale, item, "day").finding(
            "event-past",
            Severity.WARNING,
            gettext_noop("The event {where} is past: {day}. Correct its day or take it out."),
            day=last.isoformat(),
        )
    if item.end and not item.start:
        yield Place(locale, item, "start").finding(
            "event-start",
            Severity.WARNING,
            gettext_noop("The event {where} has an end but no beginning. Add its time."),
        )


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _weekdays(text: Text, content: EditionContent) -> Iterator[Finding]:
    for found, weekday, (year, month, day) in _mentions(text.text):
        base = (content.published or date.min).year
        years = (int(year),) if year else (base, base + 1, base - 1) if content.published else ()
        days = [made for candidate in years if (made := _made(candidate, month, day))]
        if days and all(made.weekday() != weekday for made in days):
            yield Place.of(text, content.locale).finding(
                "weekday",
                Severity.NOTE,
                gettext_noop("In {where}, “{found}” names a weekday that the date doesn't have. Correct one of them."),
                found=shorten(found),
            )


def _mentions(text: str) -> Iterator[tuple[str, int, tuple[str | None, int, int]]]:
    """Each date with a weekday: as written, the weekday from 0, and the year if given, month and day."""
    for match in _DAY_FIRST.finditer(text):
        yield match[0], _DAYS[match[1].lower()], (match[4], _MONTHS[match[3].lower()], int(match[2]))
    for match in _MONTH_FIRST.finditer(text):
        yield match[0], _DAYS[match[1].lower()], (match[4], _MONTHS[match[2].lower()], int(match[3]))
    for match in _DAY_LAST.finditer(text):
        yield match[0], _DAYS[match[4].lower()], (match[3], _MONTHS[match[2].lower()], int(match[1]))
    for match in _CHINESE.finditer(text):
        yield match[0], _DAYS[match[4]], (match[1], int(match[2]), int(match[3]))


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
