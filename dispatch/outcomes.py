"""Recording in bulk what the servers said: one statement for the attempts and the deliveries of many letters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from dispatch.classify import Outcome
from dispatch.feedback import SoftFailure, count_soft
from dispatch.journal import clock
from dispatch.retry import HOLD_TRANSPORT, UNKNOWN_WAIT, delay_after
from dispatch.said import Said
from subscribers.models import Suppression
from subscribers.suppression import suppress

_ROWS = """
said AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS t(
        id bigint, state text, reason text, wait float8, began float8, ended float8, stage text, outcome text,
        code int2, enhanced text, reply text, server text)
)"""

_INTO_LOG = """
    INSERT INTO dispatch_attempt
           (delivery_id, number, lease, started_at, finished_at, stage, outcome, code, enhanced, reply, server)
    SELECT said.id, {number}, %(lease)s, clock_timestamp() - said.began * interval '1 second',
           clock_timestamp() - said.ended * interval '1 second', said.stage, said.outcome, said.code, said.enhanced,
           said.reply, said.server"""

_SETTLE = f"""
WITH {_ROWS}, settled AS (
    UPDATE dispatch_delivery AS d
       SET state = said.state, reason = said.reason, attempts = d.attempts + 1, leased_until = NULL,
           lease = CASE WHEN said.state = 'unknown' THEN d.lease END, changed_at = clock_timestamp(),
           due_at = clock_timestamp() + said.wait * interval '1 second'
      FROM said
     WHERE d.id = said.id AND d.lease = %(lease)s AND d.state = 'claimed'
    RETURNING d.id, d.attempts
), logged AS (
    {_INTO_LOG.format(number="settled.attempts")}
      FROM settled JOIN said ON said.id = settled.id
)
SELECT id FROM settled
"""  # noqa: S608 - made of the constants above

# Late knowledge counts: what was called unknown is settled by the worker that had it, and a letter that arrived is not
# sent once more. One attempt is logged for each lease, so that a journal may be read twice.
_LATE = f"""
WITH {_ROWS}, known AS (
    UPDATE dispatch_attempt AS a
       SET outcome = said.outcome, stage = said.stage, code = said.code, enhanced = said.enhanced, reply = said.reply,
           server = said.server, finished_at = clock_timestamp() - said.ended * interval '1 second'
      FROM said
     WHERE a.delivery_id = said.id AND a.lease = %(lease)s AND a.outcome = 'unknown' AND said.outcome <> 'unknown'
    RETURNING a.delivery_id AS id
), logged AS (
    {_INTO_LOG.format(number="d.attempts + 1")}
      FROM said JOIN dispatch_delivery AS d ON d.id = said.id
     WHERE NOT EXISTS (SELECT FROM dispatch_attempt AS a WHERE a.delivery_id = said.id AND a.lease = %(lease)s)
    RETURNING delivery_id AS id
), news AS (
    SELECT said.*, 1 AS more FROM said JOIN logged USING (id)
     UNION ALL SELECT said.*, 0 FROM said JOIN known USING (id)
)
UPDATE dispatch_delivery AS d
   SET attempts = d.attempts + news.more, changed_at = clock_timestamp(),
       state = CASE WHEN {{arrived}} OR {{ours}} THEN news.state ELSE d.state END,
       reason = CASE WHEN {{arrived}} OR {{ours}} THEN news.reason ELSE d.reason END,
       lease = CASE WHEN {{arrived}} OR {{ours}} THEN NULL ELSE d.lease END,
       due_at = CASE WHEN {{arrived}} THEN NULL WHEN {{ours}} THEN clock_timestamp() + news.wait * interval '1 second'
                     ELSE d.due_at END
  FROM news WHERE d.id = news.id
""".format(  # noqa: S608 - made of the constants above
    arrived="(news.outcome = 'accepted' AND d.state IN ('planned', 'deferred', 'unknown', 'failed', 'excluded'))",
    ours="(d.state = 'unknown' AND d.lease = %(lease)s AND news.outcome <> 'unknown')",
)

_FACTS = """
SELECT d.id, d.attempts,
       clock_timestamp() - coalesce((SELECT min(a.started_at) FROM dispatch_attempt AS a WHERE a.delivery_id = d.id),
                                    clock_timestamp()), s.unknown_policy, s.state,
       (SELECT count(*) FROM dispatch_attempt AS a WHERE a.delivery_id = d.id AND a.outcome = 'unknown'
           AND a.lease IS DISTINCT FROM %(lease)s),
       p.id, p.address_hash, d.lease IS NOT DISTINCT FROM %(lease)s AND d.state IN ('claimed', 'unknown')
  FROM dispatch_delivery AS d
  JOIN dispatch_dispatch AS s ON s.id = d.dispatch_id
  LEFT JOIN subscribers_subscriber AS p ON p.id = d.subscriber_id
 WHERE d.id = ANY(%(ids)s)
"""

# The sweep had called it unknown and the dispatch was ended; there is something to do again.
_REOPEN = """
UPDATE dispatch_dispatch AS s SET state = 'running', finished_at = NULL
 WHERE s.id = (SELECT dispatch_id FROM dispatch_delivery WHERE id = %(delivery)s) AND s.state = 'finished'
   AND NOT EXISTS (SELECT FROM dispatch_dispatch AS o
                    WHERE o.issue_key = s.issue_key AND o.state IN ('running', 'paused'))
"""


@dataclass
class _Plan:
    """What is written of one delivery."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    bounced: list[tuple[str, str, int]] = field(default_factory=list)  # address hash, reason, person
    soft: list[SoftFailure] = field(default_factory=list)


def record_outcomes(lease: UUID, said: Sequence[Said]) -> None:
    """Log the attempts and settle the deliveries under the lease, all or none. May be said twice."""
    told = [each for each in said if not each.is_released]
    if not told:
        return
    with transaction.atomic():
        plan = _planned(lease, told)
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, {"lease": lease, "rows": json.dumps(plan.rows)})
            settled = {row[0] for row in cursor.fetchall()}
            if late := [row for row in plan.rows if row["id"] not in settled]:
                cursor.execute(_LATE, {"lease": lease, "rows": json.dumps(late)})
        count_soft(plan.soft)
        for address_hash, reason, person in plan.bounced:
            suppress(address_hash, Suppression.Reason.HARD_BOUNCE, note=reason, person=person)


def _planned(lease: UUID, told: Sequence[Said]) -> _Plan:
    now, plan = clock(), _Plan()
    others = [each.delivery_id for each in told if each.outcome != Outcome.ACCEPTED]
    facts = _facts(lease, others) if others else {}
    for each in told:
        state, wait = each.outcome, None
        if each.outcome != Outcome.ACCEPTED:
            if each.delivery_id not in facts:
                continue  # the dispatch was deleted meanwhile
            known = facts[each.delivery_id]
            state, wait = known.settle(each)
            if state == Outcome.FAILED and (each.soft_bounce or each.outcome == Outcome.DEFERRED):
                plan.soft.append(SoftFailure(each.delivery_id, each.enhanced, each.reply))
            if each.hard_bounce and known.address_hash and known.person is not None:
                plan.bounced.append((known.address_hash, each.reason, known.person))
        plan.rows.append(
            {
                "id": each.delivery_id,
                "state": state,
                "reason": each.reason,
                "wait": wait,
                "began": max(now - each.began, 0.0),
                "ended": max(now - each.ended, 0.0),
                "stage": each.stage,
                "outcome": each.outcome,
                "code": each.code,
                "enhanced": each.enhanced,
                "reply": each.reply,
                "server": each.server,
            }
        )
    return plan


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a delivery's further way depends on. `doubts` are the times before that it was in doubt."""

    delivery: int
    attempts: int
    age: Any
    policy: str
    dispatch_state: str
    doubts: int
    person: int | None
    address_hash: str | None
    ours: bool

    def settle(self, said: Said) -> tuple[str, float | None]:
        """The state that it comes to, and in how many seconds it is due again, if ever."""
        state, wait = said.outcome, None
        if not self.ours:
            return state, wait  # it is only logged
        if said.outcome == Outcome.DEFERRED:
            delay = (
                HOLD_TRANSPORT
                if said.pauses
                else delay_after(self.attempts + 1, age=self.age, delivery=self.delivery, greylisted=said.greylisted)
            )
            state, wait = ("deferred", delay.total_seconds()) if delay else ("failed", None)
        elif said.outcome == Outcome.UNKNOWN and self.policy == "retry" and not self.doubts:
            wait = UNKNOWN_WAIT.total_seconds() if self.dispatch_state != "cancelled" else None
        if wait is not None and self.dispatch_state == "finished" and not _reopen(self.delivery):
            state, wait = ("failed", None) if state == "deferred" else (state, None)
        if state == "deferred" and self.dispatch_state == "cancelled":
            state, wait = "excluded", None
        return state, wait


def _facts(lease: UUID, ids: list[int]) -> dict[int, _Facts]:
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, {"ids": ids, "lease": lease})
        return {row[0]: _Facts(*row) for row in cursor.fetchall()}


def _reopen(delivery_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_REOPEN, {"delivery": delivery_id})
        return bool(cursor.rowcount)
