"""Rendering: an edition of forty items of every kind to HTML and plain text, beside the MJML compiler alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from itertools import count
from typing import Any

from mjml import mjml2html

from bench.measure import Measure, at_most, medians_ms
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
    ItemList,
    Lead,
    Line,
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
from composer.rendering.edition import Rendered, edition_mjml, render_edition

BASE_URL = "https://mail.example.org"
ITEMS = 40
SEGMENTS = ("focal-points", "members", "partners")
KIBIBYTE = 1024

_TEXTS = {
    "en": (
        "Seventeen cities of the network have bought desks and laptops as a service this year, for less than before. ",
        "How the count works",
        ". Their advice: keep the criteria short, let suppliers do the measuring, and train the evaluators.",
    ),
    "zh-hans": (
        "今年，网络里有十七个城市把课桌和笔记本电脑作为服务来采购，多数城市花的钱比以前少。",
        "清点办法在这里",
        "。他们的建议很朴素：把标准写短，把核查交给供应商自己，再给评标人员留出两个小时的培训。",
    ),
}


def measure() -> list[Measure]:
    """One variant, all variants of a two-language issue, and what the heaviest letter weighs.

    Each turn has new texts, so that nothing kept from an earlier turn helps; the variants of one issue may share work.
    """
    serial = count()
    variants = _variants(next(serial))
    single, single_alone = medians_ms(
        _render,
        _compiler(variants[-1:]),
        lambda: edition("en", next(serial)).seen_by(frozenset(SEGMENTS)),
        turns=60,
    )
    every, every_alone = medians_ms(_render_all, _compiler(variants), lambda: _variants(next(serial)), turns=15)
    name = f"render: {len(variants)} variants of a 2-language issue"
    weight = max(len(_render(content).html.encode()) for content in variants) / KIBIBYTE
    return [
        at_most(f"render: {ITEMS} items, one variant", single, "ms", ceiling=single_alone, target=15),
        at_most(name, every, "ms", ceiling=every_alone, target=200),
        at_most("render: the heaviest variant's HTML", weight, "KiB", target=102),
    ]


def edition(locale: str, serial: int = 0) -> EditionContent:
    """Forty items of every kind with sources, topics and pictures, some for one segment or for all but one."""
    items = tuple(_item(locale, number, serial) for number in range(ITEMS))
    sections = tuple(Section(f"Section {start}", items[start : start + 8]) for start in range(0, ITEMS, 8))
    masthead = Masthead(
        "The Circular Buyer", "For people who buy", "Secretariat", "12 Lakeside Road", "You subscribed."
    )
    return EditionContent(
        locale, masthead, "From pilot to habit", f"Issue {serial}", "", "No. 12", date(2026, 3, 5), sections
    )


def _variants(serial: int) -> list[EditionContent]:
    readers = [frozenset(SEGMENTS[:some]) for some in range(len(SEGMENTS))]
    readers += [frozenset(SEGMENTS[some:]) for some in range(len(SEGMENTS))]
    return [content.seen_by(segments) for content in (edition(name, serial) for name in _TEXTS) for segments in readers]


def _item(locale: str, number: int, serial: int) -> Item:
    before, link, after = _TEXTS[locale]
    url = f"https://library.example.org/{locale}/{number}"
    line: Line = (Span(before), Span(link, href=url), Span(f"{after} {serial}.{number}"))
    picture = Picture(f"https://media.example.org/{number}.jpg", before[:30], 1600, 1000)
    audience = {5: "members", 14: "not:members", 23: "focal-points", 32: "partners", 38: "not:partners"}
    common: dict[str, Any] = {
        "key": f"item-{number}",
        "heading": before[:40],
        "body": (Paragraph(line), Paragraph((Span(after),)))[: 1 + number % 2],
        "source": Source("Port City", f"https://port.example/{number}", date(2026, 2, 18), "CC BY 4.0"),
        "audience": audience.get(number, ""),
        "topics": ("SDG 12.7.1", "Food")[: number % 3],
    }
    button: dict[str, Any] = {"button": link, "url": f"{url}/act"}
    make = _KINDS[number % len(_KINDS)]
    match make.kind:
        case "story":
            places: tuple[Place, ...] = ("left", "right", "above")
            place = places[number % 3]
            return Story(**common, picture=picture, picture_place=place, half=number % 8 in (6, 7))
        case "list":
            return ItemList(**common, entries=(line, line, line))
        case "quote":
            return Quote(**common, speaker="José Andrade")
        case "figures":
            return Figures(**common, entries=tuple(Figure(f"{share} %", link) for share in (9, 38, 41, 87)))
        case "event":
            return Event(**common, **button, day=date(2026, 5, 12), start=time(14), end=time(16), zone="Europe/Paris")
        case "call":
            return Call(**common, **button, deadline=date(2026, 4, 30))
        case "guide":
            return Guide(**common, **button, cover=picture, details="2026, 48 pages, PDF")
        case "partners":
            return Partners(**common, entries=tuple(Partner(f"Partner {some}", url, picture) for some in range(4)))
        case "contents" | "divider":
            return make(key=f"item-{number}")
    return make(**common)


_KINDS: tuple[type[Item], ...] = (
    Lead, Contents, Figures, Story, Event, Story, Story, Story, ItemList, Quote,
    Call, Story, Story, Guide, Event, Story, Divider, Story, Partners, Imprint,
)  # fmt: skip


def _render(content: EditionContent) -> Rendered:
    return render_edition(content, base_url=BASE_URL, tracked=True)


def _render_all(variants: list[EditionContent]) -> None:
    for content in variants:
        _render(content)


def _compiler(variants: list[EditionContent]) -> Callable[[], None]:
    """What mrml alone does for the same documents."""
    documents = [edition_mjml(content, base_url=BASE_URL, tracked=True) for content in variants]

    def compile_all() -> None:
        for document in documents:
            mjml2html(document, fonts={})

    return compile_all
