"""Whatever an editor types is text, in HTML and in plain text, and nothing else."""

from __future__ import annotations

import re
from datetime import date, time
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.content import (
    ITEM_KINDS,
    Bullets,
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
    ItemList,
    Lead,
    Masthead,
    Paragraph,
    Partner,
    Partners,
    Picture,
    Quote,
    Section,
    Source,
    Span,
    Story,
)
from composer.rendering.edition import Rendered, render_edition
from composer.rendering.goals import topic_label
from composer.rendering.items import when
from composer.rendering.phrases import phrases_for
from composer.rendering.printable import printable
from composer.rendering.slots import MARKER, Slot

from . import kinds
from .issues import CHINESE, ENGLISH
from .markup import Page, packed

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=x>",
    "{{ 7*7 }}{% raw %}{# x #}",
    "]]><![CDATA[x",
    "--><!-- -- x",
    "</mj-text><mj-raw><script>x</script></mj-raw>",
    "</title></style></div></body></html>",
    "&lt;b&gt;&amp;&#60;&#57344;click&#57345;",
    "\\u{e000}click\\n\\",
    "\ue000click\ue001\ue000pixel\ue001",
    "<!--@x:1--><!--[if mso]>x<![endif]-->",
    "\x00\x08\x0b\x1b\x7f\ufffe\ud800",
    "e\u0301 \u202e 👩\u200d🌾 \u3000x",
    "[1] https://a.example/\r\nBcc: x",
    "x" * 300,
)

ELEMENTS = {
    *("html", "head", "title", "meta", "style", "body", "div", "table", "tbody", "tr", "td", "img", "a"),
    *("p", "h1", "h2", "h3", "span", "strong", "em", "br", "hr", "ul", "ol", "li", "blockquote"),
}

texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40), st.text(alphabet="采购，。“”（）ab \n", max_size=60))
addresses = st.sampled_from(
    ["", "https://a.example/x?y=1&z='2'", "http://示例.example/路", "mailto:a@b.example", " https://b.example "]
)
webs = st.sampled_from(["https://a.example/i.png", "http://a.example/?a=b&c=\\d"])
dates = st.none() | st.dates(date(1990, 1, 1), date(2100, 1, 1))
spans = st.builds(Span, texts, st.booleans(), st.booleans(), addresses)
lines = st.lists(spans, max_size=3).map(tuple)
blocks = st.one_of(
    st.builds(Paragraph, lines), st.builds(Bullets, st.lists(lines, max_size=2).map(tuple), st.booleans())
)
bodies = st.lists(blocks, max_size=2).map(tuple)
sources = st.none() | st.builds(Source, texts, addresses, dates, texts)
common = {
    "key": st.sampled_from("abc"),
    "heading": texts,
    "body": bodies,
    "source": sources,
    "audience": st.sampled_from(["", "", "others", "not:others"]),
    "topics": st.lists(texts | st.sampled_from(["SDG 12.7.1", "SDG 99"]), max_size=2).map(tuple),
}
pictures = st.none() | st.builds(Picture, webs, texts, st.integers(-5, 3000), st.integers(-5, 3000))
times = st.none() | st.times()
zones = st.sampled_from(["UTC", "Europe/Paris", "Asia/Shanghai"]) | texts
buttons = {"button": texts, "url": addresses}
items: st.SearchStrategy[Item] = st.one_of(
    st.builds(Lead, **common),
    st.builds(
        Story,
        **common,
        picture=pictures,
        picture_place=st.sampled_from(["above", "left", "right"]),
        half=st.booleans(),
    ),
    st.builds(ItemList, **common, entries=st.lists(lines, max_size=2).map(tuple)),
    st.builds(Quote, **common, speaker=texts),
    st.builds(Figures, **common, entries=st.lists(st.builds(Figure, texts, texts), max_size=6).map(tuple)),
    st.builds(
        Event,
        **common,
        **buttons,
        day=dates,
        start=times,
        last_day=dates,
        end=times,
        zone=zones,
        place=texts,
        calendar=st.booleans(),
    ),
    st.builds(Call, **common, **buttons, deadline=dates),
    st.builds(Guide, **common, **buttons, cover=pictures, details=texts),
    st.builds(
        Partners, **common, entries=st.lists(st.builds(Partner, texts, addresses, pictures), max_size=3).map(tuple)
    ),
    st.builds(Contents, **common),
    st.builds(Divider, **common),
    st.builds(Imprint, **common),
)
editions = st.builds(
    EditionContent,
    st.sampled_from(["en", "zh-hans", "fr", "ar", "sw"]),
    st.builds(Masthead, texts, texts, texts, texts, texts),
    texts,
    texts,
    texts,
    texts,
    dates,
    st.lists(st.builds(Section, texts, st.lists(items, max_size=2).map(tuple)), max_size=2).map(tuple),
)


def pictures_of(item: Item) -> list[tuple[Picture, str]]:
    """An item's pictures, each with what is to be said of it."""
    match item:
        case Story(picture=Picture() as picture) | Guide(cover=Picture() as picture):
            return [(picture, picture.alt)]
        case Partners(entries=entries):
            named = [(partner.logo, printable(partner.name).strip()) for partner in entries]
            return [(logo, name or logo.alt) for logo, name in named if logo]
    return []


def texts_of(item: Item, locale: str) -> list[str]:
    """What an item must show, as the editor wrote it."""
    parts = [item.heading, *(topic_label(printable(topic), locale) for topic in item.topics)]
    for block in item.body:
        parts += [s.text for line in (block.entries if isinstance(block, Bullets) else (block.spans,)) for s in line]
    match item:
        case ItemList(entries=entries):
            parts += [span.text for line in entries for span in line]
        case Quote(speaker=speaker):
            parts.append(speaker)
        case Call(button=button, url=url) if url:
            parts.append(button)
        case Figures(entries=entries):
            parts += [text for figure in entries for text in (figure.value, figure.label)]
        case Event():
            parts += [item.button if item.url else "", item.place, when(printable(item), phrases_for(locale))]
        case Guide():
            parts += [item.button if item.url else "", item.details]
        case Partners(entries=entries):
            parts += [partner.name for partner in entries if not partner.logo]
    if item.source:
        parts += [item.source.name, item.source.licence]
    return parts


def assert_inert(rendered: Rendered, content: EditionContent) -> None:
    page = Page(rendered.html)
    assert {element.name for element in page.elements} <= ELEMENTS
    for element in page.elements:
        assert not any(name.startswith("on") for name in element.attributes)
        assert re.match("https?://|mailto:", element.attributes.get("href", "https://"))
        assert "\\u{" not in element.attributes.get("href", "")
    pictures = [shown for item in content.items() for shown in pictures_of(item)]
    assert [e.attributes["alt"] for e in page.all("img")] == [" ".join(printable(alt).split()) for _, alt in pictures]
    for part in (rendered.html, rendered.text):
        assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", part)
        assert "\ue000" not in MARKER.sub("", part)
    body, text = packed(page.body), packed(rendered.text).replace(">", "")
    for item in content.items():
        for shown in texts_of(item, content.locale):
            assert packed(printable(shown)) in body
            assert packed(printable(shown)).replace(">", "") in text


@settings(deadline=None, database=None, max_examples=120)
@given(editions, st.booleans())
def test_any_text_in_any_field_is_printed_as_it_is_and_makes_no_markup(content: EditionContent, tracked: bool) -> None:
    seen = content.seen_by(frozenset())
    assert_inert(render_edition(seen, base_url="https://mail.example.org", tracked=tracked), seen)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_at_once_stays_text(text: str) -> None:
    numbers = count(100)

    def own() -> str:
        """The text with a mark of its own: what is left out is then found nowhere else."""
        return f"{text} #{next(numbers)}#"

    def fields() -> dict[str, Any]:
        link = Span(own(), bold=True, italic=True, href="https://a.example")
        return {
            "key": text,
            "heading": own(),
            "body": (Paragraph((Span(own()), link)), Bullets(((Span(own()),),))),
            "source": Source(own(), "https://s.example", None, own()),
            "topics": (own(), own()),
        }

    def picture() -> Picture:
        return Picture("https://a.example/i.png", own(), 9, 9)

    button: dict[str, Any] = {"button": own(), "url": "https://c.example"}
    every: tuple[Item, ...] = (
        Lead(**fields()),
        Story(**fields(), picture=picture()),
        Story(**fields(), picture=picture(), picture_place="left"),
        Story(**fields(), picture=picture(), half=True),
        Story(**fields(), half=True),
        ItemList(**fields(), entries=((Span(own()),),)),
        Quote(**fields(), speaker=own()),
        Figures(**fields(), entries=tuple(Figure(own(), own()) for _ in range(5))),
        Event(**fields(), **button, day=date(2026, 5, 12), start=time(9), zone=own(), place=own()),
        Call(**fields(), **(button | {"button": own()})),
        Guide(**fields(), **(button | {"button": own()}), cover=picture(), details=own()),
        Partners(
            **fields(), entries=(Partner(own(), "https://p.example"), Partner(own()), Partner(own(), "", picture()))
        ),
        Contents(**fields()),
        Divider(**fields()),
        Imprint(**fields()),
    )
    assert {item.kind for item in every} == set(ITEM_KINDS)
    masthead = Masthead(text, text, text, text, text)
    content = EditionContent("en", masthead, text, text, text, text, None, (Section(text, every),))
    rendered = render_edition(content, base_url="https://mail.example.org", tracked=True)
    assert_inert(rendered, content)
    assert rendered.html.count(f"\ue000{Slot.PIXEL}\ue001") == 1
    assert "\n" not in rendered.subject + rendered.preheader


def test_a_clean_issue_is_printable_as_it_is() -> None:
    assert printable(CHINESE) == CHINESE
    assert printable(ENGLISH) == ENGLISH
    assert printable(kinds.FRENCH) == kinds.FRENCH
