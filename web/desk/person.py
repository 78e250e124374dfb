"""What Circular knows about one person, to be read on the desk: suppression, consents, deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dispatch.models import Delivery
from subscribers.models import Consent, Subscriber, Suppression
from web.desk.names import bulletin_label, bulletin_titles

NEWEST = 50  # of consents and deliveries each


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One entry of the ledger. `holds` where no later one for its bulletin and purpose replaced it."""

    consent: Consent
    bulletin: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Known:
    """The newest come first; `delivery_count` counts those left out too."""

    suppression: Suppression | None
    consents: list[ConsentEntry]
    deliveries: list[Delivery]
    delivery_count: int
    last_accepted: datetime | None


def known_of(subscriber: Subscriber) -> Known:
    titles = bulletin_titles()
    seen: set[tuple[object, str]] = set()
    consents = []
    for consent in subscriber.consents.order_by("-id")[:NEWEST]:
        key = (consent.bulletin_key, consent.purpose)
        consents.append(ConsentEntry(consent, bulletin_label(consent.bulletin_key, titles), holds=key not in seen))
        seen.add(key)
    deliveries = Delivery.objects.filter(subscriber=subscriber).select_related("dispatch").order_by("-id")
    accepted = deliveries.filter(state=Delivery.State.ACCEPTED).first()
    return Known(
        suppression=Suppression.objects.filter(address_hash=subscriber.address_hash).first(),
        consents=consents,
        deliveries=list(deliveries[:NEWEST]),
        delivery_count=deliveries.count(),
        last_accepted=accepted.changed_at if accepted else None,
    )
