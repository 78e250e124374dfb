"""Where paragraphs end and which lines are headings, told from how the lines were wrapped.

A line that its wrapping filled has no room for the next line's first word. One that had room was ended on
purpose: by the end of a paragraph, where it ends a sentence; by a heading, where it does not. The first line
of a paragraph may stand in, so it too is short, but the last short line before full ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from composer.importing.characters import ends_sentence, first_word, width
from composer.importing.lines import (
    SetLine,
    column_width,
    had_room,
    is_unwrapped,
    may_stand_in,
)

_MOST_HEADING_LINES = 4
_WIDEST_HEADING = 120  # columns over all its lines
_DEEPEST_INDENT = 8  # columns


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines that belong together: one paragraph or one heading."""

    lines: tuple[SetLine, ...]
    is_heading: bool = False
    is_unfinished: bool = False


def split_passages(lines: Sequence[SetLine], before: Sequence[SetLine], *, indents: bool) -> list[Passage]:
    """The headings and paragraphs of lines that nothing else parts; `before` are lines above them, for their width."""
    passages: list[Passage] = []
    wrapped = _is_wrapped(lines)
    start = 0
    while start < len(lines):
        end = start
        while not _ends_paragraph(lines, start, end, before=before, indents=indents, wrapped=wrapped):
            end += 1
        run = tuple(lines[start : end + 1])
        passages.extend(_split_heading(run, indents=indents))
        start = end + 1
    return passages


def is_opening(lines: Sequence[SetLine], at: int, *, indents: bool) -> bool:
    """Whether line `at` looks like the first of a paragraph or like a heading: short, though its sentence goes on."""
    if at + 1 >= len(lines):
        return at < len(lines) and not ends_sentence(lines[at].text)
    line, after = lines[at], lines[at + 1]
    box = column_width(lines[at : at + 6])
    if ends_sentence(line.text) or after.apart:
        return not ends_sentence(line.text)
    return had_room(line, after, box) or (indents and may_stand_in(line, after, box))


def _is_wrapped(lines: Sequence[SetLine]) -> bool:
    """Whether some sentence goes on over a line's end; else every line is a paragraph."""
    for i, line in enumerate(lines[:-1]):
        box = column_width(lines[max(0, i - 2) : i + 4])
        if not ends_sentence(line.text) and not is_unwrapped(line) and not had_room(line, lines[i + 1], box):
            return True
    return False


def _ends_paragraph(
    lines: Sequence[SetLine], start: int, at: int, *, before: Sequence[SetLine], indents: bool, wrapped: bool
) -> bool:
    if at + 1 == len(lines):
        return True
    line, after = lines[at], lines[at + 1]
    if after.indented:
        return True
    if not ends_sentence(line.text):
        return is_unwrapped(line)
    if not wrapped or is_unwrapped(line):
        return True
    if at - start >= 2:
        box = column_width(lines[max(start, at - 12) : at + 1])
    else:
        above = before[-6:] if start == 0 else lines[max(0, start - 6) : start]
        own = column_width(lines[start : at + 1])
        box = max(own, column_width(above), column_width(lines[at + 1 : at + 7]) if at == start else 0)
    return had_room(line, after, box) or is_opening(lines, at + 1, indents=indents)


def _split_heading(run: tuple[SetLine, ...], *, indents: bool) -> list[Passage]:
    """A run of lines up to a paragraph's end, as the heading above it, if any, and the paragraph."""
    if not ends_sentence(run[-1].text):
        return [Passage(run, is_heading=_may_be_heading(run), is_unfinished=not _may_be_heading(run))]
    body = _start_of_body(run, indents=indents)
    heading = run[:body]
    if not heading or not _may_be_heading(heading):
        return [Passage(run)]
    return [Passage(heading, is_heading=True), Passage(run[body:])]


def _start_of_body(run: tuple[SetLine, ...], *, indents: bool) -> int:
    """The index of the line with which the paragraph in `run` begins."""
    box = column_width(run[-24:] if len(run) > 2 * _MOST_HEADING_LINES else run)
    short = 0
    while short < min(len(run) - 1, _MOST_HEADING_LINES + 2):
        line, after = run[short], run[short + 1]
        if ends_sentence(line.text) or not (
            had_room(line, after, box) or (indents and may_stand_in(line, after, box)) or line.columns > box + 6
        ):
            break
        short += 1
    if short and indents:
        # A long word that begins the second line leaves the first one shorter still.
        filled = run[short - 1].columns + max(0, width(first_word(run[short].text)) - 4)
        if run[short - 1].columns <= box and box - filled <= _DEEPEST_INDENT:
            return short - 1
    return short


def _may_be_heading(lines: Sequence[SetLine]) -> bool:
    """Whether `lines` are few and short, end no sentence and lead up to nothing."""
    text = "".join(line.text for line in lines[:_MOST_HEADING_LINES])
    return (
        len(lines) <= _MOST_HEADING_LINES
        and width(text) <= _WIDEST_HEADING
        and text[-1] not in ",，、;；:："
        and not any(mark in text for mark in "。；")
        and any(character.isalpha() for character in text)
    )
