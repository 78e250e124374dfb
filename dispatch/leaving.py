"""Leaving a bulletin by one of its letters: the link, the mail address, or what the reader told a provider."""

from __future__ import annotations

from dispatch.models import Delivery, Event
from subscribers.models import Consent
from subscribers.unsubscribe import unsubscribe


def leave_by(delivery: Delivery, *, source: str, address: str | None = None) -> bool:
    """End the subscription that the letter is about, and count it once; False where there was none any more.

    `source` says how it is known, `address` from which IP address it came.
    """
    if delivery.subscriber_id is None:
        return False
    ended = unsubscribe(
        subscriber_id=delivery.subscriber_id,
        bulletin_key=delivery.dispatch.bulletin_key,
        basis=Consent.Basis.ONE_CLICK,
        source=source,
        address=address,
    )
    if ended:
        Event.objects.create(dispatch=delivery.dispatch, kind=Event.Kind.UNSUBSCRIBE, delivery=delivery)
    return ended
