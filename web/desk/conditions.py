"""A rule of one level as a list of conditions, which a form can show, and back; and in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from subscribers.models import Organisation, Programme, Role
from web.desk.names import country_label, language_label, region_label

Match = Literal["all", "any"]
Rule = dict[str, Any]

FIELD_NAMES: dict[str, Any] = {
    "role": gettext_lazy("Role"),
    "programme": gettext_lazy("Programme"),
    "country": gettext_lazy("Country"),
    "region": gettext_lazy("Region"),
    "language": gettext_lazy("Language"),
    "organisation_kind": gettext_lazy("Kind of organisation"),
    "tier": gettext_lazy("Tier of organisation"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """`field` is one of `values`, or none of them where `negated`."""

    field: str
    values: tuple[str, ...]
    negated: bool = False

    def as_rule(self) -> Rule:
        leaf: Rule = {"field": self.field, "in": list(self.values)}
        return {"not": leaf} if self.negated else leaf


@dataclass(frozen=True, slots=True)
class SimpleRule:
    """All or any of some conditions. All of none is everyone."""

    match: Match
    conditions: tuple[Condition, ...]

    def as_rule(self) -> Rule:
        return {self.match: [condition.as_rule() for condition in self.conditions]}


def simple_rule(rule: Rule) -> SimpleRule | None:
    """A sound rule as conditions; None where it has more than one level, or is the “any” that matches nobody."""
    match rule:
        case {"all": list() as parts} | {"any": list() as parts}:
            conditions = [_condition(part) for part in parts]
            if None in conditions or (not parts and "any" in rule):
                return None
            return SimpleRule("all" if "all" in rule else "any", tuple(cast("list[Condition]", conditions)))
        case _:
            alone = _condition(rule)
            return SimpleRule("all", (alone,)) if alone is not None else None


def _condition(rule: Rule) -> Condition | None:
    match rule:
        case {"field": str() as field, "in": list() as values}:
            return Condition(field, tuple(values))
        case {"not": {"field": str() as field, "in": list() as values}}:
            return Condition(field, tuple(values), negated=True)
    return None


def in_words(rule: Rule) -> str:
    """The rule as a sentence for a list; only its kind where it has more than one level."""
    simple = simple_rule(rule)
    if simple is None:
        return _("An advanced rule")
    if not simple.conditions:
        return _("Every subscriber")
    joint = f" {_('and')} " if simple.match == "all" else f" {_('or')} "
    return joint.join(_condition_in_words(condition) for condition in simple.conditions)


def _condition_in_words(condition: Condition) -> str:
    named = ", ".join(value_label(condition.field, value) for value in condition.values)
    pattern = _("%(field)s is not %(values)s") if condition.negated else _("%(field)s is %(values)s")
    return pattern % {"field": FIELD_NAMES[condition.field], "values": named}


def value_label(field: str, value: str) -> str:
    """What a value of a field is called; the value itself where it is none that is known."""
    return _LABELS[field](value)


def _label_in(choices: Any) -> Callable[[str], str]:
    return lambda value: str(dict(choices.choices).get(value, value))


_LABELS: dict[str, Callable[[str], str]] = {
    "role": _label_in(Role),
    "programme": _label_in(Programme),
    "country": country_label,
    "region": region_label,
    "language": language_label,
    "organisation_kind": _label_in(Organisation.Kind),
    "tier": _label_in(Organisation.Tier),
}
