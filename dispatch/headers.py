"""Header lines of a letter, built so that no value can start a line of its own.

Values are taken literally: an encoded word in a subject is text like any other and is encoded again, never
decoded (the hole of CVE-2024-6923). RFC 5322 for the lines, RFC 2047 for the encoded words. Lines are folded at 76
octets wherever they may be; an address, an id or a URL is never broken.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from functools import lru_cache

from dispatch.errors import BadHeader

LINE = 76  # octets, preferred by RFC 5322 (78 with its line end)
LONGEST_PHRASE = 50  # characters of one that is not encoded: with the header's name it fits a line
FOLD = "\r\n "

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ATOMS = re.compile(rf"{_ATOM}(?: {_ATOM})*\Z")
_DOMAIN = r"[A-Za-z0-9._\[\]:-]+"
_ADDRESS = re.compile(rf'(?:[^\x00-\x20\x7f-\xa0\ud800-\udfff\s<>()\[\],;:\\"@]+|"[!#-\[\]-~]+")@{_DOMAIN}\Z')
# What nearly every recipient is: a short name of letters, and an address of them. Spares the careful way.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9'-]+(?: [A-Za-z0-9'-]+)*\Z").match
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+.-]+@[A-Za-z0-9.-]+\Z").match

_WORD = "=?utf-8?{}?{}?="
_AROUND = len(_WORD.format("b", ""))  # octets of an encoded word that aren't text
_LONGEST_WORD = 75  # RFC 2047 section 2
_LEAST_ROOM = 12  # octets: one character of any kind in either encoding
# What may stand as it is in a "q" word, in a phrase too (RFC 2047 section 5).
_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/ "
_Q = ["_" if octet == 0x20 else chr(octet) if octet in _SAFE else f"={octet:02X}" for octet in range(256)]


def header(name: str, value: str) -> bytes:
    """A header whose value is ready made of ASCII (addresses, URLs, ids), with its CRLF."""
    return f"{_named(name)}: {_ascii(value, name)}\r\n".encode()


def text_header(name: str, text: str) -> bytes:
    """A header of free text, as encoded words where it needs them, folded, with its CRLF."""
    return f"{_named(name)}: {encoded_text(text, name)}\r\n".encode()


def address_header(name: str, display: str, address: str) -> bytes:
    """A header of one mailbox, with its CRLF.

    An address with é or 用 before the @ stands there in UTF-8 (RFC 6532), the only place in a letter that isn't ASCII:
    such a letter goes only where SMTPUTF8 is offered.
    """
    if not _PLAIN_ADDRESS(address):
        address = _checked(address_with_a_labels(address), name)
    elif len(display) + len(address) + len(name) <= LINE - 5 and _PLAIN_NAME(display):
        return f"{_named(name)}: {display} <{address}>\r\n".encode()
    return f"{_named(name)}: {angled(display, address, name) if display else address}\r\n".encode()


def encoded_text(text: str, name: str) -> str:
    """`text` for a header `name`: plain where it is harmless ASCII, else RFC 2047 words; folded."""
    if _CONTROL.search(text):
        raise BadHeader(f"{name} has a line break or a control character: {text!r}. Write it on one line.")
    room = LINE - len(name) - 2
    if text.isascii() and "=?" not in text and text == text.strip():
        if len(text) <= room:
            return text
        if (folded := _folded(text, room)) is not None:
            return folded
    return _encoded_words(text, room)


def mailbox(display: str, address: str, name: str) -> str:
    """`display <address>` for a header `name`; the display name is quoted or encoded, the address never."""
    address = _checked(address_in_ascii(address), name)
    return angled(display, address, name) if display else address


def angled(display: str, inside: str, name: str) -> str:
    """`display <inside>` for a header `name`, with a fold before the bracket where the line would be too long."""
    words = phrase(display, name)
    used = len(f"{name}: {words}".rpartition("\r\n")[2])
    return f"{words}{' ' if used + len(inside.encode()) + 3 <= LINE else FOLD}<{inside}>"


def phrase(text: str, name: str) -> str:
    """`text` as the words before an angle bracket: bare, quoted, or RFC 2047 words with their folding."""
    if _CONTROL.search(text):
        raise BadHeader(f"A name in {name} has a line break or a control character: {text!r}.")
    if text.isascii() and "=?" not in text:
        quoted = text if _ATOMS.match(text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if len(quoted) <= LONGEST_PHRASE:
            return quoted
    return _encoded_words(text, LINE - len(name) - 2)


def address_in_ascii(address: str) -> str:
    """The address with its domain as A-labels (IDNA); BadHeader where the local part is not ASCII."""
    if not address.rpartition("@")[0].isascii():
        raise BadHeader("The address has letters before the @ that this transport cannot carry.")
    return address_with_a_labels(address)


def address_with_a_labels(address: str) -> str:
    """The address with its domain as A-labels (IDNA), and what is before the @ as it is."""
    local, _at, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{_a_labels(domain)}"


@lru_cache(maxsize=4096)
def _a_labels(domain: str) -> str:
    import idna

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise BadHeader(f"The domain {domain!r} is not one that mail can be sent to: {error}") from error


def _named(name: str) -> str:
    if not _NAME.match(name):
        raise BadHeader(f"{name!r} is not a header's name.")
    return name


def _ascii(value: str, name: str) -> str:
    folded = value.replace(FOLD, "")  # our own folding, and no other
    if not value.isascii() or _CONTROL.search(folded):
        raise BadHeader(f"{name} has a line break or a character that is not ASCII: {value!r}.")
    return value


def _checked(address: str, name: str) -> str:
    if not _ADDRESS.match(address):
        raise BadHeader(f"{name} can't have the address {address!r}: it has a character that no address may have.")
    return address


def _folded(text: str, room: int) -> str | None:
    """Plain text folded at its spaces; None where a word is too long for a line or spaces stand together."""
    words = text.split(" ")
    if not all(words) or len(words[0]) > room or max(map(len, words)) >= LINE:
        return None
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
            room = LINE - 1
    return FOLD.join(lines)


def _encoded_words(text: str, room: int) -> str:
    """`text` as encoded words, in the shorter encoding; the first has `room` octets. No character is split."""
    octets = text.encode()
    strange = len(octets.translate(None, _SAFE))
    base64 = strange * 6 > len(octets)
    length = (len(octets) + 2) // 3 * 4 if base64 else len(octets) + 2 * strange
    if length + _AROUND <= min(room, _LONGEST_WORD):
        return _b(text) if base64 else _q(text)
    encode: Callable[[str], str] = _b if base64 else _q
    start = "" if room - _AROUND >= _LEAST_ROOM else FOLD
    first = min(room, _LONGEST_WORD) if not start else _LONGEST_WORD
    return start + FOLD.join(encode(part) for part in _parts(text, first, base64=base64))


def _parts(text: str, first: int, *, base64: bool) -> Iterator[str]:
    """`text` in parts of which each makes one encoded word, the first of them of `first` octets."""
    start, used = 0, 0
    limit = _text_room(first, base64=base64)
    for place, character in enumerate(text):
        octets = character.encode()
        size = len(octets) if base64 else sum(len(_Q[octet]) for octet in octets)
        if used + size > limit:
            yield text[start:place]
            start, used = place, 0
            limit = _text_room(_LONGEST_WORD, base64=base64)
        used += size
    yield text[start:]


def _text_room(word: int, *, base64: bool) -> int:
    """How many octets of text (of encoded text in "q") an encoded word of `word` octets holds."""
    return (word - _AROUND) // 4 * 3 if base64 else word - _AROUND


def _b(text: str) -> str:
    return _WORD.format("b", b2a_base64(text.encode(), newline=False).decode())


def _q(text: str) -> str:
    return _WORD.format("q", "".join([_Q[octet] for octet in text.encode()]))
