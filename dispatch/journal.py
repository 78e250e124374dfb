"""The journal around each letter's text: written before its first byte leaves, closed with what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from dispatch.claim import Claimed
from dispatch.classify import Outcome, Verdict
from dispatch.retry import HOLD_TRANSPORT, UNKNOWN_WAIT, delay_after
from dispatch.transports.base import SendResult

# The one place that decides whether a letter may still leave: the lease runs, and the dispatch does.
_OPEN = """
WITH held AS (
    UPDATE dispatch_delivery AS d SET attempts = d.attempts + 1
      FROM dispatch_dispatch AS s
     WHERE d.id = %(delivery)s AND d.lease = %(lease)s AND d.state = 'claimed'
       AND d.leased_until > clock_timestamp() + interval '5 seconds'
       AND s.id = d.dispatch_id AND s.state = 'running'
    RETURNING d.id, d.attempts
)
INSERT INTO dispatch_attempt (delivery_id, number, lease, started_at, stage, outcome, enhanced, reply)
SELECT id, attempts, %(lease)s, clock_timestamp(), '', '', '', '' FROM held
RETURNING id
"""

_CLOSE = """
UPDATE dispatch_attempt
   SET finished_at = clock_timestamp(), stage = %(stage)s, outcome = %(outcome)s, code = %(code)s,
       enhanced = %(enhanced)s, reply = %(reply)s
 WHERE id = %(attempt)s
"""

_ATTEMPT_WITHOUT_TEXT = """
WITH held AS (
    UPDATE dispatch_delivery SET attempts = attempts + 1 WHERE id = %(delivery)s AND lease = %(lease)s
    RETURNING id, attempts
)
INSERT INTO dispatch_attempt
       (delivery_id, number, lease, started_at, finished_at, stage, outcome, code, enhanced, reply)
SELECT id, attempts, %(lease)s, clock_timestamp(), clock_timestamp(), %(stage)s, %(outcome)s, %(code)s,
       %(enhanced)s, %(reply)s
  FROM held
"""

# Late knowledge counts: an attempt that the sweep called unknown is settled by the worker that made it.
_SETTLE = """
UPDATE dispatch_delivery AS d
   SET state = %(state)s, reason = %(reason)s, lease = NULL, leased_until = NULL, changed_at = clock_timestamp(),
       due_at = clock_timestamp() + %(wait)s * interval '1 second'
 WHERE d.id = %(delivery)s AND d.lease = %(lease)s AND d.state IN ('claimed', 'unknown')
RETURNING (SELECT p.address_hash FROM subscribers_subscriber AS p WHERE p.id = d.subscriber_id)
"""

_REOPEN = """
UPDATE dispatch_dispatch AS s SET state = 'running', finished_at = NULL
 WHERE s.id = (SELECT dispatch_id FROM dispatch_delivery WHERE id = %(delivery)s) AND s.state = 'finished'
   AND NOT EXISTS (SELECT FROM dispatch_dispatch AS o
                    WHERE o.issue_key = s.issue_key AND o.state IN ('running', 'paused'))
"""

_AGE_AND_POLICY = """
SELECT d.attempts, clock_timestamp() - s.planned_at, s.unknown_policy, s.state,
       (SELECT count(*) FROM dispatch_attempt AS a WHERE a.delivery_id = d.id AND a.outcome = 'unknown')
  FROM dispatch_delivery AS d JOIN dispatch_dispatch AS s ON s.id = d.dispatch_id WHERE d.id = %(delivery)s
"""


def open_attempt(delivery: Claimed, lease: UUID) -> int | None:
    """Journal that the text of this delivery is about to leave; None if it must not."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"delivery": delivery.delivery_id, "lease": lease})
        row = cursor.fetchone()
    return int(row[0]) if row else None


@transaction.atomic
def record_outcome(
    delivery: Claimed, lease: UUID, attempt: int | None, result: SendResult, verdict: Verdict
) -> str | None:
    """Close the attempt and settle the delivery; returns the subscriber's address hash after a hard bounce."""
    facts: dict[str, Any] = {
        "delivery": delivery.delivery_id,
        "lease": lease,
        "attempt": attempt,
        "stage": str(result.stage),
        "outcome": str(verdict.outcome),
        "code": result.reply.code if result.reply else None,
        "enhanced": result.reply.enhanced if result.reply else "",
        "reply": (result.reply.text if result.reply else result.error).replace("\x00", ""),
    }
    with connection.cursor() as cursor:
        if attempt is None:
            if verdict.outcome is not Outcome.RELEASED:
                cursor.execute(_ATTEMPT_WITHOUT_TEXT, facts)
        else:
            cursor.execute(_CLOSE, facts)
        if verdict.outcome is Outcome.RELEASED:
            return None  # the batch's end gives it back, with the others that were not begun
        cursor.execute(_AGE_AND_POLICY, facts)
        row = cursor.fetchone()
        if row is None:
            return None  # the dispatch was deleted meanwhile
        attempts, age, policy, dispatch_state, doubts = row
        state, wait = str(verdict.outcome), None
        if verdict.outcome is Outcome.DEFERRED:
            delay = HOLD_TRANSPORT if verdict.pause else delay_after(attempts, age=age)
            state, wait = ("deferred", delay.total_seconds()) if delay else ("failed", None)
        elif verdict.outcome is Outcome.UNKNOWN and policy == "retry" and doubts <= 1 and dispatch_state != "cancelled":
            wait = UNKNOWN_WAIT.total_seconds()
        if wait is not None and dispatch_state == "finished":
            # The sweep had called it unknown and the dispatch was ended; there is something to do again.
            cursor.execute(_REOPEN, facts)
            if not cursor.rowcount:
                state, wait = ("failed", None) if state == "deferred" else (state, None)
        if state == "deferred" and dispatch_state == "cancelled":
            state, wait = "excluded", None
        cursor.execute(_SETTLE, {**facts, "state": state, "wait": wait, "reason": verdict.reason[:60]})
        settled = cursor.fetchone()
    return str(settled[0]) if settled and settled[0] and verdict.hard_bounce else None
