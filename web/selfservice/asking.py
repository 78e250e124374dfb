"""Asking for a letter: the request writes one row and answers; a worker finds out whether anybody is written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from subscribers.addresses import BadAddress, UnsentLetters, mailable_address
from subscribers.models import Wish
from web.limits import allowed, client_address

MOST_ASKED = 30  # from one network address in an hour: an office has one for many people
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asking: what a wish notes of the request."""

    language: str
    source: str
    network_address: str | None


def asked_by(request: HttpRequest, *, language: str, source: str) -> Asked:
    return Asked(language, source[:200], client_address(request) or None)


def may_ask(request: HttpRequest) -> bool:
    """Whether this network address hasn't asked too often; it says nothing about any mailbox."""
    return allowed("self-service", client_address(request), times=MOST_ASKED, seconds=HOUR)


def is_a_machine(request: HttpRequest) -> bool:
    """Whether the field that people don't see was filled in."""
    return bool(request.POST.get("website"))


def ask(
    kind: Wish.Kind,
    address: str,
    asked: Asked,
    *,
    bulletin_key: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Note the wish of whoever reads the mail of `address`, in its normal form."""
    Wish.objects.create(
        kind=kind,
        email=address,
        bulletin_key=bulletin_key,
        language=asked.language,
        details=details or {},
        source=asked.source,
        address=asked.network_address,
    )


def address_to_write_to(typed: str) -> str:
    """The address in its normal form; BadAddress with a sentence for whoever typed it."""
    if not typed.strip():
        raise BadAddress(_("Type your address."))
    try:
        return mailable_address(typed[:400])
    except UnsentLetters as error:
        raise BadAddress(
            _("Before the @ this address has letters that we can’t send mail to yet. Take another address, please.")
        ) from error
    except BadAddress as error:
        raise BadAddress(_("This is no address that mail can be sent to. Is there a typing error in it?")) from error
