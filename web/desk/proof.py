"""Proof of consent: one page to be printed for one person, purpose by purpose, with the very words."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from subscribers.models import Consent, ConsentText, OptIn, Subscriber, Subscription, Suppression
from web.desk.names import bulletin_label, bulletin_titles

PURPOSES = tuple(Consent.Purpose)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger with the words that were shown, where they are kept, and the request it confirmed."""

    consent: Consent
    words: ConsentText | None
    opt_in: OptIn | None


@dataclass(frozen=True, slots=True)
class PurposeProof:
    """What holds for one purpose, None where nobody ever said anything, and how it came to be, the oldest first."""

    purpose: Consent.Purpose
    holds: bool | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class BulletinProof:
    key: UUID
    bulletin: str
    subscription: Subscription | None
    purposes: tuple[PurposeProof, ...]
    unconfirmed: tuple[OptIn, ...]


def proof_of(person: Subscriber, bulletin_key: UUID | None = None) -> list[BulletinProof]:
    """For each bulletin that the person ever had to do with, or for one."""
    titles = bulletin_titles()
    consents = list(person.consents.select_related("opt_in").order_by("pk"))
    opt_ins = list(person.opt_ins.order_by("pk"))
    subscriptions = {each.bulletin_key: each for each in person.subscriptions.all()}
    hashes = {each.text_hash for each in consents} | {each.text_hash for each in opt_ins}
    words = ConsentText.objects.in_bulk(hashes)
    keys = {each.bulletin_key for each in consents} | {each.bulletin_key for each in opt_ins} | subscriptions.keys()
    wanted = [key for key in keys if bulletin_key in (None, key)]
    return sorted(
        (
            BulletinProof(
                key=key,
                bulletin=bulletin_label(key, titles),
                subscription=subscriptions.get(key),
                purposes=tuple(
                    _purpose(purpose, [each for each in consents if each.bulletin_key == key], words)
                    for purpose in PURPOSES
                ),
                unconfirmed=tuple(each for each in opt_ins if each.bulletin_key == key and each.confirmed_at is None),
            )
            for key in wanted
        ),
        key=lambda each: (each.bulletin.casefold(), str(each.key)),
    )


def _purpose(purpose: Consent.Purpose, consents: list[Consent], words: dict[str, ConsentText]) -> PurposeProof:
    entries = tuple(
        Entry(each, words.get(each.text_hash or (each.opt_in.text_hash if each.opt_in else "")), each.opt_in)
        for each in consents
        if each.purpose == purpose
    )
    return PurposeProof(purpose, entries[-1].consent.given if entries else None, entries)


@require_safe
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; `?bulletin=<key>` keeps one bulletin."""
    if not any(request.user.has_perm(f"subscribers.{action}_subscriber") for action in ("view", "change")):
        raise PermissionDenied
    person = get_object_or_404(Subscriber.objects.select_related("organisation"), pk=pk)
    try:
        bulletin = UUID(request.GET["bulletin"]) if request.GET.get("bulletin") else None
    except ValueError as error:
        raise Http404 from error
    bulletins = proof_of(person, bulletin)
    context = {
        "person": person,
        "bulletins": bulletins,
        "only": bulletin,
        "suppression": Suppression.objects.filter(address_hash=person.address_hash).first(),
        "now": timezone.now(),
    }
    response = render(request, "web/desk/proof.html", context)
    response["Cache-Control"] = "no-store"
    return response
