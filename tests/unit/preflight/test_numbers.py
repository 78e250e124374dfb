"""Numbers are the same in digits and in words, in three languages."""

from __future__ import annotations

import pytest

from composer.preflight.numbers import all_numbers, months, written_numbers


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("48,000 repairs", "en", "48000"),
        ("4.8万条", "zh", "48000"),
        ("48 000 réparations", "fr", "48000"),
        ("2.4 per cent", "en", "2.4"),
        ("12.50 euros", "en", "12.5"),
        ("twelve thousand desks", "en", "12000"),
        ("Forty-two kitchens", "en", "42"),
        ("three hundred and twelve tenders", "en", "312"),
        ("十八个月", "zh", "18"),
        ("三百一十二次", "zh", "312"),
        ("一万二千张", "zh", "12000"),
        ("两亿元", "zh", "200000000"),
        ("二〇二六年", "zh", "2026"),
        ("增至22%。", "zh", "22"),
        ("quatre-vingt-dix-sept", "fr", "97"),
        ("soixante et onze", "fr", "60"),
        ("trois cents", "fr", "300"),
        ("1.2 million", "en", "1200000"),
        ("１２名", "zh", "12"),
    ],
)
def test_a_number_is_read(text: str, language: str, number: str) -> None:
    assert number in all_numbers(text, language=language)


def test_small_numbers_and_those_in_addresses_are_not_compared() -> None:
    assert written_numbers("3 of 12, see https://a.example/2026/44 and a5@b17.example") == {"12"}


def test_a_month_is_a_number_in_chinese() -> None:
    assert months("From January until 12 décembre") == {"1", "12"}
