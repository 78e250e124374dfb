"""What an issue calls itself: its number, and a short title guessed from its first heading or its first words."""

from __future__ import annotations

import re

from composer.content import ItemList, Section, plain_text
from composer.importing.characters import width

_LONGEST_NUMBER = 100
_WIDEST = 60  # columns
_CLAUSE_END = re.compile(r"[，。；：！？、,;:!?]|\.(?=\s|$)|[—–]{1,2}")
_NUMBER = re.compile(
    r"(?:issue|no\.?|n[°º]|number|numéro|vol(?:ume|\.)?|edition)\s{0,3}\d{1,4}\b.{0,40}"
    r"|(?:\d{4}\s?年\s?)?(?:\d{1,2}\s?月\s?)?(?:第\s?[\d一二三四五六七八九十]{1,4}\s?期)?(?:[（(]?总第\s?\d{1,4}\s?期[）)]?)?"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)\s\d{4}",
    re.IGNORECASE,
)
_OPENERS, _CLOSERS = "（(《【「“[", "）)》】」”]"


def reads_as_number(text: str) -> bool:
    """Whether `text` is nothing but an issue's number or date: “No. 12”, “第3期”, “May 2026”."""
    return bool(text) and len(text) < _LONGEST_NUMBER and _NUMBER.fullmatch(text) is not None


def guess_title(sections: tuple[Section, ...], *, locale: str) -> str:
    """The first heading of an item, else the first words of the first text, as whole words; empty for no text."""
    first = next((item for section in sections for item in section.items), None)
    if first is None:
        return next((section.heading for section in sections if section.heading), "")
    if first.heading:
        return shorten(first.heading, locale=locale)
    text = plain_text(first.body)
    if not text and isinstance(first, ItemList):
        text = plain_text(first.entries[0]) if first.entries else ""
    return shorten(text.split("\n", 1)[0], locale=locale)


def shorten(text: str, *, locale: str) -> str:
    """`text` cut where a clause ends, at most 60 columns wide; else after a whole word, with an ellipsis."""
    text = " ".join(text[:1000].split())
    if width(text) <= _WIDEST:
        return text.rstrip("，。；：,;:. ")
    ends = [match.start() for match in _CLAUSE_END.finditer(text) if 8 <= width(text[: match.start()]) <= _WIDEST]
    whole = [end for end in ends if _is_balanced(text[:end])]
    if whole:
        return text[: whole[-1]]
    cut = 0
    while cut < len(text) and width(text[: cut + 1]) < _WIDEST:
        cut += 1
    kept = text[:cut]
    if not locale.startswith(("zh", "ja")) and " " in kept:
        kept = kept.rpartition(" ")[0]
    return kept.rstrip("，。；：,;:. ") + "…"


def _is_balanced(text: str) -> bool:
    return all(text.count(opener) == text.count(closer) for opener, closer in zip(_OPENERS, _CLOSERS, strict=True))
