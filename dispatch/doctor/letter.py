"""A letter as it would leave, held against what large receivers ask of a bulletin's headers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from dispatch.doctor.dmarc import is_aligned
from dispatch.doctor.findings import Finding, State
from dispatch.doctor.signed import fields_of, signatures_of

LONGEST = 998  # octets of a line, RFC 5322 section 2.1.1
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
MUST_COVER = ("from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post")
_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>\Z")
_LIST_ID = re.compile(r".*<[^<>\s@]+\.[^<>\s@]+>\Z", re.DOTALL)


def check_letter(letter: bytes, *, about: str, keys: Mapping[str, str]) -> list[Finding]:
    """Findings on a whole letter; `keys` are the p= of our keys in use, by selector._domainkey.domain."""
    message = message_from_bytes(letter)
    found: list[tuple[str, State, str, str]] = [
        _lines(letter),
        _once(letter),
        _sender(message),
        _message_id(message),
        _one_click(message),
        _list_id(message),
        _feedback_id(message),
        _bulk(message),
        _parts(message),
        *_signatures(letter, message, keys),
    ]
    return [Finding(f"letter: {check}", about, state, words, to_do) for check, state, words, to_do in found]


def _lines(letter: bytes) -> tuple[str, State, str, str]:
    bare = letter.replace(b"\r\n", b"")
    longest = max(map(len, letter.split(b"\r\n")))
    if b"\r" in bare or b"\n" in bare:
        return "lines", State.WRONG, "A line ends with CR or LF alone.", "This is a fault of Circular: report it."
    if longest > LONGEST:
        words = f"A line has {longest} octets; {LONGEST} are allowed."
        return "lines", State.WRONG, words, "Shorten what stands in the header, or report it."
    if not letter.isascii():
        return "lines", State.WRONG, "Something is not ASCII.", "This is a fault of Circular: report it."
    return "lines", State.OK, f"CRLF only, ASCII only, the longest line has {longest} octets.", ""


def _once(letter: bytes) -> tuple[str, State, str, str]:
    names = [name for name, _value in fields_of(letter)]
    lacking = [name for name in ONCE if name.lower() not in names]
    double = [name for name in ONCE if names.count(name.lower()) > 1]
    if lacking or double:
        words = "; ".join([f"{name} is missing" for name in lacking] + [f"{name} stands twice" for name in double])
        return "headers", State.WRONG, f"{words}.", "This is a fault of Circular: report it."
    return "headers", State.OK, "All that must stand there does, once.", ""


def _sender(message: Message) -> tuple[str, State, str, str]:
    domain = _domain(message)
    if not domain:
        return "From", State.WRONG, "There is no address in From.", "Give the bulletin a sender’s address."
    return "From", State.OK, f"The sender’s domain is {domain}.", ""


def _message_id(message: Message) -> tuple[str, State, str, str]:
    try:
        parsedate_to_datetime(str(message.get("Date", "")))
    except ValueError:
        return "Message-ID", State.WRONG, "The Date can’t be read.", "This is a fault of Circular: report it."
    if not _MESSAGE_ID.match(str(message.get("Message-ID", "")).strip()):
        return "Message-ID", State.WRONG, "The Message-ID is not of the form <…@domain>.", "Report it."
    return "Message-ID", State.OK, "Message-ID and Date are sound.", ""


def _one_click(message: Message) -> tuple[str, State, str, str]:
    ways = re.findall(r"<([^<>]*)>", "".join(str(message.get("List-Unsubscribe", "")).split()))
    secure = [way for way in ways if way.lower().startswith("https://")]
    if not ways:
        words = "There is no List-Unsubscribe: large receivers refuse bulk letters without it."
        return "one-click", State.MISSING, words, "This is a fault of Circular: report it."
    if not secure:
        words = f"List-Unsubscribe has no https address ({ways[0].partition('/u/')[0]}…): one click doesn’t work."
        return "one-click", State.WRONG, words, "Set BASE_URL to the public address, with https://."
    if str(message.get("List-Unsubscribe-Post", "")).strip() != "List-Unsubscribe=One-Click":
        words = "List-Unsubscribe-Post doesn’t say List-Unsubscribe=One-Click (RFC 8058)."
        return "one-click", State.WRONG, words, "This is a fault of Circular: report it."
    if not any(way.lower().startswith("mailto:") for way in ways):
        words = "One click works; there is no way to unsubscribe by mail beside it."
        return "one-click", State.NOTE, words, "Give the return paths a domain whose mail Circular receives."
    return "one-click", State.OK, "Unsubscribing works by one click and by mail.", ""


def _list_id(message: Message) -> tuple[str, State, str, str]:
    value = str(message.get("List-Id", ""))
    if not value:
        return "List-Id", State.MISSING, "There is no List-Id (RFC 2919).", "This is a fault of Circular: report it."
    if not _LIST_ID.match(value.strip()):
        return "List-Id", State.WRONG, "List-Id is not of the form Name <label.domain>.", "Report it."
    return "List-Id", State.OK, "It is of the form Name <label.domain>.", ""


def _feedback_id(message: Message) -> tuple[str, State, str, str]:
    values = message.get_all("Feedback-ID", [])
    parts = str(values[0]).strip().split(":") if values else []
    if not values:
        return "Feedback-ID", State.MISSING, "There is no Feedback-ID: Gmail’s reports know nothing of the letter.", ""
    if len(values) > 1 or len(parts) != 4 or not 5 <= len(parts[-1]) <= 15:
        words = "Feedback-ID is not one a:b:c:SenderId with a SenderId of 5 to 15 characters."
        return "Feedback-ID", State.WRONG, words, "This is a fault of Circular: report it."
    return "Feedback-ID", State.OK, f"The SenderId is {parts[-1]}.", ""


def _bulk(message: Message) -> tuple[str, State, str, str]:
    lacking = [name for name in ("Precedence", "Content-Language", "List-Archive") if not message.get(name)]
    if lacking:
        return "bulk", State.NOTE, f"Not there: {', '.join(lacking)}.", ""
    return "bulk", State.OK, "Precedence, Content-Language and List-Archive are there.", ""


def _parts(message: Message) -> tuple[str, State, str, str]:
    kinds = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    codings = {str(part.get("Content-Transfer-Encoding", "7bit")).lower() for part in message.walk()}
    if message.get_content_type() != "multipart/alternative" or kinds != ["text/plain", "text/html"]:
        words = f"The parts are {', '.join(kinds)}; plain text, then HTML, is what mail programs expect."
        return "parts", State.WRONG, words, "This is a fault of Circular: report it."
    if codings - {"7bit", "quoted-printable", "base64"}:
        return "parts", State.WRONG, f"A part is encoded as {', '.join(sorted(codings))}.", "Report it."
    return "parts", State.OK, "Plain text, then HTML, safely encoded.", ""


def _signatures(letter: bytes, message: Message, keys: Mapping[str, str]) -> Iterator[tuple[str, State, str, str]]:
    found = list(signatures_of(letter, keys))
    sender = _domain(message)
    if not found:
        if keys:
            words = "The letter bears no signature, though there is a key in use."
            yield "signature", State.WRONG, words, "This is a fault of Circular: report it."
        else:
            words = "The letter leaves unsigned; that is well only if the relay signs it."
            yield "signature", State.NOTE, words, "If it doesn’t: `circular dkim make DOMAIN`."
        return
    for signature in found:
        uncovered = [name for name in MUST_COVER if name not in signature.covers]
        if signature.fault:
            yield "signature", State.WRONG, f"{signature.name} doesn’t hold: {signature.fault}.", "Report it."
        elif uncovered:
            yield "signature", State.WRONG, f"{signature.name} doesn’t cover {', '.join(uncovered)}.", "Report it."
        elif not is_aligned(signature.domain, sender, strict=False):
            words = f"{signature.name} is of another domain than From ({sender}): it counts for nothing in DMARC."
            yield "signature", State.WRONG, words, f"Make a key for {sender}."
        else:
            yield "signature", State.OK, f"{signature.name} holds, and covers all that it must.", ""


def _domain(message: Message) -> str:
    return parseaddr(str(message.get("From", "")))[1].rpartition("@")[2].lower()
