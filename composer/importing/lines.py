"""A text's lines with what their setting tells: pages, gaps, indents, how wide they are.

A PDF reader puts a blank line between every two lines of a page, a person only between paragraphs. Which of
the two a text is decides what a gap means, so it is found out first.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.importing.characters import (
    ends_sentence,
    first_word,
    is_ideographic,
    separator,
    tighten,
    width,
)

_UNWRAPPED = 120  # columns; no printed page has lines as wide
_FEWEST_BROKEN_OFF = 3
_CONTAINS_LINK = re.compile(r"https?://|www\.")


@dataclass(frozen=True, slots=True)
class SetLine:
    """One line of a text. `apart` is true where it is set off from the line before by more than the usual step."""

    text: str
    columns: int
    apart: bool = False
    indented: bool = False
    stretched: bool = False  # justified by spaces between its letters, so as wide as its column
    blank: bool = False  # at least one blank line stands before it


@dataclass(frozen=True, slots=True)
class SetText:
    """A text as set lines on pages.

    `spread` is true for a text as a PDF reader extracts it, with a blank line between every two lines.
    `indents` is true where the first line of a paragraph stands in.
    """

    pages: tuple[tuple[SetLine, ...], ...]
    spread: bool
    indents: bool


@dataclass(frozen=True, slots=True)
class _RawLine:
    text: str
    gap: int  # blank lines before it
    new_page: bool  # after a form feed


def read_lines(text: str) -> SetText:
    """The lines of a cleaned text (`clean_text`), without blank ones, in pages."""
    raw = _raw_lines(text)
    spread = _is_spread(raw)
    step = 1 if spread else 0
    form_feeds = any(line.new_page for line in raw)
    pages: list[list[SetLine]] = []
    for line in raw:
        # In a spread text a wider gap is where a page ended; so is a line that stands in directly under another.
        ends_page = line.new_page or (
            spread and ((line.gap > step and not form_feeds) or (line.gap == 0 and line.text[0] == " "))
        )
        if ends_page or not pages:
            pages.append([])
        pages[-1].append(_set_line(line, step=step, spread=spread))
    complete = tuple(tuple(page) for page in pages)
    return SetText(complete, spread, _has_indents(complete))


def _raw_lines(text: str) -> list[_RawLine]:
    found: list[_RawLine] = []
    for number, page in enumerate(text.split("\f")):
        new_page, gap = number > 0, 0
        for line in page.split("\n"):
            if line.strip():
                found.append(_RawLine(line.rstrip(), gap, new_page))
                new_page, gap = False, 0
            else:
                gap += 1
    return found


def _is_spread(lines: list[_RawLine]) -> bool:
    """Whether blank lines stand within sentences: then they are no ends of paragraphs."""
    followed = [(line.text.strip(), after.gap) for line, after in itertools.pairwise(lines)]
    single = [text for text, gap in followed if gap == 1]
    touching = sum(gap == 0 for _, gap in followed)
    if len(single) < 3 or len(single) < 3 * touching:
        return False
    widths = [width(text) for text in single]
    full = broken_off = in_a_row = 0
    went_on = False
    for i, text in enumerate(single):
        is_full = widths[i] * 4 >= max(widths[max(0, i - 3) : i + 4]) * 3 and not text.startswith(("-", "*", "#"))
        goes_on = is_full and not ends_sentence(text)
        full += is_full
        broken_off += goes_on
        in_a_row += went_on and goes_on
        went_on = goes_on
    # Lines of which hardly one ends a sentence are titles; lines of which every other does are titles and texts.
    ended = sum(ends_sentence(line.text.strip()) for line in lines)
    is_prose = ended * 12 >= len(lines) and in_a_row * 4 >= broken_off
    return is_prose and broken_off >= _FEWEST_BROKEN_OFF and broken_off * 2 >= full


def _set_line(line: _RawLine, *, step: int, spread: bool) -> SetLine:
    lead = line.text[: len(line.text) - len(line.text.lstrip())]
    text, stretched = tighten(line.text.strip())
    indented = "\u3000" in lead or (not spread and width(lead) >= 2)
    return SetLine(text, width(text), line.gap > step, indented, stretched, line.gap > 0)


def _has_indents(pages: tuple[tuple[SetLine, ...], ...]) -> bool:
    """Whether first lines of paragraphs stand in, judged by lines after one that surely ended a paragraph."""
    short = full = 0
    for page in pages:
        for i in range(2, len(page) - 1):
            box = column_width(page[i : i + 6])
            ended = ends_sentence(page[i - 1].text) and page[i - 1].columns < 0.75 * column_width(page[i - 4 : i])
            if ended and not ends_sentence(page[i].text) and page[i].columns > 0.6 * box:
                short += page[i].columns <= box - 4
                full += page[i].columns > box - 4
    if short + full < 3:
        return any(is_ideographic(line.text) for page in pages[:3] for line in page[:20])
    return short >= full


def column_width(lines: Sequence[SetLine]) -> int:
    """How wide the column is in which `lines` were wrapped; 0 for no lines.

    Letters take less room than half an ideograph, so lines that hold many are not counted among ideographs.
    """
    wide = [line.columns for line in lines if is_ideographic(line.text)]
    widths = sorted(wide if 2 * len(wide) >= len(lines) else [line.columns for line in lines])
    return widths[math.ceil(0.75 * (len(widths) - 1))] if widths else 0


def had_room(line: SetLine, after: SetLine | None, box: int) -> bool:
    """Whether the next line's first word would still have stood on `line`: so the break was meant."""
    if line.stretched:
        return False
    if after is None:
        return line.columns < box
    needed = line.columns + len(separator(line.text, after.text)) + width(first_word(after.text))
    return needed <= box - _slack(line, box)


def may_stand_in(line: SetLine, after: SetLine, box: int) -> bool:
    """Whether `line` is as much narrower than its column as an indented first line is."""
    return (
        not line.stretched
        and line.columns <= box - 4
        and line.columns + width(first_word(after.text)) <= box
        and not ends_sentence(line.text)
    )


def _slack(line: SetLine, box: int) -> int:
    return 3 if is_ideographic(line.text) else max(3, box // 7)


def is_unwrapped(line: SetLine) -> bool:
    """Whether `line` is wider than any page: a whole paragraph."""
    return line.columns > _UNWRAPPED and not _CONTAINS_LINK.search(line.text)


def without_edge(line: SetLine, text: str) -> SetLine:
    """`line` with `text` in place of its own, after a marker was taken away."""
    return replace(line, text=text, columns=width(text))


def set_off(line: SetLine) -> SetLine:
    """`line` where something that stood between it and the line before was taken away."""
    return replace(line, apart=True, blank=True)
