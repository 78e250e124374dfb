"""Days as the database counts them: CURRENT_DATE in UTC, which is what Django sets every connection to."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import DateField, Func, Q, TextField


class DaysAgo(Func):
    """The day so many days before today."""

    template = "(CURRENT_DATE - (%(days)s))"
    output_field = DateField()

    def __init__(self, days: int) -> None:
        super().__init__(days=int(days))


class DaysAgoAsText(Func):
    """The same as `2026-03-05`."""

    template = "to_char(CURRENT_DATE - (%(days)s), 'YYYY-MM-DD')"
    output_field = TextField()

    def __init__(self, days: int) -> None:
        super().__init__(days=int(days))


class Today(Func):
    """The same as no days ago, for conditions on millions of rows: one operation less for each."""

    template = "CURRENT_DATE"
    output_field = DateField()


TODAY = Today()
TOMORROW = DaysAgo(-1)


def moment_condition(column: str, op: str, value: Any) -> Q:
    """What a rule asks of a column with a moment that is never NULL."""
    match op:
        case "before":
            return Q(**{f"{column}__lt": _begin(value)})
        case "from":
            return Q(**{f"{column}__gte": _begin(value)})
        case "within_days":
            return Q(**{f"{column}__gte": DaysAgo(value - 1), f"{column}__lt": TOMORROW})
        case "older_days":
            return Q(**{f"{column}__lt": DaysAgo(value - 1)})
    raise AssertionError(op)


def _begin(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
