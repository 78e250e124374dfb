"""What a report about a letter changes: the ledger, who may be written to, and whether the dispatch goes on.

One door for all of them: bounces and complaints by mail, providers' webhooks, and refusals that the engine met itself.
A report may come twice, late, out of order or from somebody who made it up about their own letter.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now

from dispatch.control import pause_dispatch
from dispatch.leaving import leave_by
from dispatch.models import Delivery, Feedback
from dispatch.readings import Kind, Reading, came_back, clean, digest_of, is_suppressing
from subscribers.models import Subscriber, Suppression
from subscribers.suppression import suppress

__all__ = ["Kind", "Reading", "SoftFailure", "arrived", "count_soft", "digest_of", "leave", "settle_late", "take"]

logger = logging.getLogger(__name__)

State = Delivery.State

MOST_OF_ONE = 30  # reports about one delivery: whoever has a letter can make up reports about it, and those alone
LAST = 5  # letters of a person that soft bounces are counted in
LEFT = (State.ACCEPTED, State.UNKNOWN, State.FAILED, State.BOUNCED, State.COMPLAINED)
SOFT_NOTE = "three soft bounces in the last five letters"


@dataclass(frozen=True, slots=True)
class SoftFailure:
    """A delivery that ended as failed while it was sent, though its address may be good: full, or put off too long."""

    delivery_id: int
    enhanced: str
    words: str


@transaction.atomic
def take(reading: Reading, delivery_id: int) -> bool:
    """Note a report, and do what follows from it; False if it is known already, or there is no such delivery.

    Idempotent, and all in one transaction. Whoever calls this has made sure that the report is about this delivery.
    """
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id).first()
    if delivery is None:
        return False
    person = Subscriber.objects.filter(pk=delivery.subscriber_id).first() if delivery.subscriber_id else None
    pauses = reading.kind is Kind.REPUTATION and _is_news(reading, delivery)
    if not _note(reading, delivery, person, counted=pauses or reading.kind is Kind.SOFT):
        return False
    logger.info("delivery %s: %s %s (%s)", delivery_id, reading.kind, reading.enhanced, reading.source)
    _settle(reading, delivery)
    if person is not None:
        if reading.kind is Kind.SOFT:
            _suppress_who_bounces([person.pk])
        elif reason := _REASONS.get(reading.kind):
            _suppress(person, delivery, reason, note=reading.enhanced)
    if pauses:
        said = clean(reading.words, person.email) if person else reading.enhanced
        pause_dispatch(
            delivery.dispatch_id,
            reason=f"Refused for reputation or policy, says a report about delivery {delivery_id}: {said[:200]}",
        )
    return True


def arrived(delivery_id: int) -> bool:
    """Settle a delivery in doubt of which something came back: whoever knows its return path has the letter.

    An automatic reply says that much, and nothing else. True if it was in doubt.
    """
    doubtful = Delivery.objects.filter(pk=delivery_id, state=State.UNKNOWN)
    return bool(doubtful.update(state=State.ACCEPTED, reason="", **_ENDED))


@transaction.atomic
def leave(delivery_id: int) -> bool:
    """Unsubscribe whoever the letter was for from its bulletin, by mail (RFC 2369); False if there is no such delivery.

    As often as it is repeated.
    """
    delivery = Delivery.objects.select_related("dispatch").filter(pk=delivery_id).first()
    if delivery is None:
        return False
    leave_by(delivery, source=f"mail to the unsubscribe address of delivery {delivery.pk}")
    return True


def count_soft(failures: Sequence[SoftFailure]) -> int:
    """Count failures that the engine met while sending, each delivery once; returns how many people it suppressed.

    Call it in the transaction that settles the deliveries, after they are settled.
    """
    if not failures:
        return 0
    people = dict(
        Delivery.objects.filter(pk__in=[each.delivery_id for each in failures], subscriber__isnull=False)
        .order_by("pk")
        .values_list("pk", "subscriber_id")
    )
    emails = dict(Subscriber.objects.filter(pk__in=people.values()).values_list("pk", "email"))
    rows = [
        Feedback(
            delivery_id=each.delivery_id,
            subscriber_id=people[each.delivery_id],
            kind=Feedback.Kind.SOFT,
            source="smtp",
            digest=digest_of("smtp", str(each.delivery_id)),
            enhanced=each.enhanced[:12],
            words=clean(each.words, emails.get(people[each.delivery_id] or 0, "")),
        )
        for each in failures
        if each.delivery_id in people
    ]
    with transaction.atomic():
        Feedback.objects.bulk_create(rows, ignore_conflicts=True)
        return _suppress_who_bounces({row.subscriber_id for row in rows if row.subscriber_id})


def settle_late() -> int:
    """Apply reports that were quicker than the ledger: the worker still held the delivery when they came."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_LATE)
        return int(cursor.rowcount)


_SETTLE_LATE = """
WITH told AS (
    SELECT delivery_id, bool_or(kind = 'complaint') AS complained FROM dispatch_feedback
     WHERE at > clock_timestamp() - interval '1 day' AND delivery_id IS NOT NULL
       AND (kind IN ('hard', 'soft', 'reputation', 'complaint') OR kind = 'other' AND enhanced LIKE '5.%')
     GROUP BY delivery_id
)
UPDATE dispatch_delivery AS d
   SET state = CASE WHEN told.complained THEN 'complained' ELSE 'bounced' END, due_at = NULL, lease = NULL,
       changed_at = clock_timestamp()
  FROM told
 WHERE d.id = told.delivery_id AND d.state IN ('accepted', 'unknown')
"""

_ENDED: dict[str, Any] = {"due_at": None, "lease": None, "changed_at": Now()}

_REASONS = {Kind.HARD: Suppression.Reason.HARD_BOUNCE, Kind.COMPLAINT: Suppression.Reason.COMPLAINT}


def _note(reading: Reading, delivery: Delivery, person: Subscriber | None, *, counted: bool) -> bool:
    """Keep the report; False if it was kept before, or too many about this delivery were."""
    if Feedback.objects.filter(delivery=delivery).count() >= MOST_OF_ONE:
        return False
    _feedback, created = Feedback.objects.get_or_create(
        digest=reading.digest[:64],
        defaults={
            "delivery": delivery,
            "subscriber": person,
            "kind": str(reading.kind),
            "source": reading.source[:20],
            "enhanced": reading.enhanced[:12],
            "words": clean(reading.words, person.email) if person else "",  # of somebody erased, they may name them
            "counted": counted,
        },
    )
    return created


def _settle(reading: Reading, delivery: Delivery) -> None:
    """A delivery that came back or was complained about ends as that; any report says that a doubtful one arrived."""
    mine = Delivery.objects.filter(pk=delivery.pk)
    if reading.kind is Kind.COMPLAINT:
        mine = mine.filter(state__in=[State.ACCEPTED, State.UNKNOWN, State.BOUNCED])
        mine.update(state=State.COMPLAINED, **_ENDED)
    elif came_back(reading):
        mine = mine.filter(state__in=[State.ACCEPTED, State.UNKNOWN])
        mine.update(state=State.BOUNCED, reason=reading.enhanced[:12], **_ENDED)
    else:
        arrived(delivery.pk)


def _is_news(reading: Reading, delivery: Delivery) -> bool:
    """Whether the report tells of a letter that left after the last report that paused the dispatch.

    Else the letters that had left by then would pause it again and again after a person let it go on. A passing
    refusal (4.7.x) that a relay gave up on pauses nothing.
    """
    if reading.enhanced.startswith("4.") or delivery.state not in {State.ACCEPTED, State.UNKNOWN, State.CLAIMED}:
        return False
    paused = Feedback.objects.filter(
        delivery__dispatch=delivery.dispatch_id, kind=Feedback.Kind.REPUTATION, counted=True
    ).aggregate(at=Max("at"))["at"]
    return paused is None or delivery.changed_at > paused


def _suppress(person: Subscriber, delivery: Delivery, reason: Suppression.Reason, *, note: str) -> None:
    """Not where the person has moved to another domain since: it is the old address that failed."""
    if delivery.domain and delivery.domain != person.email.rpartition("@")[2].lower():
        return
    told = f"{note}, delivery {delivery.pk}" if note else f"delivery {delivery.pk}"
    suppress(person.address_hash, reason, note=told, person=person.pk)


def _suppress_who_bounces(people: Collection[int]) -> int:
    """Suppress those of `people` of whose last letters too many came back softly; how many were."""
    suppressed = 0
    for person_id, bounced in _last_letters(people).items():
        if not is_suppressing(bounced):
            continue
        address_hash = Subscriber.objects.values_list("address_hash", flat=True).get(pk=person_id)
        suppressed += suppress(address_hash, Suppression.Reason.HARD_BOUNCE, note=SOFT_NOTE, person=person_id)
        # Whoever takes the address off the list again begins anew.
        Feedback.objects.filter(subscriber=person_id, kind=Feedback.Kind.SOFT).update(counted=False)
    return suppressed


def _last_letters(people: Collection[int]) -> dict[int, list[bool]]:
    """Of each person's last letters, the newest first, whether it came back softly."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_LETTERS, {"people": sorted(people), "left": list(LEFT), "last": LAST})
        found: dict[int, list[bool]] = {}
        for person_id, soft in cursor.fetchall():
            found.setdefault(person_id, []).append(soft)
    return found


# A letter that a report speaks of has left, whatever the ledger says so far.
_LAST_LETTERS = """
SELECT person.id, letter.soft FROM unnest(%(people)s::bigint[]) AS person(id)
 CROSS JOIN LATERAL (
    SELECT d.id, f.soft FROM dispatch_delivery AS d
     CROSS JOIN LATERAL (SELECT EXISTS (
        SELECT FROM dispatch_feedback AS t WHERE t.delivery_id = d.id AND t.kind = 'soft' AND t.counted) AS soft) AS f
     WHERE d.subscriber_id = person.id AND (d.state = ANY(%(left)s) OR f.soft)
     ORDER BY d.id DESC LIMIT %(last)s
 ) AS letter
 ORDER BY person.id, letter.id DESC
"""
