"""The list of subscribers at any size: its filters, its search, its pages from either end, and how far it counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from subscribers.models import (
    Affiliation,
    CustomField,
    Interest,
    Organisation,
    Role,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
)
from subscribers.used import used_codes
from tests.factories import make_bulletin, make_segment, make_subscriber, make_user
from web.desk import late_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def names(desk: Client, **query: Any) -> list[str]:
    response = desk.get(reverse("circular_subscribers:index"), query)
    assert response.status_code == 200
    return [each.name for each in response.context["object_list"]]


@pytest.fixture
def network() -> dict[str, Any]:
    today = timezone.now().date()
    makers = Organisation.objects.create(name="Fabricants associés", kind="business", country="FR", tier="full")
    bulletin = make_bulletin("en")
    food = Topic.objects.create(slug="food", names={"en": "Food"})
    CustomField.objects.create(key="sector", label="Sector", kind="choice", choices=["water", "energy"])
    CustomField.objects.create(key="press", label="Press", kind="boolean")
    amina = make_subscriber(bulletin, name="Amina", country="KE", email="a@one.example", custom={"sector": "water"})
    claire = make_subscriber(name="Claire", country="FR", organisation=makers, custom={"press": True})
    wang = make_subscriber(bulletin, name="王安", country="CN", language="zh-hans", custom={"press": False})
    Interest.objects.create(subscriber=claire, topic=food)
    Suppression.objects.create(address_hash=wang.address_hash)
    Subscription.objects.filter(subscriber=wang).update(state=Subscription.State.UNSUBSCRIBED)
    Affiliation.objects.create(subscriber=amina, role=Role.PARTNER, programme="tourism")
    Affiliation.objects.create(subscriber=amina, role=Role.PROGRAMME_LEAD, programme="buildings")
    Affiliation.objects.create(subscriber=claire, role=Role.PARTNER, until=today - timedelta(days=2))
    make_segment("in-africa", {"field": "region", "in": ["002"]})
    return {"bulletin": str(bulletin.translation_key)}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"region": "002"}, ["Amina"]),
        ({"role": "partner"}, ["Amina"]),
        ({"role": "partner", "programme": "tourism"}, ["Amina"]),
        ({"role": "partner", "programme": "buildings"}, []),
        ({"tier": "full"}, ["Claire"]),
        ({"topic": "food"}, ["Claire"]),
        ({"bulletin": "…"}, ["Amina"]),
        ({"bulletin": "…", "state": ["unsubscribed"]}, ["王安"]),
        ({"state": ["active", "unsubscribed"]}, ["Amina", "王安"]),
        ({"suppressed": "yes"}, ["王安"]),
        ({"suppressed": "no"}, ["Amina", "Claire"]),
        ({"custom-sector": "water"}, ["Amina"]),
        ({"custom-press": "no"}, ["王安"]),
        ({"segment": "in-africa"}, ["Amina"]),
        ({"q": "FABRICANTS"}, ["Claire"]),
        ({"q": "amina one"}, ["Amina"]),
        ({"q": "a@ONE.example"}, ["Amina"]),
        ({"q": "100%_"}, []),
        ({"ordering": "-name"}, ["王安", "Claire", "Amina"]),
        ({"ordering": "country"}, ["王安", "Claire", "Amina"]),
        ({"ordering": "-created"}, ["王安", "Claire", "Amina"]),
        ({"ordering": "email"}, ["Amina", "Claire", "王安"]),
        ({"ordering": "organisation__name"}, ["Amina", "Claire", "王安"]),
    ],
)
def test_each_filter_search_and_order_finds_its_people(
    desk: Client, network: dict[str, Any], query: dict[str, Any], found: list[str]
) -> None:
    query = {name: network["bulletin"] if value == "…" else value for name, value in query.items()}
    assert names(desk, **query) == found


def test_a_past_affiliation_is_no_role_in_the_list(desk: Client, network: dict[str, Any]) -> None:
    page = desk.get(reverse("circular_subscribers:index"))
    claire = next(each for each in page.context["object_list"] if each.name == "Claire")
    assert list(claire.affiliations.all()) == []


def test_names_are_sorted_whatever_their_capitals_and_every_page_is_reached_from_either_end(desk: Client) -> None:
    for number in range(1, 126):
        make_subscriber(name=f"{'Reader' if number % 2 else 'reader'} {number:03}")
    pages = [names(desk, p=number) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 25]
    assert [name.lower() for page in pages for name in page] == [f"reader {number:03}" for number in range(1, 126)]
    assert names(desk, p=99) == pages[2]


def test_a_filter_that_takes_reading_is_counted_so_far_and_no_further(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_rows, "FAR_ENOUGH", 100)
    for number in range(120):
        make_subscriber(name=f"Reader {number:03}", role=Role.PARTNER)
    url = reverse("circular_subscribers:index")
    response = desk.get(url, {"role": "partner"})
    assert "More than 100 match" in response.content.decode()
    assert response.context["paginator"].num_pages == 2
    assert [each.name for each in response.context["object_list"]] == [f"Reader {number:03}" for number in range(50)]
    assert desk.get(url).context["paginator"].count == 120
    assert desk.get(url, {"language": "en"}).context["paginator"].count == 120


def test_a_page_of_the_list_reads_the_index_alone_and_then_its_rows(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    make_subscriber()
    url = reverse("circular_subscribers:index")
    desk.get(url)
    with django_assert_max_num_queries(30) as captured:
        desk.get(url)
    listed = [each["sql"] for each in captured if 'FROM "subscribers_subscriber"' in each["sql"]]
    keys = next(sql for sql in listed if "LIMIT" in sql and "ORDER BY" in sql)
    assert keys.startswith('SELECT "subscribers_subscriber"."id"')
    assert "JOIN" not in keys


def test_the_longest_name_fits_the_index_of_the_list(desk: Client) -> None:
    longest = "𠮷" * 200
    make_subscriber(name=longest, email=f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 59}.example")
    assert names(desk) == [longest]


def test_the_languages_and_countries_that_occur_are_found_without_the_empty_one() -> None:
    for language, country in [("fr", "FR"), ("en", ""), ("en", "KE"), ("fr", "KE")]:
        make_subscriber(language=language, country=country)
    assert used_codes("language") == ["en", "fr"]
    assert used_codes("country") == ["FR", "KE"]


def test_nobody_at_all_is_said(desk: Client) -> None:
    assert "There are no subscribers to display" in desk.get(reverse("circular_subscribers:index")).content.decode()
    assert not Subscriber.objects.exists()


def test_organisations_are_found_by_region_tier_and_whether_they_have_people(desk: Client) -> None:
    empty = Organisation.objects.create(name="Nobody’s", kind="un", country="KE", tier="full")
    full = Organisation.objects.create(name="Somebody’s", kind="un", country="FR")
    Affiliation.objects.create(subscriber=make_subscriber(), role=Role.PARTNER, organisation=full)
    url = reverse("circular_organisations:index")
    for query in ({"region": "002"}, {"tier": "full"}, {"people": "none"}):
        assert list(desk.get(url, query).context["object_list"]) == [empty], query
    assert list(desk.get(url, {"people": "some"}).context["object_list"]) == [full]


def test_an_organisations_page_lists_its_people_with_what_they_are_for_it(desk: Client) -> None:
    body = Organisation.objects.create(name="Ministry", kind="government", country="KE")
    make_subscriber(name="Own person", organisation=body)
    other = make_subscriber(name="Other <b>person</b>")
    Affiliation.objects.create(subscriber=other, role=Role.NATIONAL_FOCAL_POINT, organisation=body)
    page = desk.get(reverse("circular_organisations:inspect", args=[body.pk])).content.decode()
    for words in ("Own person", "Other &lt;b&gt;person", "National focal point", "of another organisation", "2 subscr"):
        assert words in page
