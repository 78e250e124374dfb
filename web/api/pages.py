"""Pages of a long list by where the last one ended, so that each costs the same and none is skipped."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated

from ninja import Query

from web.api.problems import Problem

LARGEST = 200

Limit = Annotated[int, Query(ge=1, le=LARGEST, description="How many at most.")]
After = Annotated[
    str | None,
    Query(max_length=120, pattern=r"^[A-Za-z0-9_-]+$", description="What the page before gave as “next”."),
]


def cursor_of(*, at: datetime, pk: int) -> str:
    return urlsafe_b64encode(f"{at.isoformat()} {pk}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, int]:
    """Where a page ended; Problem for a cursor that is none of ours."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _space, pk = text.partition(" ")
        moment, number = in_utc(datetime.fromisoformat(at)), int(pk)
    except (ValueError, OverflowError) as error:
        raise _strange() from error
    if not 0 <= number < 2**63:
        raise _strange()
    return moment, number


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC, which it is in where it doesn't say; OverflowError beyond the years 1 to 9999."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _strange() -> Problem:
    return Problem(422, "“after” is not what a page gave as “next”.", where="after")
