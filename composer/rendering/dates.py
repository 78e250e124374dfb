"""How languages write dates, periods and times of day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FRENCH_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_FRENCH_SHORT_MONTHS = (
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juill.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip
_FRENCH_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """One language's way of writing.

    `day` is a plain date and `weekday` one with its day of the week; `days` a period from one day to a later one;
    `hours` a time of day, or from one to another; `moments` a period from a time on one day to a time on another.
    `month` is a month's short name; `timed` sets times behind their date.
    """

    day: Callable[[date], str]
    weekday: Callable[[date], str]
    days: Callable[[date, date], str]
    hours: Callable[[time, time | None], str]
    moments: Callable[[date, time, date, time | None], str]
    timed: Callable[[str, str], str]
    month: Callable[[date], str]


@dataclass(frozen=True, slots=True)
class Period:
    """When something takes place, as content has it: times on the wall in `zone`, `end` on the last day."""

    day: date | None
    start: time | None
    last_day: date | None
    end: time | None
    zone: str


def written(period: Period, calendar: Calendar, *, opening: str, closing: str) -> str:
    """The period in one line: "12 May 2026, 14:00–16:00 (Europe/Paris, UTC+2)"; empty without a day."""
    day, last, start, end = period.day, period.last_day, period.start, period.end
    if day is None:
        return ""
    one_day = last is None or last == day
    zone = f"{opening}{zone_of(period)}{closing}" if start is not None and zone_of(period) else ""
    if start is None:
        text = calendar.weekday(day) if one_day else calendar.days(day, last or day)
    elif one_day or last is None:
        text = calendar.timed(calendar.weekday(day), calendar.hours(start, end))
    else:
        text = calendar.moments(day, start, last, end)
    return text[:1].upper() + text[1:] + zone


def zone_of(period: Period) -> str:
    """The zone's name and its distance from UTC on those days: "Europe/Paris, UTC+2"; the name alone if unknown."""
    name = period.zone.strip()
    if not name or name == "UTC" or period.day is None:
        return name
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a name that isn't IANA's; OSError where it is a folder of names
        return name
    days = ((period.day, period.start), (period.last_day or period.day, period.end or period.start))
    offsets = dict.fromkeys(_offset(datetime.combine(day, hour or time(12), zone)) for day, hour in days)
    return f"{name}, {'/'.join(offsets)}"


def _offset(moment: datetime) -> str:
    minutes = (moment.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}" if hours else "UTC"


def _clock(hour: time) -> str:
    return f"{hour:%H:%M}"


def _hours(start: time, end: time | None) -> str:
    return _clock(start) if end is None else f"{_clock(start)}–{_clock(end)}"


def _english_date(day: date) -> str:
    return f"{day.day} {_ENGLISH_MONTHS[day.month - 1]} {day.year}"


def _english_weekday(day: date) -> str:
    return f"{_ENGLISH_DAYS[day.weekday()]}, {_english_date(day)}"


def _english_days(first: date, last: date) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_english_date(last)}"
    if first.year == last.year:
        return f"{first.day} {_ENGLISH_MONTHS[first.month - 1]} – {_english_date(last)}"
    return f"{_english_date(first)} – {_english_date(last)}"


def _english_moments(first: date, start: time, last: date, end: time | None) -> str:
    return f"{_english_date(first)}, {_clock(start)} – {_english_date(last)}{f', {_clock(end)}' if end else ''}"


def _chinese_date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _chinese_weekday(day: date) -> str:
    return f"{_chinese_date(day)}（星期{'一二三四五六日'[day.weekday()]}）"


def _chinese_days(first: date, last: date) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return f"{_chinese_date(first)}至{last.day}日"
    if first.year == last.year:
        return f"{_chinese_date(first)}至{last.month}月{last.day}日"
    return f"{_chinese_date(first)}至{_chinese_date(last)}"


def _chinese_moments(first: date, start: time, last: date, end: time | None) -> str:
    until = _chinese_date(last) if first.year != last.year else f"{last.month}月{last.day}日"
    return f"{_chinese_date(first)} {_clock(start)} 至 {until}{f' {_clock(end)}' if end else ''}"


def _french_day(day: date) -> str:
    return "1er" if day.day == 1 else str(day.day)


def _french_date(day: date) -> str:
    return f"{_french_day(day)} {_FRENCH_MONTHS[day.month - 1]} {day.year}"


def _french_weekday(day: date) -> str:
    return f"{_FRENCH_DAYS[day.weekday()]} {_french_date(day)}"


def _french_days(first: date, last: date) -> str:
    if (first.year, first.month) == (last.year, last.month):
        return f"du {_french_day(first)} au {_french_date(last)}"
    if first.year == last.year:
        return f"du {_french_day(first)} {_FRENCH_MONTHS[first.month - 1]} au {_french_date(last)}"
    return f"du {_french_date(first)} au {_french_date(last)}"


def _french_clock(hour: time) -> str:
    return f"{hour.hour}\u00a0h\u00a0{hour.minute:02}" if hour.minute else f"{hour.hour}\u00a0h"


def _french_hours(start: time, end: time | None) -> str:
    return f"à {_french_clock(start)}" if end is None else f"de {_french_clock(start)} à {_french_clock(end)}"


def _french_moments(first: date, start: time, last: date, end: time | None) -> str:
    until = f" à {_french_clock(end)}" if end else ""
    return f"du {_french_date(first)} à {_french_clock(start)} au {_french_date(last)}{until}"


ENGLISH = Calendar(
    day=_english_date,
    weekday=_english_weekday,
    days=_english_days,
    hours=_hours,
    moments=_english_moments,
    timed=lambda day, hours: f"{day}, {hours}",
    month=lambda day: _ENGLISH_MONTHS[day.month - 1][:3],
)
CHINESE = Calendar(
    day=_chinese_date,
    weekday=_chinese_weekday,
    days=_chinese_days,
    hours=_hours,
    moments=_chinese_moments,
    timed=lambda day, hours: f"{day}{hours}",
    month=lambda day: f"{day.month}月",
)
FRENCH = Calendar(
    day=_french_date,
    weekday=_french_weekday,
    days=_french_days,
    hours=_french_hours,
    moments=_french_moments,
    timed=lambda day, hours: f"{day}, {hours}",
    month=lambda day: _FRENCH_SHORT_MONTHS[day.month - 1],
)
