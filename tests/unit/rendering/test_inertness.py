"""Whatever an editor types is text, in HTML and in plain text, and nothing else."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.content import (
    ITEM_KINDS,
    Bullets,
    Call,
    EditionContent,
    Imprint,
    Item,
    ItemList,
    Lead,
    Masthead,
    Paragraph,
    Picture,
    Quote,
    Section,
    Source,
    Span,
    Story,
)
from composer.rendering.edition import Rendered, render_edition
from composer.rendering.printable import printable
from composer.rendering.slots import MARKER, Slot

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
    *("p", "h1", "h2", "h3", "strong", "em", "br", "hr", "ul", "ol", "li", "blockquote"),
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
    "audience": st.sampled_from(["", "", "others"]),
}
pictures = st.none() | st.builds(Picture, webs, texts, st.integers(-5, 3000), st.integers(-5, 3000))
items: st.SearchStrategy[Item] = st.one_of(
    st.builds(Lead, **common),
    st.builds(Story, **common, picture=pictures),
    st.builds(ItemList, **common, entries=st.lists(lines, max_size=2).map(tuple)),
    st.builds(Quote, **common, speaker=texts),
    st.builds(Call, **common, button=texts, url=addresses, deadline=dates),
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


def texts_of(item: Item) -> list[str]:
    """What an item must show, as the editor wrote it."""
    parts = [item.heading]
    for block in item.body:
        parts += [s.text for line in (block.entries if isinstance(block, Bullets) else (block.spans,)) for s in line]
    match item:
        case ItemList(entries=entries):
            parts += [span.text for line in entries for span in line]
        case Quote(speaker=speaker):
            parts.append(speaker)
        case Call(button=button, url=url) if url:
            parts.append(button)
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
    pictures = [item.picture for item in content.items() if isinstance(item, Story) and item.picture]
    assert [e.attributes["alt"] for e in page.all("img")] == [
        " ".join(printable(picture.alt).split()) for picture in pictures
    ]
    for part in (rendered.html, rendered.text):
        assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", part)
        assert "\ue000" not in MARKER.sub("", part)
    body, text = packed(page.body), packed(rendered.text).replace(">", "")
    for item in content.items():
        for shown in texts_of(item):
            assert packed(printable(shown)) in body
            assert packed(printable(shown)).replace(">", "") in text


@settings(deadline=None, database=None, max_examples=120)
@given(editions, st.booleans())
def test_any_text_in_any_field_is_printed_as_it_is_and_makes_no_markup(content: EditionContent, tracked: bool) -> None:
    seen = content.seen_by(frozenset())
    assert_inert(render_edition(seen, base_url="https://mail.example.org", tracked=tracked), seen)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_at_once_stays_text(text: str) -> None:
    body = (
        Paragraph((Span(text), Span(text, bold=True, italic=True, href="https://a.example"))),
        Bullets(((Span(text),),)),
    )
    fields: dict[str, Any] = {
        "key": text,
        "heading": text,
        "body": body,
        "source": Source(text, "https://s.example", None, text),
    }
    every = (
        Lead(**fields),
        Story(**fields, picture=Picture("https://a.example/i.png", text, 9, 9)),
        ItemList(**fields, entries=((Span(text),),)),
        Quote(**fields, speaker=text),
        Call(**fields, button=text, url="https://c.example"),
        Imprint(**fields),
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
