"""Settling what is in doubt: a person says what became of a letter, or lets it leave once more."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from dispatch.errors import DispatchError
from dispatch.models import Delivery, Dispatch
from dispatch.retry import UNKNOWN_WAIT

ACTION = "circular.dispatch.doubt"
MOST_NAMED = 1_000  # deliveries in one entry of the audit log


class Answer(StrEnum):
    """What a person may say about a delivery in doubt."""

    ARRIVED = "arrived"
    AGAIN = "again"
    LEAVE = "leave"


ARRIVED_BY_HAND = "arrived, by hand"
AGAIN_BY_HAND = "once more, by hand"
LEFT_IN_DOUBT = "left in doubt"
"""The reason of a delivery that may have arrived and is written off."""

MAY_HAVE_ARRIVED = Q(state=Delivery.State.FAILED, reason=LEFT_IN_DOUBT)
"""Failed ones that must not be taken for letters that never came: no later dispatch of the issue writes to them."""

_BECOMES = {
    Answer.ARRIVED: (Delivery.State.ACCEPTED, ARRIVED_BY_HAND),
    Answer.AGAIN: (Delivery.State.DEFERRED, AGAIN_BY_HAND),
    Answer.LEAVE: (Delivery.State.FAILED, LEFT_IN_DOUBT),
}

# A letter that leaves once more waits until ten minutes after the last one: so long a server may be busy with it.
_SETTLE = """
UPDATE dispatch_delivery AS d
   SET state = %(state)s, reason = %(reason)s, lease = NULL, leased_until = NULL, changed_at = clock_timestamp(),
       due_at = CASE WHEN %(state)s = 'deferred'
                     THEN greatest(clock_timestamp(), d.changed_at + %(wait)s * interval '1 second') END
 WHERE d.dispatch_id = %(dispatch)s AND d.state = 'unknown'
   AND (%(delivery)s::bigint IS NULL OR d.id = %(delivery)s)
   AND (%(attempts)s::int IS NULL OR d.attempts = %(attempts)s)
   AND (%(before)s::timestamptz IS NULL OR d.changed_at <= %(before)s)
RETURNING d.id
"""

_REOPEN = """
UPDATE dispatch_dispatch AS s SET state = 'running', finished_at = NULL
 WHERE s.id = %(dispatch)s AND s.state = 'finished'
   AND NOT EXISTS (SELECT FROM dispatch_dispatch AS o
                    WHERE o.issue_key = s.issue_key AND o.state IN ('running', 'paused'))
"""


class DoubtRefused(DispatchError):
    """It can't be settled like that; nothing was changed."""


def settle_one(dispatch_id: int, delivery_id: int, answer: Answer, *, attempts: int, user: Any) -> bool:
    """Settle one delivery; False if it isn't in doubt any more, or in another doubt than that after `attempts`.

    DoubtRefused where it is to leave once more and its dispatch can't run.
    """
    return bool(_settle(dispatch_id, answer, user=user, delivery=delivery_id, attempts=attempts))


def settle_all(dispatch_id: int, answer: Answer, *, before: datetime, user: Any) -> int:
    """Settle all deliveries of a dispatch that were in doubt at `before`, the time at which somebody saw how many.

    Returns how many it were. DoubtRefused as above.
    """
    return _settle(dispatch_id, answer, user=user, before=before)


def may_leave_again(dispatch: Dispatch) -> str:
    """Why no letter of the dispatch can leave once more; empty where it can."""
    if dispatch.state == Dispatch.State.CANCELLED:
        return _("The dispatch was cancelled, so nothing of it can leave any more.")
    others = Dispatch.objects.filter(issue_key=dispatch.issue_key, state__in=Dispatch.OPEN).exclude(pk=dispatch.pk)
    if dispatch.state == Dispatch.State.FINISHED and others.exists():
        return _("A later dispatch of this issue is running. When it has ended, letters of this one can leave again.")
    return ""


def _settle(
    dispatch_id: int,
    answer: Answer,
    *,
    user: Any,
    delivery: int | None = None,
    attempts: int | None = None,
    before: datetime | None = None,
) -> int:
    state, reason = _BECOMES[answer]
    facts: dict[str, Any] = {
        "dispatch": dispatch_id,
        "state": str(state),
        "reason": reason,
        "wait": UNKNOWN_WAIT.total_seconds(),
        "delivery": delivery,
        "attempts": attempts,
        "before": before,
    }
    try:
        with transaction.atomic():
            # Whoever ends, cancels or resumes it meanwhile waits for us, or we for them.
            dispatch = Dispatch.objects.select_for_update(no_key=True).get(pk=dispatch_id)
            if answer is Answer.AGAIN and (why := may_leave_again(dispatch)):
                raise DoubtRefused(why)
            with connection.cursor() as cursor:
                cursor.execute(_SETTLE, facts)
                settled = sorted(row[0] for row in cursor.fetchall())
                if settled and answer is Answer.AGAIN and dispatch.state == Dispatch.State.FINISHED:
                    cursor.execute(_REOPEN, facts)
                    if not cursor.rowcount:
                        raise DoubtRefused(may_leave_again(dispatch))
            if settled:
                told = {"answer": str(answer), "count": len(settled), "deliveries": settled[:MOST_NAMED]}
                log(instance=dispatch, action=ACTION, user=user, data=told)
    except IntegrityError as error:
        raise DoubtRefused(
            _("A later dispatch of this issue is running. When it has ended, letters of this one can leave again.")
        ) from error
    return len(settled)
