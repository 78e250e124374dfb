"""An edition's content as plain, frozen data.

Everything that leaves the editors' desk passes through these classes: the importer makes them, the
extraction makes them from a page's revision, the rendering reads them. They know neither Django nor
Wagtail, hold no markup, and can be hashed, compared and built in a test without a database.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import ClassVar, Literal
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

Place = Literal["above", "left", "right"]

EXCEPT = "not:"
"""Before a segment's slug: everyone but that segment."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an item comes from. At least one of `name` and `url` is filled."""

    name: str = ""
    url: str = ""
    published: date | None = None
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """`url` is absolute; `width` and `height` are pixels of the file.

    `alt` says what is to be seen to who can't see it; empty only where nobody has described it yet, or where the
    picture is `decorative`: it says nothing that the text doesn't.
    """

    url: str
    alt: str
    width: int
    height: int
    decorative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What every kind of item has.

    `key` identifies the item within its edition (the block's id) and in its translations. `audience` is a
    segment's slug, `not:` and a slug for everyone but that segment, or empty where everyone sees the item.
    `topics` are printed as labels; one of the form `SDG 12.7.1` is a goal, target or indicator of the
    Sustainable Development Goals. `notes` are what an importer was unsure of: shown to editors, never printed.
    """

    kind: ClassVar[str]

    key: str
    heading: str = ""
    body: RichText = ()
    source: Source | None = None
    audience: str = ""
    topics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead(Item):
    """The editorial or main news that opens an issue."""

    kind: ClassVar[str] = "lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story(Item):
    """A piece of news. `half` sets it beside its neighbour where that is a half too, one below the other on a phone."""

    kind: ClassVar[str] = "story"

    picture: Picture | None = None
    picture_place: Place = "above"
    half: bool = False


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


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that matters: `value` as it is printed ("12.5 %"), `label` says of what."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Item):
    """Key figures side by side."""

    kind: ClassVar[str] = "figures"

    entries: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Item):
    """Something at a day, or from `day` to `last_day`. Without `start` it takes whole days.

    `start` and `end` are times on the wall in `zone`, an IANA name. `end` belongs to `last_day` where there is
    one. `calendar` says whether the letter offers the entry for a calendar (.ics).
    """

    kind: ClassVar[str] = "event"

    day: date | None = None
    start: time | None = None
    last_day: date | None = None
    end: time | None = None
    zone: str = "UTC"
    place: str = ""
    button: str = ""
    url: str = ""
    calendar: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide(Item):
    """A guide or another publication. `details` is one line: who made it, year, pages, format."""

    kind: ClassVar[str] = "guide"

    cover: Picture | None = None
    details: str = ""
    button: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Partner:
    """`logo` may be missing: the name is printed then."""

    name: str
    url: str = ""
    logo: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Partners(Item):
    """Partners' logos side by side."""

    kind: ClassVar[str] = "partners"

    entries: tuple[Partner, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents(Item):
    """The place of the table of contents, which is made of what the reader sees."""

    kind: ClassVar[str] = "contents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Divider(Item):
    """A line between items."""

    kind: ClassVar[str] = "divider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint(Item):
    """Who made the issue and from what."""

    kind: ClassVar[str] = "imprint"


ITEM_KINDS: dict[str, type[Item]] = {
    kind.kind: kind
    for kind in (
        Lead,
        Story,
        ItemList,
        Quote,
        Figures,
        Event,
        Call,
        Guide,
        Partners,
        Contents,
        Divider,
        Imprint,
    )
}


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
    theme: str = ""  # the slug of the bulletin's theme; empty for the first one


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
        """The segments that some item of this edition names, to be for them or for everyone else."""
        return frozenset(item.audience.removeprefix(EXCEPT) for item in self.items() if item.audience)

    def seen_by(self, segments: frozenset[str]) -> EditionContent:
        """This edition as a reader in `segments` sees it; a section left without items goes too."""
        return self._only(lambda item: is_meant_for(item.audience, segments))

    def public(self) -> EditionContent:
        """This edition as anybody may see it: an item for all but a segment isn't for strangers either."""
        return self._only(lambda item: not item.audience)

    def digest(self) -> str:
        """SHA-256 in hex over everything that is printed; two equal editions have the same."""
        return hashlib.sha256(json.dumps(_plain(self), sort_keys=True, default=str).encode()).hexdigest()

    def _only(self, seen: Callable[[Item], bool]) -> EditionContent:
        sections = (
            Section(section.heading, tuple(item for item in section.items if seen(item))) for section in self.sections
        )
        return dataclasses.replace(self, sections=tuple(section for section in sections if section.items))


def is_meant_for(audience: str, segments: frozenset[str]) -> bool:
    """Whether a reader in exactly these of the named segments sees an item with this audience."""
    if audience.startswith(EXCEPT):
        return audience.removeprefix(EXCEPT) not in segments
    return not audience or audience in segments


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
        return [urlsplit(value.url).path, value.alt, value.width, value.height, value.decorative]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value
