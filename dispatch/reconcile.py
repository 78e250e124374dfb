"""Proving that nobody is lost and nobody was written to twice: what the ledger says of a dispatch, held against itself.

Each dispatch is read in one statement, so that what is seen belongs to one moment, however fast letters leave.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from wagtail.log_actions import log, registry

from dispatch.claim import JOURNAL_WAIT
from dispatch.models import Delivery, Dispatch

logger = logging.getLogger(__name__)

ACTION = "circular.dispatch.accounts"
EXAMPLES = 5
LATELY = timedelta(days=1)
SWEEP_WAIT = JOURNAL_WAIT + 60  # seconds after which a lease that ran out should have been settled
_LOCK = 0x4C45_4447  # an advisory lock's space, with the dispatch in it

SUM = "sum"
SENTENCES = {
    SUM: gettext_noop("The deliveries do not add up to the audience."),
    "twice": gettext_noop("Somebody has two deliveries."),
    "unproven": gettext_noop("Counted as accepted, though no server said so at any attempt."),
    "doubled": gettext_noop("Accepted more than once, though nothing was in doubt before."),
    "undoubted": gettext_noop("Counted as unknown, though no attempt ended in doubt."),
    "left-open": gettext_noop("Still open, though the dispatch has ended."),
    "lost-lease": gettext_noop("Claimed under a lease that ran out long ago: housekeeping doesn't settle it."),
    "attempts": gettext_noop("The number of attempts is not that of the attempts in the log."),
    "half-logged": gettext_noop("An attempt in the log has no outcome."),
    "due": gettext_noop("The state and the time of the next attempt don't fit."),
    "lease": gettext_noop("A lease on a delivery that nobody works on."),
    "ended": gettext_noop("The dispatch's state and the time of its end don't fit."),
}

# By delivery: `d` is the delivery, `s` its dispatch, `t` what its attempts tell.
_RULES = {
    "unproven": "d.state IN ('accepted', 'bounced', 'complained') AND coalesce(t.accepted, 0) = 0"
    " AND NOT coalesce(t.doubted, false)",
    "doubled": "t.accepted > 1 AND NOT coalesce(t.first_doubt < t.last_accepted, false)",
    "undoubted": "d.state = 'unknown' AND NOT coalesce(t.doubted, false)",
    "left-open": "s.state = 'finished' AND (d.due_at IS NOT NULL OR d.state = 'claimed')"
    " OR s.state = 'cancelled' AND d.state IN ('planned', 'deferred')",
    "lost-lease": f"d.state = 'claimed' AND d.leased_until < clock_timestamp() - {SWEEP_WAIT} * interval '1 second'",
    "attempts": "d.attempts <> coalesce(t.n, 0) OR d.attempts <> coalesce(t.last_number, 0)",
    "half-logged": "coalesce(t.half, false)",
    "due": "d.state IN ('planned', 'deferred') AND d.due_at IS NULL"
    " OR d.state NOT IN ('planned', 'deferred', 'unknown') AND d.due_at IS NOT NULL",
    "lease": "(d.state = 'claimed') <> (d.leased_until IS NOT NULL)"
    " OR d.lease IS NOT NULL AND d.state NOT IN ('claimed', 'unknown')",
}

_READ = """
WITH told AS (
    SELECT a.delivery_id, count(*) AS n, max(a.number) AS last_number,
           count(*) FILTER (WHERE a.outcome = 'accepted') AS accepted, bool_or(a.outcome = 'unknown') AS doubted,
           min(a.id) FILTER (WHERE a.outcome = 'unknown') AS first_doubt,
           max(a.id) FILTER (WHERE a.outcome = 'accepted') AS last_accepted, bool_or(a.outcome = '') AS half
      FROM dispatch_attempt AS a JOIN dispatch_delivery AS d ON d.id = a.delivery_id
     WHERE d.dispatch_id = %(dispatch)s GROUP BY a.delivery_id
), held AS (
    SELECT {columns}, count(*) FILTER (WHERE t.accepted > 1) AS accepted_twice
      FROM dispatch_delivery AS d
      JOIN dispatch_dispatch AS s ON s.id = d.dispatch_id
      LEFT JOIN told AS t ON t.delivery_id = d.id
     WHERE d.dispatch_id = %(dispatch)s
)
SELECT s.issue_title, s.state, s.audience_size, (s.finished_at IS NULL) = (s.state IN ('running', 'paused')),
       (SELECT coalesce(json_object_agg(c.state, c.n), '{{}}') FROM
          (SELECT state, count(*) AS n FROM dispatch_delivery WHERE dispatch_id = s.id GROUP BY state) AS c),
       (SELECT array_agg(subscriber_id) FROM (SELECT subscriber_id FROM dispatch_delivery
         WHERE dispatch_id = s.id AND subscriber_id IS NOT NULL GROUP BY subscriber_id HAVING count(*) > 1) AS twice),
       held.*
  FROM dispatch_dispatch AS s CROSS JOIN held WHERE s.id = %(dispatch)s
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What doesn't agree: how many deliveries, and the numbers of some of them."""

    check: str
    count: int
    examples: tuple[int, ...] = ()

    @property
    def sentence(self) -> str:
        return _(SENTENCES[self.check])


@dataclass(frozen=True, slots=True)
class Account:
    """A dispatch at one moment. `accepted_twice` are those sent once more after a doubt: they may have two copies."""

    dispatch_id: int
    title: str
    state: str
    audience: int
    counts: dict[str, int]
    accepted_twice: int
    findings: tuple[Finding, ...]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def agrees(self) -> bool:
        return not self.findings

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        findings = [asdict(finding) | {"sentence": finding.sentence} for finding in self.findings]
        return asdict(self) | {"sum": self.total, "agrees": self.agrees, "findings": findings}


def account_of(dispatch_id: int) -> Account | None:
    """What the ledger says of a dispatch; None where there is none of that number."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, {"dispatch": dispatch_id})
        row = cursor.fetchone()
    if row is None:
        return None
    title, state, audience, ends_well, by_state, twice, *held = row
    counts = dict.fromkeys(Delivery.State.values, 0) | by_state
    findings = []
    if (missing := abs(audience - sum(counts.values()))) > 0:
        findings.append(Finding(SUM, missing))
    if twice:
        findings.append(Finding("twice", len(twice)))
    for check, count, examples in zip(_RULES, held[0:-1:2], held[1:-1:2], strict=True):
        if count:
            findings.append(Finding(check, count, tuple(examples)))
    if not ends_well:
        findings.append(Finding("ended", 1))
    return Account(dispatch_id, title, state, audience, counts, held[-1], tuple(findings))


def accounts() -> Iterator[Account]:
    """Every dispatch, the latest first."""
    for dispatch_id in Dispatch.objects.order_by("-pk").values_list("pk", flat=True):
        if (account := account_of(dispatch_id)) is not None:
            yield account


def prove_lately_finished() -> int:
    """Hold every dispatch that finished lately against its ledger, once each, and note it; returns how many.

    What doesn't agree stands in the dispatch's history and in the log.
    """
    finished = Dispatch.objects.filter(state=Dispatch.State.FINISHED, finished_at__gt=Now() - LATELY)
    return sum(_prove(dispatch) for dispatch in finished)


def last_proof(dispatch: Dispatch) -> dict[str, Any] | None:
    """What was noted when the dispatch had finished, if it was and nothing has left since."""
    for entry in registry.get_logs_for_instance(dispatch).filter(action=ACTION).order_by("-timestamp", "-pk")[:1]:
        if dispatch.finished_at and entry.data.get("finished_at") == dispatch.finished_at.isoformat():
            found: dict[str, Any] = entry.data
            return found
    return None


def _prove(dispatch: Dispatch) -> bool:
    if last_proof(dispatch) is not None:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, dispatch.pk])
        row = cursor.fetchone()
        if not (row and row[0]) or last_proof(dispatch) is not None:
            return False  # somebody else is at it, or was
        account = account_of(dispatch.pk)
        if account is None or account.state != Dispatch.State.FINISHED or dispatch.finished_at is None:
            return False
        told = {
            "finished_at": dispatch.finished_at.isoformat(),
            "audience": account.audience,
            "sum": account.total,
            "findings": [asdict(finding) for finding in account.findings],
        }
        log(instance=dispatch, action=ACTION, data=told)
    for finding in account.findings:
        logger.error("dispatch %s: %s (%d: %s)", dispatch.pk, finding.check, finding.count, finding.examples)
    return True


_STATEMENT = _READ.format(
    columns=", ".join(
        f"count(*) FILTER (WHERE {rule}), (array_agg(d.id ORDER BY d.id) FILTER (WHERE {rule}))[1:{EXAMPLES}]"
        for rule in _RULES.values()
    )
)
