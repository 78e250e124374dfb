"""Leasing a batch of deliveries, and what happens to a lease that ran out. All times are the database's.

A lease is short and renewed while its batch is worked on. A worker that is lost leaves its leases to run out;
the sweep then gives back what was not begun, and calls unknown what was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection

from dispatch.retry import UNKNOWN_WAIT

LEASE_SECONDS = 60

# MATERIALIZED: a plan that reads the batch once for each row of a join would lease `size` rows each time.
_CLAIM = """
WITH batch AS MATERIALIZED (
    SELECT due.id FROM dispatch_delivery AS due
      JOIN dispatch_dispatch AS s ON s.id = due.dispatch_id AND s.state = 'running'
     WHERE due.dispatch_id = %(dispatch)s AND due.due_at <= clock_timestamp()
     ORDER BY due.due_at, due.id LIMIT %(size)s FOR UPDATE OF due SKIP LOCKED
)
UPDATE dispatch_delivery AS d
   SET state = 'claimed', lease = %(lease)s, leased_until = clock_timestamp() + %(seconds)s * interval '1 second',
       due_at = NULL, changed_at = clock_timestamp()
  FROM batch
 WHERE d.id = batch.id
RETURNING d.id, d.subscriber_id, d.locale, d.mask, d.attempts
"""

# Whom nobody may write to any more is taken out after the claim, so that an unsubscribe of a moment ago counts.
_EXCLUDE = """
UPDATE dispatch_delivery AS d
   SET state = 'excluded', lease = NULL, leased_until = NULL, due_at = NULL, changed_at = clock_timestamp(),
       reason = CASE WHEN p.id IS NULL THEN 'erased' WHEN x.id IS NOT NULL THEN 'suppressed' ELSE 'unsubscribed' END
  FROM dispatch_delivery AS c
  JOIN dispatch_dispatch AS s ON s.id = c.dispatch_id
  LEFT JOIN subscribers_subscriber AS p ON p.id = c.subscriber_id
  LEFT JOIN subscribers_suppression AS x ON x.address_hash = p.address_hash
  LEFT JOIN subscribers_subscription AS b
         ON b.subscriber_id = p.id AND b.bulletin_key = s.bulletin_key AND b.state = 'active'
 WHERE c.lease = %(lease)s AND c.state = 'claimed' AND d.id = c.id AND (x.id IS NOT NULL OR b.id IS NULL)
RETURNING d.id
"""

_RENEW = """
UPDATE dispatch_delivery SET leased_until = clock_timestamp() + %(seconds)s * interval '1 second'
 WHERE lease = %(lease)s AND state = 'claimed'
"""

# What was claimed and not begun goes back; where the dispatch was cancelled meanwhile, it goes out.
_RELEASE = """
UPDATE dispatch_delivery AS d
   SET state = CASE WHEN s.state = 'cancelled' THEN 'excluded' WHEN d.attempts > 0 THEN 'deferred' ELSE 'planned' END,
       reason = CASE WHEN s.state = 'cancelled' THEN 'cancelled' ELSE d.reason END,
       due_at = CASE WHEN s.state = 'cancelled' THEN NULL
                     ELSE clock_timestamp() + %(wait)s * interval '1 second' END,
       lease = NULL, leased_until = NULL, changed_at = clock_timestamp()
  FROM dispatch_dispatch AS s
 WHERE s.id = d.dispatch_id AND d.lease = %(lease)s AND d.state = 'claimed'
   AND NOT EXISTS (SELECT FROM dispatch_attempt AS a WHERE a.delivery_id = d.id AND a.outcome = '')
"""

_EXPIRED = """
WITH gone AS (
    SELECT d.id, EXISTS (SELECT FROM dispatch_attempt AS a WHERE a.delivery_id = d.id AND a.outcome = '') AS begun,
           (SELECT count(*) FROM dispatch_attempt AS a WHERE a.delivery_id = d.id AND a.outcome = 'unknown') AS doubts
      FROM dispatch_delivery AS d
     WHERE d.state = 'claimed' AND (d.leased_until < clock_timestamp() OR %(all)s)
       FOR UPDATE OF d SKIP LOCKED
), closed AS (
    UPDATE dispatch_attempt AS a SET outcome = 'unknown', finished_at = clock_timestamp(), stage = 'dot',
           reply = 'The worker was lost after it began to send the text.'
      FROM gone WHERE gone.begun AND a.delivery_id = gone.id AND a.outcome = ''
)
UPDATE dispatch_delivery AS d
   SET state = CASE WHEN gone.begun THEN 'unknown' WHEN s.state = 'cancelled' THEN 'excluded'
                    WHEN d.attempts > 0 THEN 'deferred' ELSE 'planned' END,
       reason = CASE WHEN gone.begun THEN 'worker lost' WHEN s.state = 'cancelled' THEN 'cancelled' ELSE d.reason END,
       due_at = CASE WHEN gone.begun AND s.unknown_policy = 'retry' AND gone.doubts = 0 AND s.state <> 'cancelled'
                          THEN clock_timestamp() + %(unknown_wait)s * interval '1 second'
                     WHEN gone.begun OR s.state = 'cancelled' THEN NULL ELSE clock_timestamp() END,
       leased_until = NULL, lease = CASE WHEN gone.begun THEN d.lease END, changed_at = clock_timestamp()
  FROM gone, dispatch_dispatch AS s
 WHERE d.id = gone.id AND s.id = d.dispatch_id
RETURNING d.id, d.state
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One leased delivery; `subscriber_id` is None where the subscriber was erased."""

    delivery_id: int
    subscriber_id: int | None
    locale: str
    mask: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Deliveries under one lease. `full` says that there may be more."""

    dispatch_id: int
    lease: UUID
    deliveries: tuple[Claimed, ...]
    full: bool


def claim_batch(dispatch_id: int, *, size: int) -> Batch:
    """Lease up to `size` deliveries that are due, and take out those who may no longer be written to."""
    lease = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"lease": lease, "dispatch": dispatch_id, "size": size, "seconds": LEASE_SECONDS})
        rows = sorted(cursor.fetchall())
        cursor.execute(_EXCLUDE, {"lease": lease})
        excluded = {row[0] for row in cursor.fetchall()}
    deliveries = tuple(Claimed(*row) for row in rows if row[0] not in excluded)
    return Batch(dispatch_id, lease, deliveries, full=len(rows) == size)


def renew_lease(lease: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, {"lease": lease, "seconds": LEASE_SECONDS})


def release_rest(lease: UUID, *, wait_seconds: float = 0) -> int:
    """Give back what is still under the lease and was not begun; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, {"lease": lease, "wait": wait_seconds})
        return int(cursor.rowcount)


def expire_leases(*, even_those_that_run: bool = False) -> dict[str, int]:
    """Settle leases that ran out; returns how many deliveries came to which state.

    `even_those_that_run` is for a start at which it is certain that no worker lives.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, {"all": even_those_that_run, "unknown_wait": UNKNOWN_WAIT.total_seconds()})
        states = [row[1] for row in cursor.fetchall()]
    return {state: states.count(state) for state in set(states)}


def has_due(dispatch_id: int) -> bool:
    """Whether a delivery is due that nobody works on: no lease of this dispatch runs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM dispatch_delivery WHERE dispatch_id = %(id)s AND due_at <= clock_timestamp())"
            " AND NOT EXISTS (SELECT FROM dispatch_delivery WHERE dispatch_id = %(id)s AND state = 'claimed')",
            {"id": dispatch_id},
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has a row
    now: datetime = row[0]
    return now
