"""Rich text as well-formed XHTML with its styles inline."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from composer.content import Bullets, Line, Paragraph, RichText

from .links import runs

_BREAK = Markup("<br />")


@dataclass(frozen=True, slots=True)
class Inline:
    """How text is set inside an item.

    `href` gives the address to print for an address in the content; `link` is a colour; `start` is
    `left` or `right`, the side on which a line begins.
    """

    href: Callable[[str], str]
    link: str
    italics: bool
    start: str


def block_xhtml(text: RichText, inline: Inline) -> Markup:
    """Paragraphs and lists; those without text are left out."""
    parts: list[str] = []
    for block in text:
        match block:
            case Paragraph(spans):
                if content := line_xhtml(spans, inline):
                    parts.append(f'<p style="margin:0 0 12px">{content}</p>')
            case Bullets(entries, ordered):
                parts.append(list_xhtml(entries, inline, ordered=ordered))
    return Markup("\n".join(filter(None, parts)))  # noqa: S704 - every part is escaped in line_xhtml


def list_xhtml(entries: Iterable[Line], inline: Inline, *, ordered: bool = False) -> Markup:
    items = [
        f'<li style="margin:0 0 6px">{content}</li>' for entry in entries if (content := line_xhtml(entry, inline))
    ]
    if not items:
        return Markup()
    tag = "ol" if ordered else "ul"
    sides = "padding:0 0 0 22px" if inline.start == "left" else "padding:0 22px 0 0"
    return Markup(f'<{tag} style="margin:0 0 14px;{sides}">{"".join(items)}</{tag}>')  # noqa: S704 - escaped as above


def line_xhtml(line: Line, inline: Inline) -> Markup:
    """The line's spans; empty if they hold no text."""
    if not any(span.text.strip() for span in line):
        return Markup()
    parts: list[str] = []
    for href, spans in runs(line):
        content = "".join(_span_xhtml(span.text, bold=span.bold, italic=span.italic, inline=inline) for span in spans)
        if href and any(span.text.strip() for span in spans):
            content = f'<a href="{escape(inline.href(href))}" style="color:{inline.link}">{content}</a>'
        parts.append(content)
    return Markup("".join(parts))  # noqa: S704 - text and addresses are escaped above


def _span_xhtml(text: str, *, bold: bool, italic: bool, inline: Inline) -> str:
    content = str(_BREAK.join(escape(line) for line in text.split("\n")))
    if italic and inline.italics:
        content = f"<em>{content}</em>"
    elif italic:
        content = f'<em style="font-style:normal;font-weight:600">{content}</em>'
    return f"<strong>{content}</strong>" if bold else content
