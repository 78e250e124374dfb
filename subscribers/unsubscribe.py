"""Leaving a bulletin: at once, for good, and as often as asked."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from subscribers.consent import Proof, record
from subscribers.models import Consent, OptIn, Subscription, Webhook
from subscribers.webhooks import announce


@transaction.atomic
def unsubscribe(
    *, subscriber_id: int, bulletin_key: UUID, basis: Consent.Basis, source: str, address: str | None = None
) -> bool:
    """End the subscription and note it in the ledger; False if it had ended before.

    Requests that wait to be confirmed are void from then on, also where it had ended before.
    """
    theirs = Subscription.objects.filter(subscriber_id=subscriber_id, bulletin_key=bulletin_key)
    ended = theirs.exclude(state=Subscription.State.UNSUBSCRIBED).update(
        state=Subscription.State.UNSUBSCRIBED, changed_at=Now()
    )
    if not ended:
        asked_since = OptIn.objects.filter(
            subscriber=OuterRef("subscriber"),
            bulletin_key=OuterRef("bulletin_key"),
            confirmed_at=None,
            requested_at__gt=OuterRef("changed_at"),
        )
        theirs.filter(Exists(asked_since), state=Subscription.State.UNSUBSCRIBED).update(changed_at=Now())
    else:
        proof = Proof(basis=basis, source=source, address=address)
        record(subscriber_id, bulletin_key, Consent.Purpose.MAIL, given=False, proof=proof)
        announce(Webhook.Event.UNSUBSCRIBED, [subscriber_id], bulletin_key=bulletin_key, source=source)
    return bool(ended)
