"""A spliced letter as the message that a provider's API is given: the same words, headers and token. Pure.

What the provider makes anew for every letter is left to it: MIME, the date, the signature, the return path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr

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
    letter = BytesParser(policy=compat32).parsebytes(data)  # the newer policies parse each part's type over and over
    plain, html = _content(letter, "text/plain"), _content(letter, "text/html")
    if plain is None and html is None:
        raise UnfitLetterError("The letter has neither plain text nor HTML.")
    message = EmailMultiAlternatives(
        subject=_decoded(_field(letter, "Subject")),
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


def _content(letter: Message, content_type: str) -> str | None:
    part = next((each for each in letter.walk() if each.get_content_type() == content_type), None)
    if part is None:
        return None
    octets, charset = part.get_payload(decode=True), part.get_content_charset("utf-8")
    assert isinstance(octets, bytes)  # noqa: S101 - a text is no multipart
    try:
        return octets.decode(charset).replace("\r\n", "\n")
    except (LookupError, UnicodeDecodeError) as error:
        raise UnfitLetterError(f"The letter's {content_type} is not in {charset}.") from error


def _field(letter: Message, name: str) -> str:
    """A header on one line, its encoded words as they are; empty if it isn't there."""
    return _FOLD.sub("", str(letter[name] or ""))


def _decoded(text: str) -> str:
    """`text` with its encoded words read (RFC 2047), without the white space that only parts one from the next."""
    try:
        return _line(str(make_header(decode_header(text))))
    except (LookupError, ValueError, HeaderParseError) as error:
        raise UnfitLetterError("A header of the letter has words that can't be read.") from error


def _mailbox(letter: Message, name: str, *, address: str = "") -> str:
    """The mailbox of a header as `"Name" <address>`, its name in plain letters."""
    display, found = parseaddr(_field(letter, name))
    if not (address or found):
        raise UnfitLetterError(f"The letter has no address in {name}.")
    quoted = _decoded(display).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address or found}>' if display else address or found


def _others(letter: Message, provider: Provider) -> Iterator[tuple[str, str]]:
    """The headers that the provider has no field of its own for, in ASCII as they were, on one line each."""
    for name, value in letter.raw_items():
        if name.lower() not in _OWN_FIELDS and name.lower() not in provider.refuses:
            yield name, _line(_FOLD.sub("", str(value)))
    yield from provider.adds


def _line(text: str) -> str:
    if _CONTROL.search(text):
        raise UnfitLetterError("A header of the letter has a line break or a control character.")
    return text
