"""What a segment's rule may hold, as plain data, and whether a given one is sound.

A rule is one of
    {"all": [rule, …]}       everyone whom all of them match (an empty list matches everyone)
    {"any": [rule, …]}       everyone whom one of them matches (an empty list matches nobody)
    {"none": [rule, …]}      everyone whom none of them matches (an empty list matches everyone)
    {"not": rule}
    {"segment": slug}        everyone in another saved segment
    {"field": name, op: value}
                             `subscribers.rule_fields` has the fields, and what may be asked of each
    {"affiliation": {"role": […], "programme": […], "organisation": […], "country": […], "region": […],
                     "organisation_kind": […], "tier": […], "when": "current" | "past" | "any"}}
                             who holds one affiliation that meets all the given keys at once
    {"engagement": "received" | "opened" | "clicked", "bulletin": key, "issues": 1…50,
     "how_many": "none" | "any" | "all"}
                             of the last so many issues of the bulletin that were sent

Matching is two-valued: where a value is missing, a condition doesn't match, and its opposite does. Days are those of
UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from subscribers.rule_fields import (
    AFFILIATION_FIELDS,
    FIELDS,
    UUID_PATTERN,
    BadRule,
    Custom,
    Field,
    FieldType,
    Vocabulary,
    check_text,
    check_value,
    fields,
    is_whole,
    quoted,
)
from subscribers.rule_schema import rule_schema

__all__ = [
    "AFFILIATION_FIELDS",
    "DEEPEST",
    "ENGAGEMENTS",
    "FIELDS",
    "GROUPS",
    "HOW_MANY",
    "LARGEST",
    "MOST_ENGAGEMENTS",
    "MOST_ISSUES",
    "WHEN",
    "BadRule",
    "Custom",
    "CycleError",
    "Field",
    "FieldType",
    "Vocabulary",
    "check_rule",
    "expanded",
    "fields",
    "fields_asked",
    "rule_schema",
    "segments_named",
    "segments_within",
]

Rule = dict[str, Any]

DEEPEST = 20
LARGEST = 500  # conditions and groups, those of named segments too
MOST_ISSUES = 50
MOST_ENGAGEMENTS = 20  # different ones, those of named segments too: each reads many deliveries
GROUPS = ("all", "any", "none")
WHEN = ("current", "past", "any")
ENGAGEMENTS = ("received", "opened", "clicked")
HOW_MANY = ("none", "any", "all")

_ENGAGEMENT_KEYS = frozenset({"engagement", "bulletin", "issues", "how_many"})


class CycleError(BadRule):
    """A segment that is within itself."""


def check_rule(rule: Any, vocabulary: Vocabulary, *, of: str = "") -> None:
    """Raise BadRule unless `rule` is sound, with all the segments that it names.

    `of`: the slug of the segment that has this rule, so that no segment comes to name itself.
    """
    check = _Check(vocabulary, fields(vocabulary))
    check.rule(rule, _("the rule"), 1, (of,) if of else ())
    if len(check.engagements) > MOST_ENGAGEMENTS:
        message = _("The rule asks %(asked)d different questions about engagement, and may ask %(most)d at most.")
        raise BadRule(message % {"asked": len(check.engagements), "most": MOST_ENGAGEMENTS})


def expanded(rule: Any, vocabulary: Vocabulary) -> Rule:
    """The rule with those of the segments that it names in their place; BadRule if it is not sound.

    One that was saved while a rule might ask more about engagement goes on being used.
    """
    _Check(vocabulary, fields(vocabulary)).rule(rule, _("the rule"), 1, ())
    return _expanded(rule, vocabulary)


def segments_named(rule: Any) -> frozenset[str]:
    """The slugs of the segments that a rule, sound or not, names itself."""
    return frozenset(slug for part in _parts(rule) for slug in _named(part))


def segments_within(rule: Any, vocabulary: Vocabulary) -> frozenset[str]:
    """The slugs of the segments that a rule, sound or not, names, and of those that they name in turn."""
    found: set[str] = set()
    left = set(segments_named(rule))
    while left:
        slug = left.pop()
        found.add(slug)
        left |= segments_named(vocabulary.segments.get(slug)) - found
    return frozenset(found)


def fields_asked(rule: Any, vocabulary: Vocabulary) -> frozenset[str]:
    """The fields that a sound rule asks about, and those of the segments that it names; not those of affiliations."""
    parts = _parts(_expanded(rule, vocabulary))
    return frozenset(part["field"] for part in parts if "field" in part)


def _expanded(rule: Rule, vocabulary: Vocabulary) -> Rule:
    match rule:
        case {"segment": slug}:
            return _expanded(vocabulary.segments[slug], vocabulary)
        case {"not": part}:
            return {"not": _expanded(part, vocabulary)}
        case {"all": parts} | {"any": parts} | {"none": parts}:
            return {next(iter(rule)): [_expanded(part, vocabulary) for part in parts]}
    return rule


def _parts(rule: Any) -> Iterator[Any]:
    """The rule and all rules inside."""
    yield rule
    match rule:
        case {"not": part}:
            yield from _parts(part)
        case {"all": list(parts)} | {"any": list(parts)} | {"none": list(parts)}:
            for part in parts:
                yield from _parts(part)


def _named(part: Any) -> tuple[str, ...]:
    match part:
        case {"segment": str(slug)}:
            return (slug,)
    return ()


@dataclass(slots=True)
class _Check:
    """One pass over a rule. Nothing that may be written in JSON, or held by Python in its place, makes it fail."""

    vocabulary: Vocabulary
    fields: dict[str, Field]
    count: int = 0
    engagements: set[tuple[Any, ...]] = field(default_factory=set)

    def rule(self, rule: Any, place: str, depth: int, within: tuple[str, ...]) -> None:
        """`within`: the slugs of the segments that the rule is inside of."""
        self.count += 1
        if depth > DEEPEST or self.count > LARGEST:
            size = {"conditions": LARGEST, "deep": DEEPEST}
            problem = _("The rule is too large: at most %(conditions)d conditions, nested %(deep)d deep.") % size
            raise BadRule(problem + (_(" (with the segment “%s” in its place)") % within[-1] if within else ""))
        if not isinstance(rule, dict):
            raise BadRule(_("%s is not an object: a rule is a group, a condition or a segment.") % place)
        if not all(isinstance(key, str) for key in rule):
            raise BadRule(_("%s has a key that is no text.") % place)
        match sorted(rule):
            case [("all" | "any" | "none") as name]:
                self._group(rule[name], name, place, depth, within)
            case ["not"]:
                self.rule(rule["not"], f"{place} › not", depth + 1, within)
            case ["segment"]:
                self._segment(rule["segment"], place, depth, within)
            case ["affiliation"]:
                self._affiliation(rule["affiliation"], place)
            case names if "engagement" in names:
                self._engagement(rule, place)
            case names if "field" in names:
                self._condition(rule, place)
            case names:
                parts = {"place": place, "names": ", ".join(map(quoted, names[:8])) or _("nothing")}
                raise BadRule(
                    _(
                        "%(place)s has %(names)s: a rule is one of all, any, none, not, segment, affiliation, "
                        "engagement, or a field with one question."
                    )
                    % parts
                )

    def _group(self, parts: Any, name: str, place: str, depth: int, within: tuple[str, ...]) -> None:
        if not isinstance(parts, list):
            raise BadRule(f"{place}: " + _("“%s” takes a list of rules.") % name)
        for number, part in enumerate(parts, 1):
            self.rule(part, f"{place} › {name} {number}", depth + 1, within)

    def _segment(self, slug: Any, place: str, depth: int, within: tuple[str, ...]) -> None:
        if not isinstance(slug, str):
            raise BadRule(f"{place}: " + _("“segment” takes the short name of a segment."))
        if slug in within:
            circle = " → ".join((*within[within.index(slug) :], slug))
            raise CycleError(f"{place}: " + _("a segment can’t be part of itself: %s.") % circle)
        if slug not in self.vocabulary.segments:
            raise BadRule(f"{place}: " + _("there is no segment “%s”.") % quoted(slug))
        self.count -= 1  # its rule stands in its place
        self.rule(self.vocabulary.segments[slug], f"{place} › “{slug}”", depth, (*within, slug))

    def _condition(self, rule: Rule, place: str) -> None:
        name = rule["field"]
        asked = self.fields.get(name) if isinstance(name, str) else None
        if asked is None:
            parts = {"name": quoted(name), "names": ", ".join(self.fields)}
            raise BadRule(f"{place}: " + _("there is no field “%(name)s”; there are %(names)s.") % parts)
        questions = sorted(rule.keys() - {"field"})
        if len(questions) != 1 or questions[0] not in asked.ops:
            parts = {
                "field": name,
                "ops": ", ".join(asked.ops),
                "names": ", ".join(map(quoted, questions[:8])) or _("nothing"),
            }
            raise BadRule(f"{place}: " + _("“%(field)s” takes exactly one of %(ops)s; it has %(names)s.") % parts)
        check_value(asked, questions[0], rule[questions[0]], place=place)

    def _affiliation(self, keys: Any, place: str) -> None:
        place = f"{place} › affiliation"
        if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys):
            raise BadRule(_("%s is not an object with keys that are texts.") % place)
        if strange := sorted(keys.keys() - {*AFFILIATION_FIELDS, "when"}):
            parts = {"name": quoted(strange[0]), "names": ", ".join((*AFFILIATION_FIELDS, "when"))}
            raise BadRule(f"{place}: " + _("there is no “%(name)s”; there are %(names)s.") % parts)
        if not keys.keys() - {"when"}:
            raise BadRule(f"{place}: " + _("at least one of %s is needed.") % ", ".join(AFFILIATION_FIELDS))
        self._one_of("when", keys.get("when", "current"), WHEN, place)
        for name in AFFILIATION_FIELDS:
            if name in keys:
                check_value(self.fields[name], "in", keys[name], place=f"{place} › {name}")

    def _engagement(self, rule: Rule, place: str) -> None:
        if rule.keys() != _ENGAGEMENT_KEYS:
            raise BadRule(f"{place}: " + _("an engagement takes exactly bulletin, issues and how_many besides."))
        self._one_of("engagement", rule["engagement"], ENGAGEMENTS, place)
        self._one_of("how_many", rule["how_many"], HOW_MANY, place)
        check_text(rule["bulletin"], place=place, what="“bulletin”")
        if not re.fullmatch(UUID_PATTERN, rule["bulletin"]):
            raise BadRule(f"{place}: " + _("no bulletin has the key %s.") % quoted(rule["bulletin"]))
        if not is_whole(rule["issues"], 1, MOST_ISSUES):
            raise BadRule(f"{place}: " + _("“issues” takes a whole number from 1 to %d.") % MOST_ISSUES)
        self.engagements.add((rule["engagement"], rule["bulletin"].lower(), rule["issues"], rule["how_many"]))

    def _one_of(self, name: str, value: Any, known: tuple[str, ...], place: str) -> None:
        if not isinstance(value, str) or value not in known:
            parts = {"name": name, "known": ", ".join(known)}
            raise BadRule(f"{place}: " + _("“%(name)s” is one of %(known)s.") % parts)
