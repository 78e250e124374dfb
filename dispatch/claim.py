"""Leasing deliveries, and what happens to a lease that ran out. All times are the database's.

A lease belongs to one run of a worker and is renewed while it works. What a lost worker had is settled from its journal
(`dispatch.recovery`) by whoever is on the same machine. Where the machine is gone too, the sweep waits for a while and
then calls unknown all that stood under the lease: some of it may have left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from dispatch.retry import UNKNOWN_WAIT

LEASE_SECONDS = 60
JOURNAL_WAIT = 120  # seconds after a lease ran out, in which its journal may still turn up

# MATERIALIZED: a plan that reads the batch once for each row of a join would lease `size` rows each time.
_CLAIM = """
WITH batch AS MATERIALIZED (
    SELECT due.id FROM dispatch_delivery AS due
      JOIN dispatch_dispatch AS s ON s.id = due.dispatch_id AND s.state = 'running' AND due.wave <= s.wave
     WHERE due.dispatch_id = %(dispatch)s AND due.due_at <= clock_timestamp() {closed}
     ORDER BY due.wave, due.due_at, due.id LIMIT %(size)s FOR UPDATE OF due SKIP LOCKED
)
UPDATE dispatch_delivery AS d
   SET state = 'claimed', lease = %(lease)s, leased_until = clock_timestamp() + %(seconds)s * interval '1 second',
       due_at = NULL, changed_at = clock_timestamp()
  FROM batch
 WHERE d.id = batch.id
RETURNING d.id
"""

# Whom nobody may write to any more is found after the claim, so that an unsubscribe of a moment ago counts.
_READ = """
SELECT d.id, d.subscriber_id, d.locale, d.mask, d.arm, d.domain, d.attempts, coalesce(p.email, ''),
       coalesce(p.name, ''),
       CASE WHEN p.id IS NULL THEN 'erased'
            WHEN EXISTS (SELECT FROM subscribers_suppression AS x WHERE x.address_hash = p.address_hash)
            THEN 'suppressed'
            WHEN NOT EXISTS (SELECT FROM subscribers_subscription AS b WHERE b.subscriber_id = p.id
                                AND b.bulletin_key = s.bulletin_key AND b.state = 'active') THEN 'unsubscribed'
            ELSE '' END
  FROM dispatch_delivery AS d
  JOIN dispatch_dispatch AS s ON s.id = d.dispatch_id
  LEFT JOIN subscribers_subscriber AS p ON p.id = d.subscriber_id
 WHERE d.id = ANY(%(ids)s)
 ORDER BY d.id
"""

_EXCLUDE = """
UPDATE dispatch_delivery AS d
   SET state = 'excluded', lease = NULL, leased_until = NULL, due_at = NULL, changed_at = clock_timestamp(),
       reason = gone.reason
  FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS gone(id, reason)
 WHERE d.id = gone.id AND d.lease = %(lease)s AND d.state = 'claimed'
"""

_RENEW = """
UPDATE dispatch_delivery SET leased_until = clock_timestamp() + %(seconds)s * interval '1 second'
 WHERE lease = %(lease)s AND state = 'claimed'
"""

# What a delivery `d` of a dispatch `s` comes back to that was claimed and not begun. One that may have arrived at an
# earlier attempt stays in doubt; where the dispatch was cancelled meanwhile, the others go out.
DOUBTED = "EXISTS (SELECT FROM dispatch_attempt AS a WHERE a.delivery_id = d.id AND a.outcome = 'unknown')"
BACK_STATE = f"""CASE WHEN {DOUBTED} THEN 'unknown' WHEN s.state = 'cancelled' THEN 'excluded'
                     WHEN d.attempts > 0 THEN 'deferred' ELSE 'planned' END"""
BACK_REASON = f"CASE WHEN s.state = 'cancelled' AND NOT {DOUBTED} THEN 'cancelled' ELSE d.reason END"

_RELEASE = f"""
UPDATE dispatch_delivery AS d
   SET state = {BACK_STATE}, reason = {BACK_REASON}, lease = NULL, leased_until = NULL, changed_at = clock_timestamp(),
       due_at = CASE WHEN s.state <> 'cancelled' THEN clock_timestamp() END
  FROM dispatch_dispatch AS s
 WHERE s.id = d.dispatch_id AND d.lease = %(lease)s AND d.state = 'claimed' AND d.id <> ALL(%(but)s)
RETURNING d.domain
"""  # noqa: S608 - made of the constants above

_EXPIRED = """
WITH gone AS MATERIALIZED (
    SELECT d.id, d.lease, d.attempts,
           (SELECT count(*) FROM dispatch_attempt AS a WHERE a.delivery_id = d.id AND a.outcome = 'unknown') AS doubts
      FROM dispatch_delivery AS d
     WHERE d.state = 'claimed'
       AND (d.leased_until < clock_timestamp() - %(journal_wait)s * interval '1 second' OR %(all)s)
       FOR UPDATE OF d SKIP LOCKED
), logged AS (
    INSERT INTO dispatch_attempt
           (delivery_id, number, lease, started_at, finished_at, stage, outcome, enhanced, reply)
    SELECT id, attempts + 1, lease, clock_timestamp(), clock_timestamp(), 'dot', 'unknown', '',
           'The worker is gone with its machine, and nobody knows whether the letter had left.'
      FROM gone
)
UPDATE dispatch_delivery AS d
   SET state = 'unknown', reason = 'worker lost', attempts = d.attempts + 1,
       due_at = CASE WHEN s.unknown_policy = 'retry' AND gone.doubts = 0 AND s.state <> 'cancelled'
                     THEN clock_timestamp() + %(unknown_wait)s * interval '1 second' END,
       leased_until = NULL, changed_at = clock_timestamp()
  FROM gone, dispatch_dispatch AS s
 WHERE d.id = gone.id AND s.id = d.dispatch_id
RETURNING d.id
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One leased delivery, with who it goes to as the directory has it now."""

    delivery_id: int
    subscriber_id: int
    locale: str
    mask: int
    arm: str
    domain: str
    attempts: int
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Deliveries that came under a lease together. `full` says that there may be more."""

    dispatch_id: int
    lease: UUID
    deliveries: tuple[Claimed, ...]
    full: bool


def claim_batch(dispatch_id: int, *, size: int, lease: UUID | None = None, closed: Sequence[str] = ()) -> Batch:
    """Lease up to `size` deliveries that are due, and take out those who may no longer be written to.

    Those to the receiving domains in `closed` stay where they are.
    """
    lease = lease or uuid4()
    facts: dict[str, Any] = {
        "lease": lease,
        "dispatch": dispatch_id,
        "size": size,
        "seconds": LEASE_SECONDS,
        "closed": list(closed),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(closed="AND due.domain <> ALL(%(closed)s)" if closed else ""), facts)
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return Batch(dispatch_id, lease, (), full=False)
        cursor.execute(_READ, {"ids": ids})
        rows = cursor.fetchall()
        if gone := {row[0]: row[-1] for row in rows if row[-1]}:
            left_out: dict[str, Any] = {"ids": list(gone), "reasons": list(gone.values()), "lease": lease}
            cursor.execute(_EXCLUDE, left_out)
    deliveries = tuple(Claimed(*row[:-1]) for row in rows if row[0] not in gone)
    return Batch(dispatch_id, lease, deliveries, full=len(ids) == size)


def renew_lease(lease: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, {"lease": lease, "seconds": LEASE_SECONDS})


def release_rest(lease: UUID, *, but: Sequence[int] = ()) -> Counter[str]:
    """Give back what is still under the lease, except the deliveries in `but`; returns how many to which domain."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, {"lease": lease, "but": list(but)})
        return Counter(domain for (domain,) in cursor.fetchall())


def expire_leases(*, even_those_that_run: bool = False) -> int:
    """Call unknown what stands under leases that ran out long ago; returns how many deliveries.

    `even_those_that_run` is for a start at which it is certain that no worker lives. Settle the journals first.
    """
    waits = {"journal_wait": JOURNAL_WAIT, "unknown_wait": UNKNOWN_WAIT.total_seconds()}
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, {"all": even_those_that_run, **waits})
        return int(cursor.rowcount)


def has_due(dispatch_id: int) -> bool:
    """Whether a delivery may leave now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM dispatch_delivery AS d JOIN dispatch_dispatch AS s ON s.id = d.dispatch_id"
            " WHERE d.dispatch_id = %(id)s AND d.due_at <= clock_timestamp() AND d.wave <= s.wave)",
            {"id": dispatch_id},
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def runs(dispatch_id: int) -> int:
    """How many runs of workers hold a lease of this dispatch."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT lease) FROM dispatch_delivery WHERE dispatch_id = %s AND state = 'claimed'"
            " AND leased_until > clock_timestamp()",
            [dispatch_id],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM has a row
    now: datetime = row[0]
    return now
