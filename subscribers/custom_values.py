"""The values of custom fields: what a text says in a field of a certain kind, as plain JSON, and back in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

LONGEST_TEXT = 500  # characters
LARGEST_NUMBER = Decimal(10) ** 15  # beyond it a JSON reader may round

_YES = frozenset({"1", "yes", "y", "true", "t", "x", "oui", "vrai", "是", "有", "对", "真"})
_NO = frozenset({"0", "no", "n", "false", "f", "non", "faux", "否", "无", "不", "假"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")

Value = str | int | float | bool


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"


class BadValue(ValueError):
    """A text that says nothing in its field; the message says what was expected."""


def read_value(kind: str, text: str, *, choices: Sequence[str] = ()) -> Value | None:
    """The value that `text` has in a field of `kind`, None for an empty one; BadValue for nonsense.

    Dates are kept as ISO 8601 texts (`2026-03-05`), so that they compare as texts do.
    """
    text = text.strip()
    if not text:
        return None
    match kind:
        case FieldKind.TEXT:
            return _text(text)
        case FieldKind.NUMBER:
            return _number(text)
        case FieldKind.DATE:
            return _date(text)
        case FieldKind.BOOLEAN:
            return _boolean(text)
        case FieldKind.CHOICE:
            if text not in choices:
                raise BadValue(f"“{text[:60]}” is none of {', '.join(choices[:12])}.")
            return text
    raise BadValue(f"There is no kind of field called {kind}.")


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise BadValue(f"The text is longer than {LONGEST_TEXT} characters.")
    if not text.isprintable():
        raise BadValue("The text has line breaks or control characters; one line only.")
    return text


def _number(text: str) -> int | float:
    try:
        number = Decimal(text.replace("\u00a0", "").replace("\u202f", ""))
    except InvalidOperation as error:
        raise BadValue(f"“{text[:60]}” is no number; write it like 1250 or 12.5.") from error
    if not number.is_finite() or abs(number) > LARGEST_NUMBER:
        raise BadValue(f"“{text[:60]}” is no number that can be kept.")
    return int(number) if number == number.to_integral_value() else float(number)


def _date(text: str) -> str:
    if not _DATE.match(text):
        raise BadValue(f"“{text[:60]}” is no date; write it like 2026-03-05.")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BadValue(f"There is no day {text}.") from error


def _boolean(text: str) -> bool:
    word = text.casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise BadValue(f"“{text[:60]}” is neither yes nor no.")
