"""A web page, or what was copied from one: the text that its readers see, in order."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote_to_bytes

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from composer.content import Line, Span
from composer.importing.characters import separator
from composer.importing.document import DocBlock, DocHeading, DocList, DocQuote, DocText, Document, LeftOut
from composer.importing.errors import ImportRefused
from composer.importing.ledger import Ledger
from composer.importing.pictures import read_picture
from composer.importing.spans import join_spans, one_line, split_lines
from composer.importing.tables import read_table

LARGEST_PAGE = 20_000_000  # characters, pictures written into it among them
INNER_LIST_NOTE = "An inner list was joined with the list around it."
MOST_TAGS = 200_000
DEEPEST = 150  # tags within tags
_SILENT = {
    "script",
    "style",
    "template",
    "head",
    "svg",
    "math",
    "object",
    "embed",
    "iframe",
    "audio",
    "video",
    "canvas",
}
_UNSHOWN = {"svg": "a drawing", "math": "a formula", "nav": "the page's menu"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = (
    {"p", "div", "section", "article", "main", "header", "footer", "aside", "body", "html", "form", "fieldset"}
    | {"address", "blockquote", "center", "details", "summary", "dl", "dt", "dd", "figure", "figcaption", "hr"}
    | {"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "ul", "ol", "li", "menu", "pre", "img", "nav"}
    | {"option", "select", "legend", "hgroup", "picture", "noscript", *_HEADINGS, *_SILENT}
)
_DATA = re.compile(r"data:image/[a-z.+-]{1,30}(;base64)?,", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_BOLD = re.compile(r"font-weight\s*:\s*(bold|bolder|[6-9]00)", re.IGNORECASE)
_LIGHT = re.compile(r"font-weight\s*:\s*(normal|lighter|[1-5]00)", re.IGNORECASE)
_ITALIC = re.compile(r"font-style\s*:\s*(italic|oblique)", re.IGNORECASE)
_GAP = re.compile(r"[ \t\n\r\f]+")


def read_page(html: str, *, name: str) -> Document:
    """The document; ImportRefused for a page that is too large or nested too deeply."""
    if len(html) > LARGEST_PAGE:
        raise ImportRefused(
            f"{name} has {len(html):,} characters, at most {LARGEST_PAGE:,} are read: take only the issue's own text."
        )
    if html.count("<") > MOST_TAGS:
        raise ImportRefused(f"{name} has more than {MOST_TAGS:,} tags: copy the issue's own text and paste that.")
    reader = _Reader(name)
    blocks = tuple(reader.blocks(BeautifulSoup(html, "html.parser"), Span(""), 0))
    return Document(blocks, set_aside=tuple(reader.ledger.set_aside), added=tuple(reader.ledger.added))


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.ledger = Ledger()

    def blocks(self, parent: Tag, style: Span, depth: int) -> Iterator[DocBlock]:
        """The blocks of what `parent` holds: runs of text between its block elements are paragraphs."""
        line: list[Span] = []
        for piece in self._pieces(parent, style, depth):
            if isinstance(piece, Span):
                line.append(piece)
                continue
            yield from self._paragraphs(line)
            line = []
            yield piece
        yield from self._paragraphs(line)

    def _paragraphs(self, spans: list[Span]) -> Iterator[DocText]:
        for line in split_lines(spans, self.ledger):
            yield DocText(line)

    def _pieces(self, parent: Tag, style: Span, depth: int) -> Iterator[Span | DocBlock]:
        """Spans and blocks in their order; a block element within an inline one parts its text."""
        if depth > DEEPEST:
            raise ImportRefused(f"{self.name} is nested more than {DEEPEST} tags deep: copy its text and paste that.")
        for node in parent.children:
            if isinstance(node, PreformattedString):
                continue  # comments and declarations
            if isinstance(node, NavigableString):
                yield replace(style, text=_collapsed(str(node)))
            elif isinstance(node, Tag):
                if _is_hidden(node):
                    yield from _left_out("hidden text", node)
                elif node.name == "br":
                    yield Span("\n")
                elif node.name in _BLOCKS:
                    yield from self._block(node, style, depth + 1)
                else:
                    yield from self._pieces(node, _styled(node, style), depth + 1)

    def _block(self, tag: Tag, style: Span, depth: int) -> Iterator[DocBlock]:
        style = _styled(tag, style)
        if tag.name in _HEADINGS:
            yield from self._heading(tag, style, depth)
        elif tag.name in {"ul", "ol", "menu"}:
            yield from self._list(tag, style, depth)
        elif tag.name == "table":
            yield from self._table(tag, style, depth)
        elif tag.name in _SILENT or tag.name == "nav":
            yield from self._silent(tag)
        elif tag.name == "img":
            yield from self._picture(tag, style)
        elif tag.name == "pre":
            for line in split_lines([replace(style, text=tag.get_text())], self.ledger):
                yield DocText(line)
        else:
            quoted = tag.name == "blockquote"
            for block in self.blocks(tag, style, depth):
                yield DocQuote(block.line) if quoted and isinstance(block, DocText) else block

    def _silent(self, tag: Tag) -> Iterator[LeftOut]:
        if tag.name == "head":
            title = tag.find("title")
            if isinstance(title, Tag):
                yield from _left_out("the page's title", title)
        elif tag.name not in {"script", "style", "template"}:
            yield from _left_out(_UNSHOWN.get(tag.name, "an embedded object"), tag)

    def _heading(self, tag: Tag, style: Span, depth: int) -> Iterator[DocBlock]:
        inner = list(self.blocks(tag, style, depth))
        lines = [block.line for block in inner if isinstance(block, DocText)]
        if lines:
            yield DocHeading(_HEADINGS[tag.name], join_spans(lines))
        yield from (block for block in inner if not isinstance(block, DocText))

    def _list(self, tag: Tag, style: Span, depth: int) -> Iterator[DocBlock]:
        entries: list[Line] = []
        within: list[Line] = []
        late: list[DocBlock] = []
        inner = False
        for child in tag.children:
            if isinstance(child, PreformattedString) or not isinstance(child, Tag | NavigableString):
                continue
            if isinstance(child, NavigableString):
                if line := one_line([replace(style, text=_collapsed(str(child)))], self.ledger):
                    entries.append(line)
                continue
            if _is_hidden(child):
                late.extend(_left_out("hidden text", child))
                continue
            own = child.name == "li"
            found = self.blocks(child, _styled(child, style), depth + 1) if own else self._any(child, style, depth)
            lines: list[Line] = []
            for block in found:
                if isinstance(block, DocText | DocQuote):
                    lines.append(block.line)
                elif isinstance(block, DocList):
                    within.extend(block.entries)
                else:
                    late.append(block)
            entries.extend([join_spans(lines)] if lines else [])
            entries.extend(within)
            inner = inner or bool(within)
            within = []
        if entries:
            yield DocList(tuple(entries), ordered=tag.name == "ol", note=INNER_LIST_NOTE if inner else "")
        yield from late

    def _any(self, tag: Tag, style: Span, depth: int) -> Iterator[DocBlock]:
        if tag.name in _BLOCKS:
            yield from self._block(tag, style, depth + 1)
        else:
            yield from self.blocks(tag, _styled(tag, style), depth + 1)

    def _table(self, tag: Tag, style: Span, depth: int) -> Iterator[DocBlock]:
        rows: list[list[list[DocBlock]]] = []
        for part in self._rows(tag, depth):
            if _is_hidden(part):
                yield from _left_out("hidden text", part)
            elif part.name == "tr":
                cells = [child for child in part.children if isinstance(child, Tag)]
                rows.append([list(self._any(cell, style, depth + 1)) for cell in cells])
            else:  # a caption, or what stands in a table against the rules
                yield from self._any(part, style, depth + 1)
        yield from read_table(rows)

    def _rows(self, tag: Tag, depth: int) -> Iterator[Tag]:
        for child in tag.children:
            if isinstance(child, Tag) and child.name in {"thead", "tbody", "tfoot"} and not _is_hidden(child):
                yield from self._rows(child, depth + 1)
            elif isinstance(child, Tag) and child.name not in {"colgroup", "col"}:
                yield child
            elif isinstance(child, NavigableString) and child.strip() and not isinstance(child, PreformattedString):
                stray = BeautifulSoup("", "html.parser").new_tag("p")
                stray.string = str(child)
                yield stray

    def _picture(self, tag: Tag, style: Span) -> Iterator[DocBlock]:
        if style.href:
            yield LeftOut("the link of a picture", style.href)
        alt, address = " ".join(_attribute(tag, "alt").split()), _attribute(tag, "src").strip()
        if (match := _DATA.match(address)) is None:
            if address:
                yield LeftOut(f"a picture that is not in the file but at “{address[:200]}”", alt)
            elif alt:
                yield LeftOut("a picture without an address", alt)
            return
        payload = unquote_to_bytes(address[match.end() :])
        try:
            data = base64.b64decode(payload) if match[1] else payload
        except (binascii.Error, ValueError):
            data = b""
        found = read_picture(data, name="picture", alt=alt)
        if found is not None:
            yield found


def _styled(tag: Tag, style: Span) -> Span:
    css = _attribute(tag, "style")
    if (tag.name in {"b", "strong", "th"} and not _LIGHT.search(css)) or _BOLD.search(css):
        style = replace(style, bold=True)
    if tag.name in {"i", "em", "cite"} or _ITALIC.search(css):
        style = replace(style, italic=True)
    if tag.name == "a" and tag.get("href"):
        style = replace(style, href=_attribute(tag, "href").strip())
    return style


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value if isinstance(value, str) else " ".join(value or [])


def _is_hidden(tag: Tag) -> bool:
    return tag.has_attr("hidden") or _HIDDEN.search(_attribute(tag, "style")) is not None


def _left_out(what: str, tag: Tag) -> Iterator[LeftOut]:
    parts = [
        str(node)
        for node in tag.descendants
        if isinstance(node, NavigableString)
        and not isinstance(node, PreformattedString)
        and (node.parent is None or node.parent.name not in {"script", "style", "template"})
    ]
    if text := " ".join(" ".join(parts).split()):
        yield LeftOut(what, text)


def _collapsed(text: str) -> str:
    """`text` with its white space as a browser shows it; a break between two ideographs is nothing."""
    parts = _GAP.split(text)
    if "\n" not in text and "\r" not in text:
        return " ".join(parts)
    joined = parts[0]
    for part in parts[1:]:
        joined += (separator(joined, part) if joined and part and _is_wide_pair(joined, part) else " ") + part
    return joined


def _is_wide_pair(before: str, after: str) -> bool:
    return not separator(before, after) and ord(before[-1]) > 0x2E7F and ord(after[0]) > 0x2E7F
