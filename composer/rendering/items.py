"""What the templates see of items: words, dates, addresses and sizes worked out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from markupsafe import Markup

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
    Partner,
    Partners,
    Picture,
    Quote,
    Source,
    Story,
)

from . import language
from .dates import Period, written
from .goals import topic_label
from .language import Script
from .links import Links, calendar_url, host
from .phrases import Phrases, phrases_for
from .pictures import PictureView, logo_view, picture_view
from .richtext import Inline, block_xhtml, list_xhtml
from .theme import Theme
from .wrapping import columns

GUTTER = 40
"""Pixels left and right of the text on a desk."""
GAP = 28
"""Pixels between two halves; three quarters of it between a picture and the text beside it."""

_CARD_PADDING = 20
_COVER = 128  # pixels that a guide's cover is wide at most
_FIGURES_IN_A_ROW = 4
_LONG_VALUE = 10  # columns; longer ones get a phone's whole width
_HALF_PHONE = 140  # pixels: half of 320 without the gutters

_NOTHING = Markup()


@dataclass(frozen=True, slots=True)
class SourceView:
    """`details` begins with a separator."""

    name: str
    href: str
    details: str


@dataclass(frozen=True, slots=True)
class FigureRow:
    """Figures side by side; `width` is that of one column and `size` that of the values, in pixels.

    `stacked` says that on a phone they stand one below the other, and not by two.
    """

    figures: tuple[Figure, ...]
    width: int
    size: int
    stacked: bool


@dataclass(frozen=True, slots=True)
class PartnerView:
    name: str
    href: str
    logo: PictureView | None


@dataclass(frozen=True, slots=True)
class ContentsView:
    """A section and the headings of its items; the section's heading may be empty."""

    heading: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """`level` is that of the heading; `ruled` says that a hairline parts the item from the one before.

    `beside` is the side on which the picture stands, `left` or `right`, or empty where it stands above the text.
    """

    template: str
    level: int
    ruled: bool
    heading: str = ""
    topics: tuple[str, ...] = ()
    body: Markup = _NOTHING
    source: SourceView | None = None
    picture: PictureView | None = None
    beside: str = ""
    entries: Markup = _NOTHING
    speaker: str = ""
    button: str = ""
    href: str = ""
    deadline: str = ""
    details: str = ""
    when: str = ""
    place: str = ""
    calendar: str = ""  # the address of the entry for a calendar
    month: str = ""
    day: str = ""
    figures: tuple[FigureRow, ...] = ()
    partners: tuple[PartnerView, ...] = ()
    contents: tuple[ContentsView, ...] = ()
    halves: tuple[ItemView, ...] = ()


class ItemViews:
    """Makes the items' views for one edition."""

    def __init__(self, content: EditionContent, theme: Theme, links: Links) -> None:
        self._content = content
        self._locale = content.locale
        self._words = phrases_for(content.locale)
        self._theme = theme
        self._links = links
        self._cjk = language.script(content.locale) is Script.CJK
        self._italics = theme.typography(language.script(content.locale)).italics
        self._start = "left" if language.direction(content.locale) == "ltr" else "right"
        self._room = theme.width - 2 * GUTTER

    def of(self, items: tuple[Item, ...], *, level: int) -> Iterator[ItemView]:
        """The views of a section's items: two halves that follow each other are one view."""
        before: Item | None = None
        for group in side_by_side(items):
            item = group[0]
            ruled = before is not None and not _parts_by_itself(before) and not _parts_by_itself(item)
            if len(group) == 1:
                yield self._view(item, level=level, ruled=ruled, room=self._room)
            else:
                room = (self._room - GAP) // 2
                halves = (self._view(half, level=level, ruled=False, room=room) for half in group)
                yield ItemView(template="partials/pair.mjml", level=level, ruled=ruled, halves=tuple(halves))
            before = group[-1]

    def _view(self, item: Item, *, level: int, ruled: bool, room: int) -> ItemView:
        href = partial(self._links.href, item.key)
        palette = self._theme.light
        colour = palette.muted if item.kind == "imprint" else palette.accent
        inline = Inline(href, colour, self._italics, self._start)
        return ItemView(
            template=f"sections/{item.kind}.mjml",
            level=level,
            ruled=ruled,
            heading=heading_of(item, self._words),
            topics=tuple(filter(None, (topic_label(topic, self._locale) for topic in item.topics))),
            body=block_xhtml(item.body, inline),
            source=source_view(item.source, self._words, href(item.source.url)) if item.source else None,
            **self._particulars(item, inline, room),
        )

    def _particulars(self, item: Item, inline: Inline, room: int) -> dict[str, Any]:
        """What only items of this kind have."""
        match item:
            case Story(picture=Picture() as picture):
                return self._story(item, picture, room)
            case ItemList(entries=entries):
                return {"entries": list_xhtml(entries, inline)}
            case Quote(speaker=speaker):
                return {"speaker": speaker.strip()}
            case Figures(entries=entries):
                return {"figures": tuple(self._figure_rows(entries))}
            case Event():
                return self._event(item) | self._button(item)
            case Call(deadline=deadline):
                return {"deadline": self._words.date(deadline) if deadline else ""} | self._button(item)
            case Guide(cover=cover):
                within = min(_COVER, room - 2 * _CARD_PADDING)
                front = picture_view(cover, room=within, item_key=item.key) if cover else None
                return {"picture": front, "beside": self._start, "details": item.details.strip()} | self._button(item)
            case Partners(entries=entries):
                return {"partners": tuple(self._partner(partner, item.key) for partner in entries)}
            case Contents():
                return {"contents": tuple(contents_views(self._content))}
            case _:
                return {}

    def _story(self, item: Story, picture: Picture, room: int) -> dict[str, Any]:
        beside = "" if item.picture_place == "above" or room < self._room else item.picture_place
        within = round(room * 0.34) if beside else room
        return {"picture": picture_view(picture, room=within, item_key=item.key), "beside": beside}

    def _button(self, item: Call | Event | Guide) -> dict[str, Any]:
        if not item.url.strip():
            return {}
        return {"button": item.button.strip() or self._words.act, "href": self._links.href(item.key, item.url)}

    def _event(self, item: Event) -> dict[str, Any]:
        address = calendar_url(item, self._links.base_url, self._links.locale)
        return {
            "when": when(item, self._words),
            "place": item.place.strip(),
            "calendar": self._links.href(item.key, address) if address else "",
            "month": self._words.calendar.month(item.day) if item.day else "",
            "day": str(item.day.day) if item.day else "",
        }

    def _figure_rows(self, figures: tuple[Figure, ...]) -> Iterator[FigureRow]:
        """Rows as even as they can be: 5 figures are 3 and 2."""
        rows = math.ceil(len(figures) / _FIGURES_IN_A_ROW)
        longest = max((columns(figure.value, cjk=self._cjk) for figure in figures), default=0)
        for row in range(rows):
            some = figures[math.ceil(row * len(figures) / rows) : math.ceil((row + 1) * len(figures) / rows)]
            width = self._room // max(2, len(some))
            stacked = len(some) % 2 == 1 or longest > _LONG_VALUE
            # A letter or digit is some 0.6 of the size wide. The least is still larger than the text.
            size = round(((width if stacked else min(width, _HALF_PHONE)) - 14) / (0.6 * max(1, longest)))
            yield FigureRow(
                tuple(Figure(figure.value.strip(), figure.label.strip()) for figure in some),
                width,
                max(20, min(34, size)),
                stacked,
            )

    def _partner(self, partner: Partner, item_key: str) -> PartnerView:
        url, logo = partner.url.strip(), partner.logo
        return PartnerView(
            partner.name.strip() or host(url),
            self._links.href(item_key, url) if url else "",
            logo_view(logo, partner.name, item_key=item_key) if logo else None,
        )


def side_by_side(items: tuple[Item, ...]) -> Iterator[tuple[Item, ...]]:
    """The items one by one, but halves that follow each other by two. A half without another one stands alone."""
    waiting: Item | None = None
    for item in items:
        is_half = isinstance(item, Story) and item.half
        if waiting is not None and is_half:
            yield waiting, item
            waiting = None
            continue
        if waiting is not None:
            yield (waiting,)
        waiting = item if is_half else None
        if not is_half:
            yield (item,)
    if waiting is not None:
        yield (waiting,)


def heading_of(item: Item, words: Phrases) -> str:
    return item.heading.strip() or (words.contents if isinstance(item, Contents) else "")


def contents_views(content: EditionContent) -> Iterator[ContentsView]:
    """What a table of contents lists, of the edition as this reader sees it.

    Headings only, without anchors: half of the mail clients on phones do nothing on an anchor, some open a browser
    (Can I email, "Anchor links").
    """
    for section in content.sections:
        listed = [item for item in section.items if not isinstance(item, Contents | Divider | Imprint)]
        headings = tuple(filter(None, (item.heading.strip() for item in listed)))
        heading = section.heading.strip()
        if listed and (heading or headings):
            yield ContentsView(heading, headings)


def source_view(source: Source, words: Phrases, href: str) -> SourceView | None:
    """A source's name (or its host), its address as printed, then date and licence; None for an empty one."""
    date = words.date(source.published) if source.published else ""
    named = source.name.strip() or host(source.url)
    parts = [part for part in (named, date, source.licence.strip()) if part]
    if not parts:
        return None
    name, *details = parts
    return SourceView(name, href if named else "", "".join(words.separator + detail for detail in details))


def when(event: Event, words: Phrases) -> str:
    """The day or days of an event, its times and their zone, in one line."""
    period = Period(event.day, event.start, event.last_day, event.end, event.zone)
    opening = words.opening if words.opening == "（" else f" {words.opening}"
    return written(period, words.calendar, opening=opening, closing=words.closing)


def _parts_by_itself(item: Item) -> bool:
    """Whether an item is set off from its neighbours without a hairline: it is a card, or itself a line."""
    return isinstance(item, Call | Guide | Contents | Divider)
