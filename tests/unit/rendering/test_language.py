from __future__ import annotations

from datetime import date

import pytest

from composer.rendering.language import Script, direction, script, tag
from composer.rendering.phrases import CHINESE, ENGLISH, FRENCH, PHRASES, Phrases, phrases_for


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("zh-hans", "zh-Hans"), ("en", "en"), ("pt-br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419")],
)
def test_locales_print_as_bcp_47_tags(locale: str, expected: str) -> None:
    assert tag(locale) == expected


@pytest.mark.parametrize(
    ("locale", "expected"), [("en", "ltr"), ("ar", "rtl"), ("fa-ir", "rtl"), ("az-arab", "rtl"), ("he-latn", "ltr")]
)
def test_direction_follows_language_and_script(locale: str, expected: str) -> None:
    assert direction(locale) == expected


def test_chinese_japanese_and_korean_are_set_in_full_width_type() -> None:
    assert {script(locale) for locale in ("zh-hans", "ja", "ko")} == {Script.CJK}
    assert script("fr") is Script.ALPHABETIC


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", ENGLISH),
        ("fr-ca", FRENCH),
        ("zh-hans", CHINESE),
        ("zh-cn", CHINESE),
        ("zh-hant", ENGLISH),
        ("sw", ENGLISH),
        ("", ENGLISH),
    ],
)
def test_a_locale_without_words_takes_the_wider_ones_then_english(locale: str, expected: Phrases) -> None:
    assert phrases_for(locale) is expected


@pytest.mark.parametrize(
    ("locale", "day", "expected"),
    [
        ("zh-hans", date(2026, 3, 5), "2026年3月5日"),
        ("en", date(2026, 3, 5), "5 March 2026"),
        ("fr", date(2026, 3, 5), "5 mars 2026"),
        ("fr", date(2026, 8, 1), "1er août 2026"),
    ],
)
def test_dates_are_written_as_the_language_writes_them(locale: str, day: date, expected: str) -> None:
    assert PHRASES[locale].date(day) == expected
