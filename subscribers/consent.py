"""What a subscriber agrees to at this moment: the last entry of the ledger for a purpose."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from subscribers.models import Consent


def may_measure(subscriber_id: int, bulletin_key: UUID, purpose: Consent.Purpose) -> bool:
    """Whether the subscriber's consent to `purpose` holds now. Without an entry it doesn't."""
    return bool(
        Consent.objects.filter(subscriber_id=subscriber_id, bulletin_key=bulletin_key, purpose=purpose)
        .order_by("-id")
        .values_list("given", flat=True)
        .first()
    )


def consenting(subscriber_ids: list[int], bulletin_key: UUID, purpose: Consent.Purpose) -> set[int]:
    """Those of `subscriber_ids` whose consent to `purpose` holds now."""
    later = Consent.objects.filter(
        subscriber=OuterRef("subscriber"), bulletin_key=bulletin_key, purpose=purpose, id__gt=OuterRef("id")
    )
    entries: QuerySet[Consent] = Consent.objects.filter(
        Q(subscriber_id__in=subscriber_ids, bulletin_key=bulletin_key, purpose=purpose, given=True) & ~Q(Exists(later))
    )
    return set(entries.values_list("subscriber_id", flat=True))
