"""An edition taken apart into what the checks look at: pieces of text, links and pictures, each with its place.

The parts are found by the classes of `composer.content`, not by lists of kinds: a new kind of item is checked at once.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from composer.content import (
    Bullets,
    EditionContent,
    Item,
    Line,
    Paragraph,
    Partner,
    Picture,
    Source,
    Span,
)
from composer.rendering.links import runs

from .findings import Message, gettext_noop, message

UNPRINTED = frozenset({"key", "audience", "notes", "zone", "picture_place", "topics", "kind"})
"""Fields of an item that no reader reads as text."""

ADDRESSES = frozenset({"url", "href"})

KIND_NAMES: dict[str, str] = {
    "lead": gettext_noop("the lead"),
    "story": gettext_noop("a story without a heading"),
    "list": gettext_noop("a list without a heading"),
    "quote": gettext_noop("a quote"),
    "figures": gettext_noop("the key figures"),
    "event": gettext_noop("an event without a heading"),
    "call": gettext_noop("a call without a heading"),
    "guide": gettext_noop("a guide without a heading"),
    "partners": gettext_noop("the partners"),
    "contents": gettext_noop("the contents"),
    "divider": gettext_noop("a divider"),
    "imprint": gettext_noop("the imprint"),
}

_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text that a reader reads as one: a heading, a paragraph, an entry. `item` is None for the edition's."""

    item: Item | None
    field: str
    text: str
    key: str = ""

    @property
    def place(self) -> Message:
        return place(self.item, self.field)


@dataclass(frozen=True, slots=True)
class Link:
    """An address in an item and what the reader sees of it. `inline` is false for buttons, sources and logos."""

    item: Item
    field: str
    url: str
    text: str
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture in an item. `small` is one beside text or in a row of logos, of which nobody asks the whole width."""

    item: Item
    field: str
    picture: Picture
    small: bool = False


@dataclass(frozen=True, slots=True)
class Pieces:
    """All of an edition, in reading order."""

    texts: tuple[Text, ...]
    links: tuple[Link, ...]
    pictures: tuple[Shown, ...]


def take_apart(content: EditionContent) -> Pieces:
    return _Collector().edition(content)


class _Collector:
    def __init__(self) -> None:
        self._texts: list[Text] = []
        self._links: list[Link] = []
        self._pictures: list[Shown] = []

    def edition(self, content: EditionContent) -> Pieces:
        for name in ("subject", "preheader", "title", "number"):
            self._texts.append(Text(None, name, getattr(content, name)))
        for name in ("name", "tagline", "publisher", "postal_address", "reason"):
            self._texts.append(Text(None, name, getattr(content.masthead, name)))
        for section in content.sections:
            self._texts.append(Text(None, "section", section.heading, section.items[0].key if section.items else ""))
            for item in section.items:
                for name in item.__dataclass_fields__:
                    if name not in UNPRINTED:
                        self._collect(getattr(item, name), item, name)
        return Pieces(
            tuple(text for text in self._texts if text.text.strip()), tuple(self._links), tuple(self._pictures)
        )

    def _collect(self, value: Any, item: Item, field: str) -> None:
        match value:
            case str() if field in ADDRESSES:
                self._link(item, field, value, getattr(item, "button", ""))
            case str():
                self._texts.append(Text(item, field, value))
            case Paragraph(spans):
                self._line(spans, item, field)
            case Bullets(entries):
                for entry in entries:
                    self._line(entry, item, field)
            case (Span(), *_):
                self._line(value, item, field)
            case tuple():
                for part in value:
                    self._collect(part, item, field)
            case _ if dataclasses.is_dataclass(value):
                self._record(value, item, field)

    def _record(self, record: Any, item: Item, field: str) -> None:
        match record:
            case Picture(alt=alt):
                beside = getattr(item, "half", False) or getattr(item, "picture_place", "above") != "above"
                self._pictures.append(Shown(item, field, record, beside or field != "picture"))
                self._texts.append(Text(item, field, alt))
            case Source(name=name, url=url, licence=licence):
                self._texts += [Text(item, field, name), Text(item, field, licence)]
                self._link(item, field, url, name)
            case Partner(name=name, url=url, logo=logo):
                self._texts.append(Text(item, field, name))
                self._link(item, field, url, name)
                if logo:
                    self._pictures.append(Shown(item, field, logo, small=True))
            case _:
                for name in record.__dataclass_fields__:
                    self._collect(getattr(record, name), item, field)

    def _link(self, item: Item, field: str, url: str, text: str) -> None:
        if url.strip():
            self._links.append(Link(item, field, url, text))

    def _line(self, line: Line, item: Item, field: str) -> None:
        self._texts.append(Text(item, field, "".join(span.text for span in line)))
        for href, spans in runs(line):
            if href:
                self._links.append(Link(item, field, href, "".join(span.text for span in spans), inline=True))


def shorten(text: str, length: int = _LONGEST_NAME) -> str:
    """`text` in one line of at most `length` characters, to be quoted in a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def name_of(item: Item) -> Message:
    """How a sentence names an item: by its heading, else by its kind."""
    heading = shorten(item.heading)
    if heading:
        return message(gettext_noop("“{heading}”"), heading=heading)
    return message(KIND_NAMES.get(item.kind, gettext_noop("an item without a heading")))


FIELD_NAMES: dict[str, str] = {
    "subject": gettext_noop("the subject"),
    "preheader": gettext_noop("the preheader"),
    "title": gettext_noop("the title"),
    "number": gettext_noop("the issue's number"),
    "name": gettext_noop("the bulletin's name"),
    "tagline": gettext_noop("the bulletin's tagline"),
    "publisher": gettext_noop("the publisher"),
    "postal_address": gettext_noop("the postal address"),
    "reason": gettext_noop("the reason why one receives the bulletin"),
    "section": gettext_noop("a section's heading"),
}


def place(item: Item | None, field: str) -> Message:
    """How a sentence names a place in an edition."""
    return name_of(item) if item else message(FIELD_NAMES.get(field, gettext_noop("the edition")))
