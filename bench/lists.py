"""The desk's list of subscribers: any page, however sorted, filtered or searched, from 10,000 people to a million.

What is measured is the whole page; its queries and its template are told apart too. The ceiling is fetching fifty rows
by their keys alone.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.database import bench_database
from bench.measure import Measure, at_most
from bench.network import make_network

SIZE = 1_000_000
SMALL = 10_000
TURNS = 7
TARGET = 200  # milliseconds
PAGE = 50

PAGES: dict[str, dict[str, Any]] = {
    "first page": {},
    "middle page": {"p": 0.5},
    "last page": {"p": 1},
    "by address, first": {"ordering": "email"},
    "by address, middle": {"ordering": "email", "p": 0.5},
    "by address, last": {"ordering": "-email", "p": 1},
    "by country, first": {"ordering": "country"},
    "by country, middle": {"ordering": "country", "p": 0.5},
    "by country, last": {"ordering": "country", "p": 1},
    "of a country, first": {"country": "KE"},
    "of a country, middle": {"country": "KE", "p": 0.5},
    "of a country, last": {"country": "KE", "p": 1},
    "of a language, first": {"language": "fr"},
    "of a language, middle": {"language": "fr", "p": 0.5},
    "of a language, last": {"language": "fr", "p": 1},
    "of a role, first": {"role": "national-focal-point"},
    "of a role, middle": {"role": "national-focal-point", "p": 0.5},
    "of a role, last": {"role": "network-member", "p": 1},
    "of a role and country": {"role": "partner", "country": "KE"},
    "search, many": {"q": "wanjiru"},
    "search, an address": {"q": "person77@"},
    "search, nobody": {"q": "nobody at all"},
    "search, last page": {"q": "ministry", "p": 1},
}


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds of one page: its queries, and all of it."""

    queries: float
    whole: float


def measure(size: int | None = None) -> list[Measure]:
    """`size` people, and a hundredth of them before, to see how the cost grows."""
    large = size or SIZE
    with bench_database():
        from django.db import connection

        make_network(connection, SMALL)
        small = _pages(_client())
        _empty(connection)
        make_network(connection, large)
        client = _client()
        ceiling = _ceiling(connection)
        taken = _pages(client)
    measures = [
        at_most(f"lists: {name}", pages.whole, "ms", ceiling=ceiling, target=TARGET) for name, pages in taken.items()
    ]
    whole = statistics.median(pages.whole for pages in taken.values())
    queries = statistics.median(pages.queries for pages in taken.values())
    rest = statistics.median(pages.whole - pages.queries for pages in taken.values())
    before = statistics.median(pages.queries for pages in small.values())
    times = large / SMALL
    return [
        *measures,
        at_most(f"lists: the median page of {large:,}", whole, "ms", ceiling=ceiling, target=TARGET),
        at_most("lists: its queries", queries, "ms", ceiling=ceiling),
        at_most("lists: its template and the rest", rest, "ms"),
        at_most(
            f"lists: growth of the queries from {SMALL:,}, for {times:g} times the people",
            queries / before,
            "times",
            target=times,
        ),
    ]


def _client() -> Any:
    from django.contrib.auth import get_user_model
    from django.test import Client

    user, _made = get_user_model().objects.get_or_create(
        username="bench", defaults={"is_superuser": True, "is_staff": True, "is_active": True}
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def _pages(client: Any) -> dict[str, Taken]:
    from django.urls import reverse

    url = reverse("circular_subscribers:index")
    return {name: _page(client, url, query) for name, query in PAGES.items()}


def _page(client: Any, url: str, query: dict[str, Any]) -> Taken:
    """The medians of some turns, after one that fills what caches there are."""
    share = query.get("p")
    plain = {name: value for name, value in query.items() if name != "p"}
    pages = client.get(url, plain).context_data["paginator"].num_pages
    asked = {**plain, **({"p": max(1, round(pages * share))} if share else {})}
    times = [_timed(lambda: client.get(url, asked)) for _turn in range(TURNS)]
    return Taken(
        statistics.median(each.queries for each in times),
        statistics.median(each.whole for each in times),
    )


def _timed(act: Callable[[], Any]) -> Taken:
    with _clock() as spent:
        start = time.perf_counter()
        assert act().status_code == 200  # noqa: S101 - a bench of an error page would be worth nothing
        whole = time.perf_counter() - start
    return Taken(sum(spent) * 1000, whole * 1000)


@contextmanager
def _clock() -> Iterator[list[float]]:
    """How long each query took, in seconds, with what it brought."""
    from django.db import connection

    spent: list[float] = []

    def timed(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent.append(time.perf_counter() - start)

    with connection.execute_wrapper(timed):
        yield spent


def _ceiling(connection: Any) -> float:
    times = []
    with connection.cursor() as cursor:
        for turn in range(TURNS):
            first = 1 + turn * 10_000
            start = time.perf_counter()
            cursor.execute(
                "SELECT * FROM subscribers_subscriber WHERE id = ANY(%s)", [list(range(first, first + PAGE))]
            )
            cursor.fetchall()
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def _empty(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE subscribers_organisation, subscribers_subscriber, subscribers_topic, subscribers_customfield, "
            "subscribers_suppression RESTART IDENTITY CASCADE"
        )
