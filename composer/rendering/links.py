"""The links of an edition, numbered in reading order.

A number is the same in the HTML and in the plain text of one letter. It stands for one address in one item, so that
a report can say which item was clicked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from urllib.parse import quote, urlsplit

from composer.content import (
    Bullets,
    Call,
    EditionContent,
    Event,
    Guide,
    Item,
    ItemList,
    Line,
    Paragraph,
    Partners,
    RichText,
)

from .errors import RefusedAddressError
from .phrases import Phrases, phrases_for
from .slots import Slot, marker

_FORBIDDEN = re.compile(r"[\s\x00-\x1f\x7f<>\"]")


@dataclass(frozen=True, slots=True)
class RenderedLink:
    """One numbered link: `number` from 1, `text` what the reader sees of it where it first stands."""

    number: int
    url: str
    item_key: str
    text: str


@dataclass(frozen=True, slots=True)
class Links:
    """The numbered links of one edition, and the addresses that print for them.

    `base_url` is where the product is found, `locale` the edition's. `prefix` is what stands before a tracked link's
    number, or empty where links are direct.
    """

    numbered: dict[tuple[str, str], RenderedLink]
    base_url: str
    locale: str
    prefix: str = ""

    def number(self, item_key: str, url: str) -> int:
        """The link's number, or 0 for a mail address, which isn't tracked."""
        link = self.numbered.get((item_key, url.strip()))
        return link.number if link else 0

    def href(self, item_key: str, url: str) -> str:
        number = self.number(item_key, url)
        return f"{self.prefix}{number}" if self.prefix and number else url.strip()


def number_links(content: EditionContent, *, base_url: str, tracked: bool) -> Links:
    """Numbers every link of `content`; RefusedAddressError for one that is neither http, https nor mailto."""
    numbered: dict[tuple[str, str], RenderedLink] = {}
    words = phrases_for(content.locale)
    for item in content.items():
        for url, text in _links_of(item, words, calendar_url(item, base_url, content.locale)):
            check_address(url, item_key=item.key, schemes=("http", "https", "mailto"))
            place = (item.key, url.strip())
            if place not in numbered and not _is_mail(url):
                numbered[place] = RenderedLink(len(numbered) + 1, url.strip(), item.key, text)
    return Links(numbered, base_url, content.locale, f"{base_url}/c/{marker(Slot.CLICK)}/" if tracked else "")


def check_address(url: str, *, item_key: str, schemes: tuple[str, ...]) -> None:
    """RefusedAddressError unless `url` is a whole address of one of `schemes`."""
    scheme, colon, rest = url.strip().partition(":")
    if not colon or scheme.lower() not in schemes:
        raise RefusedAddressError(f"{url!r} is not an address of {', '.join(schemes)}", item_key=item_key, url=url)
    if not rest.strip("/") or _FORBIDDEN.search(url.strip()) or (not _is_mail(url) and not host(url)):
        raise RefusedAddressError(f"{url!r} is not a whole address", item_key=item_key, url=url)


@lru_cache(maxsize=4096)
def host(url: str) -> str:
    """What to print for an address without a name: its host, or the mailbox; empty where it has none."""
    if _is_mail(url):
        return url.strip().partition(":")[2].partition("?")[0]
    try:
        name = urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""
    return name.removeprefix("www.")


def runs(line: Line) -> Iterator[tuple[str, Line]]:
    """The line's spans, grouped by address, so that a link of several styles is one link."""
    for href, spans in groupby(line, key=lambda span: span.href.strip()):
        yield href, tuple(spans)


def lines_of(text: RichText) -> Iterator[Line]:
    for block in text:
        match block:
            case Paragraph(spans):
                yield spans
            case Bullets(entries):
                yield from entries


def calendar_url(item: Item, base_url: str, locale: str) -> str:
    """Where an event's entry for a calendar is found, in words of `locale`; empty for an item without one."""
    if isinstance(item, Event) and item.calendar and item.day:
        return f"{base_url}/calendar/{quote(item.key, safe='')}.ics?lang={locale}"
    return ""


def _links_of(item: Item, words: Phrases, calendar: str) -> Iterator[tuple[str, str]]:
    """Each link's address and text, in the order in which the letter prints them."""
    if calendar:
        yield calendar, words.save_date
    lines = [*lines_of(item.body), *(item.entries if isinstance(item, ItemList) else ())]
    for line in lines:
        for href, spans in runs(line):
            text = "".join(span.text for span in spans).strip()
            if href and text:
                yield href, text
    match item:
        case Call() | Event() | Guide() if item.url.strip():
            yield item.url, item.button.strip() or words.act
        case Partners(entries=entries):
            for partner in entries:
                if partner.url.strip():
                    yield partner.url, partner.name.strip() or host(partner.url)
    if item.source and item.source.url:
        yield item.source.url, item.source.name or host(item.source.url)


def _is_mail(url: str) -> bool:
    return url.strip().lower().startswith("mailto:")
