"""Numbers in a text, whether it writes them with digits or with words: to compare an edition with its translation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

_DIGITS = re.compile(
    r"(?<![A-Za-z0-9.])(\d{1,3}(?:[,\u00a0\u202f' ]\d{3})+|\d+)(?:[.,](\d+))?"
    r"\s*(万|亿|千|百|thousand|million|billion|mille\b|millions?\b|milliards?\b)?",
    re.IGNORECASE,
)
_SCALES = {
    "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000, "thousand": 1000, "mille": 1000, "million": 10**6,
    "millions": 10**6, "billion": 10**9, "milliard": 10**9, "milliards": 10**9,
}  # fmt: skip
_CHINESE = re.compile("[零〇一二两三四五六七八九十百千万亿]{1,24}")
_CHINESE_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000}
_ADDRESS = re.compile(r"https?://\S+|(?<!\S)\S{1,80}@\S{1,255}")
_WORD = re.compile(r"[a-zà-ÿ]+(?:-[a-zà-ÿ]+)*")

_LARGEST = 10**15

WORTH_COMPARING = 10
"""Smaller numbers are written and left out too freely (a month, a pair, "one of them")."""


def written_numbers(text: str) -> frozenset[str]:
    """The numbers of `text` that are written with digits and aren't small, in plain decimal form."""
    return frozenset(number for number in _with_digits(_plain(text)) if float(number) >= WORTH_COMPARING)


def all_numbers(text: str, *, language: str) -> frozenset[str]:
    """Every number that `text` names, with digits or with the words of `language` (en, fr or zh)."""
    text = _plain(text)
    numbers = set(_with_digits(text))
    if language == "zh":
        numbers.update(str(value) for run in _CHINESE.findall(text) if (value := _read_chinese(run)) is not None)
    else:
        numbers.update(map(str, _with_words(text.lower(), _words(language))))
    return frozenset(numbers)


def _plain(text: str) -> str:
    return _ADDRESS.sub(" ", unicodedata.normalize("NFKC", text))


def _with_digits(text: str) -> Iterator[str]:
    for whole, fraction, scale in _DIGITS.findall(text):
        digits = re.sub(r"\D", "", whole)[:30]
        if not scale:
            yield f"{int(digits)}.{fraction.rstrip('0')}" if fraction.rstrip("0") else str(int(digits))
            continue
        value = int(digits + fraction[:9]) * _SCALES[scale.lower()]
        yield str(value // 10 ** len(fraction[:9]))


def _read_chinese(run: str) -> int | None:
    """The value of a Chinese numeral such as 三百 or 一万两千; None for a run that is no single number."""
    if len(run) > 1 and not set(run) & set("十百千万亿"):
        return int("".join(str(_CHINESE_DIGITS[digit]) for digit in run)) if len(run) < 12 else None
    total, section, digit = 0, 0, 0
    for character in run:
        if character in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[character]
        elif character in _CHINESE_UNITS:
            section += (digit or 1) * _CHINESE_UNITS[character]
            digit = 0
        else:
            total = (total + section + digit or 1) * (10_000 if character == "万" else 100_000_000)
            section = digit = 0
    return total + section + digit


def _with_words(text: str, words: dict[str, int]) -> Iterator[int]:
    held: int | None = None
    for word in _WORD.findall(text):
        value = words.get(word)
        if value is None:
            if held is not None and word not in {"and", "et"}:
                yield held
                held = None
        elif value >= 100 and held is not None and held < _LARGEST:
            held *= value
        elif held is not None and held >= 100 > value:
            held += value
        else:
            if held is not None:
                yield held
            held = value
    if held is not None:
        yield held


_ENGLISH_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_FRENCH_ONES = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf"
)


@cache
def _words(language: str) -> dict[str, int]:
    if language == "fr":
        return _french()
    words = {word: value for value, word in enumerate(_ENGLISH_ONES.split())}
    for value, ten in enumerate(_ENGLISH_TENS.split(), start=2):
        words[ten] = value * 10
        words |= {f"{ten}-{one}": value * 10 + unit for unit, one in enumerate(_ENGLISH_ONES.split()[1:10], start=1)}
    return words | {"hundred": 100, "thousand": 1000, "million": 10**6, "dozen": 12}


def _french() -> dict[str, int]:
    ones = _FRENCH_ONES.split()
    words = {word: value for value, word in enumerate(ones)} | {"une": 1}
    for ten, value in (("vingt", 20), ("trente", 30), ("quarante", 40), ("cinquante", 50), ("soixante", 60)):
        words[ten] = value
        words |= {f"{ten}-{ones[unit]}": value + unit for unit in range(1, 10)} | {f"{ten}-et-un": value + 1}
    words |= {f"soixante-{ones[unit]}": 60 + unit for unit in range(10, 20)} | {"quatre-vingts": 80, "quatre-vingt": 80}
    words |= {f"quatre-vingt-{ones[unit]}": 80 + unit for unit in range(1, 20)}
    return words | {"cent": 100, "cents": 100, "mille": 1000, "million": 10**6, "millions": 10**6, "douzaine": 12}


_MONTHS = (
    ("january", "janvier"), ("february", "février"), ("march", "mars"), ("april", "avril"), ("may", "mai"),
    ("june", "juin"), ("july", "juillet"), ("august", "août"), ("september", "septembre"), ("october", "octobre"),
    ("november", "novembre"), ("december", "décembre"),
)  # fmt: skip
MONTHS: dict[str, int] = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}


def months(text: str) -> frozenset[str]:
    """The numbers of the months that `text` names in English or French; Chinese writes them as numbers."""
    return frozenset(str(MONTHS[word]) for word in _WORD.findall(text.lower()) if word in MONTHS)
