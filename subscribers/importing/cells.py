"""One cell: a text on one line, an address, a day, and affiliations as an export writes them into a single cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from subscribers.addresses import INVISIBLE, mailable_address, plain_address
from subscribers.custom_values import FieldKind, read_value
from subscribers.importing.harmless import restored

_UNREADABLE = "\ufffd"
_NUL_SHOWN = "␀"  # as the file of refused rows has it
_PIECE = re.compile(r"(?:[^\\|;]|\\.)*", re.DOTALL)


class Refused(ValueError):
    """A row that isn't taken; the message says why."""


def one_line(cell: str, longest: int) -> str:
    """The cell's text on one line, without spaces around; Refused for one that is too long or unreadable."""
    text = restored(cell)
    if not text.isprintable():
        text = " ".join(text.split()).translate(INVISIBLE)
        if not text.isprintable():
            raise Refused(_("There are control characters in “%s”.") % shown(text))
    must_be_readable(text)
    text = text.strip()
    if len(text) > longest:
        raise Refused(_("“%(text)s…” is longer than %(longest)d characters.") % {"text": text[:40], "longest": longest})
    return text


def written_affiliation(pieces: Sequence[str]) -> str:
    """One affiliation as a cell of an export has it: its pieces with bars between them, those at the end left out."""
    escaped = [re.sub(r"([\\|;])", r"\\\1", piece) for piece in pieces]
    while escaped and not escaped[-1]:
        escaped.pop()
    return " | ".join(escaped)


def written_affiliations(cell: str) -> list[list[str]]:
    """The affiliations of such a cell, each of seven pieces."""
    found: list[list[str]] = []
    pieces: list[str] = []
    place = 0
    while place <= len(cell) and cell.strip():
        match = _PIECE.match(cell, place)
        assert match is not None  # noqa: S101 - it matches nothing, too
        pieces.append(re.sub(r"\\(.)", r"\1", match.group().strip(), flags=re.DOTALL))
        place = match.end()
        mark = cell[place : place + 1]
        place += 1
        if mark == "|":
            continue
        if any(pieces):
            if len(pieces) > 7:
                raise Refused(_("A role has more than seven parts: “%s”.") % shown(cell))
            found.append(pieces + [""] * (7 - len(pieces)))
        pieces = []
        if mark == "\\":  # one at the very end escapes nothing
            break
    return found


def address_in(cell: str) -> str:
    """A cell that is no plain address: taken out of what export and spreadsheets put around it."""
    must_be_readable(cell)
    text = restored(cell).strip()
    if not text:
        raise Refused(_("There is no address."))
    text = text.removeprefix("mailto:")
    return plain_address(text) or mailable_address(text)


def rewritten_address(cell: str) -> str:
    """The address as the cell has it, if it was written in full width or with invisible characters; else nothing."""
    text = restored(cell).strip()
    return "" if text == unicodedata.normalize("NFKC", text).translate(INVISIBLE) else shown(text)


def must_be_readable(text: str) -> None:
    if not text.isascii() and (_UNREADABLE in text or _NUL_SHOWN in text):
        raise Refused(_("“%s” has letters that can’t be read in this encoding.") % shown(text))


def shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "␀" for letter in text[:40])


def day_in(text: str) -> str:
    value = read_value(FieldKind.DATE, text.removesuffix(" 00:00:00"))
    if value is None:
        return ""
    return date.fromisoformat(str(value)).isoformat()
