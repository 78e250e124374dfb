"""What of an edition's text may be printed at all."""

from __future__ import annotations

import dataclasses
import operator
import re
from datetime import date, time
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

# Control characters, lone surrogates and noncharacters are no XML (XML 1.0, 2.2), and mail clients make
# nothing good of them; U+E000 and U+E001 mark our slots.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000\ue001\ufdd0-\ufdef\ufffe\uffff]")
_ATOMS = frozenset({bool, int, date, time, type(None)})
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def printable(value: T) -> T:
    """`value` (text, or content of any depth) without characters that a letter can't carry.

    Every kind of line end becomes a newline.
    """
    cleaned: T = _clean(value)
    return cleaned


def _clean(value: Any) -> Any:
    """`value` itself where nothing in it changes, as nearly always."""
    kind = type(value)
    if kind is str:
        # Whatever we take out is unprintable to Python too, and most text holds no such thing.
        return value if value.isprintable() else _UNPRINTABLE.sub("", _LINE_END.sub("\n", value))
    if kind is tuple:
        cleaned = tuple(map(_clean, value))
        return value if all(map(operator.is_, cleaned, value)) else cleaned
    if kind in _ATOMS:
        return value
    changed = {}
    for name in _names(value.__class__):
        before = getattr(value, name)
        after = _clean(before)
        if after is not before:
            changed[name] = after
    return dataclasses.replace(value, **changed) if changed else value


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))
