from __future__ import annotations

import dataclasses

import pytest

from composer.content import Call, EditionContent, Item, Masthead, Paragraph, Section, Source, Span, Story
from composer.rendering.errors import RefusedAddressError
from composer.rendering.links import Links, host, number_links, runs


def numbered(*items: Item, tracked: bool = False) -> Links:
    content = EditionContent("en", Masthead("B"), "T", "S", sections=(Section("", items),))
    return number_links(content, base_url="https://mail.example.org", tracked=tracked)


def story(*spans: Span, key: str = "k", source: Source | None = None) -> Story:
    return Story(key=key, body=(Paragraph(spans),), source=source)


def test_links_are_numbered_from_one_in_the_order_of_reading() -> None:
    call = Call(key="c", body=(Paragraph((Span("a", href="https://a.example"),)),), url="https://b.example")
    call = dataclasses.replace(call, source=Source("S", "https://c.example"))
    assert [(link.number, link.url, link.text) for link in numbered(call).numbered.values()] == [
        (1, "https://a.example", "a"),
        (2, "https://b.example", "Read more"),
        (3, "https://c.example", "S"),
    ]


def test_an_address_twice_in_one_item_is_one_link_and_in_two_items_two() -> None:
    one = story(Span("a", href="https://a.example"), Span(" and "), Span("b", href="https://a.example "))
    other = story(Span("c", href="https://a.example"), key="other")
    assert [(link.number, link.item_key) for link in numbered(one, other).numbered.values()] == [(1, "k"), (2, "other")]


def test_mail_addresses_are_neither_numbered_nor_tracked() -> None:
    links = numbered(story(Span("write", href="mailto:a@b.example")), tracked=True)
    assert links.numbered == {}
    assert links.href("k", "mailto:a@b.example") == "mailto:a@b.example"


def test_a_link_without_text_is_no_link() -> None:
    assert numbered(story(Span(" ", href="https://a.example"))).numbered == {}


def test_a_tracked_address_holds_the_mark_and_the_number_but_no_destination() -> None:
    links = numbered(story(Span("a", href="https://a.example")), tracked=True)
    assert links.href("k", "https://a.example") == "https://mail.example.org/c/\ue000click\ue001/1"


def test_spans_of_one_address_make_one_run() -> None:
    line = (Span("a", href="https://x"), Span("b", bold=True, href="https://x"), Span("c"))
    assert [(href, len(spans)) for href, spans in runs(line)] == [("https://x", 2), ("", 1)]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "//host.example/x",
        "/relative",
        "www.example.org",
        "https://",
        "https:///path",
        "https://a b.example",
        'https://a.example/"onclick',
        "https://a.example/<script>",
        "http://[::1",
        "ftp://a.example",
        "mailto:",
    ],
)
def test_an_address_no_letter_may_carry_is_refused_with_its_item(url: str) -> None:
    with pytest.raises(RefusedAddressError) as refusal:
        numbered(story(Span("a", href=url), key="bad"))
    assert refusal.value.item_key == "bad"
    assert refusal.value.url == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.example.org/a/long/path?x=1", "example.org"),
        ("https://示例.example/路径", "示例.example"),
        ("mailto:a@b.example?subject=x", "a@b.example"),
        ("", ""),
    ],
)
def test_an_address_without_a_name_prints_as_its_host(url: str, expected: str) -> None:
    assert host(url) == expected
