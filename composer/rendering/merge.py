"""Merge values: what a text says of its reader.

`{{name}}` stands for the reader's name, `{{name|colleague}}` for "colleague" where no name is known. This is no
template language: four fields, one fallback, nothing is evaluated, and a value is never looked at again.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from composer.content import EditionContent

from .errors import RenderingError
from .phrases import phrases_for
from .printable import printable
from .slots import CLOSE, OPEN

FIELDS = ("name", "organisation", "country", "role")

_MARKUP = re.compile(r"\{\{\s*([A-Za-z_]+)\s*(?:\|([^{}|]*))?\}\}")
_PLAIN = re.compile(f"{OPEN}m(\\d+){CLOSE}")
# Addresses and what only the machine reads. A reader's name has no place in a link.
_NOT_PRINTED = frozenset({"href", "url", "key", "audience", "zone", "locale", "theme", "notes", "picture_place"})


class MissingValueError(RenderingError):
    """A reader has no value for `field`, and the text has no fallback for it."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"The reader has no {field}, and the text has no fallback for it.")


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge value in a text. `fallback` is None where the text gives none."""

    field: str
    fallback: str | None = None


def find_merges(text: str) -> Iterator[Merge]:
    """The merge values of `text`, those of unknown fields too."""
    for found in _MARKUP.finditer(text):
        yield _merge(found)


def merges_in(content: EditionContent) -> tuple[Merge, ...]:
    """The merge values of all that is printed of `content`, each once, in reading order."""
    return marked(content)[1]


def marked(content: EditionContent) -> tuple[EditionContent, tuple[Merge, ...]]:
    """`content` with a mark for each merge value; the mark's number is the value's place in the tuple."""
    numbers: dict[Merge, int] = {}

    def mark(merge: Merge) -> str:
        return f"{OPEN}m{numbers.setdefault(merge, len(numbers))}{CLOSE}"

    content = _rewritten(content, mark)
    return content, tuple(numbers)


def substituted(content: EditionContent, values: Mapping[str, str]) -> EditionContent:
    """`content` as a reader with `values` sees it: the value, else the fallback, else a word for anybody."""
    anybody = phrases_for(content.locale).anybody
    return _rewritten(
        content, lambda merge: _value(values.get(merge.field, "")) or (merge.fallback or "") or anybody[merge.field]
    )


def escaped_marks(html: str) -> str:
    """HTML whose marks ask for escaped values."""
    return _PLAIN.sub(f"{OPEN}h\\1{CLOSE}", html)


def slot_values(
    merges: Sequence[Merge], values: Mapping[str, str], *, anybody: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What goes into the marks of one reader's letter; MissingValueError where there is nothing to say.

    `anybody` has a word for each field, for a page that must be shown all the same.
    """
    filled: dict[str, str] = {}
    for number, merge in enumerate(merges):
        value = _value(values.get(merge.field, "")) or merge.fallback
        if value is None and anybody is not None:
            value = anybody[merge.field]
        if value is None:
            raise MissingValueError(merge.field)
        filled[f"m{number}"] = value
        filled[f"h{number}"] = escape(value)
    return filled


def fill_line(line: str, filled: Mapping[str, str]) -> str:
    """A line of text (a subject) with its marks replaced."""
    return _PLAIN.sub(lambda found: filled[f"m{found[1]}"], line)


def _merge(found: re.Match[str]) -> Merge:
    fallback = found[2]
    return Merge(found[1].lower(), " ".join(fallback.split()) if fallback is not None else None)


def _value(value: str) -> str:
    return " ".join(printable(value).split())


def _rewritten(content: EditionContent, replace: Callable[[Merge], str]) -> EditionContent:
    def rewrite(found: re.Match[str]) -> str:
        merge = _merge(found)
        return replace(merge) if merge.field in FIELDS else found[0]

    def walk(value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return _MARKUP.sub(rewrite, value) if "{{" in value else value
        if kind is tuple:
            new = tuple(map(walk, value))
            return value if all(map(_is, new, value)) else new
        if hasattr(kind, "__dataclass_fields__"):
            return _walked(value, walk)
        return value

    rewritten: EditionContent = walk(content)
    return rewritten


def _walked(record: Any, walk: Callable[[Any], Any]) -> Any:
    """`record`, or a copy with what `walk` changed."""
    changed = {}
    for name in type(record).__dataclass_fields__:
        if name not in _NOT_PRINTED and name != "kind":
            before = getattr(record, name)
            after = walk(before)
            if after is not before:
                changed[name] = after
    return dataclasses.replace(record, **changed) if changed else record


def _is(one: object, other: object) -> bool:
    return one is other
