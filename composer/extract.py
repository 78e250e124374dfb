"""An edition's page or revision to plain content: the only place that reads a block's fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from wagtail.rich_text import expand_db_html

from composer.content import (
    Call,
    EditionContent,
    Imprint,
    Item,
    ItemList,
    Lead,
    Line,
    Masthead,
    Picture,
    Quote,
    RichText,
    Section,
    Source,
    Story,
)
from composer.models import BulletinPage, EditionPage
from composer.richtext import from_html, line_from_html

PICTURE_WIDTH = 1200  # pixels: twice the letter's width, for dense screens


def extract(edition: EditionPage, *, bulletin: BulletinPage | None = None) -> EditionContent:
    """`edition` may be a saved page, a revision's object or an unsaved one from the preview."""
    bulletin = bulletin or edition.bulletin
    return EditionContent(
        locale=edition.locale.language_code,
        masthead=Masthead(
            name=bulletin.title,
            tagline=bulletin.tagline,
            publisher=bulletin.publisher,
            postal_address=bulletin.postal_address,
            reason=bulletin.reason,
        ),
        title=edition.title,
        subject=edition.subject or edition.title,
        preheader=edition.preheader,
        number=edition.number,
        published=edition.published,
        sections=tuple(_section(block) for block in edition.body),
    )


def _section(block: Any) -> Section:
    value = block.value
    return Section(heading=value["heading"] or "", items=tuple(_item(child) for child in value["items"]))


def _item(block: Any) -> Item:
    value = block.value
    common: dict[str, Any] = {
        "key": str(block.id or ""),
        "heading": value["heading"] or "",
        "body": _text(value["body"]),
        "source": _source(value["source"]),
        "audience": value["audience"] or "",
        "notes": tuple(line for line in (value["notes"] or "").splitlines() if line.strip()),
    }
    return READERS[block.block_type](value, common)


def _story(value: Any, common: dict[str, Any]) -> Story:
    return Story(**common, picture=_picture(value["picture"]))


def _list(value: Any, common: dict[str, Any]) -> ItemList:
    entries = (_line(entry) for entry in value["entries"])
    return ItemList(**common, entries=tuple(entry for entry in entries if entry))


def _call(value: Any, common: dict[str, Any]) -> Call:
    return Call(**common, button=value["button"] or "", url=value["url"] or "", deadline=value["deadline"])


READERS: dict[str, Callable[[Any, dict[str, Any]], Item]] = {
    "lead": lambda _value, common: Lead(**common),
    "story": _story,
    "list": _list,
    "quote": lambda value, common: Quote(**common, speaker=value["speaker"] or ""),
    "call": _call,
    "imprint": lambda _value, common: Imprint(**common),
}


def _text(value: Any) -> RichText:
    return from_html(expand_db_html(value.source), base_url=settings.BASE_URL) if value else ()


def _line(value: Any) -> Line:
    return line_from_html(expand_db_html(value.source), base_url=settings.BASE_URL) if value else ()


def _source(value: Any) -> Source | None:
    if not value or not (value["name"] or value["url"]):
        return None
    return Source(
        name=value["name"] or "",
        url=value["url"] or "",
        published=value["published"],
        licence=value["licence"] or "",
    )


def _picture(image: Any) -> Picture | None:
    if not image:
        return None
    rendition = image.get_rendition(f"max-{PICTURE_WIDTH}x{PICTURE_WIDTH * 2}")
    address = rendition.url if "://" in rendition.url else settings.BASE_URL + rendition.url
    alt = getattr(image, "contextual_alt_text", None) or image.title
    return Picture(url=address, alt=alt, width=rendition.width, height=rendition.height)
