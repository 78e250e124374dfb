"""An edition's content as plain, frozen data.

Everything that leaves the editors' desk passes through these classes: the importer makes them, the
extraction makes them from a page's revision, the rendering reads them. They know neither Django nor
Wagtail, hold no markup, and can be hashed, compared and built in a test without a database.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style. `href` is an http, https or mailto address, or empty."""

    text: str
    bold: bool = False
    italic: bool = False
    href: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    spans: Line


@dataclass(frozen=True, slots=True)
class Bullets:
    entries: tuple[Line, ...]
    ordered: bool = False


RichText = tuple[Paragraph | Bullets, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where an item comes from. At least one of `name` and `url` is filled."""

    name: str = ""
    url: str = ""
    published: date | None = None
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """`url` is absolute; `width` and `height` are pixels of the file; `alt` is never empty in print."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What every kind of item has.

    `key` identifies the item within its edition (the block's id). `audience` is a segment's slug, or
    empty where everyone sees the item. `notes` are what an importer was unsure of: shown to editors,
    never printed.
    """

    kind: ClassVar[str]

    key: str
    heading: str = ""
    body: RichText = ()
    source: Source | None = None
    audience: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead(Item):
    """The editorial or main news that opens an issue."""

    kind: ClassVar[str] = "lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story(Item):
    kind: ClassVar[str] = "story"

    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemList(Item):
    """A short introduction (`body`) and the entries of a list."""

    kind: ClassVar[str] = "list"

    entries: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote(Item):
    """`body` is what was said."""

    kind: ClassVar[str] = "quote"

    speaker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Item):
    """A call for action, with a button where `url` is given."""

    kind: ClassVar[str] = "call"

    button: str = ""
    url: str = ""
    deadline: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint(Item):
    """Who made the issue and from what."""

    kind: ClassVar[str] = "imprint"


ITEM_KINDS: dict[str, type[Item]] = {kind.kind: kind for kind in (Lead, Story, ItemList, Quote, Call, Imprint)}


@dataclass(frozen=True, slots=True)
class Section:
    """Items under one heading; the heading may be empty (the lead of an issue has none)."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Masthead:
    """What an edition takes from its bulletin, in the edition's language."""

    name: str
    tagline: str = ""
    publisher: str = ""
    postal_address: str = ""
    reason: str = ""  # why one receives the bulletin


@dataclass(frozen=True, slots=True)
class EditionContent:
    """One issue in one language. `locale` is a lower-case language code such as `zh-hans`."""

    locale: str
    masthead: Masthead
    title: str
    subject: str
    preheader: str = ""
    number: str = ""  # as printed: "No. 12", "2026年第3期"
    published: date | None = None
    sections: tuple[Section, ...] = ()

    def items(self) -> Iterator[Item]:
        for section in self.sections:
            yield from section.items

    def audiences(self) -> frozenset[str]:
        """The segments that some item of this edition names."""
        return frozenset(item.audience for item in self.items() if item.audience)

    def seen_by(self, segments: frozenset[str]) -> EditionContent:
        """This edition as a reader in `segments` sees it; a section left without items goes too."""
        sections = (
            Section(
                section.heading,
                tuple(item for item in section.items if not item.audience or item.audience in segments),
            )
            for section in self.sections
        )
        return dataclasses.replace(self, sections=tuple(section for section in sections if section.items))

    def digest(self) -> str:
        """SHA-256 in hex over everything that is printed; two equal editions have the same."""
        return hashlib.sha256(json.dumps(_plain(self), sort_keys=True, default=str).encode()).hexdigest()


def plain_text(lines: RichText | Line) -> str:
    """The text of spans, paragraphs and lists, without styles or links; blocks end with a newline."""
    parts: list[str] = []
    for part in lines:
        match part:
            case Span():
                parts.append(part.text)
            case Paragraph():
                parts.append(plain_text(part.spans) + "\n")
            case Bullets():
                parts.extend(plain_text(entry) + "\n" for entry in part.entries)
    return "".join(parts)


def _plain(value: object) -> object:
    if isinstance(value, Item):
        fields = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name != "notes"}
        return {"kind": value.kind, **fields}
    if isinstance(value, Picture):  # the same file wherever the product is found
        return [urlsplit(value.url).path, value.alt, value.width, value.height]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value
