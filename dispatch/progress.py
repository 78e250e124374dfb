"""How far a dispatch is: counts by state, the rate, the time left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count

from dispatch.models import Delivery, Dispatch

RATE_WINDOW = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Progress:
    """`rate` is letters a second over the last ten; `left` is None where it can't be told."""

    state: str
    counts: dict[str, int]
    audience: int
    open: int
    rate: float
    left: timedelta | None
    variants: int
    seconds: float


def progress_of(dispatch: Dispatch) -> Progress:
    counts = dict.fromkeys(Delivery.State.values, 0)
    rows = Delivery.objects.filter(dispatch=dispatch).order_by().values_list("state").annotate(n=Count("id"))
    counts |= {str(state): n for state, n in rows}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER"
            " (WHERE state = 'accepted' AND changed_at > clock_timestamp() - %s * interval '1 second'),"
            " count(*) FILTER (WHERE due_at IS NOT NULL OR state = 'claimed'), clock_timestamp()"
            " FROM dispatch_delivery WHERE dispatch_id = %s",
            [RATE_WINDOW.total_seconds(), dispatch.pk],
        )
        row = cursor.fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    recent, still_open, now = row
    seconds = duration(dispatch, now).total_seconds()
    rate = recent / max(min(RATE_WINDOW.total_seconds(), seconds), 0.5)
    running = dispatch.state == Dispatch.State.RUNNING
    return Progress(
        state=dispatch.state,
        counts=counts,
        audience=dispatch.audience_size,
        open=still_open,
        rate=rate if running else 0.0,
        left=timedelta(seconds=still_open / rate) if rate and running and still_open else None,
        variants=dispatch.variants.count(),
        seconds=seconds,
    )


def duration(dispatch: Dispatch, now: datetime) -> timedelta:
    return (dispatch.finished_at or now) - dispatch.planned_at
