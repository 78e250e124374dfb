"""Each kind of item as it stands in the letter, in HTML and in plain text."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date, time
from itertools import pairwise

import pytest

from composer.content import (
    Call,
    Contents,
    Divider,
    EditionContent,
    Event,
    Figure,
    Figures,
    Guide,
    Imprint,
    Item,
    Masthead,
    Partner,
    Partners,
    Picture,
    Place,
    Section,
    Source,
    Story,
)
from composer.rendering.edition import Rendered, render_edition
from composer.rendering.errors import RefusedAddressError
from composer.rendering.items import side_by_side
from composer.rendering.slots import Slot, marker

from .issues import paragraph
from .kinds import KINDS
from .markup import Page

BASE = "https://mail.example.org"
PICTURE = Picture("https://m.example/a.jpg", "A yard", 1600, 1000)
MEMBERS = frozenset({"members"})


def render(*items: Item, locale: str = "en", tracked: bool = False) -> Rendered:
    content = EditionContent(locale, Masthead("Bulletin"), "Title", "Subject", sections=(Section("News", items),))
    return render_edition(content, base_url=BASE, tracked=tracked)


def half(key: str, audience: str = "", picture: Picture | None = None) -> Story:
    return Story(key=key, heading=key, half=True, audience=audience, picture=picture)


@pytest.mark.parametrize("locale", KINDS)
def test_every_kind_looks_as_it_was_approved(locale: str, golden: Callable[[str, str], None]) -> None:
    rendered = render_edition(KINDS[locale].seen_by(MEMBERS), base_url=BASE, tracked=True)
    golden(f"kinds.{locale}.html", rendered.html)
    golden(f"kinds.{locale}.txt", rendered.text)


@pytest.mark.parametrize("locale", KINDS)
def test_links_of_every_kind_bear_the_same_numbers_in_both(locale: str) -> None:
    rendered = render_edition(KINDS[locale], base_url=BASE, tracked=True)
    expected = [str(number) for number in range(1, len(rendered.links) + 1)]
    tracked = re.compile(f"{BASE}/c/{marker(Slot.CLICK)}/(\\d+)")
    assert tracked.findall(rendered.html) == expected
    assert tracked.findall(rendered.text) == expected
    assert "/calendar/" not in rendered.html + rendered.text


@pytest.mark.parametrize("locale", KINDS)
def test_headings_of_every_kind_descend_without_a_gap(locale: str) -> None:
    page = Page(render_edition(KINDS[locale], base_url=BASE, tracked=False).html)
    levels = [int(e.name[1]) for e in page.elements if re.fullmatch("h[1-6]", e.name)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert {table.attributes.get("role") for table in page.all("table")} == {"presentation"}


@pytest.mark.parametrize(("place", "turned"), [("left", False), ("right", True)])
def test_a_picture_stands_at_its_side_and_comes_first(place: Place, turned: bool) -> None:
    html = render(Story(key="a", heading="Heading", picture=PICTURE, picture_place=place)).html
    image = Page(html).all("img")[0].attributes
    assert image["width"] == "190"  # a third of 560
    assert ('<div dir="rtl">' in html) is turned
    assert html.index("a.jpg") < html.index(">Heading<")
    assert "wide" in image["class"].split()  # it fills a phone's screen


def test_a_small_picture_grows_on_no_phone() -> None:
    story = Story(key="a", picture=dataclasses.replace(PICTURE, width=200), picture_place="left")
    assert "wide" not in Page(render(story).html).all("img")[0].attributes["class"]


def test_sides_turn_round_where_the_writing_does() -> None:
    left = Story(key="a", heading="H", picture=PICTURE, picture_place="left")
    assert '<div dir="ltr">' in render(left, locale="ar").html
    assert '<div dir="rtl">' not in render(dataclasses.replace(left, picture_place="right"), locale="ar").html


def test_halves_that_follow_each_other_stand_side_by_side() -> None:
    one, two, three, four = (half(name) for name in "abcd")
    whole = Story(key="w")
    assert list(side_by_side((one, two, three, whole, four))) == [(one, two), (three,), (whole,), (four,)]
    pictures = Page(render(half("a", picture=PICTURE), half("b", picture=PICTURE)).html).all("img")
    assert [picture.attributes["width"] for picture in pictures] == ["266", "266"]


def test_a_half_without_its_neighbour_takes_the_whole_width() -> None:
    items = (half("a", picture=PICTURE), half("b", audience="members", picture=PICTURE))
    content = EditionContent("en", Masthead("B"), "T", "S", sections=(Section("", items),))
    rendered = render_edition(content.seen_by(frozenset()), base_url=BASE, tracked=False)
    assert [image.attributes["width"] for image in Page(rendered.html).all("img")] == ["560"]


def test_figures_have_their_labels_and_become_smaller_as_they_become_longer() -> None:
    short = render(Figures(key="a", entries=(Figure("9", "kitchens"), Figure("38 %", "less waste"))))
    assert "- 9: kitchens\n- 38 %: less waste\n" in short.text
    assert "font-size:34px;font-weight:bold" in short.html
    entries = tuple(Figure("1,234,567.8", f"label {number}") for number in range(4))
    assert "font-size:20px;font-weight:bold" in render(Figures(key="a", entries=entries)).html


@pytest.mark.parametrize(("count", "rows"), [(1, [1]), (4, [4]), (5, [3, 2]), (6, [3, 3]), (7, [4, 3]), (8, [4, 4])])
def test_figures_stand_in_even_rows_of_four_at_most(count: int, rows: list[int]) -> None:
    entries = tuple(Figure(str(number), "label") for number in range(count))
    html = render(Figures(key="a", entries=entries)).html
    assert [row.count(">label<") for row in html.split('<!--[if mso]><table role="presentation" cellp')[1:]] == rows


def test_an_event_says_when_and_where_and_offers_its_entry_for_a_calendar() -> None:
    event = Event(
        key="a b", heading="Workshop", day=date(2026, 5, 12), start=time(14), end=time(16), zone="Europe/Paris",
        place="Geneva", button="Book", url="https://b.example",
    )  # fmt: skip
    rendered = render(event)
    when = "Tuesday, 12 May 2026, 14:00–16:00 (Europe/Paris, UTC+2)"
    assert f"{when}\nGeneva\n\n→ Add to calendar [1]\n\n→ Book [2]\n" in rendered.text
    assert f"<strong>{when}</strong>" in rendered.html
    assert [(link.url, link.text) for link in rendered.links] == [
        (f"{BASE}/calendar/a%20b.ics?lang=en", "Add to calendar"),
        ("https://b.example", "Book"),
    ]
    leaf = [element for element in Page(rendered.html).all("td") if "aria-hidden" in element.attributes]
    assert len(leaf) == 1  # what the eye sees twice is read once


def test_an_event_without_a_day_or_an_entry_offers_none() -> None:
    for event in (Event(key="a", start=time(9)), Event(key="a", day=date(2026, 5, 12), calendar=False)):
        assert render(event).links == ()
        assert "Add to calendar" not in render(event).html


@pytest.mark.parametrize("kind", [Call, Event, Guide])
def test_a_button_needs_an_address(kind: type[Call | Event | Guide]) -> None:
    assert "Press" not in render(kind(key="a", button="Press")).html
    rendered = render(kind(key="a", url="https://a.example"))
    assert ">Read more<" in rendered.html
    assert "→ Read more [1]" in rendered.text


def test_a_guide_has_its_cover_beside_its_details() -> None:
    guide = Guide(key="a", heading="Guide", cover=PICTURE, details="48 pages", body=(paragraph("Text."),))
    rendered = render(guide)
    assert Page(rendered.html).all("img")[0].attributes["width"] == "128"
    assert "[Picture: A yard]\n\n48 pages\n\nText.\n" in rendered.text


def test_logos_are_of_one_weight_and_speak_their_partners_names() -> None:
    def logo(width: int, height: int) -> Picture:
        return Picture("https://m.example/l.png", "a logo", width, height)

    entries = (
        Partner("Square", "https://s.example", logo(500, 500)),
        Partner("Wide", "", logo(2000, 100)),
        Partner("Unknown", "", logo(0, 0)),
        Partner("Name only", "https://n.example"),
        Partner("", "https://www.host.example"),
    )
    rendered = render(Partners(key="a", entries=entries))
    images = [image.attributes for image in Page(rendered.html).all("img")]
    assert [image["alt"] for image in images] == ["Square", "Wide", "Unknown"]
    for image in images:
        assert int(image["height"]) <= 48
        assert int(image["width"]) <= 152
    assert "- Square [1]\n- Wide\n- Unknown\n- Name only [2]\n- host.example [3]\n" in rendered.text


def test_logos_stand_on_a_light_plate_in_the_dark() -> None:
    html = render(Partners(key="a", entries=(Partner("A", "", PICTURE),))).html
    assert re.search(r'<span class="plate" style="[^"]*background:#ffffff', html)


def test_contents_take_the_place_of_the_line_under_the_title() -> None:
    def letter(*first: Item) -> Rendered:
        stories = tuple(Section(f"S{n}", (Story(key=str(n), heading=f"H{n}"),)) for n in range(3))
        sections = (Section("", (*first, Imprint(key="i", heading="Editors"))), *stories)
        content = EditionContent("en", Masthead("B"), "T", "S", sections=sections)
        return render_edition(content, base_url=BASE, tracked=False)

    assert "In this issue: S0 · S1 · S2\n" in letter().text
    listed = letter(Contents(key="c"), Story(key="s", heading="First"))
    assert "In this issue:" not in listed.text + Page(listed.html).body
    assert "In this issue\n~~~~~~~~~~~~~\n\n- First\n\nS0\n- H0\n\nS1\n- H1\n\nS2\n- H2\n" in listed.text
    assert ">In this issue</h2>" in listed.html
    assert "Editors" not in [*re.findall("<li[^>]*>([^<]*)", listed.html)]
    assert ">Inside</h2>" in letter(Contents(key="c", heading="Inside")).html


def test_a_divider_is_a_line_and_no_hairline_stands_beside_it() -> None:
    story = Story(key="a", heading="H")
    divided, plain = render(story, Divider(key="d"), story), render(story, story)
    assert "\n* * *\n" in divided.text
    assert "<hr" not in divided.html
    assert "<hr" in plain.html


@pytest.mark.parametrize(
    ("locale", "label"), [("en", "SDG 12.7.1"), ("fr", "ODD 12.7.1"), ("zh-hans", "可持续发展目标 12.7.1")]
)
def test_topics_are_labels_in_the_editions_language(locale: str, label: str) -> None:
    rendered = render(Story(key="a", topics=("SDG 12.7.1", "Food", " ")), locale=locale)
    pills = re.findall('<span class="pill"[^>]*>([^<]*)', rendered.html)
    assert pills == [label, "Food"]
    assert f"{label} · Food" in rendered.text


@pytest.mark.parametrize(
    "item",
    [
        Event(key="bad", url="javascript:x"),
        Guide(key="bad", cover=Picture("data:x", "", 1, 1)),
        Partners(key="bad", entries=(Partner("A", "ftp://a.example"),)),
        Partners(key="bad", entries=(Partner("A", "", Picture("/l.png", "", 1, 1)),)),
    ],
)
def test_addresses_of_every_kind_are_checked(item: Item) -> None:
    with pytest.raises(RefusedAddressError) as refusal:
        render(item)
    assert refusal.value.item_key == "bad"


@pytest.mark.parametrize(
    "item",
    [
        half("a"),
        Figures(key="a", entries=(Figure("1", "x"),)),
        Event(key="a"),
        Guide(key="a"),
        Partners(key="a"),
        Call(key="a"),
    ],
)
def test_every_kind_names_its_source(item: Item) -> None:
    sourced = dataclasses.replace(item, source=Source("Ministry", "https://m.example", None, "CC BY 4.0"))
    for items in ((sourced,), (sourced, half("b"))):
        rendered = render(*items)
        assert "Source: Ministry · CC BY 4.0" in Page(rendered.html).body
        assert "Source: Ministry [1] · CC BY 4.0" in rendered.text
