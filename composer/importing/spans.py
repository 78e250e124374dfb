"""Runs of styled text put in order: spaces collapsed, lines split and joined, unprintable characters taken away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from composer.content import Line, Span
from composer.importing.characters import clean_text, separator
from composer.importing.ledger import Ledger
from composer.importing.links import join_lines

_GAP = re.compile(r"\s+")


def text_of(line: Iterable[Span]) -> str:
    return "".join(span.text for span in line)


def split_lines(spans: Iterable[Span], ledger: Ledger) -> list[Line]:
    """The lines of `spans`, parted at `\\n`; empty ones are left out."""
    lines: list[list[Span]] = [[]]
    for span in spans:
        text, removed = clean_text(span.text)
        ledger.take_away(removed)
        for i, piece in enumerate(re.split(r"[\n\f]", text)):
            if i:
                lines.append([])
            lines[-1].append(replace(span, text=piece))
    return [line for line in map(tidy, lines) if line]


def one_line(spans: Iterable[Span], ledger: Ledger) -> Line:
    """All of `spans` as one line, broken lines joined."""
    return join_spans(split_lines(spans, ledger))


def join_spans(lines: Sequence[Line]) -> Line:
    """Lines as one: ideographs without spaces, Latin words with one, broken addresses whole."""
    joined: list[Span] = []
    before = ""
    for line in lines:
        text = text_of(line)
        if joined and text:
            gap = join_lines([before, text])[len(before) :].removesuffix(text) if "http" in before else ""
            joined.append(Span(gap if "http" in before else separator(before, text)))
        joined.extend(line)
        before = (before + text)[-2000:]
    return tidy(joined)


def tidy(spans: Iterable[Span]) -> Line:
    """Spaces collapsed, neighbours of one style joined, the ends without spaces."""
    joined: list[Span] = []
    spaced = True  # whether a space here would be one too many
    for span in spans:
        text = _GAP.sub(" ", span.text)
        if spaced:
            text = text.lstrip(" ")
        if not text:
            continue
        spaced = text.endswith(" ")
        if not text.strip() and joined and not span.href:
            joined[-1] = replace(joined[-1], text=joined[-1].text + text)
        elif joined and replace(joined[-1], text="") == replace(span, text=""):
            joined[-1] = replace(span, text=joined[-1].text + text)
        else:
            joined.append(replace(span, text=text))
    if joined:
        joined[-1] = replace(joined[-1], text=joined[-1].text.rstrip())
        if not joined[-1].text:
            joined.pop()
    return tuple(joined)


def without_start(line: Line, length: int) -> Line:
    """`line` without its first `length` characters."""
    rest: list[Span] = []
    for span in line:
        rest.append(replace(span, text=span.text[length:]))
        length = max(0, length - len(span.text))
    return tidy(span for span in rest if span.text)


def is_bold(line: Line) -> bool:
    """Whether all that `line` prints is bold."""
    printed = [span for span in line if span.text.strip()]
    return bool(printed) and all(span.bold for span in printed)
