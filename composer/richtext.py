"""Rich text between its two forms: the HTML that the desk stores and the plain data that is rendered.

Only what the plain data can say survives: paragraphs, lists, bold, italic, and links to http, https or mailto
addresses. Everything else of a pasted page is inert from here on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from html import escape
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement, PreformattedString

from composer.content import Bullets, Line, Paragraph, RichText, Span

BLOCKS = {
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "table",
    "tr",
    "ul",
    "ol",
    "li",
    "br",
    "hr",
}
SILENT = {"script", "style", "head", "title", "template", "embed"}
MAX_DEPTH = 100


def from_html(html: str, *, base_url: str = "") -> RichText:
    """Read stored HTML; addresses without a host are taken as paths below `base_url`."""
    reader = _Reader(base_url)
    reader.read(BeautifulSoup(html, "html.parser"), Span(""), 0)
    reader.end_paragraph()
    return tuple(reader.blocks)


def line_from_html(html: str, *, base_url: str = "") -> Line:
    """Read stored HTML into one line: paragraphs are joined by a space."""
    spans: list[Span] = []
    for block in from_html(html, base_url=base_url):
        for line in (block.spans,) if isinstance(block, Paragraph) else block.entries:
            spans.extend(([Span(" ")] if spans else []) + list(line))
    return tuple(spans)


def to_html(text: RichText) -> str:
    """The HTML that the desk stores for `text`."""
    parts = []
    for block in text:
        if isinstance(block, Paragraph):
            parts.append(f"<p>{line_to_html(block.spans)}</p>")
        else:
            name = "ol" if block.ordered else "ul"
            parts.append(f"<{name}>{''.join(f'<li>{line_to_html(entry)}</li>' for entry in block.entries)}</{name}>")
    return "".join(parts)


def line_to_html(line: Iterable[Span]) -> str:
    parts = []
    for span in line:
        html = escape(span.text, quote=False)
        if span.bold:
            html = f"<b>{html}</b>"
        if span.italic:
            html = f"<i>{html}</i>"
        if span.href:
            html = f'<a href="{escape(span.href)}">{html}</a>'
        parts.append(html)
    return "".join(parts)


class _Reader:
    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.blocks: list[Paragraph | Bullets] = []
        self.line: list[Span] = []

    def read(self, parent: Tag, style: Span, depth: int) -> None:
        for node in parent.children:
            if isinstance(node, PreformattedString):
                continue  # comments, CDATA, declarations
            if isinstance(node, NavigableString):
                self.write(str(node), style)
            elif isinstance(node, Tag) and node.name not in SILENT and depth < MAX_DEPTH:
                self.enter(node, style, depth + 1)

    def enter(self, tag: Tag, style: Span, depth: int) -> None:
        match tag.name:
            case "ul" | "ol":
                self.end_paragraph()
                entries = [
                    _entry(item, self.base_url, style, depth) for item in tag.find_all("li") if _owner(item) is tag
                ]
                filled = tuple(entry for entry in entries if entry)
                if filled:
                    self.blocks.append(Bullets(filled, ordered=tag.name == "ol"))
            case "b" | "strong":
                self.read(tag, replace(style, bold=True), depth)
            case "i" | "em":
                self.read(tag, replace(style, italic=True), depth)
            case "a":
                self.read(tag, replace(style, href=absolute_address(str(tag.get("href", "")), self.base_url)), depth)
            case name if name in BLOCKS:
                self.end_paragraph()
                self.read(tag, style, depth)
                self.end_paragraph()
            case _:
                self.read(tag, style, depth)

    def write(self, text: str, style: Span) -> None:
        text = " ".join(f"x{text}x".split())[1:-1] if text.strip() else " " if self.line else ""
        if text:
            self.line.append(replace(style, text=text))

    def end_paragraph(self) -> None:
        spans = _trimmed(self.line)
        self.line = []
        if spans:
            self.blocks.append(Paragraph(spans))


def _owner(item: PageElement) -> Tag | None:
    return item.find_parent(["ul", "ol"])


def _entry(item: Tag, base_url: str, style: Span, depth: int) -> Line:
    reader = _Reader(base_url)
    reader.read(item, style, depth)
    reader.end_paragraph()
    spans: list[Span] = []
    for block in reader.blocks:
        for line in (block.spans,) if isinstance(block, Paragraph) else block.entries:
            spans.extend(([Span(" ")] if spans else []) + list(line))
    return tuple(spans)


def _trimmed(spans: list[Span]) -> Line:
    """Neighbours of one style joined, the ends without spaces."""
    joined: list[Span] = []
    for span in spans:
        if joined and replace(joined[-1], text="") == replace(span, text=""):
            joined[-1] = replace(span, text=joined[-1].text + span.text)
        else:
            joined.append(span)
    while joined and not joined[0].text.strip():
        joined.pop(0)
    while joined and not joined[-1].text.strip():
        joined.pop()
    if joined:
        joined[0] = replace(joined[0], text=joined[0].text.lstrip())
        joined[-1] = replace(joined[-1], text=joined[-1].text.rstrip())
    return tuple(joined)


def absolute_address(href: str, base_url: str) -> str:
    """A link's address, taken as a path below `base_url` where it has no host; empty for what no letter may carry."""
    href = href.strip()
    try:
        scheme = urlsplit(href).scheme.lower()
    except ValueError:
        return ""
    if scheme in {"http", "https", "mailto"}:
        return href
    if not scheme and href.startswith("/") and not href.startswith("//") and base_url:
        return urljoin(base_url, href)
    return ""
