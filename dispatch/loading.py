"""The letters of a leased batch, ready to be made: who they go to, what holds for them now, which variant they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial

from django.conf import settings

from composer.rendering.merge import MissingValueError
from dispatch.claim import Batch, Claimed, database_now
from dispatch.crew import Outgoing, Unfit
from dispatch.dkim import Signer
from dispatch.errors import BadHeader
from dispatch.headers import address_with_a_labels
from dispatch.journal import clock
from dispatch.letter import EncodedVariant, Recipient, encode_variant, splice
from dispatch.models import Dispatch, Variant
from dispatch.signing_keys import signers_for
from dispatch.tokens import return_path
from dispatch.transports.base import Envelope
from subscribers.consent import consenting
from subscribers.models import Consent
from subscribers.readers import reader_values


def load_letters(batch: Batch, at: Mapping[int, float] | None = None) -> list[Outgoing]:
    """The batch's letters to be, with the consents that hold now; `at` says which may not leave at once.

    SigningKeyUnreadable where they would leave without the signature that they should have.
    """
    if not batch.deliveries:
        return []
    dispatch = Dispatch.objects.only("id", "bulletin_key", "sender_address", "winner").get(pk=batch.dispatch_id)
    ids = [delivery.subscriber_id for delivery in batch.deliveries]
    measured = consenting(ids, dispatch.bulletin_key, Consent.Purpose.OPEN)
    values = _merge_values(batch, ids)
    signers = signers_for(dispatch.sender_address.rpartition("@")[2])
    start = database_now() - timedelta(seconds=clock())
    letters = []
    for delivery in batch.deliveries:
        variant = encoded_variant(batch.dispatch_id, delivery.locale, delivery.mask, settings.BASE_URL, signers)
        recipient = Recipient(
            delivery_id=delivery.delivery_id,
            subscriber_id=delivery.subscriber_id,
            address=delivery.address,
            name=delivery.name,
            measure_opens=delivery.subscriber_id in measured,
            values=values.get((delivery.subscriber_id, delivery.locale), {}),
        )
        letters.append(
            Outgoing(
                delivery_id=delivery.delivery_id,
                domain=delivery.domain,
                envelope=_envelope(delivery, variant),
                make=partial(_spliced, variant, recipient, start, delivery.arm or dispatch.winner),
                at=at[delivery.delivery_id] if at else 0.0,
            )
        )
    return letters


def _envelope(delivery: Claimed, variant: EncodedVariant) -> Envelope | None:
    """None for an address that is none: the letter itself then says why."""
    try:
        address = address_with_a_labels(delivery.address)
    except BadHeader:
        return None
    return Envelope(return_path(delivery.delivery_id, variant.domain), address, variant.about_size)


def _spliced(variant: EncodedVariant, recipient: Recipient, start: datetime, arm: str) -> bytes:
    """The letter, dated now: `start` is when this machine's clock was at zero, by the database's."""
    try:
        address_with_a_labels(recipient.address)
        return splice(variant, recipient, now=start + timedelta(seconds=clock()), arm=arm)
    except MissingValueError as error:
        raise Unfit("no merge value", str(error)) from error
    except BadHeader as error:
        raise Unfit("bad address or header", str(error)) from error


def _merge_values(batch: Batch, ids: Sequence[int]) -> dict[tuple[int, str], dict[str, str]]:
    """The readers' values by reader and locale, where a letter of the dispatch asks for any."""
    asking = set(
        Variant.objects.filter(dispatch_id=batch.dispatch_id).exclude(merges=[]).values_list("locale", flat=True)
    )
    return {
        (reader, locale): values for locale in asking for reader, values in reader_values(ids, locale=locale).items()
    }


@lru_cache(maxsize=64)
def encoded_variant(
    dispatch_id: int, locale: str, mask: int, base_url: str, signers: tuple[Signer, ...] = ()
) -> EncodedVariant:
    """A variant of a dispatch never changes, so each worker process encodes it once for the keys that sign it."""
    variant = Variant.objects.select_related("dispatch").get(dispatch_id=dispatch_id, locale=locale, mask=mask)
    return encode_variant(variant.dispatch, variant, base_url=base_url, signers=signers)
