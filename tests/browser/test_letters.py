"""Letters on a narrow phone: nothing stands out to the side, whatever is in them."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route

from composer.content import (
    Bullets,
    Call,
    EditionContent,
    Event,
    Figure,
    Figures,
    Guide,
    Item,
    Lead,
    Masthead,
    Paragraph,
    Partner,
    Partners,
    Picture,
    Place,
    Quote,
    Section,
    Source,
    Span,
    Story,
)
from composer.rendering.edition import render_edition
from tests.unit.rendering.issues import ISSUES
from tests.unit.rendering.kinds import KINDS

pytestmark = pytest.mark.browser

WIDTH = 320
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
ADDRESS = "https://www.standards.example.net/" + "a-very-long-path-without-a-break" * 5
PLACES: tuple[Place, ...] = ("above", "left", "right")
SOURCE = Source(WORD, ADDRESS, date(2026, 3, 5), WORD)
BODY = (
    Paragraph((Span(WORD), Span(ADDRESS, href=ADDRESS), Span("采购" * 60))),
    Bullets(((Span(WORD * 2, bold=True),), (Span(ADDRESS, href=ADDRESS),)), ordered=True),
)


def nasty() -> EditionContent:
    """Every kind, with words and addresses that nothing can break and pictures wider than any screen."""
    wide = Picture("https://media.example.org/wide.png", WORD, 4000, 300)
    unsized = Picture("https://media.example.org/unsized.png", WORD, 0, 0)
    common: dict[str, Any] = {
        "heading": WORD,
        "body": BODY,
        "source": SOURCE,
        "topics": (WORD, "SDG 12.7.1", "a b " * 30),
    }
    button: dict[str, Any] = {"button": WORD, "url": ADDRESS}
    figures = tuple(
        Figure(value, WORD) for value in ("1,234,567,890,123.45", WORD, "38 %", "九百九十九万九千九百九十九")
    )
    items: list[Item] = [
        Lead(key="lead", **common),
        *(Story(key=place, picture=wide, picture_place=place, **common) for place in PLACES),
        Story(key="one", half=True, picture=wide, **common),
        Story(key="two", half=True, picture=unsized, **common),
        Figures(key="figures", entries=figures, **common),
        Event(
            key="event", day=date(2026, 5, 30), start=time(14), last_day=date(2026, 6, 2), end=time(16),
            zone="America/Argentina/ComodRivadavia", place=WORD, **button, **common,
        ),
        Quote(key="quote", speaker=WORD, **common),
        Call(key="call", deadline=date(2026, 5, 30), **button, **common),
        Guide(key="guide", cover=wide, details=WORD, **button, **common),
        Partners(
            key="partners",
            entries=(Partner(WORD, ADDRESS, wide), Partner(WORD, ADDRESS), Partner(WORD), Partner("A", "", unsized)),
            **common,
        ),
    ]  # fmt: skip
    sections = (Section("", tuple(items[:1])), Section(WORD, tuple(items[1:])))
    return EditionContent("en", Masthead(WORD, WORD, WORD, WORD, WORD), WORD, WORD, WORD, WORD, None, sections)


def in_harbour(content: EditionContent) -> EditionContent:
    return dataclasses.replace(content, masthead=dataclasses.replace(content.masthead, theme="harbour"))


LETTERS = {
    **{f"letter.{locale}": content for locale, content in ISSUES.items()},
    **{f"kinds.{locale}": content for locale, content in KINDS.items()},
    "kinds in Harbour": in_harbour(KINDS["en"]),
    "nasty": nasty(),
    "nasty in Harbour": in_harbour(nasty()),
    "nasty in Chinese": dataclasses.replace(nasty(), locale="zh-hans"),
    "nasty from the right": dataclasses.replace(nasty(), locale="ar"),
}


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A narrow screen, where every picture is 2,000 pixels wide and nothing comes from outside."""
    file = io.BytesIO()
    Image.new("RGB", (2000, 400), "#17604b").save(file, "PNG")

    def picture(route: Route) -> None:
        route.fulfill(body=file.getvalue(), content_type="image/png")

    context = browser.new_context(viewport={"width": WIDTH, "height": 700})
    context.route("**/*", picture)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", LETTERS)
def test_no_letter_scrolls_sideways_on_a_narrow_phone(phone: Page, name: str) -> None:
    rendered = render_edition(LETTERS[name], base_url="https://mail.example.org", tracked=False)
    phone.set_content(rendered.html, wait_until="load")
    assert phone.evaluate("document.documentElement.scrollWidth") <= WIDTH
    pictures = phone.evaluate(
        "[...document.images].map(image => [image.alt, image.naturalWidth, image.getBoundingClientRect()])"
    )
    for alt, pixels, box in pictures:
        assert pixels == 2000, f"{alt} was not loaded"
        assert box["width"] > 0
        assert box["left"] >= 0, alt
        assert box["right"] <= WIDTH, alt


@pytest.mark.parametrize("name", ["kinds.en", "kinds.zh-hans"])
def test_halves_and_pictures_fill_a_phone_and_stand_side_by_side_on_a_desk(phone: Page, name: str) -> None:
    rendered = render_edition(LETTERS[name], base_url="https://mail.example.org", tracked=False)
    phone.set_content(rendered.html, wait_until="load")
    tops = "[...document.querySelectorAll('.half')].map(half => half.getBoundingClientRect().top)"
    widths = "[...document.querySelectorAll('.wide')].map(image => image.getBoundingClientRect().width)"
    first, second = phone.evaluate(tops)
    assert second > first
    assert set(phone.evaluate(widths)) == {WIDTH - 40}
    phone.set_viewport_size({"width": 900, "height": 700})
    first, second = phone.evaluate(tops)
    assert second == first
    assert set(phone.evaluate(widths)) == {190, 266}
