"""What the templates see: an edition's content with its words, dates, addresses and sizes worked out."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from composer.content import Contents, EditionContent, plain_text

from . import language
from .items import GAP, GUTTER, ItemView, ItemViews
from .links import Links
from .phrases import Phrases, phrases_for
from .pictures import PictureView, picture_view
from .slots import CLOSE, OPEN
from .theme import Theme

# An inbox shows the beginning of the body after a short preheader, unless invisible characters fill the line.
_INVISIBLE = "\u034f\u200c\u00a0" * 90
_PREHEADER_LENGTH = 110


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
    if cut.rfind(OPEN) > cut.rfind(CLOSE):  # never through a merge value's mark
        cut = cut[: cut.rfind(OPEN)]
    return (cut.rsplit(" ", 1)[0] if cut.count(" ") > 5 else cut).rstrip(",;:，；：、 ") + "…"


def contents_of(content: EditionContent, words: Phrases) -> str:
    """The sections' headings in one line; empty for an issue that needs no such guide or has a longer one."""
    if any(isinstance(item, Contents) for item in content.items()):
        return ""
    headings = [section.heading.strip() for section in content.sections if section.heading.strip()]
    return words.separator.join(headings) if len(headings) > 2 else ""


def issue_line(content: EditionContent, words: Phrases) -> str:
    """The issue's number and date."""
    date = words.date(content.published) if content.published else ""
    return words.separator.join(filter(None, (content.number.strip(), date)))


def title_of(content: EditionContent) -> str:
    return content.title.strip() or content.masthead.name.strip() or content.subject.strip()


def letter_view(
    content: EditionContent, theme: Theme, links: Links, *, view_url: str, unsubscribe_url: str
) -> LetterView:
    """What `layouts/letter.mjml` prints; `view_url` and `unsubscribe_url` are empty where there is no recipient."""
    words = phrases_for(content.locale)
    direction = language.direction(content.locale)
    masthead, title, preheader = content.masthead, title_of(content), preheader_of(content)
    items = ItemViews(content, theme, links)
    return LetterView(
        lang=language.tag(content.locale),
        direction=direction,
        start="left" if direction == "ltr" else "right",
        subject=" ".join((content.subject.strip() or title).split()),
        preheader=preheader,
        preheader_padding=_INVISIBLE if preheader else "",
        logo=picture_view(theme.logo, room=theme.width - 2 * GUTTER, item_key="") if theme.logo else None,
        name="" if masthead.name.strip() == title else masthead.name.strip(),
        tagline=masthead.tagline.strip(),
        issue=issue_line(content, words),
        title=title,
        contents=contents_of(content, words),
        sections=tuple(
            SectionView(
                section.heading.strip(), tuple(items.of(section.items, level=3 if section.heading.strip() else 2))
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
        "gap": GAP,
        "c": theme.light,
        "d": theme.dark,
        "t": theme.typography(language.script(locale)),
        "words": phrases_for(locale),
    }
