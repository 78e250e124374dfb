"""A spliced letter as the message that a provider's API is given: the same words, headers and token. Pure.

What the provider makes anew for every letter is left to it: MIME, the date, the signature, the return path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from typing import Any

from django.core.mail import EmailMultiAlternatives

from dispatch.transports.base import Envelope
from dispatch.transports.providers import Provider

METADATA = "circular"
_TOKEN = re.compile(r"b\+([0-9]+\.[0-9a-f]+)@", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OWN_FIELDS = frozenset(
    {
        "from",
        "to",
        "subject",
        "reply-to",
        "date",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "return-path",
        "dkim-signature",
    }
)


class UnfitLetterError(ValueError):
    """The letter has something that no provider's API can carry."""


def message_of(envelope: Envelope, data: bytes, provider: Provider) -> EmailMultiAlternatives:
    """The letter for a provider, with the token of its return path as metadata; UnfitLetterError."""
    letter = BytesParser(policy=SMTP).parsebytes(data)
    plain, html = _content(letter, "plain"), _content(letter, "html")
    if plain is None and html is None:
        raise UnfitLetterError("The letter has neither plain text nor HTML.")
    message = EmailMultiAlternatives(
        subject=_line(str(letter["Subject"] or "")),
        body=plain or "",
        from_email=_mailbox(letter, "From"),
        to=[_mailbox(letter, "To", address=envelope.recipient)],
        reply_to=[_mailbox(letter, "Reply-To")] if letter["Reply-To"] else [],
        headers=dict(_others(letter, provider)),
    )
    if html is not None:
        message.attach_alternative(html, "text/html")
    if provider.hushes:
        message.track_opens = message.track_clicks = False  # type: ignore[attr-defined]
    if token := _TOKEN.match(envelope.sender):
        message.metadata = {METADATA: token[1]}  # type: ignore[attr-defined]
    return message


def _content(letter: EmailMessage, subtype: str) -> str | None:
    part = letter.get_body((subtype,))
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")


def _mailbox(letter: EmailMessage, name: str, *, address: str = "") -> str:
    """The first mailbox of a header as `"Name" <address>`, its name in plain letters."""
    found: Sequence[Any] = letter[name].addresses if letter[name] is not None else ()
    if not found and not address:
        raise UnfitLetterError(f"The letter has no address in {name}.")
    display = _line(found[0].display_name) if found else ""
    quoted = display.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address or found[0].addr_spec}>' if display else address or found[0].addr_spec


def _others(letter: EmailMessage, provider: Provider) -> Iterator[tuple[str, str]]:
    """The headers that the provider has no field of its own for, in ASCII as they were, on one line each."""
    for name, value in letter.raw_items():
        if name.lower() not in _OWN_FIELDS and name.lower() not in provider.refuses:
            yield name, _line(_FOLD.sub("", str(value)))
    yield from provider.adds


def _line(text: str) -> str:
    if _CONTROL.search(text):
        raise UnfitLetterError("A header of the letter has a line break or a control character.")
    return text
