"""One recipient's letter: the encoded variant with the recipient's own headers and tokens spliced in.

All that the letters of a variant share is made once (`encode_variant`): the body cut at its slots, the constant
headers, the places. What is left for a recipient (`splice`) is a MAC for each token, a few short headers, and a join.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape

from composer.rendering.edition import Rendered
from composer.rendering.letter import SOFT_BREAK, Letter, encode_letter, encoded_before_slot, encoded_value
from composer.rendering.merge import Merge, fill_line, slot_values
from composer.rendering.printable import printable
from composer.rendering.slots import MARKER, Slot
from dispatch import dkim
from dispatch.errors import BadHeader
from dispatch.headers import address_header, address_in_ascii, angled, header, mailbox, text_header
from dispatch.models import Dispatch, Variant
from dispatch.tokens import MAC_BYTES, NUMBER_BYTES, Purpose, keyed, link_token, mac_maker, return_domain

OWN_OCTETS = 400  # about what a recipient's own headers take
SLOT_OCTETS = 30  # what a token takes in the body, with the soft break
SIGNATURE_OCTETS = 750  # about what a DKIM signature takes
FIRST_ARM = "a"
FEEDBACK_SENDER = "circular"  # of 5 to 15 characters
MacMaker = Callable[[bytes], bytes]
_TOKENS = {"click": Purpose.CLICK, "view": Purpose.VIEW}


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
    """A variant ready for splicing: what all its letters share, encoded, and the places of what is a recipient's own.

    `about_size` is about how many octets a letter has. `subjects` has by arm a ready line, or a text with marks where
    it holds merge values. `template` is the letter in pieces, with room for the headers in the first and for a slot's
    value in each second one after it; `slots` names those.
    """

    dispatch_id: int
    domain: str
    about_size: int
    sender: bytes
    subjects: Mapping[str, bytes | str]
    ways_out: tuple[bytes, bytes]
    headers: bytes
    template: tuple[bytes, ...]
    slots: tuple[str, ...]
    tokens: tuple[tuple[str, MacMaker], ...]
    pixel: tuple[bytes, bytes]
    merges: tuple[Merge, ...]
    merge_slots: tuple[str, ...]
    unsubscribe_mac: MacMaker
    open_mac: MacMaker
    message_mac: MacMaker
    signers: tuple[dkim.Signer, ...] = ()


def encode_variant(
    dispatch: Dispatch, variant: Variant, *, base_url: str, signers: Sequence[dkim.Signer] = ()
) -> EncodedVariant:
    """Encode a variant once, for all its recipients; BadHeader if a header's value is not fit to be one.

    Each of `signers` signs the letters.
    """
    sender_address = address_in_ascii(dispatch.sender_address)
    domain = sender_address.rpartition("@")[2]
    merges = tuple(Merge(*merge) for merge in variant.merges)
    letter = encode_letter(
        Rendered(
            locale=variant.locale, subject=variant.subject, preheader="", html=variant.html, text=variant.text, links=()
        )
    )
    headers = _constant_headers(dispatch, variant.locale, domain=domain, base_url=base_url) + letter.content_headers
    template = [b""] * (2 * len(letter.texts))
    template[1::2] = letter.texts
    return EncodedVariant(
        dispatch_id=dispatch.pk,
        domain=domain,
        about_size=len(headers) + OWN_OCTETS + SIGNATURE_OCTETS * len(signers) + _body_size(letter),
        sender=header("From", mailbox(_sender(dispatch, variant.locale), sender_address, "From")),
        subjects={
            arm: _subject(text, merges) for arm, text in {**variant.other_subjects, FIRST_ARM: variant.subject}.items()
        },
        ways_out=_ways_out(base_url, return_domain()),
        headers=headers,
        template=tuple(template),
        slots=letter.slots,
        tokens=tuple((slot, mac_maker(purpose)) for slot, purpose in _TOKENS.items() if slot in letter.slots),
        pixel=_pixel(base_url),
        merges=merges,
        merge_slots=tuple(sorted({slot for slot in letter.slots if slot not in set(Slot)})),
        unsubscribe_mac=mac_maker(Purpose.UNSUBSCRIBE),
        open_mac=mac_maker(Purpose.OPEN),
        message_mac=keyed(bytes(dispatch.message_key)),
        signers=tuple(signers),
    )


def splice(variant: EncodedVariant, recipient: Recipient, *, now: datetime, arm: str = "") -> bytes:
    """The whole letter of one recipient, with CRLF line ends; no line begins with a dot, so there is none to stuff.

    `arm` says whose subject it bears; an arm without one of its own bears the first's. MissingValueError where the
    recipient lacks a merge value that has no fallback; BadHeader for an address that is none.
    """
    number = recipient.delivery_id.to_bytes(NUMBER_BYTES, "big")
    unsubscribe_mac = variant.unsubscribe_mac(number)
    unsubscribe = link_token(number, unsubscribe_mac)
    values = {"unsubscribe": unsubscribe + SOFT_BREAK, "pixel": b""}
    for slot, make_mac in variant.tokens:
        values[slot] = link_token(number, make_mac(number)) + SOFT_BREAK
    if recipient.measure_opens:
        values["pixel"] = link_token(number, variant.open_mac(number)).join(variant.pixel)
    subject = variant.subjects.get(arm) or variant.subjects[FIRST_ARM]
    if variant.merges:
        filled = slot_values(variant.merges, recipient.values)
        for slot in variant.merge_slots:
            values[slot] = encoded_value(filled[slot])
        if isinstance(subject, str):
            subject = text_header("Subject", fill_line(subject, filled))
    assert isinstance(subject, bytes)  # noqa: S101 - only subjects with merge values are not ready
    web, mail = variant.ways_out
    headers = b"".join(
        (
            variant.sender,
            address_header("To", _one_line(recipient.name), recipient.address),
            subject,
            _date(now.replace(microsecond=0)),
            _message_id_header(variant, recipient.subscriber_id),
            web,
            unsubscribe,
            mail and _mail_out(recipient.delivery_id, unsubscribe_mac, mail),
            b">\r\n",
            variant.headers,
        )
    )
    pieces = list(variant.template)
    pieces[2::2] = map(values.__getitem__, variant.slots)
    if variant.signers:
        headers = dkim.signatures(variant.signers, headers, pieces[1:], now) + headers
    pieces[0] = headers + b"\r\n"
    return b"".join(pieces)


def message_id(message_key: bytes, subscriber_id: int, domain: str) -> str:
    """The Message-ID of a subscriber's delivery: the same at every attempt, and no clue to who it is."""
    return f"<{_message_name(keyed(message_key), subscriber_id)}@{domain}>"


def list_label(dispatch: Dispatch) -> str:
    """The bulletin as one label of a domain name, for List-Id (RFC 2919)."""
    label = "".join(c for c in dispatch.list_slug.lower() if c.isascii() and (c.isalnum() or c == "-")).strip("-")
    return (label or f"bulletin-{dispatch.bulletin_key.hex[:8]}")[:40]


def content_language(locale: str) -> str:
    """`zh-hans` as BCP 47 writes it: zh-Hans."""
    language, *rest = locale.split("-")
    return "-".join([language, *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def _sender(dispatch: Dispatch, locale: str) -> str:
    name: str = dispatch.sender_names.get(locale, dispatch.list_name)
    return name


def _constant_headers(dispatch: Dispatch, locale: str, *, domain: str, base_url: str) -> bytes:
    """What the letters of a variant have in common beside the sender and the subject."""
    label = list_label(dispatch)
    lines = [
        header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058, behind List-Unsubscribe
        header("List-Id", angled(dispatch.list_name, f"{label}.{domain}", "List-Id")),
        header("List-Archive", f"<{base_url}/archive/{dispatch.bulletin_key}/>"),
        header("Precedence", "bulk"),
        header("Feedback-ID", f"{dispatch.pk}:{locale}:{label}:{FEEDBACK_SENDER}"),
        header("Content-Language", content_language(locale)),
    ]
    if dispatch.reply_to:
        lines.append(header("Reply-To", mailbox("", dispatch.reply_to, "Reply-To")))
    return b"".join(lines)


def _body_size(letter: Letter) -> int:
    return sum(map(len, letter.texts)) + SLOT_OCTETS * len(letter.slots)


def _subject(text: str, merges: Sequence[Merge]) -> bytes | str:
    line = text_header("Subject", text)  # what can't be sent is refused here, before anybody's letter
    marks = set(MARKER.findall(text))
    if not marks:
        return line
    if not marks <= {f"m{number}" for number in range(len(merges))}:
        raise BadHeader("The subject has a merge value that the letter doesn't know.")
    return text


def _ways_out(base_url: str, mail_domain: str) -> tuple[bytes, bytes]:
    """What stands in List-Unsubscribe round the two tokens; nothing for the second where nobody receives such mail."""
    web = header("List-Unsubscribe", f"<{base_url}/u/").removesuffix(b"\r\n")
    if not mail_domain:
        return web, b""
    _name, _colon, mail = header("List-Unsubscribe", f"@{mail_domain}?subject=unsubscribe").partition(b": ")
    return web, mail.removesuffix(b"\r\n")


def _mail_out(delivery_id: int, unsubscribe_mac: bytes, mail: bytes) -> bytes:
    """The middle of List-Unsubscribe, with the address that `unsubscribe_address` gives."""
    return b">,\r\n <mailto:u+%d.%b%b" % (delivery_id, unsubscribe_mac[:MAC_BYTES].hex().encode(), mail)


def _message_id_header(variant: EncodedVariant, subscriber_id: int) -> bytes:
    return f"Message-ID: <{_message_name(variant.message_mac, subscriber_id)}@{variant.domain}>\r\n".encode()


def _message_name(message_mac: MacMaker, subscriber_id: int) -> str:
    return message_mac(b"%d" % subscriber_id)[:16].hex()


@lru_cache(maxsize=8)
def _date(second: datetime) -> bytes:
    return header("Date", format_datetime(second))


def _one_line(name: str) -> str:
    """A reader's name without what can't be printed: nobody goes without a letter for a line break in it."""
    return " ".join((name if name.isprintable() else printable(name)).split())


def _pixel(base_url: str) -> tuple[bytes, bytes]:
    """What stands round the pixel's token, encoded."""
    before, after = f'<img src="{escape(base_url)}/o/', '.gif" width="1" height="1" alt="" style="display:block">'
    return encoded_before_slot(before), SOFT_BREAK + encoded_before_slot(after)
