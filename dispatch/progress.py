"""How far a dispatch is: counts by state, the rate, the time left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from dispatch.lately import Lately
from dispatch.models import Delivery, Dispatch

RATE_WINDOW = timedelta(seconds=10)
SAMPLE = 10_000  # attempts, the latest, by which the rate is told
BIG = 20_000  # deliveries, from which on a look is shared

# From the index on (dispatch, state) alone.
_COUNTS = "SELECT state, count(*) FROM dispatch_delivery WHERE dispatch_id = %s GROUP BY state"

_DOUBTS_DUE = (
    "SELECT count(*) FROM dispatch_delivery WHERE dispatch_id = %s AND state = 'unknown' AND due_at IS NOT NULL"
)

_CLOSED = (
    "SELECT count(*) FROM dispatch_delivery AS d JOIN dispatch_dispatch AS s ON s.id = d.dispatch_id"
    " WHERE d.dispatch_id = %s AND d.wave > s.wave AND d.due_at IS NOT NULL"
)

# The latest attempts of any dispatch, by their number; where all of them fell into the window, it is as long as they
# are old. No index on the time is needed, which every letter would have to pay for.
_RECENT = """
SELECT count(*) FILTER (WHERE d.dispatch_id = %(dispatch)s AND a.outcome = 'accepted' AND a.finished_at > n.since),
       CASE WHEN count(*) = %(sample)s THEN greatest(min(a.finished_at), max(n.since)) ELSE max(n.since) END,
       max(n.at)
  FROM (SELECT clock_timestamp() AS at, clock_timestamp() - %(window)s * interval '1 second' AS since) AS n
  LEFT JOIN LATERAL (SELECT delivery_id, outcome, finished_at FROM dispatch_attempt
                      ORDER BY id DESC LIMIT %(sample)s) AS a ON true
  LEFT JOIN dispatch_delivery AS d ON d.id = a.delivery_id
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """`rate` is letters a second over the last ten; `left` is None where it can't be told.

    While the rest after a sample waits for a decision, `left` is the time until the sample has left.
    """

    state: str
    counts: dict[str, int]
    audience: int
    open: int
    rate: float
    left: timedelta | None
    variants: int
    seconds: float


_seen: Lately[Progress] = Lately()


def progress_of(dispatch: Dispatch) -> Progress:
    """How far it is at this moment."""
    counts = counts_by_state(dispatch.pk)
    still_open = counts["planned"] + counts["claimed"] + counts["deferred"] + _doubts_due(dispatch, counts)
    recent, span, now = _recent(dispatch.pk)
    seconds = duration(dispatch, now).total_seconds()
    rate = recent / max(min(span, seconds), 0.5)
    running = dispatch.state == Dispatch.State.RUNNING
    leaving = still_open - (_count(_CLOSED, dispatch.pk) if rate and running and dispatch.next_wave else 0)
    return Progress(
        state=dispatch.state,
        counts=counts,
        audience=dispatch.audience_size,
        open=still_open,
        rate=rate if running else 0.0,
        left=timedelta(seconds=leaving / rate) if rate and running and leaving > 0 else None,
        variants=dispatch.variants.count(),
        seconds=seconds,
    )


def glance(dispatch: Dispatch) -> Progress:
    """The same for a page that many look at: of a big dispatch it may be some seconds old."""
    if dispatch.audience_size < BIG:
        return progress_of(dispatch)
    return _seen.see((dispatch.pk, dispatch.state, dispatch.finished_at), lambda: progress_of(dispatch))


def counts_by_state(dispatch_id: int) -> dict[str, int]:
    """The deliveries of a dispatch by state, those states without any included."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [dispatch_id])
        return dict.fromkeys(Delivery.State.values, 0) | dict(cursor.fetchall())


def duration(dispatch: Dispatch, now: datetime) -> timedelta:
    return (dispatch.finished_at or now) - dispatch.planned_at


def _doubts_due(dispatch: Dispatch, counts: dict[str, int]) -> int:
    return _count(_DOUBTS_DUE, dispatch.pk) if counts["unknown"] else 0


def _count(statement: str, dispatch_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [dispatch_id])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _recent(dispatch_id: int) -> tuple[int, float, datetime]:
    """How many letters were accepted lately, within how many seconds, and the time."""
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, {"dispatch": dispatch_id, "sample": SAMPLE, "window": RATE_WINDOW.total_seconds()})
        row = cursor.fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    count, since, now = row
    return count, (now - since).total_seconds(), now
