"""What a rule asks of a custom field, as a condition that is false where there is no value."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import BooleanField, F, Func, Lookup, Q, TextField, Value
from django.db.models.functions import Coalesce, Collate
from django.db.models.lookups import (
    GreaterThanOrEqual,
    IContains,
    IEndsWith,
    IExact,
    In,
    IsNull,
    IStartsWith,
    LessThan,
)

from subscribers.custom_values import FieldKind
from subscribers.days import DaysAgoAsText

_BEFORE_ALL = ""
_AFTER_ALL = "~"  # of what a date can be, in the order of bytes

_TEXT_LOOKUPS: dict[str, type[Lookup[Any]]] = {
    "is": IExact,
    "contains": IContains,
    "starts": IStartsWith,
    "ends": IEndsWith,
}
_COMPARED = {"least": ">=", "most": "<="}


class _Text(Func):
    """The value of a key of `custom` as text, NULL where there is none. Whatever the key says, it is never a path."""

    template = "(%(expressions)s)"
    arg_joiner = " ->> "
    output_field = TextField()

    def __init__(self, key: str) -> None:
        super().__init__(F("custom"), Value(key, output_field=TextField()))


class _Found(Func):
    """Whether a JSON path finds anything in `custom`; never NULL."""

    template = "(%(expressions)s::jsonpath)"
    arg_joiner = " @? "
    output_field = BooleanField()

    def __init__(self, path: str) -> None:
        super().__init__(F("custom"), Value(path, output_field=TextField()))


def custom_condition(key: str, kind: str, op: str, value: Any) -> Q:
    """What a sound rule asks of the custom field with this key and kind."""
    if op == "known":
        return Q(IsNull(_Text(key), not value))
    match kind:
        case FieldKind.TEXT:
            return Q(_TEXT_LOOKUPS[op](_or(key, ""), value))
        case FieldKind.CHOICE:
            return Q(In(_or(key, ""), value))
        case FieldKind.DATE:
            return _day(key, op, value)
        case FieldKind.NUMBER if op in _COMPARED:
            return Q(_Found(f"$.{json.dumps(key)} ? (@ {_COMPARED[op]} {json.dumps(value)})"))
    return Q(custom__contains={key: value})  # JSON's own equality: 5 is 5.0, and true is no text


def _day(key: str, op: str, value: Any) -> Q:
    """Days are kept as `2026-03-05`, so that they compare as texts do."""
    early, late = (Collate(_or(key, missing), "C") for missing in (_BEFORE_ALL, _AFTER_ALL))
    match op:
        case "before":
            return Q(LessThan(late, value))
        case "from":
            return Q(GreaterThanOrEqual(early, value))
        case "within_days":
            return Q(GreaterThanOrEqual(early, DaysAgoAsText(value - 1)), LessThan(early, DaysAgoAsText(-1)))
        case "older_days":
            return Q(LessThan(late, DaysAgoAsText(value - 1)))
    raise AssertionError(op)


def _or(key: str, missing: str) -> Coalesce:
    return Coalesce(_Text(key), Value(missing, output_field=TextField()))
