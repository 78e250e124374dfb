"""An edition as plain, semantic HTML, for feed readers: headings, paragraphs, lists, links, pictures, no styles."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from urllib.parse import urlsplit

from composer.content import (
    Call,
    Contents,
    Divider,
    EditionContent,
    Event,
    Figures,
    Guide,
    Item,
    ItemList,
    Partners,
    Picture,
    Quote,
    Source,
    Story,
)
from composer.rendering.links import host
from composer.rendering.phrases import Phrases, phrases_for
from composer.richtext import line_to_html, to_html


def article_html(content: EditionContent) -> str:
    """All items of `content`, as it is given; every text in it is escaped, and links are http, https or mailto."""
    words = phrases_for(content.locale)
    parts: list[str] = []
    for section in content.sections:
        if section.heading.strip():
            parts.append(f"<h2>{escape(section.heading.strip())}</h2>")
        for item in section.items:
            parts.extend(_item(item, words))
    return "\n".join(filter(None, parts))


def _item(item: Item, words: Phrases) -> Iterator[str]:
    if isinstance(item, Contents):
        return
    if isinstance(item, Divider):
        yield "<hr>"
        return
    if item.heading.strip():
        yield f"<h3>{escape(item.heading.strip())}</h3>"
    if isinstance(item, Event):
        yield _event(item, words)
    yield _picture(_picture_of(item))
    yield f"<blockquote>{to_html(item.body)}</blockquote>" if isinstance(item, Quote) else to_html(item.body)
    yield from _details(item, words)
    if item.source:
        yield _source(item.source, words)


def _details(item: Item, words: Phrases) -> Iterator[str]:
    match item:
        case Quote(speaker=speaker) if speaker.strip():
            yield f"<p>{escape(words.dash + speaker.strip())}</p>"
        case ItemList(entries=entries):
            yield _list(line_to_html(entry) for entry in entries)
        case Figures(entries=figures):
            yield _list(f"<strong>{escape(figure.value)}</strong> {escape(figure.label)}" for figure in figures)
        case Partners(entries=partners):
            yield _list(_link(partner.url, partner.name) for partner in partners)
        case Guide(details=details) if details.strip():
            yield f"<p>{escape(details.strip())}</p>"
        case Call(deadline=deadline) if deadline:
            yield f"<p>{escape(words.deadline + words.colon + words.date(deadline))}</p>"
        case _:
            pass
    if isinstance(item, Call | Event | Guide) and item.url:
        yield f"<p>{_link(item.url, item.button.strip() or words.act)}</p>"


def _event(event: Event, words: Phrases) -> str:
    if event.day is None:
        return ""
    days = [words.date(event.day)] + ([words.date(event.last_day)] if event.last_day else [])
    times = [time.strftime("%H:%M") for time in (event.start, event.end) if time]
    zone = event.zone.replace("_", " ") if times else ""
    line = words.separator.join(filter(None, (" – ".join(days), "–".join(times), zone, event.place.strip())))
    return f"<p>{escape(line)}</p>"


def _picture_of(item: Item) -> Picture | None:
    match item:
        case Story(picture=picture) | Guide(cover=picture):
            return picture
        case _:
            return None


def _picture(picture: Picture | None) -> str:
    if picture is None or not _is_web(picture.url):
        return ""
    alt = "" if picture.decorative else escape(picture.alt)
    size = f' width="{picture.width}" height="{picture.height}"'
    return f'<p><img src="{escape(picture.url)}" alt="{alt}"{size}></p>'


def _source(source: Source, words: Phrases) -> str:
    named = source.name.strip() or host(source.url)
    date = words.date(source.published) if source.published else ""
    parts = [_link(source.url, named) if named else "", escape(date), escape(source.licence.strip())]
    line = words.separator.join(filter(None, parts))
    return f"<p><small>{escape(words.source + words.colon)}{line}</small></p>" if line else ""


def _list(entries: Iterator[str]) -> str:
    lines = "".join(f"<li>{entry}</li>" for entry in entries)
    return f"<ul>{lines}</ul>" if lines else ""


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url.strip())}">{escape(text)}</a>' if _is_web(url) else escape(text)


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url.strip()).scheme.lower() in {"http", "https"}
    except ValueError:
        return False
