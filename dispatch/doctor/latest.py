"""The letter of a domain as it would leave now: of its latest dispatch, for a reader who doesn't exist."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from dispatch.letter import Recipient, encode_variant, splice
from dispatch.models import Dispatch
from dispatch.signing_keys import signers_for

ADDRESS = "reader@example.org"


@dataclass(frozen=True, slots=True)
class Latest:
    """A whole letter, and the dispatch that it is of."""

    title: str
    dispatch_id: int
    letter: bytes


def latest_letter(domain: str) -> Latest | None:
    """A letter from `domain`, signed as letters are now; None where nothing has been sent from there.

    BadHeader and SigningKeyUnreadable as for any letter.
    """
    sent = Dispatch.objects.filter(sender_address__iendswith=f"@{domain}", variants__isnull=False)
    dispatch = sent.order_by("-planned_at").first()
    if dispatch is None:
        return None
    variant = dispatch.variants.order_by("pk")[0]
    encoded = encode_variant(dispatch, variant, base_url=settings.BASE_URL, signers=signers_for(domain))
    reader = Recipient(
        delivery_id=0,  # no delivery has this number: its links lead nowhere
        subscriber_id=0,
        address=ADDRESS,
        name="A reader",
        measure_opens=False,
        values={field: "…" for field, _fallback in variant.merges},
    )
    return Latest(dispatch.issue_title, dispatch.pk, splice(encoded, reader, now=timezone.now()))
