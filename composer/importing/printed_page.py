"""The pages of a PDF as pdfium sees them: lines of text with their place, size and links; pictures; remarks.

The library is native code and not made for several threads: nothing here may run in the web process.
"""

from __future__ import annotations

import ctypes
import hashlib
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pypdfium2 as pdfium  # type: ignore[import-untyped]
from pypdfium2 import raw

from composer.content import Line, Span
from composer.importing.errors import ImportRefused
from composer.importing.pictures import LARGEST_PICTURE, MOST_PIXELS

MOST_PAGES = 300
MOST_CHARACTERS = 2_000_000
MOST_LINKS = 2_000  # of a page
_SMALLEST = 24.0  # points; a smaller picture is an icon or a line
_ALL_PICTURES = 100_000_000  # bytes
_REMARKS = {
    raw.FPDF_ANNOT_TEXT,
    raw.FPDF_ANNOT_FREETEXT,
    raw.FPDF_ANNOT_HIGHLIGHT,
    raw.FPDF_ANNOT_UNDERLINE,
    raw.FPDF_ANNOT_STRIKEOUT,
    raw.FPDF_ANNOT_CARET,
    raw.FPDF_ANNOT_STAMP,
}


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """`size` is that of its letters; all measures are points, counted from the page's lower left corner."""

    spans: Line
    size: float
    left: float
    right: float
    bottom: float
    top: float


@dataclass(frozen=True, slots=True)
class PrintedPicture:
    """`data` is a file of the picture, or empty for one that was not taken; `why` says why."""

    top: float
    data: bytes
    why: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(slots=True)
class PrintedPage:
    lines: list[PrintedLine] = field(default_factory=list)
    pictures: list[PrintedPicture] = field(default_factory=list)
    small_pictures: int = 0
    remarks: list[str] = field(default_factory=list)
    loose_links: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Link:
    href: str
    left: float
    bottom: float
    right: float
    top: float

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.bottom <= y <= self.top


def read_pages(data: bytes, *, name: str) -> list[PrintedPage]:
    """Every page; ImportRefused for a PDF that is damaged, locked with a password, or too long."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise ImportRefused(
                f"{name} is locked with a password: open it, save it without one (or print it as a PDF) and try again."
            ) from error
        raise ImportRefused(f"{name} is damaged and can't be opened as a PDF: make it once more.") from error
    if len(document) > MOST_PAGES:
        raise ImportRefused(
            f"{name} has {len(document)} pages, and at most {MOST_PAGES} are read: save the issue's own pages as a PDF."
        )
    return list(_pages(document, name))


def _pages(document: Any, name: str) -> Iterator[PrintedPage]:
    characters = 0
    taken = _Taken()
    for index in range(len(document)):
        try:
            page = document[index]
        except pdfium.PdfiumError as error:
            raise ImportRefused(f"Page {index + 1} of {name} is damaged: make the PDF once more.") from error
        text = page.get_textpage()
        characters += text.count_chars()
        if characters > MOST_CHARACTERS:
            raise ImportRefused(
                f"{name} has more than {MOST_CHARACTERS:,} characters: save the issue's own pages as a PDF."
            )
        found = PrintedPage()
        links = _links(document, page)
        found.lines.extend(_Lines(text, links).read())
        linked = {span.href for line in found.lines for span in line.spans}
        found.loose_links.extend(dict.fromkeys(link.href for link in links if link.href not in linked))
        found.remarks.extend(_remarks(page))
        _read_pictures(page, found, taken)
        text.close()
        page.close()
        yield found


class _Lines:
    """Goes over a page's characters once; a change of style or link begins a span."""

    def __init__(self, text: Any, links: list[_Link]) -> None:
        self.raw = text.raw
        self.count = text.count_chars()
        self.links = links
        self.styles: dict[int, tuple[float, bool, bool]] = {}
        self.spans: list[Span] = []
        self.sizes: list[float] = []
        self.box = (math.inf, math.inf, -math.inf, -math.inf)

    def read(self) -> Iterator[PrintedLine]:
        for index in range(self.count):
            code = raw.FPDFText_GetUnicode(self.raw, index)
            if code in (0x0D, 0x0A):
                yield from self._end()
                continue
            if code in (0x02, 0xFFFE) or (code and raw.FPDFText_IsHyphen(self.raw, index) == 1):
                code = 0x2D  # a hyphen at a line's end
            if code:
                self._take(index, chr(code) if code < 0x110000 else "\ufffd")
        yield from self._end()

    def _take(self, index: int, character: str) -> None:
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        raw.FPDFText_GetCharBox(self.raw, index, left, right, bottom, top)
        if character.isspace():
            href = self.spans[-1].href if self.spans else ""
            style = replace(self.spans[-1], text=character) if self.spans else Span(character)
            self._add(replace(style, href=href))
            return
        size, bold, italic = self._style(index)
        x, y = (left.value + right.value) / 2, (bottom.value + top.value) / 2
        href = next((link.href for link in self.links if link.holds(x, y)), "")
        self._add(Span(character, bold=bold, italic=italic, href=href))
        self.sizes.append(size)
        origin_x, origin_y = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(self.raw, index, origin_x, origin_y)
        self.box = (
            min(self.box[0], left.value),
            min(self.box[1], origin_y.value),
            max(self.box[2], right.value),
            max(self.box[3], top.value),
        )

    def _add(self, span: Span) -> None:
        if self.spans and replace(self.spans[-1], text="") == replace(span, text=""):
            self.spans[-1] = replace(span, text=self.spans[-1].text + span.text)
        else:
            self.spans.append(span)

    def _style(self, index: int) -> tuple[float, bool, bool]:
        """Size, bold and italic of the run of text that the character is in."""
        run = raw.FPDFText_GetTextObject(self.raw, index)
        key = ctypes.cast(run, ctypes.c_void_p).value or 0
        if key not in self.styles:
            matrix = raw.FS_MATRIX()
            raw.FPDFText_GetMatrix(self.raw, index, matrix)
            size = raw.FPDFText_GetFontSize(self.raw, index) * (math.hypot(matrix.b, matrix.d) or 1.0)
            buffer, flags = ctypes.create_string_buffer(200), ctypes.c_int()
            raw.FPDFText_GetFontInfo(self.raw, index, buffer, 200, flags)
            font = buffer.value.decode("utf-8", "replace").lower()
            heavy = raw.FPDFText_GetFontWeight(self.raw, index) >= 600
            bold = heavy or bool(flags.value & 1 << 18) or any(word in font for word in ("bold", "black", "heavy"))
            italic = bool(flags.value & 1 << 6) or "italic" in font or "oblique" in font
            self.styles[key] = (round(size * 2) / 2, bold, italic)
        return self.styles[key]

    def _end(self) -> Iterator[PrintedLine]:
        if self.sizes:
            size = sorted(self.sizes)[len(self.sizes) // 2]
            left, bottom, right, top = self.box
            yield PrintedLine(tuple(self.spans), size, left, right, bottom, top)
        self.spans, self.sizes = [], []
        self.box = (math.inf, math.inf, -math.inf, -math.inf)


def _links(document: Any, page: Any) -> list[_Link]:
    """The page's links to addresses outside."""
    found: list[_Link] = []
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while len(found) < MOST_LINKS and raw.FPDFLink_Enumerate(page.raw, position, link):
        action = raw.FPDFLink_GetAction(link)
        if not action or raw.FPDFAction_GetType(action) != raw.PDFACTION_URI:
            continue
        href = _string(partial(raw.FPDFAction_GetURIPath, document.raw, action), "utf-8")
        box = raw.FS_RECTF()
        if href and raw.FPDFLink_GetAnnotRect(link, box):
            sides = sorted((box.left, box.right)), sorted((box.bottom, box.top))
            found.append(_Link(href, sides[0][0], sides[1][0], sides[0][1], sides[1][1]))
    return found


def _remarks(page: Any) -> Iterator[str]:
    """What was written onto the page by a reader, or into its fields."""
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), MOST_LINKS)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        key = b"Contents" if kind in _REMARKS else b"V" if kind == raw.FPDF_ANNOT_WIDGET else b""
        if key:
            text = _string(partial(_annotation_text, annotation, key), "utf-16-le")
            if text.strip():
                yield text
        raw.FPDFPage_CloseAnnot(annotation)


def _annotation_text(annotation: Any, key: bytes, buffer: Any, size: int) -> int:
    target = ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)) if buffer is not None else None
    return int(raw.FPDFAnnot_GetStringValue(annotation, key, target, size))


def _string(read: Callable[[Any, int], int], encoding: str) -> str:
    """A string that the library writes into a buffer, its length asked for first."""
    size = read(None, 0)
    if not 0 < size < MOST_CHARACTERS:
        return ""
    buffer = ctypes.create_string_buffer(size)
    read(buffer, size)
    return buffer.raw[:size].decode(encoding, "replace").rstrip("\0")


@dataclass(slots=True)
class _Taken:
    total: int = 0


def _read_pictures(page: Any, found: PrintedPage, taken: _Taken) -> None:
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=5):
        left, bottom, right, top = item.get_bounds()
        if right - left < _SMALLEST or top - bottom < _SMALLEST:
            found.small_pictures += 1
            continue
        width, height = item.get_px_size()
        if width * height > MOST_PIXELS:
            found.pictures.append(PrintedPicture(top, b"", f"it has {width} x {height} pixels"))
            continue
        data = b"" if taken.total > _ALL_PICTURES else _picture(item)
        taken.total += len(data)
        found.pictures.append(PrintedPicture(top, data, "" if data else "it could not be read"))


def _picture(item: Any) -> bytes:
    """The picture as a file: a JPEG as it stands in the PDF, any other as PNG, or JPEG where that is too large."""
    target = io.BytesIO()
    try:
        if item.get_filters() == ["DCTDecode"]:
            return bytes(item.get_data())
        image = item.get_bitmap().to_pil()
        image.convert("RGB" if image.mode not in {"L", "RGBA", "RGB"} else image.mode).save(target, format="PNG")
        if target.tell() > LARGEST_PICTURE:
            target = io.BytesIO()
            image.convert("RGB").save(target, format="JPEG", quality=88)
    except (pdfium.PdfiumError, OSError, ValueError):
        return b""
    return target.getvalue()
