"""A sound rule without names of segments as a formula over subscribers.

Everything here is true or false of each subscriber, never NULL, so that its opposite is everyone else: whatever may be
NULL is compared inside an EXISTS or IN, or beside IS NOT NULL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from subscribers.custom_conditions import custom_condition
from subscribers.days import moment_condition
from subscribers.engagement import Builder, Engagement, engagement_builder
from subscribers.formula import Formula, Held, Plain, Rows, all_of, any_of, opposite
from subscribers.held import countries_of, held_by, organisations
from subscribers.models import Interest, Subscription, Suppression
from subscribers.rule_fields import CUSTOM, Vocabulary

Rule = dict[str, Any]


def formula_of(rule: Rule, vocabulary: Vocabulary) -> Formula:
    """Whom `rule`, sound and with no segment named, matches. What it says more than once is looked for once."""
    return _formula(rule, vocabulary, engagement_builder())


def _formula(rule: Rule, vocabulary: Vocabulary, engaged: Builder) -> Formula:
    def each(parts: list[Rule]) -> Iterator[Formula]:
        different = {json.dumps(part, sort_keys=True): part for part in parts}
        return (_formula(part, vocabulary, engaged) for part in different.values())

    match rule:
        case {"all": parts}:
            return all_of(each(parts))
        case {"any": parts}:
            return any_of(each(parts))
        case {"none": parts}:
            return opposite(any_of(each(parts)))
        case {"not": part}:
            return opposite(_formula(part, vocabulary, engaged))
        case {"affiliation": keys}:
            return Held(held_by(keys))
        case {"engagement": _kind}:
            return engaged(Engagement.of(rule))
        case {"field": name, **question}:
            op, value = next(iter(question.items()))
            return _asked(name, op, value, vocabulary)
    raise AssertionError(rule)  # check_rule lets nothing else through


def _asked(name: str, op: str, value: Any, vocabulary: Vocabulary) -> Formula:
    if name.startswith(CUSTOM):
        key = name.removeprefix(CUSTOM)
        return Plain(custom_condition(key, vocabulary.custom[key].kind, op, value))
    match name, op:
        case _, "in":
            return _in(name, value)
        case _, "known":
            return _known(name) if value else opposite(_known(name))
        case "created", _:
            return Plain(moment_condition("created_at", op, value))
        case "subscribed", _:
            return _subscribed(moment_condition("changed_at", op, value))
        case "suppressed", _:
            suppressed = Rows(Suppression.objects.all(), key="address_hash", own="address_hash")
            return suppressed if value else opposite(suppressed)
    return Plain(_text(name, op, value))


def _in(name: str, values: list[str]) -> Formula:
    match name:
        case "role" | "programme":
            return Held(held_by({name: values}))
        case "country" | "language":
            return Plain(Q(**{f"{name}__in": values}))
        case "region":
            return Plain(Q(country__in=countries_of(values)))
        case "organisation" | "organisation_kind" | "tier":
            return Plain(Q(organisation__isnull=False) & Q(organisation__in=organisations(name, values)))
        case "topic":
            return Rows(Interest.objects.filter(topic__slug__in=values))
        case "bulletin":
            return _subscribed(Q(bulletin_key__in=values))
        case "frequency":
            return _subscribed(Q(frequency__in=values))
    raise AssertionError(name)


def _known(name: str) -> Formula:
    match name:
        case "country" | "name":
            return Plain(~Q(**{name: ""}))
        case "organisation":
            return Plain(Q(organisation__isnull=False))
        case "external_id":
            return Plain(Q(external_id__isnull=False) & ~Q(external_id=""))
        case "topic":
            return Rows(Interest.objects.all())
    raise AssertionError(name)


def _subscribed(further: Q) -> Rows:
    """Has an active subscription that meets `further`."""
    return Rows(Subscription.objects.filter(further, state=Subscription.State.ACTIVE))


_LOOKUPS = {"is": "iexact", "contains": "icontains", "starts": "istartswith", "ends": "iendswith"}
_EXACT_LOOKUPS = {"is": "exact", "contains": "contains", "starts": "startswith", "ends": "endswith"}


def _text(name: str, op: str, value: str) -> Q:
    if name == "email":  # kept in lower case, so that its index serves
        return Q(**{f"email__{_EXACT_LOOKUPS[op]}": value.lower()})
    asked = Q(**{f"{name}__{_LOOKUPS[op]}": value})
    return Q(external_id__isnull=False) & asked if name == "external_id" else asked
