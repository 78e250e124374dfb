"""Where the items of an issue come from, as rows of a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass

from composer.content import Contents, Divider, EditionContent, Item, plain_text

HEADINGS = ("edition", "section", "item", "kind", "source", "link", "date", "licence")
WITHOUT_SOURCE = (Contents, Divider)
"""Kinds that say nothing of their own."""

_BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the file for another encoding
_BEGINS_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"  # a spreadsheet may pass over them
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One item. `edition` is a language code, `date` as in ISO 8601; the last four are empty without a source."""

    edition: str
    section: str
    item: str
    kind: str
    source: str = ""
    link: str = ""
    date: str = ""
    licence: str = ""


def source_rows(contents: Mapping[str, EditionContent]) -> Iterator[SourceRow]:
    """Every item of all editions in reading order, whomever it is for, with or without a source."""
    for locale, content in contents.items():
        for section in content.sections:
            for item in section.items:
                if not isinstance(item, WITHOUT_SOURCE):
                    yield _row(locale, section.heading, item)


def as_csv(rows: Iterable[SourceRow]) -> str:
    """The rows as CSV for a spreadsheet, with a byte-order mark; no cell is taken for a formula."""
    out = io.StringIO(newline="")
    out.write(_BYTE_ORDER_MARK)
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS)
    writer.writerows([harmless(cell) for cell in astuple(row)] for row in rows)
    return out.getvalue()


def harmless(cell: str) -> str:
    """`cell` on one line, behind an apostrophe where a spreadsheet would reckon with it."""
    text = " ".join(cell.replace("\0", "").split())
    return "'" + text if text.lstrip(_INVISIBLE + " ").startswith(_BEGINS_FORMULA) else text


def _row(locale: str, section: str, item: Item) -> SourceRow:
    source = item.source
    name = item.heading.strip() or _shortened(" ".join(plain_text(item.body).split()))
    if source is None:
        return SourceRow(locale, section, name, item.kind)
    published = source.published.isoformat() if source.published else ""
    return SourceRow(locale, section, name, item.kind, source.name, source.url, published, source.licence)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
