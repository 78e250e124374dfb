"""What of an edition's text may be printed at all."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, TypeVar

T = TypeVar("T")

# Control characters, lone surrogates and noncharacters are no XML (XML 1.0, 2.2), and mail clients make
# nothing good of them; U+E000 and U+E001 mark our slots.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000\ue001\ufdd0-\ufdef\ufffe\uffff]")
_ATOMS = frozenset({bool, int, date, type(None)})
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def printable(value: T) -> T:
    """`value` (text, or content of any depth) without characters that a letter can't carry.

    Every kind of line end becomes a newline.
    """
    return _clean(value)  # type: ignore[return-value]


def _clean(value: object) -> object:
    kind = type(value)
    if kind is str:
        return _clean_text(value)  # type: ignore[arg-type]
    if kind is tuple:
        return tuple(map(_clean, value))  # type: ignore[call-overload]
    if kind in _ATOMS:
        return value
    return _rebuilt(value)


def _clean_text(text: str) -> str:
    # Whatever we take out is unprintable to Python too, and most text holds no such thing.
    return text if text.isprintable() else _UNPRINTABLE.sub("", _LINE_END.sub("\n", text))


def _rebuilt(record: Any) -> object:
    names = type(record).__dataclass_fields__  # with the class variable `kind`
    return type(record)(**{name: _clean(getattr(record, name)) for name in names if name != "kind"})
