"""A rendered variant as a MIME letter, encoded once and cut where a recipient's own bytes go.

The text is quoted-printable (RFC 2045 section 6.7). Each piece between two slots is encoded by itself and ends
with a soft line break, so a recipient's letter is a join: no line depends on how long a token is. No line begins with
a dot, so that nothing need be stuffed on the way (RFC 5321 section 4.5.2).
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .edition import Rendered
from .slots import MARKER

SOFT_BREAK = b"=\r\n"
LINE = 76  # octets, RFC 2045 section 6.7
_LONGEST_PLAIN = 72  # characters, with the soft break a line
# What some software on the way changes: a dot that begins a line, and "From ", which mbox files escape.
_TOUCHY = re.compile(rb"^(?:\.|From )[^\r\n]*", re.MULTILINE)
# A value that is its own encoding: nothing in it means anything in quoted-printable, at any place.
_PLAIN = re.compile(r"[A-Za-z0-9_,;:'&#()/+-][A-Za-z0-9_,;:'&#()/+. -]*\Z").match


@dataclass(frozen=True, slots=True)
class Letter:
    """A body in pieces: between each two of `texts` stands a slot, so there is one text more than `slots`.

    `content_headers` are the header lines that belong to the body, each with its CRLF.
    """

    content_headers: bytes
    texts: tuple[bytes, ...]
    slots: tuple[str, ...]


def encode_letter(rendered: Rendered) -> Letter:
    """A multipart/alternative of the plain text, then the HTML (RFC 2046 section 5.1.4)."""
    digest = hashlib.sha256((rendered.text + rendered.html).encode()).hexdigest()[:24]
    boundary = f"=_{digest}".encode()  # "=_" can't occur in quoted-printable
    texts: list[bytes] = [b""]
    slots: list[str] = []
    for subtype, text in ((b"plain", rendered.text), (b"html", rendered.html)):
        texts[-1] += (
            b"--" + boundary + b"\r\nContent-Type: text/" + subtype + b"; charset=utf-8\r\n"
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )
        parts = MARKER.split(text)
        encoded = [*map(encoded_before_slot, parts[0:-1:2]), quoted_printable(parts[-1]) + b"\r\n"]
        texts[-1] += encoded[0]
        texts += encoded[1:]
        slots += parts[1::2]
    texts[-1] += b"--" + boundary + b"--\r\n"
    return Letter(
        content_headers=b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="'
        + boundary
        + b'"\r\n',
        texts=tuple(texts),
        slots=tuple(slots),
    )


def join_letter(letter: Letter, values: Mapping[str, str]) -> bytes:
    """The body of one recipient's letter; KeyError if a slot that occurs has no value."""
    encoded = {slot: encoded_value(value) for slot, value in values.items()}
    parts = [b""] * (len(letter.texts) + len(letter.slots))
    parts[0::2] = letter.texts
    parts[1::2] = [encoded[slot] for slot in letter.slots]
    return b"".join(parts)


def encoded_value(value: str) -> bytes:
    """A slot's value in quoted-printable, on lines of its own: what stands before it ended with a soft break."""
    if len(value) <= _LONGEST_PLAIN and _PLAIN(value) and not value.startswith("From "):
        return value.encode() + SOFT_BREAK
    return encoded_before_slot(value) if value else b""


def encoded_before_slot(text: str) -> bytes:
    """`text` in quoted-printable with a soft break at its end, and one more before its last character if it must."""
    encoded = quoted_printable(text)
    if len(encoded.rpartition(b"\r\n")[2]) >= LINE:
        last = 3 if encoded[-3:-2] == b"=" else 1
        encoded = encoded[:-last] + SOFT_BREAK + _untouchy(encoded[-last:])
    return encoded + SOFT_BREAK


def quoted_printable(text: str) -> bytes:
    """`text` encoded, with CRLF line ends whatever its own are; no line begins with a dot."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    encoded = binascii.b2a_qp(lines.encode(), quotetabs=False, istext=True)
    return _untouchy(encoded).replace(b"\n", b"\r\n")


def _untouchy(encoded: bytes) -> bytes:
    """`encoded` with the first octet of touchy lines as =XX, and broken again where that makes a line too long."""
    return _TOUCHY.sub(lambda found: b"=\n".join(_broken(found[0])), encoded)


def _broken(line: bytes) -> list[bytes]:
    lines: list[bytes] = []
    while True:
        if _TOUCHY.match(line):
            line = b"=%02X" % line[0] + line[1:]
        if len(line) <= LINE:
            return [*lines, line]
        cut = LINE - 1
        if b"=" in line[cut - 2 : cut]:  # an encoded octet is not split
            cut = line.index(b"=", cut - 2)
        lines.append(line[:cut])
        line = line[cut:]
