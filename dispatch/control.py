"""Pausing, resuming, cancelling and ending a dispatch: each one guarded update that says whether it won."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models.functions import Now

from dispatch.models import Delivery, Dispatch

State = Dispatch.State


def pause_dispatch(dispatch_id: int, *, reason: str = "") -> bool:
    """Stop letters from leaving; the ones whose text is on the wire end. False if it wasn't running."""
    running = Dispatch.objects.filter(pk=dispatch_id, state=State.RUNNING)
    return bool(running.update(state=State.PAUSED, state_reason=reason[:300]))


def resume_dispatch(dispatch_id: int) -> bool:
    """Let a paused dispatch run on; False if it wasn't paused. Whoever calls this rings."""
    paused = Dispatch.objects.filter(pk=dispatch_id, state=State.PAUSED)
    resumed = bool(paused.update(state=State.RUNNING, state_reason=""))
    finish_if_done(dispatch_id)
    return resumed


@transaction.atomic
def cancel_dispatch(dispatch_id: int) -> bool:
    """End a dispatch: whoever wasn't written to yet is excluded. False if it had ended before."""
    open_ones = Dispatch.objects.filter(pk=dispatch_id, state__in=Dispatch.OPEN)
    if not open_ones.update(state=State.CANCELLED, finished_at=Now(), state_reason=""):
        return False
    waiting = Delivery.objects.filter(dispatch_id=dispatch_id, due_at__isnull=False)
    waiting.filter(state__in=[Delivery.State.PLANNED, Delivery.State.DEFERRED]).update(
        state=Delivery.State.EXCLUDED, reason="cancelled", due_at=None, changed_at=Now()
    )
    waiting.filter(state=Delivery.State.UNKNOWN).update(due_at=None)
    return True


def exclude_left_over() -> int:
    """Take out what a letter under way left open in a dispatch that was cancelled meanwhile."""
    left = Delivery.objects.filter(dispatch__state=State.CANCELLED, due_at__isnull=False)
    left.filter(state=Delivery.State.UNKNOWN).update(due_at=None)
    open_ones = left.filter(state__in=[Delivery.State.PLANNED, Delivery.State.DEFERRED])
    return open_ones.update(state=Delivery.State.EXCLUDED, reason="cancelled", due_at=None, changed_at=Now())


def finish_if_done(dispatch_id: int) -> bool:
    """Mark a running dispatch as finished if none of its deliveries is open."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dispatch_dispatch AS s SET state = 'finished', finished_at = clock_timestamp()"
            " WHERE s.id = %s AND s.state = 'running' AND NOT EXISTS (SELECT FROM dispatch_delivery AS d"
            " WHERE d.dispatch_id = s.id AND (d.due_at IS NOT NULL OR d.state = 'claimed'))",
            [dispatch_id],
        )
        return bool(cursor.rowcount)
