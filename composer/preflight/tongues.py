"""The check that an item is written in its edition's language."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from composer.content import Item

from .findings import Finding, Severity, gettext_noop, message
from .pieces import Text, name_of

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-zÀ-ÿ]+")
_ADDRESS = re.compile(r"https?://\S+|(?<!\S)\S{1,80}@\S{1,255}")

_ENGLISH = "the of and to in is for that with as are was by from on this have be it which their at an will not"
_FRENCH = "le la les des de du et en un une est pour que qui dans par sur au aux avec ce sont ne pas plus cette"
_COMMON = {"en": frozenset(_ENGLISH.split()), "fr": frozenset(_FRENCH.split())}
# Common characters that exist in one way of writing Chinese only.
_TRADITIONAL = frozenset("這個們來說時會國為與發後過還進運開關東車學點電長門問間見風飛馬應對經濟產業採購環續標準務動")
_SIMPLIFIED = frozenset(
    "这个们来说时会国为与发后过还进运开关东车学点电长门问间见风飞马应对经济产业采购环续标准务动"
) - frozenset("后购")

ENOUGH_LETTERS = 60
ENOUGH_IDEOGRAPHS = 15
ENOUGH_WORDS = 30


def check_language(texts: tuple[Text, ...], *, locale: str) -> Iterator[Finding]:
    """One warning for each item whose text is mostly in another language or script; short items aren't judged."""
    gathered: dict[str, list[str]] = defaultdict(list)
    items: dict[str, Item] = {}
    for text in texts:
        if text.item is not None and text.field not in {"source", "picture", "cover", "speaker"}:
            gathered[text.item.key].append(text.text)
            items[text.item.key] = text.item
    for key, parts in gathered.items():
        if _is_foreign(" ".join(parts), locale):
            yield Finding(
                check="language",
                severity=Severity.WARNING,
                message=message(
                    gettext_noop("The text of {where} doesn't look like the language of this edition. Translate it."),
                    where=name_of(items[key]),
                ),
                locale=locale,
                item_key=key,
                field="body",
            )


def _is_foreign(text: str, locale: str) -> bool:
    text = _ADDRESS.sub(" ", text)
    ideographs = _HAN.findall(text) if not text.isascii() else []
    words = _LATIN.findall(text)
    letters = sum(map(len, words))
    language = locale.lower().split("-")[0]
    if language == "zh":
        if letters > ENOUGH_LETTERS and len(ideographs) * 5 < letters:
            return True
        return _is_other_script(ideographs, locale)
    if language in {"ja", "ko"}:
        return False
    if len(ideographs) >= ENOUGH_IDEOGRAPHS and len(ideographs) * 3 > letters:
        return True
    own = _COMMON.get(language)
    if own is None or len(words) < ENOUGH_WORDS:
        return False
    lowered = [word.lower() for word in words]
    ours = sum(word in own for word in lowered)
    theirs = max(sum(word in common for word in lowered) for code, common in _COMMON.items() if code != language)
    return theirs >= ENOUGH_WORDS // 5 and theirs > 3 * ours


def _is_other_script(ideographs: list[str], locale: str) -> bool:
    traditional = sum(letter in _TRADITIONAL and letter not in _SIMPLIFIED for letter in ideographs)
    simplified = sum(letter in _SIMPLIFIED and letter not in _TRADITIONAL for letter in ideographs)
    if {"hant", "tw", "hk"} & set(locale.lower().split("-")):
        return simplified >= 6 and simplified > 3 * traditional
    return traditional >= 6 and traditional > 3 * simplified
