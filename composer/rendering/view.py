"""What the templates see: an edition's content with its words, dates, addresses and sizes worked out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from composer.content import Call, EditionContent, Item, ItemList, Picture, Quote, Source, Story, plain_text

from . import language
from .links import Links, check_address, host
from .phrases import Phrases, phrases_for
from .richtext import Inline, block_xhtml, list_xhtml
from .theme import Theme

GUTTER = 40
"""Pixels left and right of the text on a desk."""

# An inbox shows the beginning of the body after a short preheader, unless invisible characters fill the line.
_INVISIBLE = "\u034f\u200c\u00a0" * 90
_PREHEADER_LENGTH = 110

_NOTHING = Markup()


@dataclass(frozen=True, slots=True)
class SourceView:
    """`details` begins with a separator."""

    name: str
    href: str
    details: str


@dataclass(frozen=True, slots=True)
class PictureView:
    url: str
    alt: str
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """`level` is that of the heading; `ruled` says that a hairline parts the item from the one before."""

    template: str
    heading: str
    level: int
    ruled: bool
    body: Markup
    source: SourceView | None
    picture: PictureView | None = None
    entries: Markup = _NOTHING
    speaker: str = ""
    button: str = ""
    href: str = ""
    deadline: str = ""


@dataclass(frozen=True, slots=True)
class SectionView:
    heading: str
    items: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    lang: str
    direction: str
    start: str
    subject: str
    preheader: str
    preheader_padding: str
    logo: PictureView | None
    name: str
    tagline: str
    issue: str
    title: str
    contents: str
    sections: tuple[SectionView, ...]
    reason: str
    publisher: str
    postal_address: Markup
    view_url: str
    unsubscribe_url: str


def preheader_of(content: EditionContent) -> str:
    """The edition's preheader, else the beginning of its first text, cut between words."""
    if content.preheader.strip():
        return " ".join(content.preheader.split())
    texts = (" ".join(plain_text(item.body).split()) for item in content.items())
    text = next(filter(None, texts), "")
    if len(text) <= _PREHEADER_LENGTH:
        return text
    cut = text[:_PREHEADER_LENGTH]
    return (cut.rsplit(" ", 1)[0] if cut.count(" ") > 5 else cut).rstrip(",;:，；：、 ") + "…"


def contents_of(content: EditionContent, words: Phrases) -> str:
    """The sections' headings in one line; empty for an issue that needs no such guide."""
    headings = [section.heading.strip() for section in content.sections if section.heading.strip()]
    return words.separator.join(headings) if len(headings) > 2 else ""


def issue_line(content: EditionContent, words: Phrases) -> str:
    """The issue's number and date."""
    date = words.date(content.published) if content.published else ""
    return words.separator.join(filter(None, (content.number.strip(), date)))


def title_of(content: EditionContent) -> str:
    return content.title.strip() or content.masthead.name.strip() or content.subject.strip()


def source_view(source: Source, words: Phrases, href: str) -> SourceView | None:
    """A source's name (or its host), its address as printed, then date and licence; None for an empty one."""
    date = words.date(source.published) if source.published else ""
    named = source.name.strip() or host(source.url)
    parts = [part for part in (named, date, source.licence.strip()) if part]
    if not parts:
        return None
    name, *details = parts
    return SourceView(name, href if named else "", "".join(words.separator + detail for detail in details))


def letter_view(
    content: EditionContent, theme: Theme, links: Links, *, view_url: str, unsubscribe_url: str
) -> LetterView:
    """What `layouts/letter.mjml` prints; `view_url` and `unsubscribe_url` are empty where there is no recipient."""
    words = phrases_for(content.locale)
    direction = language.direction(content.locale)
    masthead, title, preheader = content.masthead, title_of(content), preheader_of(content)
    items = _Items(content, theme, links)
    return LetterView(
        lang=language.tag(content.locale),
        direction=direction,
        start="left" if direction == "ltr" else "right",
        subject=" ".join((content.subject.strip() or title).split()),
        preheader=preheader,
        preheader_padding=_INVISIBLE if preheader else "",
        logo=_picture(theme.logo, theme, "") if theme.logo else None,
        name="" if masthead.name.strip() == title else masthead.name.strip(),
        tagline=masthead.tagline.strip(),
        issue=issue_line(content, words),
        title=title,
        contents=contents_of(content, words),
        sections=tuple(
            SectionView(
                section.heading.strip(), tuple(items.views(section.items, level=3 if section.heading.strip() else 2))
            )
            for section in content.sections
        ),
        reason=masthead.reason.strip(),
        publisher=masthead.publisher.strip(),
        postal_address=Markup("<br />").join(masthead.postal_address.strip().split("\n")),
        view_url=view_url,
        unsubscribe_url=unsubscribe_url,
    )


def context(letter: LetterView, theme: Theme, locale: str) -> dict[str, object]:
    """The names that templates know."""
    return {
        "letter": letter,
        "theme": theme,
        "gutter": GUTTER,
        "c": theme.light,
        "d": theme.dark,
        "t": theme.typography(language.script(locale)),
        "words": phrases_for(locale),
    }


class _Items:
    """Makes the items' views for one edition."""

    def __init__(self, content: EditionContent, theme: Theme, links: Links) -> None:
        self._words = phrases_for(content.locale)
        self._theme = theme
        self._links = links
        self._italics = theme.typography(language.script(content.locale)).italics
        self._start = "left" if language.direction(content.locale) == "ltr" else "right"

    def views(self, items: tuple[Item, ...], *, level: int) -> list[ItemView]:
        before: Item | None = None
        views = []
        for item in items:
            parted = before is None or isinstance(before, Call) or isinstance(item, Call)
            views.append(self._view(item, level=level, ruled=not parted))
            before = item
        return views

    def _view(self, item: Item, *, level: int, ruled: bool) -> ItemView:
        href = partial(self._links.href, item.key)
        palette = self._theme.light
        colour = palette.muted if item.kind == "imprint" else palette.accent
        inline = Inline(href, colour, self._italics, self._start)
        view = partial(
            ItemView,
            template=f"sections/{item.kind}.mjml",
            heading=item.heading.strip(),
            level=level,
            ruled=ruled,
            body=block_xhtml(item.body, inline),
            source=source_view(item.source, self._words, href(item.source.url)) if item.source else None,
        )
        match item:
            case Story(picture=Picture() as picture):
                return view(picture=_picture(picture, self._theme, item.key))
            case ItemList(entries=entries):
                return view(entries=list_xhtml(entries, inline))
            case Quote(speaker=speaker):
                return view(speaker=speaker.strip())
            case Call(button=button, url=url, deadline=deadline):
                return view(
                    button=button.strip() or self._words.act,
                    href=href(url),
                    deadline=self._words.date(deadline) if deadline else "",
                )
            case _:
                return view()


def _picture(picture: Picture, theme: Theme, item_key: str) -> PictureView:
    check_address(picture.url, item_key=item_key, schemes=("http", "https"))
    room = theme.width - 2 * GUTTER
    return PictureView(
        picture.url.strip(), " ".join(picture.alt.split()), min(picture.width, room) if picture.width > 0 else room
    )
