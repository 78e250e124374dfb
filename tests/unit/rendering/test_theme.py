from __future__ import annotations

import dataclasses

import pytest

from composer.rendering.theme import CJK, DEFAULT, LATIN, Logo, contrast, in_language


def test_default_colours_reach_wcag_aa_in_light_and_dark() -> None:
    assert DEFAULT.light.faint_pairs() == ()
    assert DEFAULT.dark.faint_pairs() == ()


def test_a_faint_colour_is_told_with_its_ground() -> None:
    assert ("muted", "paper") in dataclasses.replace(DEFAULT.light, muted="#aaaaaa").faint_pairs()


def test_contrast_spans_one_to_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#17604b", "#17604b") == pytest.approx(1)


@pytest.mark.parametrize("colour", ["red", "#FFF", "#fffffg", "#ffffff;background:url(x)"])
def test_a_palette_takes_nothing_but_colours(colour: str) -> None:
    with pytest.raises(ValueError, match="accent"):
        dataclasses.replace(DEFAULT.light, accent=colour)


@pytest.mark.parametrize("fonts", ["Georgia;color:red", 'Georgia"', "a{b}", ""])
def test_a_typography_takes_nothing_but_names_of_fonts(fonts: str) -> None:
    with pytest.raises(ValueError, match="font names"):
        dataclasses.replace(LATIN, text=fonts)


def test_chinese_type_is_looser_and_knows_neither_italics_nor_capitals() -> None:
    assert CJK.leading > LATIN.leading
    assert not CJK.italics
    assert not CJK.capitals


@pytest.mark.parametrize(
    ("locale", "text"),
    [("en", "Hills"), ("fr", "Collines"), ("fr-ca", "Collines"), ("zh-hans", "远山"), ("sw", "Hills")],
)
def test_a_text_is_given_in_the_language_asked_for_or_in_english(locale: str, text: str) -> None:
    assert in_language((("fr", "Collines"), ("en", "Hills"), ("zh-hans", "远山")), locale) == text


def test_a_logo_has_an_address_that_changes_with_the_picture() -> None:
    logo = Logo("mark.PNG", 160, 40, (("en", "The network"),), "0123")
    theme = dataclasses.replace(DEFAULT, slug="own", logo_file=logo).with_logo(
        base_url="https://m.example/", locale="fr"
    )
    assert theme.logo is not None
    assert (theme.logo.url, theme.logo.alt) == ("https://m.example/themes/own/0123.png", "The network")
    assert (theme.logo.width, theme.logo.height, logo.content_type) == (160, 40, "image/png")
