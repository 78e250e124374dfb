"""An item reaches nobody outside its audience, whatever it is and wherever it stands."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from composer.content import (
    ITEM_KINDS,
    Bullets,
    EditionContent,
    Figure,
    Item,
    Masthead,
    Paragraph,
    Partner,
    Picture,
    Section,
    Source,
    Span,
    is_meant_for,
)
from composer.rendering.edition import Rendered, render_edition

AUDIENCES = ("", "a", "b", "not:a", "not:b")
PRINTED = re.compile(r"zq\d+y")


def item(kind: str, number: int, audience: str, *, half: bool) -> Item:
    """An item that bears its mark in everything that a reader or a machine could see of it."""
    mark = f"zq{number}y"
    url = f"https://{mark}.example/{mark}"
    picture = Picture(f"{url}.png", f"alt {mark}", 900, 600)
    span = Span(f"text {mark}", href=url)
    particulars: dict[str, dict[str, Any]] = {
        "story": {"picture": picture, "half": half},
        "list": {"entries": ((span,),)},
        "quote": {"speaker": mark},
        "figures": {"entries": (Figure(mark, f"label {mark}"),)},
        "event": {"day": date(2026, 5, 12), "place": mark, "button": mark, "url": f"{url}/book"},
        "call": {"button": mark, "url": f"{url}/act", "deadline": date(2026, 5, 12)},
        "guide": {"cover": picture, "details": mark, "button": mark, "url": f"{url}/get"},
        "partners": {"entries": (Partner(mark, f"{url}/partner", picture), Partner(f"name {mark}"))},
    }
    return ITEM_KINDS[kind](
        key=mark,
        heading=f"heading {mark}",
        body=(Paragraph((span,)), Bullets(((Span(mark),),))),
        source=Source(mark, f"{url}/source", None, f"licence {mark}"),
        audience=audience,
        topics=(f"topic {mark}",),
        notes=(f"note {mark}",),
        **particulars.get(kind, {}),
    )


drawn = st.tuples(st.sampled_from(sorted(ITEM_KINDS)), st.sampled_from(AUDIENCES), st.booleans())
plans = st.lists(st.lists(drawn, max_size=4), max_size=4)


def edition(plan: list[list[tuple[str, str, bool]]]) -> EditionContent:
    """Sections marked by their first item's number and 1000; items numbered through."""
    sections: list[Section] = []
    number = 0
    for drawn_items in plan:
        items = []
        for kind, audience, half in drawn_items:
            items.append(item(kind, number, audience, half=half))
            number += 1
        sections.append(Section(f"section zq{1000 + len(sections)}y", tuple(items)))
    return EditionContent("en", Masthead("Bulletin"), "Title", "", sections=tuple(sections))


def marks(rendered: Rendered) -> set[str]:
    links = " ".join(f"{link.url} {link.text} {link.item_key}" for link in rendered.links)
    return set(PRINTED.findall(f"{rendered.html} {rendered.text} {rendered.subject} {rendered.preheader} {links}"))


def expected(content: EditionContent, segments: frozenset[str] | None) -> set[str]:
    """The marks of what a reader in `segments` may see; None for a stranger."""
    seen = set()
    for number, section in enumerate(content.sections):
        for some in section.items:
            if is_meant_for(some.audience, segments) if segments is not None else not some.audience:
                seen |= {some.key, f"zq{1000 + number}y"}
    return seen


@settings(deadline=None, database=None, max_examples=80)
@given(plans, st.frozensets(st.sampled_from("ab")), st.booleans())
def test_a_variant_holds_all_that_its_readers_may_see_and_nothing_else(
    plan: list[list[tuple[str, str, bool]]], segments: frozenset[str], tracked: bool
) -> None:
    content = edition(plan)
    rendered = render_edition(content.seen_by(segments), base_url="https://mail.example.org", tracked=tracked)
    assert marks(rendered) == expected(content, segments)


@settings(deadline=None, database=None, max_examples=40)
@given(plans)
def test_strangers_see_only_what_is_for_everyone(plan: list[list[tuple[str, str, bool]]]) -> None:
    content = edition(plan)
    rendered = render_edition(content.public(), base_url="https://mail.example.org", tracked=False)
    assert marks(rendered) == expected(content, None)


def test_contents_list_no_heading_of_an_item_that_its_reader_does_not_see() -> None:
    content = edition([[("contents", "", False), ("story", "a", False), ("story", "not:a", False)]])
    for segments, listed, missing in ((frozenset("a"), "zq1y", "zq2y"), (frozenset(), "zq2y", "zq1y")):
        rendered = render_edition(content.seen_by(segments), base_url="https://mail.example.org", tracked=True)
        assert f'<li style="margin:0 0 3px">heading {listed}</li>' in rendered.html
        assert f"- heading {listed}\n" in rendered.text
        assert missing not in rendered.html + rendered.text
