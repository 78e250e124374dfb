"""A rendered variant as a MIME letter, encoded once and cut where a recipient's own bytes go.

The text is quoted-printable (RFC 2045 section 6.7). Each piece between two slots is encoded by itself and ends
with a soft line break, so a recipient's letter is a join: no line depends on how long a token is.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from .edition import Rendered
from .slots import MARKER

SOFT_BREAK = b"=\r\n"
LINE = 76  # octets, RFC 2045 section 6.7


@dataclass(frozen=True, slots=True)
class Letter:
    """`pieces` alternates between encoded text and the names of slots; joined with the slots' values it is the body.

    `content_headers` are the header lines that belong to the body, each with its CRLF.
    """

    content_headers: bytes
    pieces: tuple[bytes | str, ...]


def encode_letter(rendered: Rendered) -> Letter:
    """A multipart/alternative of the plain text, then the HTML (RFC 2046 section 5.1.4)."""
    digest = hashlib.sha256((rendered.text + rendered.html).encode()).hexdigest()[:24]
    boundary = f"=_{digest}".encode()  # "=_" can't occur in quoted-printable
    pieces: list[bytes | str] = []
    for subtype, text in ((b"plain", rendered.text), (b"html", rendered.html)):
        pieces.append(
            b"--" + boundary + b"\r\nContent-Type: text/" + subtype + b"; charset=utf-8\r\n"
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )
        pieces.extend(_cut(text))
        pieces.append(b"\r\n")
    pieces.append(b"--" + boundary + b"--\r\n")
    return Letter(
        content_headers=b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="'
        + boundary
        + b'"\r\n',
        pieces=tuple(_joined(pieces)),
    )


def join_letter(letter: Letter, values: Mapping[str, str]) -> bytes:
    """The body of one recipient's letter; KeyError if a slot that occurs has no value."""
    encoded = {slot: encoded_value(value) for slot, value in values.items()}
    return b"".join(encoded[piece] if isinstance(piece, str) else piece for piece in letter.pieces)


def encoded_value(value: str) -> bytes:
    """A slot's value in quoted-printable, on lines of its own: what stands before it ended with a soft break."""
    return _ended(quoted_printable(value)) if value else b""


def quoted_printable(text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return binascii.b2a_qp(lines.encode(), quotetabs=False, istext=True).replace(b"\n", b"\r\n")


def _cut(text: str) -> list[bytes | str]:
    parts = MARKER.split(text)
    pieces: list[bytes | str] = []
    for before, slot in zip(parts[0::2], parts[1::2], strict=False):
        pieces += [_ended(quoted_printable(before)), slot]
    return [*pieces, quoted_printable(parts[-1])]


def _ended(encoded: bytes) -> bytes:
    """`encoded` with a soft break at its end, and one before its last character where the line is full."""
    if len(encoded.rpartition(b"\r\n")[2]) >= LINE:
        last = 3 if encoded[-3:-2] == b"=" else 1
        encoded = encoded[:-last] + SOFT_BREAK + encoded[-last:]
    return encoded + SOFT_BREAK


def _joined(pieces: list[bytes | str]) -> list[bytes | str]:
    """Neighbouring bytes as one piece."""
    joined: list[bytes | str] = []
    for piece in pieces:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined
