"""Every character of a file stands once in its draft, or is accounted for, in each format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.content import Line, Span
from composer.importing import document as doc
from composer.importing.assemble import assemble
from composer.importing.characters import printed_characters
from composer.importing.document import Document
from composer.importing.draft import Draft, draft_characters
from composer.importing.formats import identify, read_document
from tests.unit.importing.told import Story, Told, as_markdown, as_page, as_printed, as_slides, as_word, told

LATIN = ["cities", "buy", "the", "guide", "members", "2026", "12.5%", "R&D", "a<b", "it's", "*", "[x]", "(a)", "end."]


def draft_of(data: bytes, name: str) -> Draft:
    return assemble(read_document(identify(data, name=name)), locale="en")


def assert_nothing_lost(draft: Draft, expected: Counter[str]) -> None:
    found = draft_characters(draft)
    assert found == expected, f"lost {expected - found}, too many {found - expected}"


def without_pictures(issue: Told) -> Told:
    sections = tuple(
        (heading, tuple(replace(story, picture=None) for story in stories)) for heading, stories in issue.sections
    )
    return replace(issue, sections=sections)


@pytest.mark.parametrize(
    ("name", "make"),
    [("issue.docx", as_word), ("issue.pptx", as_slides), ("issue.html", as_page), ("issue.md", as_markdown)],
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(issue=told)
def test_a_generated_document_loses_no_character(name: str, make: Callable[[Told], bytes], issue: Told) -> None:
    if name.endswith(".md"):
        issue = without_pictures(issue)
    else:
        issue = replace(issue, extra=("hidden words", "more of them") if name != "issue.pptx" else ("said aloud",))
    assert_nothing_lost(draft_of(make(issue), name), issue.characters())


latin = st.lists(st.sampled_from(LATIN), min_size=1, max_size=40).map(" ".join)
latin_stories = st.builds(
    Story,
    heading=st.lists(st.sampled_from(LATIN[:5]), min_size=1, max_size=6).map(" ".join),
    paragraphs=st.lists(latin, max_size=4).map(tuple),
    bullets=st.lists(latin, max_size=3).map(tuple),
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.builds(
        Told,
        title=latin.map(lambda text: text[:60].strip()),
        sections=st.lists(
            st.tuples(latin.map(lambda t: t[:40].strip()), st.lists(latin_stories, max_size=4).map(tuple))
        )
        .filter(bool)
        .map(tuple),
    )
)
def test_a_generated_pdf_loses_no_character(issue: Told) -> None:
    bullets = sum(len(story.bullets) for _heading, stories in issue.sections for story in stories)
    assert_nothing_lost(draft_of(as_printed(issue), "issue.pdf"), issue.characters() + Counter("•" * bullets))


texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["Source: The network", "（摘自：环境署）", "Text. (Source: A https://example.org/a)", "• one", "1. first", "3"]
    ),
    st.sampled_from(
        ["No. 12", "“Long enough words” — Ann Lee", "The Notes", "Published by us", "www.example.org", "**x**"]
    ),
)
spans = st.builds(
    Span,
    texts,
    bold=st.booleans(),
    href=st.sampled_from(
        ["", "", "https://example.org/a b", "javascript:alert(1)", "#here", "mailto:a@example.org", "//evil"]
    ),
)
lines = st.lists(spans, min_size=1, max_size=3).map(tuple)
blocks = st.one_of(
    st.builds(doc.DocHeading, st.integers(0, 6), lines),
    st.builds(doc.DocText, lines, foot=st.booleans()),
    st.builds(doc.DocList, st.lists(lines, min_size=1, max_size=3).map(tuple), st.booleans()),
    st.builds(doc.DocQuote, lines),
    st.builds(
        doc.DocTable, st.lists(st.lists(lines, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple)
    ),
    st.builds(doc.DocPicture, st.binary(max_size=2), st.just("a.png"), texts, st.just(9), st.just(9)),
    st.builds(doc.LeftOut, st.just("a comment"), texts),
)


def tidy_document(found: Document) -> Document:
    """As readers hand it over: no control characters, no line without text."""
    from composer.importing.ledger import Ledger
    from composer.importing.spans import one_line

    def clean(line: Line) -> Line:
        return one_line(line, Ledger())

    kept: list[doc.DocBlock] = []
    for block in found.blocks:
        match block:
            case doc.DocHeading() | doc.DocText() | doc.DocQuote():
                kept.extend([replace(block, line=clean(block.line))] if clean(block.line) else [])
            case doc.DocList():
                entries = tuple(filter(None, map(clean, block.entries)))
                kept.extend([replace(block, entries=entries)] if entries else [])
            case doc.DocTable():
                rows = tuple(row for row in (tuple(map(clean, row)) for row in block.rows) if any(row))
                kept.extend([doc.DocTable(rows)] if rows else [])
            case _:
                kept.append(block)
    return replace(found, blocks=tuple(kept))


def lines_of(block: doc.DocBlock) -> list[Line]:
    match block:
        case doc.DocHeading() | doc.DocText() | doc.DocQuote():
            return [block.line]
        case doc.DocList():
            return list(block.entries)
        case doc.DocTable():
            return [cell for row in block.rows for cell in row]
    return []


def document_characters(found: Document) -> Counter[str]:
    counted: Counter[str] = Counter()
    for block in found.blocks:
        for span in (span for line in lines_of(block) for span in line):
            counted.update(printed_characters(span.text))
            counted.update(printed_characters(span.href) if span.href != span.text else "")
        if isinstance(block, doc.DocPicture):
            counted.update(printed_characters(block.alt))
        elif isinstance(block, doc.LeftOut):
            counted.update(printed_characters(block.text))
    return counted


@settings(max_examples=150, deadline=None)
@given(st.lists(blocks, max_size=12).map(tuple), st.sampled_from(["", "The Notes"]))
def test_any_mixture_of_blocks_is_made_a_draft_without_loss(found: tuple[doc.DocBlock, ...], masthead: str) -> None:
    document = tidy_document(Document(found))
    draft = assemble(document, locale="en", masthead_name=masthead)
    assert_nothing_lost(draft, document_characters(document))
    assert all(len(item.heading) <= 250 for item in draft.items())
    keys = [item.key for item in draft.items()]
    assert len(keys) == len(set(keys))
