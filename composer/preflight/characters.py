"""The checks of single characters: broken ones, invisible ones, spaces, and the width of punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from composer.rendering.language import Script, script

from .findings import Finding, Severity, gettext_noop
from .pieces import Text, shorten
from .places import Place

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"

# UTF-8 read as Windows-1252: a leading byte's character, then those of continuing bytes.
_NEXT = (
    "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2026\u2030"
    "\u2039\u203a\u20ac\u2122]"
)
_MISREAD = re.compile(
    rf"[\u00c2\u00c3\u00c5\u00d0\u00d1]{_NEXT}|\u00e2[\u0080\u201a\u20ac\u201e]{_NEXT}"
    rf"|(?:[\u00e3-\u00ef]{_NEXT}{_NEXT}){{2,}}|\u00f0\u0178{_NEXT}{_NEXT}"
)
_MISREAD_IN_CHINESE = re.compile("锟斤拷?|烫烫烫|屯屯屯|鈥[檚檛淒渟滄]|[锛銆]\ufffd")
_BROKEN = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")

_DOUBLE_SPACE = re.compile(r"(?<=\S)[  ]{2,}(?=\S)")
_SPACED_CHINESE = re.compile(rf"(?<=[{_HAN}”》）])[ \u3000]+(?=[，。；：！？、）》])")
_SPACED_ENGLISH = re.compile(r"(?<=[A-Za-z]) +([,.;])(?=\s|$)")
_NARROW = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_NARROW_IN_CHINESE = re.compile(rf"[{_HAN}][,;:?!](?=[{_HAN}]|$)")
_WIDE = {"，": ", ", "。": ". ", "；": "; ", "：": ": ", "！": "! ", "？": "? ", "（": " (", "）": ") ", "、": ", "}
_WIDE_IN_LATIN = re.compile(r" ?[，。；：！？（）、] ?")
_OPENING_NARROW = re.compile(rf"\(([{_HAN}][^()（）\n]{{0,80}})\)")


def check_characters(texts: tuple[Text, ...], *, locale: str) -> Iterator[Finding]:
    """Broken characters are errors; untidy ones are notes with a fix."""
    chinese = script(locale) is Script.CJK
    for text in texts:
        judge = _Judge(text, locale)
        if not text.text.isascii():
            yield from judge.broken()
            yield from judge.invisible()
            yield from judge.chinese() if chinese else judge.latin()
        elif chinese:
            yield from judge.chinese()
        yield from judge.spaces(english=locale.startswith("en"))


class _Judge:
    def __init__(self, text: Text, locale: str) -> None:
        self._text = text
        self._where = Place.of(text, locale)

    def broken(self) -> Iterator[Finding]:
        text = self._text.text
        if found := _BROKEN.search(text):
            yield self._where.finding(
                "text-broken",
                Severity.ERROR,
                gettext_noop("In {where}, a character was lost on the way, near “{near}”. Write it again."),
                near=_around(text, found),
            )
        for run in dict.fromkeys(_runs_of(text)):
            whole = _reread(run)
            yield self._where.finding(
                "text-mojibake",
                Severity.ERROR,
                gettext_noop("In {where}, “{run}” was read in the wrong encoding. Replace it with “{whole}”."),
                fix=self._where.replacing(run, whole),
                run=shorten(run),
                whole=shorten(whole),
            )
        if found := _MISREAD_IN_CHINESE.search(text):
            yield self._where.finding(
                "text-mojibake",
                Severity.ERROR,
                gettext_noop("In {where}, the text near “{near}” was read in the wrong encoding. Write it again."),
                near=_around(text, found),
            )

    def invisible(self) -> Iterator[Finding]:
        for character in dict.fromkeys(_INVISIBLE.findall(self._text.text)):
            yield self._where.finding(
                "text-invisible",
                Severity.WARNING,
                gettext_noop(
                    "In {where}, there is an invisible character (U+{code}), as it comes with pasting. Take it out."
                ),
                fix=self._where.replacing(character, ""),
                code=f"{ord(character):04X}",
            )

    def spaces(self, *, english: bool) -> Iterator[Finding]:
        text = self._text.text
        if "  " in text and _DOUBLE_SPACE.search(text):
            yield self._where.finding(
                "spacing-double",
                Severity.NOTE,
                gettext_noop("In {where}, there are two spaces where one is enough."),
                fix=self._where.replacing("  ", " "),
            )
        if english and (found := _SPACED_ENGLISH.search(text)):
            yield self._where.finding(
                "spacing-punctuation",
                Severity.NOTE,
                gettext_noop("In {where}, a space stands before “{mark}”. Take it out."),
                fix=self._where.replacing(" " + found[1], found[1]),
                mark=found[1],
            )

    def chinese(self) -> Iterator[Finding]:
        text = self._text.text
        if found := _SPACED_CHINESE.search(text):
            mark = text[found.end()]
            yield self._where.finding(
                "spacing-punctuation",
                Severity.NOTE,
                gettext_noop("In {where}, a space stands before “{mark}”. Take it out."),
                fix=self._where.replacing(found[0] + mark, mark),
                mark=mark,
            )
        for pair in dict.fromkeys(_NARROW_IN_CHINESE.findall(text)):
            wide = pair[0] + _NARROW[pair[1]]
            yield self._where.finding(
                "punctuation-width",
                Severity.NOTE,
                gettext_noop("In {where}, “{pair}” has punctuation of half width among Chinese. Use “{wide}”."),
                fix=self._where.replacing(pair, wide),
                pair=pair,
                wide=wide,
            )
        for found in _OPENING_NARROW.finditer(text):
            yield self._where.finding(
                "punctuation-width",
                Severity.NOTE,
                gettext_noop("In {where}, “{pair}” has punctuation of half width among Chinese. Use “{wide}”."),
                fix=self._where.replacing(found[0], f"（{found[1]}）"),
                pair=shorten(found[0]),
                wide=shorten(f"（{found[1]}）"),
            )

    def latin(self) -> Iterator[Finding]:
        text = self._text.text
        for found in dict.fromkeys(match[0] for match in _WIDE_IN_LATIN.finditer(text)):
            mark = found.strip(" ")
            narrow = _WIDE[mark] if mark else ""
            at_end = text.rstrip().endswith(mark) or text.lstrip().startswith(mark)
            yield self._where.finding(
                "punctuation-width",
                Severity.NOTE,
                gettext_noop("In {where}, “{mark}” is punctuation of Chinese width. Use “{narrow}”."),
                fix=self._where.replacing(found, narrow.strip() if at_end and text.count(found) == 1 else narrow),
                mark=mark,
                narrow=narrow.strip(),
            )


def _runs_of(text: str) -> Iterator[str]:
    for match in _MISREAD.finditer(text):
        if _reread(match[0]):
            yield match[0]


def _reread(run: str) -> str:
    """What `run` says when its Windows-1252 bytes are read as UTF-8; empty where they aren't that."""
    encoded = bytearray()
    for character in run:
        try:
            encoded += character.encode("cp1252")
        except UnicodeEncodeError:
            if ord(character) > 0xFF:
                return ""
            encoded.append(ord(character))
    try:
        return encoded.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _around(text: str, found: re.Match[str], margin: int = 14) -> str:
    return shorten(text[max(0, found.start() - margin) : found.end() + margin])
