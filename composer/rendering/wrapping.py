"""Lines of plain text no wider than a mail reader likes: Latin words, Chinese characters, whole addresses."""

from __future__ import annotations

import re

WIDTH = 72
"""Columns: 72 Latin letters or 36 full-width characters."""

_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6"
    "\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_QUOTES = "“”‘’…—"  # as wide as a character in Chinese type, as narrow as a letter in Latin
_OPENING = "（【《〈「『〔［｛“‘"
_CLOSING = "）】》〉」』〕］｝”’。，、；：？！…—·％"

_ALPHABETIC_ATOM = re.compile(rf"[{_WIDE}]|[^\s{_WIDE}]+")
_CJK_ATOM = re.compile(rf"[{_WIDE}{_QUOTES}]|[^\s{_WIDE}{_QUOTES}]+")
_WIDE_CHARACTER = re.compile(f"[{_WIDE}]")
_WIDE_IN_CJK = re.compile(f"[{_WIDE}{_QUOTES}]")


def columns(text: str, *, cjk: bool) -> int:
    """How many columns `text` takes in a fixed-width font."""
    if text.isascii():
        return len(text)
    return len(text) + len((_WIDE_IN_CJK if cjk else _WIDE_CHARACTER).findall(text))


def wrap(text: str, *, cjk: bool, first: str = "", rest: str = "") -> list[str]:
    """The lines of one paragraph; each newline in it stays.

    `first` and `rest` stand before the first line and before the others. Words and addresses are never cut; no line
    begins with a closing mark of Chinese punctuation or ends with an opening one.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _fill(_atoms(paragraph, cjk=cjk), cjk=cjk, first=rest if lines else first, rest=rest)
    return lines


def _atoms(text: str, *, cjk: bool) -> list[tuple[str, str]]:
    """What must stay together, each with the space before it."""
    atoms: list[tuple[str, str]] = []
    end = 0
    for match in (_CJK_ATOM if cjk else _ALPHABETIC_ATOM).finditer(text):
        atom, space = match[0], " " if match.start() > end else ""
        end = match.end()
        if atoms and not space and (atom in _CLOSING or atoms[-1][1][-1] in _OPENING):
            before, word = atoms.pop()
            atoms.append((before, word + atom))
        else:
            atoms.append((space, atom))
    return atoms


def _fill(atoms: list[tuple[str, str]], *, cjk: bool, first: str, rest: str) -> list[str]:
    lines: list[str] = []
    line, used, empty = first, columns(first, cjk=cjk), True
    for space, atom in atoms:
        width = columns(atom, cjk=cjk)
        if not empty and used + len(space) + width > WIDTH:
            lines.append(line)
            line, used, empty = rest, columns(rest, cjk=cjk), True
        gap = "" if empty else space
        line, used, empty = line + gap + atom, used + len(gap) + width, False
    return [*lines, line.rstrip()]
