"""What providers report of letters, in the words of `dispatch.feedback`; each report once, whatever is repeated.

A provider's event names its delivery by the token that the letter bore as metadata. It has a MAC: an event without
one, or with one that somebody made up, is about nobody, and nothing comes of it.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any, Protocol

from django.db import transaction
from django.db.models.functions import Now

from dispatch import feedback
from dispatch.leaving import leave_by
from dispatch.models import Delivery, Feedback
from dispatch.readings import Kind, Reading, digest_of, kind_of_failure
from dispatch.tokens import Purpose, read_address
from dispatch.transports.esp_letter import METADATA

logger = logging.getLogger(__name__)

_ENHANCED = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SAYS_LITTLE = frozenset({"", "4.0.0", "5.0.0"})
# Where a provider says by itself whether an address is gone for good: the field's last name, and what it may say.
_FOR_GOOD = frozenset({"hardbounce", "hard_bounce", "permanent", "bademailaddress", "hard", "invalid"})
_FOR_NOW = frozenset({"softbounce", "soft_bounce", "transient", "temporary", "soft", "soft bounce", "blocked"})
_VERDICT_FIELDS = frozenset({"type", "event", "severity", "hard_bounce", "bounce_category", "status"})
_BAD_ADDRESS_CLASSES = frozenset({"10", "30"})  # SparkPost: invalid recipient, no such recipient
DEEPEST = 4


class ProviderEvent(Protocol):
    """An event as django-anymail gives it, of any provider."""

    event_type: str
    timestamp: datetime | None
    event_id: str | None
    metadata: Mapping[str, Any] | None
    mta_response: str | None
    description: str | None
    reject_reason: str | None
    esp_event: Any


class Leaving(StrEnum):
    """What is no feedback about a letter, but a wish."""

    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one request: events that were news, known already, of no interest, and about nobody."""

    new: int = 0
    known: int = 0
    ignored: int = 0
    nobody: int = 0


def delivery_of(event: ProviderEvent) -> int | None:
    """The delivery whose token the event bears, if the token is ours."""
    token = event.metadata.get(METADATA) if isinstance(event.metadata, Mapping) else None
    found = read_address(f"b+{token}") if isinstance(token, str) and len(token) < 80 else None
    return found[1] if found is not None and found[0] is Purpose.RETURN_PATH else None


def kind_of(event: ProviderEvent) -> Kind | Leaving | None:
    """What an event means; None for those that mean nothing to us (opens and clicks are ours to ask consent for)."""
    if event.event_type == "bounced":
        return _kind_of_bounce(event)
    if event.event_type == "rejected":
        return _kind_of_rejection(event)
    return _KINDS.get(event.event_type)


_KINDS: dict[str, Kind | Leaving] = {
    "delivered": Kind.DELIVERED,
    "deferred": Kind.DELAYED,
    "complained": Kind.COMPLAINT,
    "unsubscribed": Leaving.UNSUBSCRIBED,
    "failed": Kind.OTHER,
}


def reading_of(event: ProviderEvent, delivery_id: int, *, provider: str) -> Reading:
    """The event as a report about that delivery; it is OTHER where it means nothing to us."""
    kind = kind_of(event) or Leaving.UNSUBSCRIBED
    enhanced = enhanced_of(event)
    if kind is Kind.OTHER and not enhanced.startswith("5."):
        enhanced = "5.0.0"  # whatever it is, the letter went no further
    return Reading(
        kind=Kind.OTHER if isinstance(kind, Leaving) else kind,
        enhanced="" if isinstance(kind, Leaving) or kind is Kind.DELIVERED else enhanced,
        words=_words(event) or event.event_type,
        digest=_digest(event, delivery_id, provider=provider),
        source=provider,
    )


def enhanced_of(event: ProviderEvent) -> str:
    """The enhanced code that the receiving server gave, if the provider tells its words."""
    found = _ENHANCED.search(_words(event))
    return found[1] if found else ""


@transaction.atomic
def take_events(events: Sequence[ProviderEvent], *, provider: str) -> Taken:
    """Store what the events say: all of them or, where that fails, none. May be said twice."""
    counts: Counter[str] = Counter()
    about: list[tuple[int, ProviderEvent]] = []
    for event in events:
        if kind_of(event) is None:
            counts["ignored"] += 1
        elif (delivery_id := delivery_of(event)) is None:
            counts["nobody"] += 1
        else:
            about.append((delivery_id, event))
    delivered: dict[str, tuple[int, Reading]] = {}
    for delivery_id, event in sorted(about, key=itemgetter(0)):  # two requests at once take the rows in one order
        reading = reading_of(event, delivery_id, provider=provider)
        if reading.kind is Kind.DELIVERED:
            delivered[reading.digest] = (delivery_id, reading)
            continue
        is_new = feedback.take(reading, delivery_id)
        if is_new and isinstance(kind_of(event), Leaving):
            _leave(delivery_id, provider=provider)
        counts["new" if is_new else "known"] += 1
    arrived = _take_delivered(delivered)
    return Taken(
        new=counts["new"] + arrived,
        known=counts["known"] + len(delivered) - arrived,
        ignored=counts["ignored"],
        nobody=counts["nobody"],
    )


def _kind_of_rejection(event: ProviderEvent) -> Kind | Leaving:
    """The provider didn't try: for what it knows of the address, or for reasons of its own, which blame nobody."""
    match event.reject_reason:
        case "spam":
            return Kind.COMPLAINT  # somebody who complained before
        case "unsubscribed":
            return Leaving.UNSUBSCRIBED
        case "invalid" | "bounced":
            return _kind_of_bounce(event)
        case "timed_out":
            return Kind.SOFT
    return Kind.OTHER


def _kind_of_bounce(event: ProviderEvent) -> Kind:
    """By the receiving server's code where it says much, else by the provider's own verdict, else the milder."""
    enhanced = enhanced_of(event)
    by_code = Kind.SOFT if enhanced in _SAYS_LITTLE else kind_of_failure(enhanced)
    if by_code is not Kind.SOFT:
        return by_code
    match event.reject_reason:
        case "spam":
            return Kind.REPUTATION
        case "blocked":
            return Kind.OTHER  # somebody's list, and nobody says why
        case "invalid":
            return Kind.HARD
        case "bounced" | None if enhanced in _SAYS_LITTLE and _is_for_good(event.esp_event):
            return Kind.HARD
    return Kind.SOFT  # also a full mailbox that the provider's summary calls permanent


def _is_for_good(raw: Any) -> bool:
    """Whether the provider's own fields call the bounce permanent, and none of them temporary."""
    said = set(_verdicts(raw, depth=0))
    return bool(said & _FOR_GOOD) and not said & _FOR_NOW


def _verdicts(raw: Any, *, depth: int) -> list[str]:
    if not isinstance(raw, Mapping) or depth > DEEPEST:
        return []
    words = []
    for name, value in raw.items():
        if isinstance(value, Mapping):
            words += _verdicts(value, depth=depth + 1)
        elif name == "bounce_class":
            words.append("hard" if str(value) in _BAD_ADDRESS_CLASSES else "soft")
        elif str(name).lower() == "hard_bounce":
            words.append("hard" if value else "soft")
        elif str(name).lower() in _VERDICT_FIELDS and isinstance(value, str):
            words.append(value.lower())
    return words


def _words(event: ProviderEvent) -> str:
    """The receiving server's words, then the provider's."""
    return " ".join(str(said) for said in (event.mta_response, event.description) if said)


def _digest(event: ProviderEvent, delivery_id: int, *, provider: str) -> str:
    """An event is the same if its kind, its delivery and its moment are: some providers number each repetition anew."""
    if event.timestamp is not None:
        which = event.timestamp.isoformat()
    else:
        which = str(event.event_id or json.dumps(event.esp_event, sort_keys=True, default=str))
    return digest_of(provider, event.event_type, str(delivery_id), which)


def _take_delivered(delivered: Mapping[str, tuple[int, Reading]]) -> int:
    """Note arrivals, which come by the hundred, in one statement, and settle those in doubt; how many were new."""
    found = Delivery.objects.filter(pk__in={number for number, _reading in delivered.values()})
    people = dict(found.order_by("pk").values_list("pk", "subscriber_id"))
    known = set(Feedback.objects.filter(digest__in=delivered).values_list("digest", flat=True))
    rows = [
        Feedback(
            delivery_id=number,
            subscriber_id=people[number],
            kind=Feedback.Kind.DELIVERED,
            source=reading.source[:20],
            digest=digest,
            counted=False,
        )
        for digest, (number, reading) in delivered.items()
        if number in people and digest not in known
    ]
    Feedback.objects.bulk_create(rows, ignore_conflicts=True)
    doubtful = Delivery.objects.filter(pk__in=people, state=Delivery.State.UNKNOWN)
    doubtful.update(state=Delivery.State.ACCEPTED, reason="", due_at=None, changed_at=Now())
    return len(rows)


def _leave(delivery_id: int, *, provider: str) -> None:
    """The reader told the provider that they want no more of this bulletin."""
    delivery = Delivery.objects.select_related("dispatch").get(pk=delivery_id)
    leave_by(delivery, source=f"{provider}, about delivery {delivery.pk}")
