"""An edition's content to what a letter is made of: HTML, plain text, and the links in both."""

from __future__ import annotations

from dataclasses import dataclass

from composer.content import EditionContent

from .errors import RenderingError
from .links import RenderedLink, number_links
from .mjml import compile_mjml
from .printable import printable
from .slots import Slot, marker
from .templates import render_template
from .text import render_text
from .theme import DEFAULT, Theme
from .view import context, letter_view

_LAYOUT = "layouts/letter.mjml"


@dataclass(frozen=True, slots=True)
class Rendered:
    """One variant of an edition, ready for encoding.

    Where it is tracked, `html` and `text` hold the marks of `slots`; else they hold none. `subject` and
    `preheader` are single lines.
    """

    locale: str
    subject: str
    preheader: str
    html: str
    text: str
    links: tuple[RenderedLink, ...]


def render_edition(content: EditionContent, *, theme: Theme = DEFAULT, base_url: str, tracked: bool) -> Rendered:
    """Renders `content` as it is given: leave out what an audience doesn't see beforehand (`seen_by`).

    `tracked` is for letters: links, the unsubscribe link and the one to the browser get their marks under
    `base_url`, and the pixel's mark stands before </body>. Without it (preview, archive) links are direct, and
    what belongs to a recipient is left out. RefusedAddressError for a link or picture with an address that a letter may
    not carry; RenderingError for a fault in a template.
    """
    content = printable(content)
    base_url = base_url.rstrip("/")
    view_url = f"{base_url}/v/{marker(Slot.VIEW)}" if tracked else ""
    unsubscribe_url = f"{base_url}/u/{marker(Slot.UNSUBSCRIBE)}" if tracked else ""
    links = number_links(content, base_url=base_url, tracked=tracked)
    letter = letter_view(content, theme, links, view_url=view_url, unsubscribe_url=unsubscribe_url)
    html = _compile(context(letter, theme, content.locale))
    if tracked:
        before, end, after = html.rpartition("</body>")
        html = f"{before}{marker(Slot.PIXEL)}{end}{after}"
    return Rendered(
        locale=content.locale,
        subject=letter.subject,
        preheader=letter.preheader,
        html=html,
        text=render_text(content, links, view_url=view_url, unsubscribe_url=unsubscribe_url),
        links=tuple(links.numbered.values()),
    )


def _compile(names: dict[str, object]) -> str:
    try:
        return compile_mjml(render_template(_LAYOUT, names), template=_LAYOUT)
    except RenderingError as error:
        if error.template != _LAYOUT:
            raise
        # Once more with stamps, to say which template and line the fault is in.
        compile_mjml(render_template(_LAYOUT, names, stamped=True), template=_LAYOUT)
        raise
