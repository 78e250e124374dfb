"""A PDF: its lines with their sizes and places, made into headings, paragraphs and pictures again."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from composer.importing.bullets import find_bullet
from composer.importing.characters import ends_sentence, first_word, is_wide, printed_characters, width
from composer.importing.document import DocBlock, DocHeading, DocText, Document, LeftOut
from composer.importing.errors import ImportRefused
from composer.importing.pictures import MOST_PICTURES, read_picture
from composer.importing.printed_page import PrintedLine, PrintedPage, PrintedPicture, read_pages
from composer.importing.spans import is_bold, join_spans, text_of

_EDGE_LINES = 2  # at the top and the bottom of a page, among which headers and footers stand
_FEWEST_PAGES = 3  # on which a line is a header or a footer
_LARGER = 1.12  # times the text's size: a heading
_WIDEST_HEADING = 160  # columns
_PAGE_NUMBER = re.compile(
    r"[-–—\s]{0,4}(?:(?:page|p\.|第)\s?)?\d{1,3}(?:\s?(?:页|of|/|sur|de)\s?\d{0,3})?[-–—\s]{0,4}", re.IGNORECASE
)
JOINED_NOTE = "Its text went on over the end of a page: check where it was joined."


def read_printed(data: bytes, *, name: str) -> Document:
    """The document; ImportRefused for a PDF that is damaged, locked, too long, or only a picture of its pages."""
    pages = read_pages(data, name=name)
    if not any(page.lines for page in pages):
        raise ImportRefused(
            f"{name} holds no text, only pictures of its pages, as a scanner makes them: have its text recognised (OCR)"
            " in the program that scanned it, or type it."
        )
    running = _take_furniture(pages)
    body = _body_size(pages)
    levels = _levels(pages, body)
    blocks: list[DocBlock] = []
    repeated = _repeated_pictures(pages)
    pictures = 0
    for number, page in enumerate(pages):
        found = list(_page_blocks(page, body, levels))
        _join_over_page(blocks, found, page)
        for block in found:
            if isinstance(block, PrintedPicture):
                pictures += 1
                blocks.extend(_picture(block, number + 1, repeated, count=pictures))
            else:
                blocks.append(block)
        blocks.extend(LeftOut(f"a remark on page {number + 1}", text) for text in page.remarks)
        blocks.extend(LeftOut("the link of a picture", href) for href in page.loose_links)
    notes: list[str] = []
    if small := sum(page.small_pictures for page in pages):
        notes.append(f"Small pictures, such as icons and lines, were left out: {small}.")
    if repeated:
        notes.append(f"Pictures that repeat on the pages were left out: {len(repeated)}.")
    silent = [str(i + 1) for i, page in enumerate(pages) if not page.lines]
    if silent:
        notes.append(f"Nothing was read from page {', '.join(silent)}: there is no text on it.")
    return Document(tuple(blocks), notes=tuple(notes), running=tuple(running))


def _take_furniture(pages: Sequence[PrintedPage]) -> list[str]:
    """Takes the headers, footers and page numbers off the pages; they are returned."""
    if len(pages) < 2:
        return []
    times: Counter[str] = Counter()
    for page in pages:
        times.update({_key(line) for line in _edge(page)})
    running: list[str] = []
    enough = max(_FEWEST_PAGES, (len(pages) + 1) // 2)
    for page in pages:
        taken = {
            id(line)
            for line in _edge(page)
            if (times[_key(line)] >= enough or _PAGE_NUMBER.fullmatch(text_of(line.spans)))
        }
        if len(taken) == len(page.lines):
            continue  # whatever repeats, it is all that the page says
        running.extend(text_of(line.spans) for line in page.lines if id(line) in taken)
        page.lines[:] = [line for line in page.lines if id(line) not in taken]
    return running


def _edge(page: PrintedPage) -> list[PrintedLine]:
    lines = sorted(page.lines, key=lambda line: -line.top)
    return [*lines[:_EDGE_LINES], *lines[max(_EDGE_LINES, len(lines) - _EDGE_LINES) :]]


def _key(line: PrintedLine) -> str:
    return re.sub(r"\d+", "0", printed_characters(text_of(line.spans)))


def _body_size(pages: Sequence[PrintedPage]) -> float:
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[line.size] += len(text_of(line.spans))
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _levels(pages: Sequence[PrintedPage], body: float) -> dict[float, int]:
    """The level of a heading by its size: the largest is 1; bold type in the text's own size comes last."""
    sizes = sorted({line.size for page in pages for line in page.lines if _is_large(line, body)}, reverse=True)
    ranks: list[float] = []
    for size in sizes:  # sizes that differ by less than a twentieth are one
        if not ranks or size < ranks[-1] * 0.95:
            ranks.append(size)
    return {size: next(i for i, rank in enumerate(ranks, 1) if size >= rank * 0.95) for size in sizes} | {
        0.0: len(ranks) + 1
    }


def _is_large(line: PrintedLine, body: float) -> bool:
    return line.size >= body * _LARGER and width(text_of(line.spans)) <= _WIDEST_HEADING


def _page_blocks(
    page: PrintedPage, body: float, levels: dict[float, int]
) -> Iterator[DocHeading | DocText | PrintedPicture]:
    """The page's blocks; a picture stands before the first text that begins below its top."""
    waiting = sorted(page.pictures, key=lambda picture: -picture.top)
    for lines in _paragraphs(page.lines, body):
        while waiting and waiting[0].top >= lines[0].top:
            yield waiting.pop(0)
        line = join_spans([line.spans for line in lines])
        if not line:
            continue
        text = text_of(line)
        if _is_large(lines[0], body) and width(text) <= _WIDEST_HEADING:
            yield DocHeading(levels[lines[0].size], line, guessed="the size of its letters")
        elif is_bold(line) and len(lines) < 3 and not ends_sentence(text) and not text.endswith((":", "：")):
            yield DocHeading(levels[0.0], line, guessed="its bold type")
        else:
            yield DocText(line)
    yield from waiting


def _paragraphs(lines: Sequence[PrintedLine], body: float) -> Iterator[list[PrintedLine]]:
    """Lines that belong together by their size, their distance and where they end."""
    leading = _leading(lines)
    run: list[PrintedLine] = []
    for i, line in enumerate(lines):
        if run and not _goes_on(run, line, _right_edge(lines, i - 1), body=body, leading=leading):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _leading(lines: Sequence[PrintedLine]) -> float:
    """The usual distance of two lines of a paragraph, by the size of their letters."""
    steps = Counter(
        round((before.bottom - line.bottom) / line.size, 1)
        for before, line in itertools.pairwise(lines)
        if line.size and abs(before.size - line.size) < 0.1 and 0.8 < (before.bottom - line.bottom) / line.size < 2.1
    )
    return max(1.2, steps.most_common(1)[0][0]) if steps else 1.3


def _right_edge(lines: Sequence[PrintedLine], at: int) -> float:
    """How far right the lines of the same column reach."""
    line = lines[at]
    near = lines[max(0, at - 12) : at + 12]
    return max(other.right for other in near if other.left <= line.right and other.right >= line.left)


def _goes_on(run: Sequence[PrintedLine], line: PrintedLine, edge: float, *, body: float, leading: float) -> bool:
    """Whether `line` belongs to the paragraph `run`."""
    last, text, before = run[-1], text_of(line.spans), text_of(run[-1].spans)
    size = max(last.size, 1.0)
    step = last.bottom - line.bottom
    if abs(line.size - last.size) > 0.06 * size or is_bold(line.spans) != is_bold(last.spans):
        return False
    if step < -0.5 * size:  # the text goes on at the top of another column
        return not ends_sentence(before) and _is_continuation(line) and not _is_large(line, body)
    if step > 1.2 * leading * size or find_bullet(text) is not None:
        return False
    if _is_large(line, body):
        return True
    if find_bullet(text_of(run[0].spans)) is None and line.left > last.left + 1.2 * size and ends_sentence(before):
        return False
    return last.right + width(first_word(text)) * 0.5 * size > edge - size  # else the line had room for its word


def _is_continuation(line: PrintedLine) -> bool:
    text = text_of(line.spans)
    return text[:1].islower() or is_wide(text[:1])


def _join_over_page(
    blocks: list[DocBlock],
    found: list[DocHeading | DocText | PrintedPicture],
    page: PrintedPage,
) -> None:
    """Joins a paragraph that the end of a page broke."""
    last = blocks[-1] if blocks else None
    first = found[0] if found else None
    if not isinstance(last, DocText) or not isinstance(first, DocText) or not page.lines:
        return
    before, after = text_of(last.line), text_of(first.line)
    if ends_sentence(before) or find_bullet(after) or not (after[:1].islower() or is_wide(after[:1])):
        return
    if before.endswith((":", "：")) or is_bold(last.line) or is_bold(first.line):
        return
    blocks[-1] = replace(last, line=join_spans([last.line, first.line]), note=JOINED_NOTE)
    del found[0]


def _repeated_pictures(pages: Sequence[PrintedPage]) -> frozenset[str]:
    """The digests of the pictures that stand on several pages: their decoration."""
    times = Counter(digest for page in pages for digest in {each.digest for each in page.pictures if each.data})
    return frozenset(digest for digest, count in times.items() if count >= _FEWEST_PAGES)


def _picture(picture: PrintedPicture, page: int, repeated: frozenset[str], *, count: int) -> list[DocBlock]:
    if picture.digest in repeated:
        return []
    if count > MOST_PICTURES:
        return [LeftOut(f"a picture on page {page} (at most {MOST_PICTURES} of a file are taken)")]
    if not picture.data:
        return [LeftOut(f"a picture on page {page} ({picture.why})")]
    found = read_picture(picture.data, name=f"page-{page}-picture-{count}", alt="")
    return [found] if found is not None else []
