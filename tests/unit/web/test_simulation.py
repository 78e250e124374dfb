"""Simulations of a letter's page: settled on one scheme, or without pictures, and never anything but markup changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.simulation import ALWAYS, NEVER, in_one_scheme, without_pictures

SHEET = "<style>:root{color-scheme:light dark}@media (prefers-color-scheme: dark){body{color:#fff}}</style>"


@pytest.mark.parametrize(("dark", "query", "scheme"), [(True, ALWAYS, "dark"), (False, NEVER, "light")])
def test_the_dark_rules_hold_always_or_never(dark: bool, query: str, scheme: str) -> None:
    html = in_one_scheme(SHEET, dark=dark)
    assert f"@media {query}" in html
    assert f"color-scheme:{scheme}}}" in html
    assert "prefers" not in html


def test_rules_for_light_clients_are_the_other_way_round() -> None:
    html = in_one_scheme("<style>@media screen and (prefers-color-scheme:light){p{color:red}}</style>", dark=True)
    assert f"screen and {NEVER}" in html


def test_the_meta_of_schemes_follows_and_others_stay() -> None:
    html = '<meta name="color-scheme" content="light dark"><meta name="viewport" content="width=device-width">'
    assert in_one_scheme(html, dark=True) == html.replace("light dark", "dark")


def test_words_about_colour_schemes_stay_as_they_are() -> None:
    html = "<p>We write @media (prefers-color-scheme:dark) and color-scheme: light dark.</p>"
    assert in_one_scheme(html, dark=True) == html


def test_a_pictures_description_stands_in_its_place_in_its_own_style() -> None:
    html = without_pictures(
        '<img alt="A crate &amp; a lid" src="https://x.example/a.png" style="color:#123;height:90px">'
    )
    assert "A crate &amp; a lid" in html
    assert "color:#123" in html
    assert "90px" not in html
    assert "x.example" not in html


def test_a_decorative_picture_leaves_nothing() -> None:
    assert without_pictures('a<img src="https://x.example/a.png" alt="">b') == "ab"


def test_backgrounds_are_not_fetched_either() -> None:
    html = (
        '<style>td{background:url(a.png)}</style><td background="b.png" style="background:url(\'c.png\')">url(d)</td>'
    )
    assert without_pictures(html) == '<style>td{background:none}</style><td style="background:none">url(d)</td>'


@given(st.text())
def test_no_description_becomes_markup(words: str) -> None:
    from html import escape

    shown = without_pictures(f'<img src="x" alt="{escape(words)}">')
    assert shown.count("<") in {0, 2}
    assert "<img" not in shown
