"""Addresses that are never to be written to."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from wagtail.log_actions import log

from subscribers.models import Suppression
from subscribers.webhooks import announce_suppression

Reason = Suppression.Reason

THEIR_OWN = frozenset({Reason.UNSUBSCRIBED, Reason.ERASED})
"""What a person may take back by confirming, from that mailbox, that they want to be written to. An import or another
system never may; nor does anybody's confirmation undo a bounce, a complaint or an entry made by hand."""


@transaction.atomic
def suppress(address_hash: str, reason: Suppression.Reason, *, note: str = "", person: int | None = None) -> bool:
    """Add an address by its hash; False if it was there. The first reason stays.

    `person` is the id of whoever has the address, for callers that know it and suppress many.
    """
    _suppression, created = Suppression.objects.get_or_create(
        address_hash=address_hash, defaults={"reason": reason, "note": note[:200]}
    )
    if created:
        announce_suppression(address_hash, reason, person=person)
    return created


@transaction.atomic
def lift(address_hash: str, *, reasons: Collection[Suppression.Reason], source: str) -> bool:
    """Take an address off the list if it stands there for one of `reasons`, with an entry in the audit log."""
    found = Suppression.objects.select_for_update().filter(address_hash=address_hash, reason__in=reasons).first()
    if found is None:
        return False
    log(instance=found, action="wagtail.delete", data={"reason": found.reason, "source": source[:200]}, deleted=True)
    found.delete()
    return True


def reason_of(address_hash: str) -> Suppression.Reason | None:
    """Why an address isn't written to, None where it may be."""
    reason = Suppression.objects.filter(address_hash=address_hash).values_list("reason", flat=True).first()
    return Reason(reason) if reason else None
