"""The sources of an issue as a table that a spreadsheet may open."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.content import (
    Contents,
    Divider,
    EditionContent,
    Item,
    Lead,
    Masthead,
    Paragraph,
    Section,
    Source,
    Span,
    Story,
)
from composer.sources import HEADINGS, SourceRow, as_csv, harmless, source_rows


def edition(locale: str, *items: Item) -> EditionContent:
    return EditionContent(
        locale=locale, masthead=Masthead("Notes"), title="No. 1", subject="No. 1", sections=(Section("News", items),)
    )


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_every_item_of_every_edition_has_a_row_with_its_source() -> None:
    source = Source("The network", "https://www.example.org/1", date(2026, 3, 1), "CC BY 4.0")
    rows = source_rows(
        {
            "en": edition("en", Story(key="1", heading="One", source=source), Contents(key="2"), Divider(key="3")),
            "zh-hans": edition("zh-hans", Lead(key="1", body=(Paragraph((Span("正文"),)),), audience="members")),
        }
    )
    assert list(rows) == [
        SourceRow("en", "News", "One", "story", "The network", source.url, "2026-03-01", "CC BY 4.0"),
        SourceRow("zh-hans", "News", "正文", "lead"),
    ]


def test_the_file_begins_with_a_byte_order_mark_and_its_headings() -> None:
    text = as_csv([SourceRow("en", "News, “quoted”", 'A "story"', "story")])
    assert text.startswith("\ufeff")
    assert read(text) == [list(HEADINGS), ["en", "News, “quoted”", 'A "story"', "story", "", "", "", ""]]


@pytest.mark.parametrize(
    "cell", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r\n=1", " =1", "＝1+1", "\0=1", "\ufeff=1"]
)
def test_a_cell_that_would_be_a_formula_is_quoted(cell: str) -> None:
    assert harmless(cell).startswith("'")


@given(st.text())
def test_no_cell_begins_like_a_formula_or_holds_a_line_break(cell: str) -> None:
    [_headings, row] = read(as_csv([SourceRow("en", cell, "", "")]))
    assert not row[1].lstrip().startswith(("=", "+", "-", "@"))
    assert "\n" not in row[1]


def test_plain_text_stays_as_it_is() -> None:
    assert harmless("State of play: 3 = 2 + 1") == "State of play: 3 = 2 + 1"
