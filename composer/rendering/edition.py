"""An edition's content to what a letter is made of: HTML, plain text, and the links in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from composer.content import EditionContent

from .document import letter_html, letter_mjml
from .links import Links, RenderedLink, number_links
from .merge import Merge, escaped_marks, marked, substituted
from .printable import printable
from .slots import Slot, marker
from .text import render_text
from .theme import Theme
from .themes import theme_of
from .view import LetterView, letter_view


@dataclass(frozen=True, slots=True)
class Rendered:
    """One variant of an edition, ready for encoding.

    Where it is tracked, `html`, `text` and `subject` hold the marks of `slots`, those of `merges` among them; else
    they hold none. `subject` and `preheader` are single lines.
    """

    locale: str
    subject: str
    preheader: str
    html: str
    text: str
    links: tuple[RenderedLink, ...]
    merges: tuple[Merge, ...] = ()


def render_edition(
    content: EditionContent,
    *,
    theme: Theme | None = None,
    base_url: str,
    tracked: bool,
    values: Mapping[str, str] | None = None,
) -> Rendered:
    """Renders `content` as it is given: leave out what an audience doesn't see beforehand (`seen_by`).

    `theme` is the one that the content's masthead names, unless another is given. `tracked` is for letters: links,
    the unsubscribe link and the one to the browser get their marks under `base_url`, and the pixel's mark stands
    before </body>. Without it (preview, archive) links are direct, and what belongs to a recipient is left out; merge
    values are those of `values`, a reader's by field, or words for anybody.

    RefusedAddressError for a link or picture with an address that a letter may not carry; RenderingError for a
    fault in a template, ThemeError and UnknownThemeError among them.
    """
    draft = _draft(content, theme=theme, base_url=base_url, tracked=tracked, values=values or {})
    letter, content, links = draft.letter, draft.content, draft.links
    html = letter_html(letter, draft.theme, content.locale)
    if tracked:
        before, end, after = html.rpartition("</body>")
        html = escaped_marks(f"{before}{marker(Slot.PIXEL)}{end}{after}")
    return Rendered(
        locale=content.locale,
        subject=letter.subject,
        preheader=letter.preheader,
        html=html,
        text=render_text(content, links, view_url=letter.view_url, unsubscribe_url=letter.unsubscribe_url),
        links=tuple(links.numbered.values()),
        merges=draft.merges,
    )


def edition_mjml(content: EditionContent, *, theme: Theme | None = None, base_url: str, tracked: bool) -> str:
    """The MJML that `render_edition` makes the HTML of, to hold it against another compiler."""
    draft = _draft(content, theme=theme, base_url=base_url, tracked=tracked, values={})
    return letter_mjml(draft.letter, draft.theme, draft.content.locale)


@dataclass(frozen=True, slots=True)
class _Draft:
    """An edition with all worked out that its letter prints."""

    content: EditionContent
    theme: Theme
    links: Links
    letter: LetterView
    merges: tuple[Merge, ...]


def _draft(
    content: EditionContent, *, theme: Theme | None, base_url: str, tracked: bool, values: Mapping[str, str]
) -> _Draft:
    theme = theme or theme_of(content.masthead.theme)
    content = printable(content)
    merges: tuple[Merge, ...] = ()
    if tracked:
        content, merges = marked(content)
    else:
        content = substituted(content, values)
    base_url = base_url.rstrip("/")
    theme = theme.with_logo(base_url=base_url, locale=content.locale)
    view_url = f"{base_url}/v/{marker(Slot.VIEW)}" if tracked else ""
    unsubscribe_url = f"{base_url}/u/{marker(Slot.UNSUBSCRIBE)}" if tracked else ""
    links = number_links(content, base_url=base_url, tracked=tracked)
    letter = letter_view(content, theme, links, view_url=view_url, unsubscribe_url=unsubscribe_url)
    return _Draft(content, theme, links, letter, merges)
