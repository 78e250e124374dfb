"""The calls to webhooks that are due, leased by the database's clock so that each is one worker's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.db.models.expressions import RawSQL

from subscribers.models import WebhookCall

LEASE = 120  # seconds: more than a worker's budget and the slowest call

# MATERIALIZED: a plan that reads it once for each row of a join would lease `most` more each time.
_CLAIM = """
WITH chosen AS MATERIALIZED (
    SELECT due.id, hook.id AS hook_id, hook.url, hook.generation,
           coalesce(hook.rotated_at > clock_timestamp() - interval '1 day', false) AS with_previous
      FROM subscribers_webhook AS hook
     CROSS JOIN LATERAL (
           SELECT id FROM subscribers_webhookcall
            WHERE webhook_id = hook.id AND due_at <= clock_timestamp()
              AND (%(only)s::bigint IS NULL OR id = %(only)s)
            ORDER BY due_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
           ) AS due
     WHERE hook.active AND (hook.rests_until IS NULL OR hook.rests_until <= clock_timestamp())
)
UPDATE subscribers_webhookcall AS call
   SET attempts = call.attempts + 1, due_at = clock_timestamp() + %(lease)s * interval '1 second',
       tried_at = coalesce(call.tried_at, clock_timestamp())
  FROM chosen
 WHERE call.id = chosen.id
RETURNING call.id, chosen.hook_id, chosen.url, chosen.generation, chosen.with_previous,
          call.key, call.payload::text, call.attempts, clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was leased. `now` is the database's time."""

    id: int
    webhook_id: int
    url: str
    generation: int
    with_previous: bool
    key: UUID
    payload: dict[str, Any]
    attempts: int
    now: datetime


def claim_calls(*, most: int, only: int | None = None) -> list[Call]:
    """Lease up to `most` calls of each webhook that are due, or `only` one; none that another worker has."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"lease": LEASE, "most": most, "only": only})
        rows = cursor.fetchall()
    return _by_turns(
        Call(
            id=pk,
            webhook_id=webhook,
            url=url,
            generation=generation,
            with_previous=previous,
            key=key,
            payload=json.loads(payload),  # a cursor of Django leaves JSON as text
            attempts=attempts,
            now=now,
        )
        for pk, webhook, url, generation, previous, key, payload, attempts, now in rows
    )


def release(call: Call) -> None:
    """Give back a call that was not tried, as if it had not been leased."""
    WebhookCall.objects.filter(pk=call.id, attempts=call.attempts, delivered_at=None).update(
        attempts=F("attempts") - 1, due_at=now_there()
    )


def now_there() -> Any:
    """The database's time, as it goes on within a transaction."""
    return RawSQL("clock_timestamp()", [])


def _by_turns(calls: Iterable[Call]) -> list[Call]:
    """The first call of each webhook, then the second of each: none waits behind another's many."""
    turn: dict[int, int] = {}
    numbered = []
    for call in sorted(calls, key=lambda each: each.id):
        turn[call.webhook_id] = turn.get(call.webhook_id, 0) + 1
        numbered.append((turn[call.webhook_id], call.id, call))
    return [call for _turn, _id, call in sorted(numbered, key=lambda each: each[:2])]
