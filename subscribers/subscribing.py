"""Taking a bulletin up: the subscription becomes active and the ledger says on what basis."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from subscribers.consent import Proof, record
from subscribers.models import Consent, Subscription, Webhook
from subscribers.webhooks import announce


@transaction.atomic
def activate(
    subscriber_id: int,
    bulletin_key: UUID,
    *,
    basis: Consent.Basis,
    source: str,
    language: str = "",
    text_hash: str = "",
    address: str | None = None,
    opt_in_id: int | None = None,
) -> bool:
    """Make the subscription active and note the consent to be written to; False if it was active before."""
    found, _made = Subscription.objects.select_for_update().get_or_create(
        subscriber_id=subscriber_id, bulletin_key=bulletin_key
    )
    if found.state == Subscription.State.ACTIVE:
        return False
    Subscription.objects.filter(pk=found.pk).update(state=Subscription.State.ACTIVE, changed_at=Now())
    proof = Proof(
        basis=basis, source=source, language=language, text_hash=text_hash, address=address, opt_in_id=opt_in_id
    )
    record(subscriber_id, bulletin_key, Consent.Purpose.MAIL, given=True, proof=proof)
    announce(Webhook.Event.SUBSCRIBED, [subscriber_id], bulletin_key=bulletin_key, source=source)
    return True
