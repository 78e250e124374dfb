"""Lines of plain text no wider than a mail reader likes: Latin words, Chinese characters, whole addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

WIDTH = 72
"""Columns: 72 Latin letters or 36 full-width characters."""

_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6"
    "\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_QUOTES = "“”‘’…—"  # as wide as a character in Chinese type, as narrow as a letter in Latin
_OPENING = "（【《〈「『〔［｛“‘"
_CLOSING = "）】》〉」』〕］｝”’。，、；：？！…—·％"

_WIDE_CHARACTER = re.compile(f"[{_WIDE}]")
_WIDE_IN_CJK = re.compile(f"[{_WIDE}{_QUOTES}]")


def columns(text: str, *, cjk: bool) -> int:
    """How many columns `text` takes in a fixed-width font."""
    if text.isascii():
        return len(text)
    return len(text) + len((_WIDE_IN_CJK if cjk else _WIDE_CHARACTER).findall(text))


@lru_cache(maxsize=4096)
def wrap(text: str, *, cjk: bool, first: str = "", rest: str = "") -> tuple[str, ...]:
    """The lines of one paragraph; each newline in it stays.

    `first` and `rest` stand before the first line and before the others. Words and addresses are never cut; no line
    begins with a closing mark of Chinese punctuation or ends with an opening one. Kept for the next variant of an
    edition, which has most of its paragraphs in common.
    """
    lines: list[str] = []
    wide = _WIDE_IN_CJK if cjk else _WIDE_CHARACTER
    for paragraph in text.split("\n"):
        tidy = " ".join(paragraph.split())
        start = rest if lines else first
        narrow = tidy.isascii() or not wide.search(tidy)
        filled = _fill_narrow(tidy, start, rest) if narrow else _fill_wide(tidy, start, rest, wide)
        lines += filled
    return tuple(lines)


def _fill_narrow(text: str, first: str, rest: str) -> Iterator[str]:
    """Lines of words; a letter is a column."""
    prefix = first
    while len(prefix) + len(text) > WIDTH:
        cut = text.rfind(" ", 0, max(0, WIDTH - len(prefix)) + 1)
        if cut < 0:
            cut = text.find(" ")
            if cut < 0:
                break
        yield prefix + text[:cut]
        text, prefix = text[cut + 1 :], rest
    yield (prefix + text).rstrip()


def _fill_wide(text: str, first: str, rest: str, wide: re.Pattern[str]) -> Iterator[str]:
    """Lines of words and of characters two columns wide, which part nearly anywhere."""
    prefix = first
    while True:
        room = WIDTH - len(prefix)
        fits = _fitting(text, room, wide)
        if fits == len(text):
            break
        cut = next((cut for cut in range(fits, 0, -1) if _may_part(text, cut, wide)), 0) or next(
            (cut for cut in range(fits + 1, len(text)) if _may_part(text, cut, wide)), 0
        )
        if not cut:
            break
        yield (prefix + text[:cut]).rstrip()
        text, prefix = text[cut:].lstrip(), rest
    yield (prefix + text).rstrip()


def _fitting(text: str, room: int, wide: re.Pattern[str]) -> int:
    """How many characters of `text` fit into so many columns."""
    fits = 0
    while (left := room - fits - len(wide.findall(text, 0, fits))) > 1 and fits < len(text):
        fits = min(len(text), fits + left // 2)  # all of them may be wide
    if left == 1 and fits < len(text) and not wide.match(text, fits):
        fits += 1
    return fits


def _may_part(text: str, cut: int, wide: re.Pattern[str]) -> bool:
    before, after = text[cut - 1], text[cut]
    if before == " " or after == " ":
        return after != " " or cut > 1
    if after in _CLOSING or before in _OPENING:
        return False
    return bool(wide.match(after) or wide.match(before))
