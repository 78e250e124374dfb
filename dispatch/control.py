"""Pausing, resuming, cancelling and ending a dispatch: each one guarded update that says whether it won."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from dispatch.models import Attempt, Delivery, Dispatch

State = Dispatch.State

STALE = timedelta(hours=6)
"""How long a running dispatch may have been out of everybody's sight and still go on by itself."""

_VOUCH_AGAIN = timedelta(minutes=30)

_STALE = """
SELECT s.id, coalesce(s.worked_at, s.planned_at)
  FROM dispatch_dispatch AS s
 WHERE s.state = 'running'
   AND coalesce(s.worked_at, s.planned_at) < clock_timestamp() - %(grace)s * interval '1 second'
   AND EXISTS (SELECT FROM dispatch_delivery AS d WHERE d.dispatch_id = s.id AND d.wave <= s.wave
                  AND (d.due_at <= clock_timestamp() OR d.state = 'claimed'))
"""

_VOUCH = """
UPDATE dispatch_dispatch SET worked_at = clock_timestamp()
 WHERE state = 'running' AND coalesce(worked_at, planned_at) < clock_timestamp() - %(again)s * interval '1 second'
"""

_REFUSED = """
SELECT d.id FROM dispatch_delivery AS d
  JOIN dispatch_dispatch AS s ON s.id = d.dispatch_id AND s.state = 'paused'
  JOIN LATERAL (SELECT a.code, a.finished_at FROM dispatch_attempt AS a WHERE a.delivery_id = d.id
                 ORDER BY a.number DESC, a.id DESC LIMIT 1) AS last ON last.code BETWEEN 500 AND 599
 WHERE d.dispatch_id = %s AND d.state IN ('planned', 'deferred') AND d.attempts > 0
 ORDER BY last.finished_at DESC NULLS LAST, d.id LIMIT 1
"""


def pause_dispatch(dispatch_id: int, *, reason: str = "") -> bool:
    """Stop letters from leaving; the ones whose text is on the wire end. False if it wasn't running."""
    running = Dispatch.objects.filter(pk=dispatch_id, state=State.RUNNING)
    return bool(running.update(state=State.PAUSED, state_reason=reason[:300]))


def resume_dispatch(dispatch_id: int) -> bool:
    """Let a paused dispatch run on; False if it wasn't paused. Whoever calls this rings."""
    paused = Dispatch.objects.filter(pk=dispatch_id, state=State.PAUSED)
    resumed = bool(paused.update(state=State.RUNNING, state_reason="", worked_at=Now()))
    finish_if_done(dispatch_id)
    return resumed


@transaction.atomic
def cancel_dispatch(dispatch_id: int) -> bool:
    """End a dispatch: whoever wasn't written to yet is excluded. False if it had ended before."""
    open_ones = Dispatch.objects.filter(pk=dispatch_id, state__in=Dispatch.OPEN)
    if not open_ones.update(state=State.CANCELLED, finished_at=Now(), state_reason=""):
        return False
    waiting = Delivery.objects.filter(dispatch_id=dispatch_id, due_at__isnull=False)
    _take_out(waiting)
    return True


def refused_delivery(dispatch_id: int) -> int | None:
    """The delivery at whose refusal a paused dispatch stands, if there is one that would be tried again."""
    with connection.cursor() as cursor:
        cursor.execute(_REFUSED, [dispatch_id])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def leave_out(delivery_id: int) -> bool:
    """Give up one delivery that was tried and refused, so that its paused dispatch can go on without it.

    False unless the dispatch is paused and the delivery would be tried again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dispatch_delivery AS d SET state = 'failed', due_at = NULL, changed_at = clock_timestamp(),"
            " reason = 'left out by hand'"
            " FROM dispatch_dispatch AS s WHERE s.id = d.dispatch_id AND s.state = 'paused'"
            " AND d.id = %s AND d.state IN ('planned', 'deferred') AND d.attempts > 0",
            [delivery_id],
        )
        return bool(cursor.rowcount)


def pause_stale(*, grace: timedelta = STALE) -> int:
    """Pause what was running when the house went dark, and ask; returns how many dispatches.

    The sweep calls this before anything else. Whatever runs and isn't stale is vouched for, also while a pace or the
    hour keeps its letters back: only a gap between two sweeps makes a dispatch stale. Such a gap means that nobody
    worked for hours, or that this database is a copy from before, which may not know of letters that have left.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STALE, {"grace": grace.total_seconds()})
        found = cursor.fetchall()
    paused = 0
    for dispatch_id, since in found:
        words = _(
            "Nothing moved since %(since)s (UTC). If this database was restored from a backup, letters may have left "
            "that it doesn’t know of: compare with the mail server’s log before resuming."
        )
        paused += pause_dispatch(dispatch_id, reason=words % {"since": f"{since.astimezone(UTC):%Y-%m-%d %H:%M}"})
    with connection.cursor() as cursor:
        cursor.execute(_VOUCH, {"again": _VOUCH_AGAIN.total_seconds()})
    return paused


def exclude_left_over() -> int:
    """Take out what a letter under way left open in a dispatch that was cancelled meanwhile."""
    left = Delivery.objects.filter(dispatch__state=State.CANCELLED, due_at__isnull=False)
    return _take_out(left)


def _take_out(waiting: QuerySet[Delivery]) -> int:
    """Nothing more is done for these; one that may have arrived at an earlier attempt stays in doubt."""
    doubts = Attempt.objects.filter(delivery=OuterRef("pk"), outcome="unknown")
    open_ones = waiting.filter(state__in=[Delivery.State.PLANNED, Delivery.State.DEFERRED])
    open_ones.filter(Exists(doubts)).update(state=Delivery.State.UNKNOWN, due_at=None, changed_at=Now())
    waiting.filter(state=Delivery.State.UNKNOWN).update(due_at=None)
    return open_ones.update(state=Delivery.State.EXCLUDED, reason="cancelled", due_at=None, changed_at=Now())


def finish_if_done(dispatch_id: int) -> bool:
    """Mark a running dispatch as finished if none of its deliveries is open."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Whoever opens a delivery anew has the dispatch locked: what they did is seen by a statement after that only.
        running = Dispatch.objects.select_for_update(no_key=True).filter(pk=dispatch_id, state=State.RUNNING)
        if not running.values_list("pk", flat=True).first():
            return False
        cursor.execute(
            "UPDATE dispatch_dispatch AS s SET state = 'finished', finished_at = clock_timestamp()"
            " WHERE s.id = %s AND s.state = 'running' AND NOT EXISTS (SELECT FROM dispatch_delivery AS d"
            " WHERE d.dispatch_id = s.id AND (d.due_at IS NOT NULL OR d.state = 'claimed'))",
            [dispatch_id],
        )
        return bool(cursor.rowcount)
