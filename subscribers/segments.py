"""A rule to a queryset: whoever matches is decided by PostgreSQL, in one query."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from subscribers.conditions import formula_of
from subscribers.formula import as_expression, as_filter
from subscribers.models import CustomField, Organisation, Programme, Role, Segment, Subscriber, Subscription, Topic
from subscribers.rules import BadRule, Custom, Vocabulary, expanded, segments_within

_CHOICES = {
    "role": frozenset(Role.values),
    "programme": frozenset(Programme.values),
    "organisation_kind": frozenset(Organisation.Kind.values),
    "tier": frozenset(Organisation.Tier.values),
    "frequency": frozenset(Subscription.Frequency.values),
}


def vocabulary() -> Vocabulary:
    """What rules may name at this moment."""
    custom = CustomField.objects.values_list("key", "kind", "choices", "label")
    return Vocabulary(
        custom={key: Custom(kind, tuple(choices), label) for key, kind, choices, label in custom},
        segments=dict(Segment.objects.values_list("slug", "rule")),
        topics=frozenset(Topic.objects.values_list("slug", flat=True)),
        choices=_CHOICES,
    )


def matching(rule: dict[str, Any]) -> QuerySet[Subscriber]:
    """The subscribers whom `rule` matches; BadRule if it is not sound."""
    known = vocabulary()
    return Subscriber.objects.filter(as_filter(formula_of(expanded(rule, known), known)))


def condition(rule: dict[str, Any]) -> Q:
    """`rule` as a condition over subscribers whom something else has chosen; BadRule if it is not sound."""
    known = vocabulary()
    return as_expression(formula_of(expanded(rule, known), known))


def segment_conditions(slugs: frozenset[str]) -> dict[str, Q]:
    """The conditions of the named segments; LookupError names those that don't exist."""
    known = vocabulary()
    if missing := slugs - known.segments.keys():
        raise LookupError(f"There is no segment {', '.join(sorted(missing))}.")
    return {slug: as_expression(formula_of(expanded(known.segments[slug], known), known)) for slug in slugs}


def rules_of(slugs: frozenset[str]) -> dict[str, Any]:
    """The rules of these segments with those of the segments that they name in their place, by slug.

    A rule that can't be used any more stands as it is.
    """
    known = vocabulary()
    return {slug: _expanded_or_bare(rule, known) for slug, rule in known.segments.items() if slug in slugs}


def _expanded_or_bare(rule: Any, known: Vocabulary) -> Any:
    try:
        return expanded(rule, known)
    except BadRule:
        return rule


def segments_naming(slug: str) -> list[Segment]:
    """The segments whose rules name this one, directly or through another."""
    known = {segment.slug: segment for segment in Segment.objects.all()}
    rules = Vocabulary(segments={name: segment.rule for name, segment in known.items()})
    return [segment for name, segment in known.items() if name != slug and slug in segments_within(segment.rule, rules)]
