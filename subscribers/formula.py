"""Conditions over subscribers, put together so that PostgreSQL can answer for millions of them at once.

A formula is all or any of parts: plain comparisons of a subscriber's own columns, and rows elsewhere that belong to a
subscriber, of which there are some or none. Negations stand at these alone. PostgreSQL makes one pass over a table and
one hashed join of each part that a filter needs as a whole, and looks row by row for what stands beside an OR; so where
a filter needs one of several parts, it asks for the ids in their union, or in none of what is outside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from subscribers.models import Affiliation, Subscriber

_TRUE = Q(pk__isnull=False)  # an empty Q would vanish from an OR, and from a negation
_FALSE = Q(pk__lt=0)  # no id is; an empty list would make Django refuse to write the query at all


@dataclass(frozen=True, slots=True)
class Plain:
    """A comparison of the subscriber's own columns: true or false of each, never NULL.

    `negated`: it was turned round, so that it holds of most.
    """

    q: Q
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """There are rows of the subscriber among `rows` (none if `negated`). `key` of a row is the subscriber's `own`.

    `grouped`: the rows are counted for each subscriber, so that a join has to count them before.
    """

    rows: QuerySet[Any]
    negated: bool = False
    key: str = "subscriber"
    own: str = "pk"
    grouped: bool = False

    def exists(self) -> Q:
        return Q(Exists(self.rows.filter(**{self.key: OuterRef(self.own)}).order_by()))


@dataclass(frozen=True, slots=True)
class Held:
    """The subscriber holds an affiliation that meets `q`, a condition over Affiliation (none if `negated`)."""

    q: Q
    negated: bool = False

    def as_rows(self) -> Rows:
        return Rows(Affiliation.objects.filter(self.q), self.negated)


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Formula, ...]


Formula = Plain | Rows | Held | AllOf | AnyOf

EVERYONE = AllOf(())
NOBODY = AnyOf(())


def all_of(parts: Iterable[Formula]) -> Formula:
    """All the parts are true; affiliations that must not be are looked for together."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, AllOf) else (part,))]
    if NOBODY in flat:
        return NOBODY
    return _joined(AllOf, flat, together=lambda each: isinstance(each, Held) and each.negated)


def any_of(parts: Iterable[Formula]) -> Formula:
    """One of the parts is true; affiliations one of which must be are looked for together."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, AnyOf) else (part,))]
    if EVERYONE in flat:
        return EVERYONE
    return _joined(AnyOf, flat, together=lambda each: isinstance(each, Held) and not each.negated)


def opposite(formula: Formula) -> Formula:
    match formula:
        case Plain(q, negated):
            return Plain(~q, not negated)
        case Rows(negated=negated):
            return replace(formula, negated=not negated)
        case Held(q, negated):
            return Held(q, not negated)
        case AllOf(parts):
            return any_of(map(opposite, parts))
        case AnyOf(parts):
            return all_of(map(opposite, parts))


def as_filter(formula: Formula) -> Q:
    """To be given to `Subscriber.objects.filter`, for many subscribers at once."""
    match formula:
        case AllOf(()):
            return _TRUE
        case AllOf(parts):
            return reduce(and_, map(as_filter, parts))
        case AnyOf([_, *_] as parts):
            return _one_of(parts)
        case Rows(rows, negated, key, grouped=True):
            within = Q(pk__in=rows.order_by().values(key))
            return _outside(within) if negated else within
        case Rows(negated=negated, own=own) if own != "pk":
            # By the ids of these few subscribers: a join of millions by a text carries that text through all others.
            few = formula.exists()
            return _outside(few) if negated else _inside(few)
    return as_expression(formula)


def as_expression(formula: Formula) -> Q:
    """To stand wherever a condition may, for the rows that something else has chosen."""
    match formula:
        case Plain(q, _negated):
            return q
        case Held():
            return as_expression(formula.as_rows())
        case Rows():
            return ~formula.exists() if formula.negated else formula.exists()
        case AllOf(parts):
            return reduce(and_, map(as_expression, parts), _TRUE) if parts else _TRUE
        case AnyOf(parts):
            return reduce(or_, map(as_expression, parts)) if parts else _FALSE
    raise AssertionError(formula)


def _joined(kind: type[AllOf | AnyOf], flat: list[Formula], *, together: Callable[[Formula], bool]) -> Formula:
    held = [each.q for each in flat if isinstance(each, Held) and together(each)]
    parts = [each for each in flat if not together(each)]
    if held:
        parts.append(Held(reduce(or_, held), negated=kind is AllOf))
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _one_of(parts: tuple[Formula, ...]) -> Q:
    """Plain comparisons stay beside each other; else the ids are looked up in the smaller of union and rest."""
    plain = [part.q for part in parts if isinstance(part, Plain)]
    if len(plain) == len(parts):
        return reduce(or_, plain)
    if any(not isinstance(part, AllOf | AnyOf) and part.negated for part in parts):
        return _outside(as_filter(all_of(map(opposite, parts))))
    branches = [_ids(part) for part in parts if not isinstance(part, Plain)]
    if plain:
        branches.append(_ids(Plain(reduce(or_, plain))))
    first, *others = branches
    # Without doubles: PostgreSQL guesses how many ids such a union has, and of one with doubles that they are 200.
    return Q(pk__in=first.union(*others))


def _outside(q: Q) -> Q:
    return ~_inside(q)


def _inside(q: Q) -> Q:
    return Q(Exists(Subscriber.objects.filter(q, pk=OuterRef("pk")).order_by()))


def _ids(formula: Formula) -> QuerySet[Any]:
    """The ids of the subscribers of whom it is true, some more than once."""
    match formula:
        case Held(q, False):
            return Affiliation.objects.filter(q).order_by().values("subscriber")
        case Rows(rows, False, key, "pk"):
            return rows.order_by().values(key)
    return Subscriber.objects.filter(as_filter(formula)).order_by().values("pk")
