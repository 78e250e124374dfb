"""What a rule asks of an affiliation, as a condition over Affiliation."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from subscribers.days import TODAY
from subscribers.models import Organisation
from subscribers.regions import countries_in


def held_by(keys: dict[str, Any]) -> Q:
    """A condition over Affiliation: it meets all the keys of a rule's `affiliation` at once."""
    held = Q()
    for name, values in keys.items():
        match name:
            case "role" | "programme" | "country":
                held &= Q(**{f"{name}__in": values})
            case "region":
                held &= Q(country__in=countries_of(values))
            case "organisation" | "organisation_kind" | "tier":
                held &= Q(organisation__in=organisations(name, values))
    match keys.get("when", "current"):
        case "current":
            begun = Q(since__isnull=True) | Q(since__lte=TODAY)
            held &= begun & (Q(until__isnull=True) | Q(until__gte=TODAY))
        case "past":
            held &= Q(until__lt=TODAY)
    return held


def organisations(name: str, values: list[str]) -> Any:
    """Their ids: given themselves, or to be looked for by kind or tier."""
    if name == "organisation":
        return sorted(map(int, values))
    column = {"organisation_kind": "kind", "tier": "tier"}[name]
    return Organisation.objects.filter(**{f"{column}__in": values}).order_by().values("pk")


def countries_of(regions: list[str]) -> list[str]:
    return sorted(frozenset().union(*map(countries_in, regions)))
