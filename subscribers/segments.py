"""A rule to a queryset: whoever matches is decided by PostgreSQL, in one query."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from subscribers.models import Affiliation, Segment, Subscriber
from subscribers.regions import countries_in
from subscribers.rules import check_rule

EVERYONE = Q(pk__isnull=False)  # an empty Q would vanish from an any, and from a not
NOBODY = Q(pk__lt=0)  # no id is; an empty list would make Django refuse to write the query at all


def matching(rule: dict[str, Any]) -> QuerySet[Subscriber]:
    """The subscribers whom `rule` matches; BadRule if it is not sound."""
    return Subscriber.objects.filter(condition(rule))


def condition(rule: dict[str, Any]) -> Q:
    """`rule` as a condition over Subscriber; BadRule if it is not sound."""
    check_rule(rule)
    return _condition(rule)


def segment_conditions(slugs: frozenset[str]) -> dict[str, Q]:
    """The conditions of the named segments; LookupError names those that don't exist."""
    found = {segment.slug: condition(segment.rule) for segment in Segment.objects.filter(slug__in=slugs)}
    if missing := slugs - found.keys():
        raise LookupError(f"There is no segment {', '.join(sorted(missing))}.")
    return found


def _condition(rule: dict[str, Any]) -> Q:
    match rule:
        case {"all": parts}:
            return reduce(and_, map(_condition, parts), EVERYONE)
        case {"any": parts}:
            return reduce(or_, map(_condition, parts), NOBODY)
        case {"not": part}:
            return ~_condition(part)
        case {"field": field, "in": values}:
            return _leaf(field, values)
    raise AssertionError(rule)  # check_rule lets nothing else through


def _leaf(field: str, values: list[Any]) -> Q:
    match field:
        case "language":
            return Q(language__in=values)
        case "country":
            return Q(country__in=values)
        case "region":
            return Q(country__in=sorted(frozenset().union(*map(countries_in, values))))
        case "organisation_kind":
            return Q(organisation__isnull=False, organisation__kind__in=values)
        case "tier":
            return Q(organisation__isnull=False, organisation__tier__in=values)
        case _:
            held = Affiliation.objects.filter(**{f"{field}__in": values}, subscriber=OuterRef("pk"))
            return Q(Exists(held))
