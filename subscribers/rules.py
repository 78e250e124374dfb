"""What a segment's rule may hold, as plain data, and whether a given one is sound.

A rule is one of
    {"all": [rule, …]}       everyone whom all of them match (an empty list matches everyone)
    {"any": [rule, …]}       everyone whom one of them matches (an empty list matches nobody)
    {"not": rule}
    {"field": name, "in": [value, …]}
"""

from __future__ import annotations

from typing import Any

from subscribers.countries import COUNTRIES
from subscribers.regions import REGION_NAMES

DEEPEST = 20
LARGEST = 500  # conditions
FIELDS = ("role", "programme", "country", "region", "language", "organisation_kind", "tier")


class BadRule(ValueError):
    """A rule that cannot be used; the message says where and why."""


def check_rule(rule: Any) -> None:
    """Raise BadRule unless `rule` is sound."""
    _check(rule, "the rule", 1, [0])


def _check(rule: Any, place: str, depth: int, count: list[int]) -> None:
    count[0] += 1
    if depth > DEEPEST or count[0] > LARGEST:
        raise BadRule(f"The rule is too large: at most {LARGEST} conditions, nested {DEEPEST} deep.")
    if not isinstance(rule, dict):
        raise BadRule(f"{place} is not an object: a rule is all, any, not, or a field with values.")
    match sorted(rule):
        case ["all"] | ["any"]:
            name = next(iter(rule))
            if not isinstance(rule[name], list):
                raise BadRule(f"{place}: “{name}” takes a list of rules.")
            for number, part in enumerate(rule[name], 1):
                _check(part, f"{place} › {name} {number}", depth + 1, count)
        case ["not"]:
            _check(rule["not"], f"{place} › not", depth + 1, count)
        case ["field", "in"]:
            _check_condition(rule["field"], rule["in"], place)
        case names:
            raise BadRule(f"{place} has {', '.join(names) or 'nothing'}: a rule is all, any, not, or field with in.")


def _check_condition(field: Any, values: Any, place: str) -> None:
    if field not in FIELDS:
        raise BadRule(f"{place}: there is no field {field!r}; there are {', '.join(FIELDS)}.")
    if not isinstance(values, list) or not values or len(values) > LARGEST:
        raise BadRule(f"{place}: “in” takes a list of 1 to {LARGEST} values.")
    if not all(isinstance(value, str) for value in values):
        raise BadRule(f"{place}: the values of {field} are texts.")
    known = {"country": COUNTRIES, "region": REGION_NAMES.keys()}.get(field)
    strange = [str(value) for value in values if known is not None and value not in known]
    if strange:
        raise BadRule(f"{place}: no {field} has the code {', '.join(strange[:5])}.")
