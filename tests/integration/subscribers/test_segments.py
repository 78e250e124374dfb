"""A segment's rule as SQL finds exactly those whom it names, evaluated in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from dispatch.models import Delivery, Dispatch, Event
from subscribers.counts import recount, recount_stale
from subscribers.models import (
    Affiliation,
    Consent,
    CustomField,
    Interest,
    Organisation,
    Programme,
    Role,
    Segment,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
)
from subscribers.rules import BadRule
from subscribers.segments import condition, matching, rules_of, segment_conditions, segments_naming
from tests.factories import make_segment
from tests.rule_oracle import Body, Got, Person, Post, Taken, World

COUNTRIES = ["KE", "CN", "FR", "SN", "AQ"]
REGIONS = ["002", "202", "014", "142", "150", "019"]
LANGUAGES = ["en", "fr", "zh-hans"]
KINDS = ["government", "un", "research"]
TIERS = ["strategic", "full", ""]
ROLES = Role.values[:4]
PROGRAMMES = Programme.values[:3]
TOPICS = ["food", "tourism", "waste"]
SECTORS = ["water", "energy", "采购"]
NAMES = ["", "Zoé", "ZOÉ 100%", "a_b", "axb", "back\\slash", "采购 Wang", "O'Neil", "x"]
PIECES = ["zoé", "é", "%", "_", "\\", "采", "'", "X", "nobody", "e", "1"]
BULLETINS = [str(UUID(int=1)), str(UUID(int=2)), str(UUID(int=3))]
NUMBERS = [0, 5, 5.0, -3, 0.1, 10**15, 2.5]
SEGMENTS: dict[str, Any] = {
    "leads": {"affiliation": {"role": ["programme-lead"]}},
    "outside": {"none": [{"segment": "leads"}, {"field": "country", "known": True}]},
    "readers": {"any": [{"field": "bulletin", "in": BULLETINS[:1]}, {"not": {"segment": "outside"}}]},
}
# A custom field may be called like anything that Django's lookups or JSON's paths know.
CUSTOM = {"contains": "text", "2024": "number", "isnull": "date", "press-list": "boolean", "sector": "choice"}
# (bulletin, issue, days since, state), in no order: two sendings of one issue, one that was called off.
DISPATCHES = [
    (BULLETINS[0], "a", 40, "finished"),
    (BULLETINS[0], "b", 30, "finished"),
    (BULLETINS[0], "c", 20, "cancelled"),
    (BULLETINS[0], "d", 10, "running"),
    (BULLETINS[0], "a", 5, "finished"),
    (BULLETINS[1], "e", 7, "paused"),
]
LAST = {BULLETINS[0]: ("d", "b", "a"), BULLETINS[1]: ("e",)}


def drawn_people(seed: int, count: int, bodies: list[Body], today: date) -> list[Person]:
    choose = random.Random(seed)

    def maybe(share: float, value: Any, otherwise: Any = None) -> Any:
        return value if choose.random() < share else otherwise

    def day() -> date:
        return today + timedelta(days=choose.choice([-400, -30, -2, -1, 0, 1, 2, 30]))

    def moment() -> datetime:
        return datetime.combine(day(), choose.choice([time.min, time(12), time.max]), UTC)

    def post() -> Post:
        since, until = maybe(0.6, day()), maybe(0.6, day())
        if since and until and until < since:
            since, until = until, since
        return Post(
            choose.choice(ROLES),
            maybe(0.7, choose.choice(PROGRAMMES), ""),
            maybe(0.6, choose.choice(bodies)),
            maybe(0.7, choose.choice(COUNTRIES), ""),
            since,
            until,
        )

    def custom() -> dict[str, Any]:
        drawn = {
            "contains": choose.choice(NAMES[1:]),
            "2024": choose.choice(NUMBERS),
            "isnull": day().isoformat(),
            "press-list": choose.random() < 0.5,
            "sector": choose.choice(SECTORS),
        }
        return {key: maybe(0.9, value) for key, value in drawn.items() if choose.random() < 0.6}

    def got() -> tuple[Got, ...]:
        issues: set[str] = set()
        found = []
        for number, (_bulletin, issue, _days, _state) in enumerate(DISPATCHES):
            state = choose.choice(["accepted", "accepted", "failed", "excluded", "unknown", ""])
            if not state or (state == "accepted" and issue in issues):
                continue  # nobody gets an issue a second time
            issues |= {issue} if state == "accepted" else set()
            events = tuple(kind for kind in ("open", "open", "click", "unsubscribe") if choose.random() < 0.3)
            found.append(Got(number, state, events))
        return tuple(found)

    return [
        Person(
            email=f"{choose.choice(['zoé', 'a_b', 'x'])}{number}@{choose.choice(['city', 'x'])}.example",
            name=choose.choice(NAMES),
            language=choose.choice(LANGUAGES),
            country=maybe(0.7, choose.choice(COUNTRIES), ""),
            body=maybe(0.7, choose.choice(bodies)),
            external_id=maybe(0.5, f"CRM-{number}"),
            custom=custom(),
            created_at=moment(),
            suppressed=choose.random() < 0.2,
            topics=frozenset(topic for topic in TOPICS if choose.random() < 0.3),
            posts=different(post() for _ in range(choose.randrange(4))),
            taken=tuple(
                Taken(key, choose.choice(Subscription.State.values), choose.choice(["every", "weekly"]), moment())
                for key in BULLETINS[:2]
                if choose.random() < 0.6
            ),
            consents=tuple(
                (choose.choice(BULLETINS[:2]), choose.choice(["open", "click", "mail"]), choose.random() < 0.7)
                for _ in range(choose.randrange(6))
            ),
            got=got(),
        )
        for number in range(count)
    ]


def different(posts: Iterable[Post]) -> tuple[Post, ...]:
    """Without those of which the database takes only one."""
    return tuple({(post.role, post.programme, post.body, post.country, post.since): post for post in posts}.values())


def kept_bodies() -> list[Body]:
    made = Organisation.objects.bulk_create(
        Organisation(name=f"Body {kind} {tier}", kind=kind, tier=tier) for kind in KINDS for tier in TIERS[1:]
    )
    made += [Organisation.objects.create(name="No tier", kind="un", tier="")]
    return [Body(body.pk, body.kind, body.tier) for body in made]


def kept_world() -> tuple[World, list[Dispatch]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_DATE")
        today = cursor.fetchone()[0]
    for position, slug in enumerate(TOPICS):
        Topic.objects.create(slug=slug, position=position)
    for key, kind in CUSTOM.items():
        CustomField.objects.create(key=key, label=key, kind=kind, choices=SECTORS if kind == "choice" else [])
    for slug, rule in SEGMENTS.items():
        Segment.objects.create(slug=slug, name=slug, rule=rule)
    keys = {issue: uuid4() for _bulletin, issue, _days, _state in DISPATCHES}
    dispatches = [
        Dispatch.objects.create(
            bulletin_key=bulletin,
            issue_key=keys[issue],
            issue_title=issue,
            audience_rule={"all": []},
            # One dispatch of an issue at a time is open; these are not looked at by workers.
            state=state,
            sender_names={},
            message_key=b"",
            planned_at=datetime.combine(today, time(), UTC) - timedelta(days=days),
        )
        for bulletin, issue, days, state in DISPATCHES
    ]
    numbered = {number: (bulletin, issue) for number, (bulletin, issue, _days, _state) in enumerate(DISPATCHES)}
    return World(today, SEGMENTS, numbered, LAST), dispatches


def keep(people: list[Person], dispatches: list[Dispatch]) -> dict[int, Person]:
    """Write them down, in few queries; returns them by id."""
    topics = dict(Topic.objects.values_list("slug", "pk"))
    pairs = []
    for person in people:
        row = Subscriber(
            email=person.email,
            name=person.name,
            language=person.language,
            country=person.country,
            organisation_id=person.body.id if person.body else None,
            external_id=person.external_id,
            custom=dict(person.custom),
            created_at=person.created_at,
        )
        row.address_hash = f"{person.email:>64}"
        pairs.append((row, person))
    Subscriber.objects.bulk_create(row for row, _person in pairs)
    Suppression.objects.bulk_create(
        Suppression(address_hash=row.address_hash) for row, person in pairs if person.suppressed
    )
    Interest.objects.bulk_create(
        Interest(subscriber=row, topic_id=topics[topic]) for row, person in pairs for topic in person.topics
    )
    Affiliation.objects.bulk_create(
        Affiliation(
            subscriber=row,
            role=post.role,
            programme=post.programme,
            organisation_id=post.body.id if post.body else None,
            country=post.country,
            since=post.since,
            until=post.until,
        )
        for row, person in pairs
        for post in person.posts
    )
    Subscription.objects.bulk_create(
        Subscription(
            subscriber=row,
            bulletin_key=taken.bulletin,
            state=taken.state,
            frequency=taken.frequency,
            changed_at=taken.changed_at,
        )
        for row, person in pairs
        for taken in person.taken
    )
    Consent.objects.bulk_create(
        Consent(subscriber=row, bulletin_key=bulletin, purpose=purpose, given=given, source="test")
        for row, person in pairs
        for bulletin, purpose, given in person.consents
    )
    deliveries = [
        (Delivery(dispatch=dispatches[got.dispatch], subscriber=row, locale="en", mask=0, state=got.state), got)
        for row, person in pairs
        for got in person.got
    ]
    Delivery.objects.bulk_create(delivery for delivery, _got in deliveries)
    Event.objects.bulk_create(
        Event(dispatch=delivery.dispatch, kind=kind, delivery=delivery)
        for delivery, got in deliveries
        for kind in got.events
    )
    return {row.pk: person for row, person in pairs}


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


def asked(field: str, **questions: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A condition on `field` with one of the questions."""
    return st.one_of(
        [st.fixed_dictionaries({"field": st.just(field), op.rstrip("_"): answers}) for op, answers in questions.items()]
    )


def rules(bodies: list[Body], today: date) -> st.SearchStrategy[dict[str, Any]]:
    """Rules of the whole grammar over these people."""
    known = st.booleans()
    pieces = st.sampled_from(PIECES)
    texts: dict[str, Any] = {
        "is_": st.sampled_from([*NAMES[1:], "zoé", "CRM-3"]), "contains": pieces, "starts": pieces, "ends": pieces
    }  # fmt: skip
    days = st.sampled_from([(today + timedelta(days=some)).isoformat() for some in (-400, -2, -1, 0, 1, 2)])
    back = st.sampled_from([1, 2, 3, 30, 31, 400, 36_500])
    dates: dict[str, Any] = {"before": days, "from_": days, "within_days": back, "older_days": back}
    ids = [str(body.id) for body in bodies] + ["999999999999"]
    codes = {
        "role": ROLES,
        "programme": PROGRAMMES,
        "organisation": ids,
        "country": COUNTRIES,
        "region": REGIONS,
        "organisation_kind": KINDS,
        "tier": TIERS[:2],
    }
    held = st.fixed_dictionaries(
        {}, optional={name: some(values) for name, values in codes.items()} | {"when": st.sampled_from(
            ["current", "past", "any"])}
    ).filter(lambda keys: keys.keys() - {"when"})  # fmt: skip
    engagements = st.fixed_dictionaries(
        {
            "engagement": st.sampled_from(["received", "opened", "clicked"]),
            "bulletin": st.sampled_from(BULLETINS),
            "issues": st.sampled_from([1, 2, 3, 50]),
            "how_many": st.sampled_from(["none", "any", "all"]),
        }
    )
    leaves = st.one_of(
        *(asked(name, in_=some(codes[name])) for name in ("role", "programme", "region", "organisation_kind", "tier")),
        asked("country", in_=some(COUNTRIES), known=known),
        asked("language", in_=some([*LANGUAGES, "pt"])),
        asked("organisation", in_=some(ids), known=known),
        asked("topic", in_=some(TOPICS), known=known),
        asked("bulletin", in_=some(BULLETINS)),
        asked("frequency", in_=some(["every", "weekly", "monthly"])),
        asked("name", known=known, **texts),
        asked("email", **texts),
        asked("external_id", known=known, **texts),
        asked("created", **dates),
        asked("subscribed", **dates),
        asked("suppressed", is_=known),
        asked("custom.contains", known=known, **texts),
        asked("custom.2024", known=known, **dict.fromkeys(("is_", "least", "most"), st.sampled_from([*NUMBERS, 1e-9]))),
        asked("custom.isnull", known=known, **dates),
        asked("custom.press-list", known=known, is_=known),
        asked("custom.sector", known=known, in_=some(SECTORS)),
        held.map(lambda keys: {"affiliation": keys}),
        held.map(lambda keys: {"affiliation": keys}),
        engagements,
        st.sampled_from([{"segment": slug} for slug in SEGMENTS]),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            *(st.fixed_dictionaries({group: st.lists(inner, max_size=4)}) for group in ("all", "any", "none")),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=10,
    )


class TestSegmentsAgainstPlainPython(TestCase):
    bodies: list[Body]
    world: World
    dispatches: list[Dispatch]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.bodies = kept_bodies()
        cls.world, cls.dispatches = kept_world()

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), seed=st.integers(0, 2**32))
    def test_a_rule_finds_whom_it_names_and_nobody_twice(self, data: st.DataObject, seed: int) -> None:
        people = keep(drawn_people(seed, 40, self.bodies, self.world.today), self.dispatches)
        for rule in data.draw(st.lists(rules(self.bodies, self.world.today), min_size=15, max_size=30)):
            expected = [key for key, person in people.items() if self.world.matches(person, rule)]
            assert list(matching(rule).order_by("pk").values_list("pk", flat=True)) == expected, rule
            chosen = Subscriber.objects.filter(condition(rule)).order_by("pk")
            assert list(chosen.values_list("pk", flat=True)) == expected, rule
            assert matching({"not": rule}).count() == len(people) - len(expected), rule


@pytest.mark.django_db
@pytest.mark.parametrize(
    "rule",
    [
        {"field": "email", "in": ["reader@example.org"]},
        {"field": "name", "contains": "\x00"},
        {"field": "custom.staff", "least": 10**400},
        {"segment": "nobody-made-it"},
    ],
)
def test_an_unsound_rule_reaches_no_database(rule: dict[str, Any]) -> None:
    with pytest.raises(BadRule):
        matching(rule)


@pytest.mark.django_db
def test_a_segment_that_is_missing_is_named() -> None:
    make_segment()
    assert set(segment_conditions(frozenset({"everyone"}))) == {"everyone"}
    with pytest.raises(LookupError, match=r"There is no segment leads\."):
        segment_conditions(frozenset({"everyone", "leads"}))


@pytest.mark.django_db
def test_a_segment_never_comes_to_be_within_itself() -> None:
    inner = make_segment("inner")
    make_segment("outer", {"not": {"segment": "inner"}})
    inner.rule = {"all": [{"segment": "outer"}]}
    with pytest.raises(ValidationError, match="inner → outer → inner"):
        inner.full_clean()


@pytest.mark.django_db
def test_a_segment_that_others_name_keeps_its_short_name() -> None:
    inner = make_segment("inner")
    outer = make_segment("outer", {"not": {"segment": "inner"}})
    assert segments_naming("inner") == [outer]
    inner.slug = "renamed"
    with pytest.raises(ValidationError, match="other segments name it: “Outer”"):
        inner.full_clean()
    outer.delete()
    inner.full_clean()


@pytest.mark.django_db
def test_a_segment_is_not_changed_so_that_another_could_not_be_used() -> None:
    inner = make_segment("inner")
    make_segment("outer", {"all": [{"segment": "inner"}] * 60})
    inner.rule = {"any": [{"all": []}] * 10}
    with pytest.raises(ValidationError, match="With this rule “Outer”, which names it, could not be used"):
        inner.full_clean()


@pytest.mark.django_db
def test_the_rules_that_an_approval_is_for_have_no_names_in_them() -> None:
    make_segment("inner", {"field": "country", "in": ["KE"]})
    make_segment("outer", {"not": {"segment": "inner"}})
    make_segment("spoilt", {"segment": "gone"})
    assert rules_of(frozenset({"outer", "spoilt", "missing"})) == {
        "outer": {"not": {"field": "country", "in": ["KE"]}},
        "spoilt": {"segment": "gone"},
    }


@pytest.mark.django_db
def test_counts_are_kept_and_made_afresh_when_they_are_old_or_the_rule_is_another() -> None:
    segment = make_segment()
    assert recount(segment) == 0
    Subscriber.objects.create(email="reader@example.org", language="en")
    assert recount_stale() == 0
    Segment.objects.update(counted_at=datetime.now(UTC) - timedelta(minutes=11))
    spoilt = make_segment("spoilt", {"field": "custom.gone", "known": True})
    assert recount_stale() == 2
    assert recount_stale() == 0
    segment.refresh_from_db()
    spoilt.refresh_from_db()
    assert (segment.count, spoilt.count) == (1, None)
    assert spoilt.counted_at is not None
    segment.rule = {"any": []}
    segment.save()
    assert segment.counted_at is None
    assert recount_stale() == 1
