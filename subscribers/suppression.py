"""Addresses that are never to be written to."""

from __future__ import annotations

from subscribers.models import Suppression


def suppress(address_hash: str, reason: Suppression.Reason, *, note: str = "") -> bool:
    """Add an address by its hash; False if it was there. The first reason stays."""
    _suppression, created = Suppression.objects.get_or_create(
        address_hash=address_hash, defaults={"reason": reason, "note": note[:200]}
    )
    return created
