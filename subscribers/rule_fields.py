"""The fields that a segment's rule may ask about, what may be asked of each, and which answers make sense."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from math import isfinite
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from subscribers.countries import COUNTRIES
from subscribers.custom_values import LARGEST_NUMBER, FieldKind
from subscribers.regions import REGION_NAMES

MOST_VALUES = 500
LONGEST_TEXT = 200  # characters
MOST_DAYS = 36_500
CUSTOM = "custom."

UUID_PATTERN = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
ID_PATTERN = "[1-9][0-9]{0,17}"
DAY_PATTERN = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


class BadRule(ValueError):
    """A rule that cannot be used; the message says where and why."""


class FieldType(StrEnum):
    CODES = "codes"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a rule. `ops` are what may be asked of it, the usual one first.

    `codes` are the values that it can have, None where anything of the type (and `pattern`, if there is one) will do.
    `label` is what the network calls a custom field.
    """

    name: str
    type: FieldType
    ops: tuple[str, ...]
    codes: frozenset[str] | None = None
    pattern: str = ""
    label: str = ""

    @property
    def is_custom(self) -> bool:
        return self.name.startswith(CUSTOM)


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom field as rules know it."""

    kind: str
    choices: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the database knows and a rule may name.

    `custom`: by key. `segments`: slug -> rule. `topics`: slugs. `choices`: the codes of fields such as `role`; those of
    a field that isn't there aren't checked.
    """

    custom: Mapping[str, Custom] = field(default_factory=dict)
    segments: Mapping[str, Any] = field(default_factory=dict)
    topics: frozenset[str] = frozenset()
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)


_TEXT = ("contains", "is", "starts", "ends")
_DAYS = ("before", "from", "within_days", "older_days")


def _fields(*found: Field) -> Mapping[str, Field]:
    return MappingProxyType({each.name: each for each in found})


FIELDS: Mapping[str, Field] = _fields(
    Field("role", FieldType.CODES, ("in",)),
    Field("programme", FieldType.CODES, ("in",)),
    Field("country", FieldType.CODES, ("in", "known"), COUNTRIES),
    Field("region", FieldType.CODES, ("in",), frozenset(REGION_NAMES)),
    Field("language", FieldType.CODES, ("in",)),
    Field("organisation", FieldType.CODES, ("in", "known"), pattern=ID_PATTERN),
    Field("organisation_kind", FieldType.CODES, ("in",)),
    Field("tier", FieldType.CODES, ("in",)),
    Field("topic", FieldType.CODES, ("in", "known")),
    Field("bulletin", FieldType.CODES, ("in",), pattern=UUID_PATTERN),
    Field("frequency", FieldType.CODES, ("in",)),
    Field("name", FieldType.TEXT, (*_TEXT, "known")),
    Field("email", FieldType.TEXT, _TEXT),
    Field("external_id", FieldType.TEXT, (*_TEXT, "known")),
    Field("created", FieldType.DATE, _DAYS),
    Field("subscribed", FieldType.DATE, _DAYS),
    Field("suppressed", FieldType.BOOLEAN, ("is",)),
)
"""Those that every network has."""

AFFILIATION_FIELDS = ("role", "programme", "organisation", "country", "region", "organisation_kind", "tier")

_CUSTOM_TYPES = {
    FieldKind.TEXT: (FieldType.TEXT, (*_TEXT, "known")),
    FieldKind.NUMBER: (FieldType.NUMBER, ("is", "least", "most", "known")),
    FieldKind.DATE: (FieldType.DATE, (*_DAYS, "known")),
    FieldKind.BOOLEAN: (FieldType.BOOLEAN, ("is", "known")),
    FieldKind.CHOICE: (FieldType.CODES, ("in", "known")),
}


def fields(vocabulary: Vocabulary) -> dict[str, Field]:
    """The fields of this network by name: `FIELDS` with the codes that it knows, then its custom ones."""
    codes = {"topic": vocabulary.topics, **vocabulary.choices}
    found = {name: replace(each, codes=codes.get(name, each.codes)) for name, each in FIELDS.items()}
    for key, custom in vocabulary.custom.items():
        type_, ops = _CUSTOM_TYPES[FieldKind(custom.kind)]
        choices = frozenset(custom.choices) if custom.kind == FieldKind.CHOICE else None
        found[CUSTOM + key] = Field(CUSTOM + key, type_, ops, choices, label=custom.label)
    return found


def check_value(asked: Field, op: str, value: Any, *, place: str) -> None:
    """BadRule unless `value` is one that `op`, which is among its `ops`, can compare the field with."""
    match op:
        case "in":
            _check_codes(asked, value, place)
        case "known":
            _hold(isinstance(value, bool), place, _("“known” takes true or false."))
        case "contains" | "starts" | "ends":
            check_text(value, place=place, what=f"“{op}”")
        case "before" | "from":
            _hold(_is_day(value), place, _("“%s” takes a day such as 2026-03-05.") % op)
        case "within_days" | "older_days":
            _hold(
                is_whole(value, 1, MOST_DAYS),
                place,
                _("“%(op)s” takes a number of days from 1 to %(most)d.") % {"op": op, "most": MOST_DAYS},
            )
        case "least" | "most":
            _check_number(value, op, place)
        case "is":
            match asked.type:
                case FieldType.BOOLEAN:
                    _hold(isinstance(value, bool), place, _("“is” takes true or false here."))
                case FieldType.NUMBER:
                    _check_number(value, op, place)
                case _:
                    check_text(value, place=place, what="“is”")


def check_text(value: Any, *, place: str, what: str) -> None:
    """BadRule unless `value` is a text that can be kept and looked for."""
    _hold(isinstance(value, str), place, _("%s takes a text.") % what)
    _hold(value != "", place, _("%s takes a text that isn’t empty; “known” asks whether there is one.") % what)
    _hold(
        len(value) <= LONGEST_TEXT,
        place,
        _("%(what)s takes a text of at most %(most)d characters.") % {"what": what, "most": LONGEST_TEXT},
    )
    whole = all(unicodedata.category(character) not in ("Cc", "Cs") for character in value)
    _hold(whole, place, _("%s takes a text without control characters, line breaks or halves of characters.") % what)


def is_whole(value: Any, least: int, most: int) -> bool:
    """Whether it is a whole number between the two; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def quoted(value: Any) -> str:
    """Something of unknown kind and size, to be named in a message."""
    if isinstance(value, str):
        return ascii(value[:40])[1:-1] if any(unicodedata.category(c)[0] == "C" for c in value[:40]) else value[:40]
    return _("something that is no text")


def _check_codes(asked: Field, values: Any, place: str) -> None:
    if not isinstance(values, list) or not 1 <= len(values) <= MOST_VALUES:
        raise BadRule(f"{place}: " + _("“in” takes a list of 1 to %d values.") % MOST_VALUES)
    for value in values:
        if not isinstance(value, str):
            raise BadRule(f"{place}: " + _("the values of %s are texts.") % asked.name)
        check_text(value, place=place, what=_("“in”, for each value,"))
    known, pattern = asked.codes, re.compile(asked.pattern or ".*", re.DOTALL)
    strange = [value for value in values if (known is not None and value not in known) or not pattern.fullmatch(value)]
    if strange:
        named = ", ".join(map(quoted, strange[:5]))
        raise BadRule(f"{place}: " + _("no %(field)s has the code %(codes)s.") % {"field": asked.name, "codes": named})


def _check_number(value: Any, op: str, place: str) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    _hold(
        number and (isinstance(value, int) or isfinite(value)) and abs(value) <= int(LARGEST_NUMBER),
        place,
        _("“%(op)s” takes a number of at most %(most)d.") % {"op": op, "most": LARGEST_NUMBER},
    )


def _is_day(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(DAY_PATTERN, value, re.ASCII):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _hold(sound: bool, place: str, problem: str) -> None:
    if not sound:
        raise BadRule(f"{place}: {problem}")
