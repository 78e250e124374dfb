"""Who of an audience lacks a value that a text says of its reader, and has no fallback for."""

from __future__ import annotations

from collections import defaultdict
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from composer.content import EXCEPT, EditionContent
from composer.preflight.facts import MissingValue
from composer.preflight.pieces import take_apart
from composer.rendering.merge import FIELDS, find_merges
from subscribers.readers import without_value
from subscribers.segments import segment_conditions

MOST_NAMES = 10


def missing_values(content: EditionContent, people: QuerySet[Any]) -> tuple[MissingValue, ...]:
    """The readers among `people` who would read a gap in `content`, for each field that leaves one.

    `people` is an audience as `dispatch.plan.audience` makes it: only those count who get this edition, and who see
    an item with the value. LookupError for an item whose segment is gone.
    """
    found = []
    for field, audiences in _needed(content).items():
        readers = people.filter(locale=content.locale, suppressed=False, resting=False)
        lacking = without_value(_seeing(readers, audiences), field).order_by("name", "email")
        if count := lacking.count():
            names = tuple(name or email for name, email in lacking.values_list("name", "email")[:MOST_NAMES])
            found.append(MissingValue(field=field, people=names, count=count))
    return tuple(found)


def _needed(content: EditionContent) -> dict[str, set[str]]:
    """The fields that stand somewhere without a fallback, each with the audiences of those places."""
    needed: dict[str, set[str]] = defaultdict(set)
    for text in take_apart(content).texts:
        if "{{" in text.text:
            for merge in find_merges(text.text):
                if merge.field in FIELDS and not merge.fallback:
                    needed[merge.field].add(text.item.audience if text.item else "")
    return needed


def _seeing(people: QuerySet[Any], audiences: set[str]) -> QuerySet[Any]:
    """Those of `people` whom an item for one of `audiences` is meant for."""
    if "" in audiences:
        return people
    conditions = segment_conditions(frozenset(audience.removeprefix(EXCEPT) for audience in audiences))
    parts: list[Q] = []
    for audience in sorted(audiences):
        inside = conditions[audience.removeprefix(EXCEPT)]
        parts.append(~inside if audience.startswith(EXCEPT) else inside)
    return people.filter(reduce(or_, parts))
