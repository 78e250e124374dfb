"""Header lines of a letter, built so that no value can start a line of its own.

Values are taken literally: an encoded word in a subject is text like any other and is encoded again, never
decoded (the hole of CVE-2024-6923). RFC 5322 for the lines, RFC 2047 for the encoded words.
"""

from __future__ import annotations

import re
from email.header import Header

from dispatch.errors import BadHeader

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*\Z")
_ENCODED_WORD = re.compile(r"=\?[^?]*\?[bqBQ]\?[^?]*\?=")
LONGEST_BARE_PHRASE = 50  # characters: with the header's name it fits a line
LINE = 76  # octets, preferred by RFC 5322 (78 with its line end)


def header(name: str, value: str) -> bytes:
    """A header whose value is ready made of ASCII (addresses, URLs, ids), with its CRLF."""
    if not _NAME.match(name):
        raise BadHeader(f"{name!r} is not a header's name.")
    return f"{name}: {_ascii(value, name)}\r\n".encode()


def text_header(name: str, text: str) -> bytes:
    """A header of free text, as encoded words where it needs them, folded, with its CRLF."""
    if not _NAME.match(name):
        raise BadHeader(f"{name!r} is not a header's name.")
    return f"{name}: {encoded_text(text, name)}\r\n".encode()


def encoded_text(text: str, name: str) -> str:
    """`text` for a header `name`: plain where it is short and harmless ASCII, else RFC 2047 words, folded."""
    if _CONTROL.search(text):
        raise BadHeader(f"{name} has a line break or a control character: {text!r}. Write it on one line.")
    if text.isascii() and not _ENCODED_WORD.search(text) and "=?" not in text and len(name) + 2 + len(text) <= LINE:
        return text
    words = Header(text, "utf-8", header_name=name, maxlinelen=75).encode(linesep="\r\n")
    return str(words)


def mailbox(display: str, address: str, name: str) -> str:
    """`display <address>` for a header `name`; the display name is quoted or encoded, the address never."""
    address = _ascii(address_in_ascii(address), name)
    return f"{phrase(display, name)} <{address}>" if display else address


def phrase(text: str, name: str) -> str:
    """`text` as the words before an angle bracket: bare, quoted, or RFC 2047 words with their folding."""
    if _CONTROL.search(text):
        raise BadHeader(f"A name in {name} has a line break or a control character: {text!r}.")
    if not text.isascii() or "=?" in text or len(text) > LONGEST_BARE_PHRASE:
        return str(Header(text, "utf-8", header_name=name, maxlinelen=75).encode(linesep="\r\n")) + "\r\n"
    if _ATOMS.match(text):
        return text
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def address_in_ascii(address: str) -> str:
    """The address with its domain as A-labels (IDNA); BadHeader where the local part is not ASCII."""
    local, _at, domain = address.rpartition("@")
    if not local.isascii():
        raise BadHeader("The address has letters before the @ that this transport cannot carry.")
    if domain.isascii():
        return address
    import idna

    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError as error:
        raise BadHeader(f"The domain {domain!r} is not one that mail can be sent to: {error}") from error


def _ascii(value: str, name: str) -> str:
    folded = value.replace("\r\n ", "")  # our own folding, and no other
    if not value.isascii() or _CONTROL.search(folded):
        raise BadHeader(f"{name} has a line break or a character that is not ASCII: {value!r}.")
    return value
