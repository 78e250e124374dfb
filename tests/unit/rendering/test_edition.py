from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest

from composer.content import (
    Call,
    EditionContent,
    Item,
    ItemList,
    Masthead,
    Picture,
    Quote,
    Section,
    Source,
    Span,
    Story,
)
from composer.rendering.edition import Rendered, render_edition
from composer.rendering.errors import RefusedAddressError
from composer.rendering.slots import MARKER, Slot, fill, marker
from composer.rendering.theme import DEFAULT

from .issues import CHINESE, ENGLISH, ISSUES, paragraph
from .markup import Page

BASE = "https://mail.example.org"


def render(content: EditionContent, *, tracked: bool = True) -> Rendered:
    return render_edition(content, base_url=BASE, tracked=tracked)


def edition(*items: Item, heading: str = "News", locale: str = "en") -> EditionContent:
    return EditionContent(locale, Masthead("Bulletin"), "Title", "Subject", sections=(Section(heading, items),))


@pytest.mark.parametrize("locale", ISSUES)
def test_a_letter_looks_as_it_was_approved(locale: str, golden: Callable[[str, str], None]) -> None:
    rendered = render(ISSUES[locale])
    golden(f"letter.{locale}.html", rendered.html)
    golden(f"letter.{locale}.txt", rendered.text)


@pytest.mark.parametrize("locale", ISSUES)
def test_html_and_text_carry_the_same_links_by_the_same_numbers(locale: str) -> None:
    rendered = render(ISSUES[locale])
    expected = [str(link.number) for link in rendered.links]
    tracked = re.compile(f"{BASE}/c/{marker(Slot.CLICK)}/(\\d+)")
    assert tracked.findall(rendered.html) == expected
    assert tracked.findall(rendered.text) == expected
    assert re.findall(r"^\[(\d+)\] ", rendered.text, re.MULTILINE) == expected
    assert expected == [str(number) for number in range(1, len(expected) + 1)]


def test_no_destination_stands_in_a_tracked_letter() -> None:
    rendered = render(ENGLISH)
    for link in rendered.links:
        assert link.url not in rendered.html
        assert link.url not in rendered.text


def test_a_letter_has_its_recipients_slots() -> None:
    rendered = render(ENGLISH)
    assert set(MARKER.findall(rendered.html)) == set(Slot)
    assert set(MARKER.findall(rendered.text)) == {Slot.CLICK, Slot.UNSUBSCRIBE, Slot.VIEW}
    assert f'href="{BASE}/u/{marker(Slot.UNSUBSCRIBE)}"' in rendered.html
    assert f"{BASE}/u/{marker(Slot.UNSUBSCRIBE)}\n" in rendered.text
    assert f'href="{BASE}/v/{marker(Slot.VIEW)}"' in rendered.html
    assert f"{BASE}/v/{marker(Slot.VIEW)}\n" in rendered.text
    assert rendered.html.endswith(f"{marker(Slot.PIXEL)}</body></html>")


def test_a_filled_letter_is_well_formed() -> None:
    pixel = '<img src="https://mail.example.org/o/t" alt="" width="1" height="1" />'
    values: dict[str, str] = dict.fromkeys(map(str, Slot), "token") | {Slot.PIXEL: pixel}
    assert Page(fill(render(ENGLISH).html, values)).all("img")[-1].attributes["width"] == "1"


@pytest.mark.parametrize("locale", ISSUES)
def test_a_preview_has_direct_links_and_nothing_of_a_recipient(locale: str) -> None:
    rendered = render(ISSUES[locale], tracked=False)
    hrefs = [a.attributes["href"] for a in Page(rendered.html).all("a")]
    assert {link.url for link in rendered.links} == {href for href in hrefs if href.startswith("http")}
    assert all(link.url in rendered.text for link in rendered.links)
    for output in (rendered.html, rendered.text):
        assert "\ue000" not in output
        assert BASE not in output


def test_language_and_direction_stand_on_html_and_inside_the_body() -> None:
    page = Page(render(CHINESE).html)
    marked = [e.name for e in page.elements if e.attributes.get("lang") == "zh-Hans" and e.attributes["dir"] == "ltr"]
    assert marked == ["html", "div"]


def test_a_language_from_right_to_left_is_set_from_the_right() -> None:
    html = render(dataclasses.replace(ENGLISH, locale="ar")).html
    assert 'dir="rtl"' in html
    assert "border-right:3px" in html
    assert "text-align:right" in html


@pytest.mark.parametrize("locale", ISSUES)
def test_headings_descend_without_a_gap(locale: str) -> None:
    levels = [int(e.name[1]) for e in Page(render(ISSUES[locale]).html).elements if re.fullmatch("h[1-6]", e.name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_layout_tables_are_hidden_from_screen_readers_and_pictures_have_words() -> None:
    page = Page(render(ENGLISH).html)
    assert {table.attributes.get("role") for table in page.all("table")} == {"presentation"}
    assert [image.attributes["alt"] for image in page.all("img")] == [
        "Workers sanding the tops of a row of old school desks"
    ]


def test_a_picture_is_as_wide_as_the_text_at_most_and_never_enlarged() -> None:
    def width(pixels: int) -> str:
        story = Story(key="a", picture=Picture("https://m.example/a.png", "alt", pixels, 10))
        return Page(render(edition(story)).html).all("img")[0].attributes["width"]

    assert [width(1200), width(560), width(200), width(0)] == ["560", "560", "200", "560"]


def test_title_is_the_subject_and_the_preheader_comes_first() -> None:
    rendered = render(ENGLISH)
    page = Page(rendered.html)
    assert page.title == rendered.subject == ENGLISH.subject
    assert page.body.strip().startswith(ENGLISH.preheader)
    assert "\u034f\u200c\u00a0" in page.body


def test_a_missing_preheader_is_the_beginning_of_the_first_text() -> None:
    content = dataclasses.replace(ENGLISH, preheader=" ")
    assert render(content).preheader == (
        "In two years, seventeen cities of our network have tried circular procurement. Most of the pilots went well…"
    )
    assert len(render(dataclasses.replace(CHINESE, preheader="")).preheader) <= 111


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        (
            Source("Ministry", "https://m.example/x", date(2026, 3, 5), "CC BY 4.0"),
            "Ministry · 5 March 2026 · CC BY 4.0",
        ),
        (Source("Ministry"), "Ministry"),
        (Source(url="https://www.m.example/a/very/long/path"), "m.example"),
        (Source(published=date(2026, 3, 5)), "5 March 2026"),
    ],
)
def test_a_source_prints_its_name_or_host_date_and_licence(source: Source, printed: str) -> None:
    rendered = render(edition(Story(key="a", heading="H", source=source)))
    assert f"Source: {printed}" in Page(rendered.html).body
    assert f"Source: {printed}" in rendered.text.replace(" [1]", "")


@pytest.mark.parametrize(
    ("locale", "printed"), [("zh-hans", "来源：部委 · 2026年3月5日"), ("fr", "Source\u00a0: 部委 · 5 mars 2026")]
)
def test_a_source_speaks_the_editions_language(locale: str, printed: str) -> None:
    source = Source("部委", "https://m.example", date(2026, 3, 5))
    assert printed in Page(render(edition(Story(key="a", source=source), locale=locale)).html).body


def test_an_empty_source_prints_nothing() -> None:
    assert "Source" not in Page(render(edition(Story(key="a", source=Source()))).html).body


def test_chinese_is_emphasised_by_weight_and_english_by_italics() -> None:
    item = Story(key="a", body=(paragraph(Span("x", italic=True)),))
    assert "<em>x</em>" in render(edition(item)).html
    chinese = render(edition(item, locale="zh-hans")).html
    assert "font-style:italic" not in chinese
    assert '<em style="font-style:normal;font-weight:600">x</em>' in chinese
    assert "text-transform:uppercase" not in chinese
    assert "letter-spacing" not in chinese


def test_a_call_without_an_address_has_no_button_and_one_without_words_a_plain_one() -> None:
    assert "Apply" not in render(edition(Call(key="a", button="Apply"))).html
    rendered = render(edition(Call(key="a", url="https://a.example")))
    assert "Read more" in rendered.html
    assert "→ Read more [1]" in rendered.text


def test_a_list_is_a_list_in_both() -> None:
    rendered = render(edition(ItemList(key="a", entries=((Span("one"),), (Span("two"),)))))
    assert len(Page(rendered.html).all("li")) == 2
    assert "- one\n- two\n" in rendered.text


def test_a_quote_is_marked_and_has_its_speaker() -> None:
    rendered = render(edition(Quote(key="a", body=(paragraph("Words."),), speaker="Someone")))
    assert "> Words.\n> — Someone\n" in rendered.text
    assert len(Page(rendered.html).all("blockquote")) == 1


def test_line_breaks_in_a_paragraph_stay() -> None:
    rendered = render(edition(Story(key="a", body=(paragraph("one\r\ntwo"),))))
    assert "one<br />two" in rendered.html
    assert "one\ntwo\n" in rendered.text


@pytest.mark.parametrize(("sections", "listed"), [(2, False), (3, True)])
def test_a_contents_line_stands_where_an_issue_has_three_sections(sections: int, listed: bool) -> None:
    content = edition(Story(key="a", heading="H"))
    rendered = render(dataclasses.replace(content, sections=content.sections * sections))
    assert ("In this issue: News · News" in Page(rendered.html).body) is listed
    assert ("In this issue: News · News" in rendered.text) is listed


def test_notes_to_editors_are_never_printed() -> None:
    rendered = render(edition(Story(key="a", heading="H", notes=("doubtful figure",))))
    assert "doubtful" not in rendered.html + rendered.text


def test_an_item_for_another_audience_is_in_neither_part() -> None:
    everyone, focal = ENGLISH.seen_by(frozenset()), ENGLISH.seen_by(frozenset({"focal-points"}))
    for output in (render(everyone).html, render(everyone).text):
        assert "The focal points meet" not in output
    for output in (render(focal).html, render(focal).text):
        assert "The focal points meet" in output


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:image/png;base64,AA", "mailto:a@b.example", "/relative.png"]
)
def test_a_picture_comes_from_the_web_or_not_at_all(url: str) -> None:
    with pytest.raises(RefusedAddressError):
        render(edition(Story(key="a", picture=Picture(url, "alt", 10, 10))))


def test_a_logo_and_another_width_come_from_the_theme() -> None:
    logo = Picture("https://m.example/logo.png", "The network", 160, 40)
    theme = dataclasses.replace(DEFAULT, logo=logo, width=600)
    html = render_edition(ENGLISH, theme=theme, base_url=BASE, tracked=True).html
    assert Page(html).all("img")[0].attributes["alt"] == "The network"
    assert "max-width:600px" in html


def test_both_colour_schemes_are_declared() -> None:
    html = render(ENGLISH).html
    assert '<meta name="color-scheme" content="light dark"' in html
    assert "prefers-color-scheme:dark" in html


def test_nothing_is_fetched_but_pictures() -> None:
    page = Page(render(ENGLISH).html)
    assert not page.all("link")
    assert not page.all("script")
    assert "@import" not in page.source


@pytest.mark.parametrize("locale", ISSUES)
def test_forty_items_stay_far_below_what_gmail_clips(locale: str) -> None:
    text = "".join(ISSUES[locale].items().__next__().body[0].spans[0].text)  # type: ignore[union-attr]
    stories = tuple(
        Story(
            key=str(number),
            heading=text[:20],
            body=(paragraph((text * 3)[:150]),),
            source=Source("Source", f"https://s.example/{number}", date(2026, 3, 5)),
        )
        for number in range(40)
    )
    sections = tuple(Section(f"Section {start}", stories[start : start + 8]) for start in range(0, 40, 8))
    assert len(render(dataclasses.replace(ISSUES[locale], sections=sections)).html.encode()) < 60_000


def test_an_issue_without_anything_still_makes_a_letter() -> None:
    rendered = render(EditionContent("en", Masthead(""), "", ""), tracked=False)
    assert Page(rendered.html).all("body")
    assert rendered.links == ()
