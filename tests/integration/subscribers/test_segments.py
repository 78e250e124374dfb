"""A segment's rule as SQL finds exactly those whom it names, evaluated in plain Python."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from subscribers.models import Affiliation, Organisation, Programme, Role, Segment, Subscriber
from subscribers.regions import REGION_NAMES, regions_of
from subscribers.rules import BadRule
from subscribers.segments import matching, segment_conditions

COUNTRIES = ["KE", "CN", "FR", "SN", "AQ", ""]
LANGUAGES = ["en", "fr", "zh-hans"]
KINDS = Organisation.Kind.values[:3]
TIERS = ["strategic", "full", ""]
ROLES = Role.values
PROGRAMMES = [*Programme.values[:3], ""]


@dataclass(frozen=True)
class Person:
    language: str
    country: str
    kind: str | None
    tier: str | None
    affiliations: tuple[tuple[str, str], ...]


def drawn_people(count: int) -> list[Person]:
    choose = random.Random(8)
    people = []
    for _number in range(count):
        belongs = choose.random() < 0.7
        held = {(choose.choice(ROLES), choose.choice(PROGRAMMES)) for _ in range(choose.randrange(4))}
        people.append(
            Person(
                choose.choice(LANGUAGES),
                choose.choice(COUNTRIES),
                choose.choice(KINDS) if belongs else None,
                choose.choice(TIERS) if belongs else None,
                tuple(sorted(held)),
            )
        )
    return people


def meets(person: Person, rule: dict[str, Any]) -> bool:
    """What a rule means, said once more."""
    match rule:
        case {"all": parts}:
            return all(meets(person, part) for part in parts)
        case {"any": parts}:
            return any(meets(person, part) for part in parts)
        case {"not": part}:
            return not meets(person, part)
        case {"field": field, "in": values}:
            return bool(values_of(person, field) & set(values))
    raise AssertionError(rule)


def values_of(person: Person, field: str) -> set[str]:
    values: dict[str, set[str | None]] = {
        "role": {role for role, _programme in person.affiliations},
        "programme": {programme for _role, programme in person.affiliations},
        "country": {person.country},
        "region": set(regions_of(person.country)) if person.country else set(),
        "language": {person.language},
        "organisation_kind": {person.kind},
        "tier": {person.tier},
    }
    return {value for value in values[field] if value is not None}


def leaf(field: str, values: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    chosen = st.lists(st.sampled_from(values), min_size=1, max_size=3)
    return chosen.map(lambda some: {"field": field, "in": some})


LEAVES = st.one_of(
    leaf("role", [*ROLES, "no-such-role"]),
    leaf("programme", Programme.values[:4]),
    leaf("country", [*COUNTRIES[:-1], "BR"]),
    leaf("region", sorted(REGION_NAMES)),
    leaf("language", [*LANGUAGES, "pt"]),
    leaf("organisation_kind", Organisation.Kind.values),
    leaf("tier", Organisation.Tier.values),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)


class TestSegmentsAgainstPlainPython(TestCase):
    people: dict[int, Person]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.people = {}
        for number, person in enumerate(drawn_people(60)):
            organisation = (
                Organisation.objects.create(name=f"Body {number}", kind=person.kind, tier=person.tier)
                if person.kind is not None and person.tier is not None
                else None
            )
            row = Subscriber.objects.create(
                email=f"reader{number}@example.org",
                language=person.language,
                country=person.country,
                organisation=organisation,
            )
            Affiliation.objects.bulk_create(
                Affiliation(subscriber=row, role=role, programme=programme) for role, programme in person.affiliations
            )
            cls.people[row.pk] = person

    @settings(max_examples=150, deadline=None)
    @given(RULES)
    def test_a_rule_finds_whom_it_names_and_nobody_twice(self, rule: dict[str, Any]) -> None:
        found = list(matching(rule).order_by("pk").values_list("pk", flat=True))
        assert found == [key for key, person in self.people.items() if meets(person, rule)]

    @settings(max_examples=60, deadline=None)
    @given(RULES)
    def test_a_rule_and_its_opposite_divide_everyone(self, rule: dict[str, Any]) -> None:
        assert matching(rule).count() + matching({"not": rule}).count() == len(self.people)


@pytest.mark.django_db
def test_an_unsound_rule_reaches_no_database() -> None:
    with pytest.raises(BadRule, match="there is no field 'email'"):
        matching({"field": "email", "in": ["reader@example.org"]})


@pytest.mark.django_db
def test_a_segment_that_is_missing_is_named() -> None:
    Segment.objects.create(name="Everyone", slug="everyone", rule={"all": []})
    assert set(segment_conditions(frozenset({"everyone"}))) == {"everyone"}
    with pytest.raises(LookupError, match=r"There is no segment leads\."):
        segment_conditions(frozenset({"everyone", "leads"}))
