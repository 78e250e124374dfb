"""What a subscriber agrees to: the ledger's entries, the words they are about, and what holds at this moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from subscribers.models import Consent, ConsentText


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How somebody's word is known: on what basis, from where, to what words, in what language."""

    basis: Consent.Basis
    source: str
    language: str = ""
    text_hash: str = ""
    address: str | None = None
    opt_in_id: int | None = None


def record(subscriber_id: int, bulletin_key: UUID, purpose: Consent.Purpose, *, given: bool, proof: Proof) -> Consent:
    """Add an entry to the ledger."""
    return Consent.objects.create(
        subscriber_id=subscriber_id,
        bulletin_key=bulletin_key,
        purpose=purpose,
        given=given,
        basis=proof.basis,
        source=proof.source[:200],
        language=proof.language,
        text_hash=proof.text_hash,
        address=proof.address,
        opt_in_id=proof.opt_in_id,
    )


def change(subscriber_id: int, bulletin_key: UUID, purpose: Consent.Purpose, *, given: bool, proof: Proof) -> bool:
    """Add an entry if it says other than what holds now; False if that was so already."""
    if may_measure(subscriber_id, bulletin_key, purpose) == given:
        return False
    record(subscriber_id, bulletin_key, purpose, given=given, proof=proof)
    return True


def words_hash(text: str) -> str:
    """The name of some words: their SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def keep_words(text: str, language: str) -> str:
    """Keep words that somebody was shown, so that a proof can show them; returns their hash."""
    digest = words_hash(text)
    ConsentText.objects.bulk_create([ConsentText(hash=digest, text=text, language=language)], ignore_conflicts=True)
    return digest


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
    entries = consents_held(bulletin_key, purpose).filter(subscriber_id__in=subscriber_ids)
    return set(entries.values_list("subscriber_id", flat=True))


def consents_held(bulletin_key: UUID, purpose: Consent.Purpose) -> QuerySet[Consent]:
    """The entries by which consent to `purpose` holds now, one of each subscriber who gave it."""
    later = Consent.objects.filter(
        subscriber=OuterRef("subscriber"), bulletin_key=bulletin_key, purpose=purpose, id__gt=OuterRef("id")
    )
    return Consent.objects.filter(Q(bulletin_key=bulletin_key, purpose=purpose, given=True) & ~Q(Exists(later)))
