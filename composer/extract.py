"""An edition's page or revision to plain content: the only place that reads a block's fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any

from django.conf import settings
from wagtail.rich_text import expand_db_html

from composer.blocks import PAIR
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
    Lead,
    Line,
    Masthead,
    Partner,
    Partners,
    Picture,
    Quote,
    RichText,
    Section,
    Source,
    Story,
)
from composer.models import BulletinPage, EditionPage
from composer.rendering.goals import normalise_topic
from composer.richtext import from_html, line_from_html

_COMMAS = re.compile("[,，、;；]")
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
            theme=bulletin.theme,
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
    return Section(heading=value["heading"] or "", items=tuple(_items(value["items"])))


def _items(stream: Any) -> Iterator[Item]:
    for block in stream:
        if block.block_type == PAIR:
            for half in block.value["stories"].bound_blocks:
                yield Story(**_common(half), picture=_picture(half.value["picture"]), half=True)
        else:
            yield READERS[block.block_type](block.value, _common(block))


def _common(block: Any) -> dict[str, Any]:
    value = block.value
    return {
        "key": str(block.id or ""),
        "heading": value.get("heading") or "",
        "body": _text(value.get("body")),
        "source": _source(value.get("source")),
        "audience": value.get("audience") or "",
        "topics": _topics(value.get("topics") or ""),
        "notes": tuple(line for line in (value.get("notes") or "").splitlines() if line.strip()),
    }


def _topics(text: str) -> tuple[str, ...]:
    named = (normalise_topic(part) for part in _COMMAS.split(text))
    return tuple(dict.fromkeys(filter(None, named)))


def _story(value: Any, common: dict[str, Any]) -> Story:
    return Story(**common, picture=_picture(value["picture"]), picture_place=value["picture_place"] or "above")


def _list(value: Any, common: dict[str, Any]) -> ItemList:
    entries = (_line(entry) for entry in value["entries"])
    return ItemList(**common, entries=tuple(entry for entry in entries if entry))


def _figures(value: Any, common: dict[str, Any]) -> Figures:
    entries = (Figure(entry["value"] or "", entry["label"] or "") for entry in value["entries"])
    return Figures(**common, entries=tuple(entry for entry in entries if entry.value or entry.label))


def _event(value: Any, common: dict[str, Any]) -> Event:
    return Event(
        **common,
        **_link(value),
        day=_date(value["day"]),
        start=_time(value["start"]),
        last_day=_date(value["last_day"]),
        end=_time(value["end"]),
        zone=value["zone"] or "UTC",
        place=value["place"] or "",
        calendar=bool(value["calendar"]),
    )


def _call(value: Any, common: dict[str, Any]) -> Call:
    return Call(**common, **_link(value), deadline=_date(value["deadline"]))


def _guide(value: Any, common: dict[str, Any]) -> Guide:
    return Guide(**common, **_link(value), cover=_picture(value["cover"]), details=value["details"] or "")


def _partners(value: Any, common: dict[str, Any]) -> Partners:
    entries = (
        Partner(entry["name"] or "", entry["url"] or "", _picture(entry["logo"], alt=entry["name"] or ""))
        for entry in value["entries"]
    )
    return Partners(**common, entries=tuple(entry for entry in entries if entry.name or entry.logo))


def _link(value: Any) -> dict[str, Any]:
    return {"button": value["button"] or "", "url": value["url"] or ""}


READERS: dict[str, Callable[[Any, dict[str, Any]], Item]] = {
    "lead": lambda _value, common: Lead(**common),
    "story": _story,
    "list": _list,
    "quote": lambda value, common: Quote(**common, speaker=value["speaker"] or ""),
    "figures": _figures,
    "event": _event,
    "call": _call,
    "guide": _guide,
    "partners": _partners,
    "contents": lambda _value, common: Contents(**common),
    "divider": lambda _value, common: Divider(**common),
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
        published=_date(value["published"]),
        licence=value["licence"] or "",
    )


def _picture(image: Any, *, alt: str = "") -> Picture | None:
    if not image:
        return None
    rendition = image.get_rendition(f"max-{PICTURE_WIDTH}x{PICTURE_WIDTH * 2}")
    address = rendition.url if "://" in rendition.url else settings.BASE_URL + rendition.url
    decorative = bool(getattr(image, "decorative", False)) and not alt
    described = "" if decorative else alt or getattr(image, "contextual_alt_text", None) or image.description
    return Picture(address, described, rendition.width, rendition.height, decorative)


def _date(value: Any) -> date | None:
    """A preview's unsaved block may hold the text of a date."""
    return value if isinstance(value, date) else date.fromisoformat(value) if value else None


def _time(value: Any) -> time | None:
    return value if isinstance(value, time) else time.fromisoformat(value) if value else None
