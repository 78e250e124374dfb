"""One recipient's letter: the encoded variant with the recipient's own headers and tokens spliced in."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import escape

from composer.rendering.edition import Rendered
from composer.rendering.letter import Letter, encode_letter, join_letter
from composer.rendering.merge import Merge, fill_line, slot_values
from composer.rendering.slots import Slot
from dispatch.headers import header, mailbox, phrase, text_header
from dispatch.models import Dispatch, Variant
from dispatch.tokens import Purpose, make_token


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a letter needs to know of its reader. `measure_opens` is the consent that holds now.

    `values` are for the merge values, by field, in the letter's language.
    """

    delivery_id: int
    subscriber_id: int
    address: str
    name: str
    measure_opens: bool
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EncodedVariant:
    """A variant ready for splicing: the headers that all its letters share, and its body in pieces.

    `subject` is a line of its own, since it may hold merge values.
    """

    headers: bytes
    subject: str
    merges: tuple[Merge, ...]
    letter: Letter
    domain: str
    message_key: bytes
    base_url: str
    dispatch_id: int


def encode_variant(dispatch: Dispatch, variant: Variant, *, base_url: str) -> EncodedVariant:
    """Encode a variant once, for all its recipients; BadHeader if a header's value is not fit to be one."""
    domain = dispatch.sender_address.rpartition("@")[2]
    sender = dispatch.sender_names.get(variant.locale, dispatch.list_name)
    rendered = Rendered(
        locale=variant.locale, subject=variant.subject, preheader="", html=variant.html, text=variant.text, links=()
    )
    letter = encode_letter(rendered)
    lines = [
        header("From", mailbox(sender, dispatch.sender_address, "From")),
        header("List-Id", f"{phrase(dispatch.list_name, 'List-Id')} <{list_label(dispatch)}.{domain}>"),
        header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        header("List-Archive", f"<{base_url}/archive/{dispatch.bulletin_key}/>"),
        header("Precedence", "bulk"),
        header("Feedback-ID", f"{dispatch.pk}:{variant.locale}:{list_label(dispatch)}:circular"),
        header("Content-Language", content_language(variant.locale)),
    ]
    if dispatch.reply_to:
        lines.append(header("Reply-To", mailbox("", dispatch.reply_to, "Reply-To")))
    text_header("Subject", variant.subject)  # what can't be sent is refused here, before anybody's letter
    return EncodedVariant(
        headers=b"".join(lines) + letter.content_headers,
        subject=variant.subject,
        merges=tuple(Merge(*merge) for merge in variant.merges),
        letter=letter,
        domain=domain,
        message_key=bytes(dispatch.message_key),
        base_url=base_url,
        dispatch_id=dispatch.pk,
    )


def splice(variant: EncodedVariant, recipient: Recipient, *, now: datetime) -> bytes:
    """The whole letter of one recipient, with CRLF line ends and without dot-stuffing.

    MissingValueError where the recipient lacks a merge value that has no fallback.
    """
    filled = slot_values(variant.merges, recipient.values)
    unsubscribe = make_token(Purpose.UNSUBSCRIBE, recipient.delivery_id)
    own = b"".join(
        (
            header("To", mailbox(recipient.name, recipient.address, "To")),
            header("Date", format_datetime(now)),
            text_header("Subject", fill_line(variant.subject, filled)),
            header("Message-ID", message_id(variant.message_key, recipient.subscriber_id, variant.domain)),
            header("List-Unsubscribe", f"<{variant.base_url}/u/{unsubscribe}>"),
        )
    )
    values: dict[str, str] = filled | {
        Slot.CLICK: make_token(Purpose.CLICK, recipient.delivery_id),
        Slot.UNSUBSCRIBE: unsubscribe,
        Slot.VIEW: make_token(Purpose.VIEW, recipient.delivery_id),
        Slot.PIXEL: _pixel(variant.base_url, recipient),
    }
    return own + variant.headers + b"\r\n" + join_letter(variant.letter, values)


def message_id(message_key: bytes, subscriber_id: int, domain: str) -> str:
    """The Message-ID of a subscriber's delivery: the same at every attempt, and no clue to who it is."""
    digest = hmac.new(message_key, str(subscriber_id).encode(), hashlib.sha256).hexdigest()[:32]
    return f"<{digest}@{domain}>"


def list_label(dispatch: Dispatch) -> str:
    """The bulletin as one label of a domain name, for List-Id (RFC 2919)."""
    label = "".join(c for c in dispatch.list_slug.lower() if c.isascii() and (c.isalnum() or c == "-")).strip("-")
    return (label or f"bulletin-{dispatch.bulletin_key.hex[:8]}")[:40]


def content_language(locale: str) -> str:
    """`zh-hans` as BCP 47 writes it: zh-Hans."""
    language, *rest = locale.split("-")
    return "-".join([language, *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def _pixel(base_url: str, recipient: Recipient) -> str:
    if not recipient.measure_opens:
        return ""
    address = f"{base_url}/o/{make_token(Purpose.OPEN, recipient.delivery_id)}.gif"
    return f'<img src="{escape(address)}" width="1" height="1" alt="" style="display:block">'
