"""Segments: how long it takes to count whom a rule of five nested clauses matches, in a network of a million."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.database import bench_database
from bench.measure import Measure, at_most

SIZE = 1_000_000
SMALL = 10_000
TURNS = 5
TARGET = 300  # ms

_BARE = "SELECT (SELECT count(name) FROM subscribers_subscriber), (SELECT count(country) FROM subscribers_affiliation)"
_EMPTY = (
    "TRUNCATE subscribers_organisation, subscribers_subscriber, subscribers_topic, subscribers_customfield, "
    "subscribers_suppression RESTART IDENTITY CASCADE"
)

Rule = dict[str, Any]


def asked(name: str, op: str, value: Any) -> Rule:
    return {"field": name, op: value}


def holds(**keys: Any) -> Rule:
    return {"affiliation": keys}


def takes(number: int) -> Rule:
    return asked("bulletin", "in", [f"00000000-0000-0000-0000-{number:012}"])


RULES: dict[str, Rule] = {
    "focal points for two programmes in Africa": {
        "all": [
            holds(role=["national-focal-point"], programme=["public-procurement", "buildings"], region=["002"]),
            asked("language", "in", ["en", "fr"]),
            {"none": [asked("suppressed", "is", True)]},
            asked("country", "known", True),
            asked("created", "older_days", 90),
        ]
    },
    "leads, or members in governments": {
        "all": [
            {"any": [holds(role=["programme-lead"]), holds(role=["network-member"], organisation_kind=["government"])]},
            asked("region", "in", ["150", "019"]),
            takes(1),
            asked("created", "from", "2024-01-01"),
        ]
    },
    "two roles at once and not a third": {
        "all": [
            holds(role=["network-member"]),
            holds(role=["working-group-member"], programme=["food-systems"]),
            {"none": [holds(role=["partner"])]},
            asked("language", "in", ["en"]),
            asked("topic", "in", ["topic-3", "topic-4"]),
        ]
    },
    "any of affiliation, topic, custom fields": {
        "any": [
            holds(role=["programme-lead"], programme=["tourism"]),
            asked("topic", "in", ["topic-1"]),
            {"all": [asked("custom.sector", "in", ["food", "water"]), asked("custom.staff", "least", 1000)]},
            asked("organisation_kind", "in", ["un"]),
        ]
    },
    "former members who hold nothing now": {
        "all": [
            holds(role=["network-member"], when="past"),
            {"none": [holds(role=["network-member"]), holds(role=["partner"])]},
            asked("subscribed", "within_days", 365),
            asked("tier", "in", ["strategic", "full"]),
        ]
    },
    "five countries without three kinds of people": {
        "all": [
            asked("country", "in", ["KE", "CN", "FR", "BR", "IN"]),
            {"none": [holds(role=["partner"]), asked("topic", "known", True), asked("custom.press", "is", True)]},
            asked("language", "in", ["en", "fr", "es"]),
        ]
    },
    "one of two groups": {
        "all": [
            {
                "any": [
                    {
                        "all": [
                            holds(role=["network-member"], programme=["buildings"]),
                            asked("country", "in", ["CN", "IN", "BR"]),
                        ]
                    },
                    {"all": [holds(role=["working-group-member"]), asked("tier", "in", ["strategic"])]},
                ]
            },
            takes(2),
        ]
    },
    "dates and custom fields": {
        "all": [
            asked("custom.joined", "from", "2020-01-01"),
            asked("custom.sector", "in", ["energy"]),
            asked("created", "within_days", 700),
            holds(programme=["lifestyles"]),
            {"none": [asked("frequency", "in", ["monthly"])]},
        ]
    },
    "any of three affiliations": {
        "all": [
            {
                "any": [
                    holds(country=["KE", "TZ", "UG"]),
                    holds(programme=["tourism"], tier=["strategic"]),
                    holds(role=["partner"], when="any", region=["142"]),
                ]
            },
            asked("language", "in", ["en", "zh-hans"]),
            asked("organisation", "known", True),
        ]
    },
    "members who read, without three kinds of people": {
        "all": [
            takes(3),
            {
                "none": [
                    {"all": [holds(role=["national-focal-point"]), asked("region", "in", ["002"])]},
                    asked("suppressed", "is", True),
                    asked("topic", "in", ["topic-9"]),
                ]
            },
            holds(role=["network-member", "working-group-member"]),
        ]
    },
}


def measure(size: int | None = None) -> list[Measure]:
    """The median over ten rules of the median time to count, beside counting the bare tables; and how it grows."""
    size = size or SIZE
    with bench_database():
        small, _bare = _medians(SMALL)
        large, bare = _medians(size)
    typical = statistics.median(large.values())
    growth = (typical / statistics.median(small.values())) / (size / SMALL)
    people = f"{size:,} subscribers, {2 * size:,} affiliations"
    worst = max(large, key=large.__getitem__)
    return [
        at_most(f"segments: count a rule, {people}", typical, "ms", ceiling=bare, target=TARGET),
        at_most(f"segments: the slowest, {worst}", large[worst], "ms", ceiling=bare),
        at_most(f"segments: the same, {SMALL:,} subscribers", statistics.median(small.values()), "ms"),
        at_most("segments: growth of the time, in growths of the network", growth, "", target=1),
    ]


def _medians(size: int) -> tuple[dict[str, float], float]:
    """How long each rule takes, and what reading the two bare tables takes, in milliseconds."""
    from django.db import connection

    from bench.network import make_network
    from subscribers.counts import counted
    from subscribers.segments import matching

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_BARE)
            cursor.fetchone()

    def timed(rule: Rule) -> float:
        return _median(lambda: counted(matching(rule)))

    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
    make_network(connection, size)
    return {name: timed(rule) for name, rule in RULES.items()}, _median(bare)


def _median(act: Callable[[], object]) -> float:
    """In milliseconds, after one turn that doesn't count."""
    times = []
    for _turn in range(TURNS + 1):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[1:])
