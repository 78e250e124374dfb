"""The same done to many subscribers at once from their list."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from subscribers.models import (
    Affiliation,
    Consent,
    Organisation,
    Role,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
    Webhook,
    WebhookCall,
)
from tests.factories import make_bulletin, make_subscriber, make_user
from web.desk import bulk_actions
from web.desk.audit import BULK

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def address(action: str, *people: Subscriber, **query: str) -> str:
    url = reverse("wagtail_bulk_action", args=["subscribers", "subscriber", action])
    ids = [f"id={each.pk}" for each in people] or ["id=all"]
    return f"{url}?{'&'.join([*ids, *(f'{name}={value}' for name, value in query.items())])}"


def entry() -> ModelLogEntry:
    return ModelLogEntry.objects.get(action=BULK)


def test_ticked_people_are_given_an_affiliation_once(desk: Client) -> None:
    one, two, _third = (make_subscriber() for _each in range(3))
    body = Organisation.objects.create(name="Ministry", kind="government")
    Affiliation.objects.create(subscriber=one, role=Role.PARTNER, programme="tourism", organisation=body)
    posted = {"number": 2, "role": "partner", "programme": "tourism", "organisation": body.pk, "country": ""}
    page = desk.get(address("affiliate", one, two)).content.decode()
    assert "This is about 2 subscribers." in page
    assert desk.post(address("affiliate", one, two), posted).status_code == 302
    assert list(Affiliation.objects.order_by("pk").values_list("subscriber", flat=True)) == [one.pk, two.pk]
    assert entry().data == {
        "action": "affiliate",
        "asked": 2,
        "changed": 1,
        "details": "Partner · Sustainable tourism · Ministry",
        "people": [one.pk, two.pk],
    }
    assert "Add an affiliation: Partner" in desk.get(reverse("wagtailadmin_reports:site_history")).content.decode()


def test_everyone_whom_the_filter_matches_is_meant_by_all(desk: Client) -> None:
    kenyan = make_subscriber(country="KE", name="In Kenya")
    make_subscriber(country="FR")
    page = desk.get(address("language", country="KE")).content.decode()
    assert "This is about 1 subscriber." in page
    assert "Country: Kenya" in page
    desk.post(address("language", country="KE"), {"number": 1, "language": "SW"})
    assert Subscriber.objects.get(language="sw") == kenyan


def test_a_filter_that_makes_no_sense_means_nobody(desk: Client) -> None:
    make_subscriber()
    assert "This is about nobody." in desk.get(address("language", country="XX")).content.decode()
    desk.post(address("language", country="XX"), {"number": 1, "language": "fr"})
    assert Subscriber.objects.get().language == "en"


def test_who_came_meanwhile_is_asked_about_first(desk: Client) -> None:
    make_subscriber()
    make_subscriber()
    response = desk.post(address("country"), {"number": 1, "country": "KE"})
    assert response.status_code == 409
    assert "another number of people" in response.content.decode()
    assert not Subscriber.objects.filter(country="KE").exists()
    assert not ModelLogEntry.objects.filter(action=BULK).exists()


def test_affiliations_end_on_a_day_and_past_ones_stay_as_they_were(desk: Client) -> None:
    person = make_subscriber()
    held = Affiliation.objects.create(subscriber=person, role=Role.PARTNER, programme="tourism")
    later = Affiliation.objects.create(subscriber=person, role=Role.PARTNER, since=date(2099, 1, 1))
    past = Affiliation.objects.create(
        subscriber=person, role=Role.PARTNER, programme="buildings", until=date(2020, 1, 1)
    )
    other = Affiliation.objects.create(subscriber=person, role=Role.NETWORK_MEMBER)
    desk.post(address("end-affiliation", person), {"number": 1, "role": "partner", "last_day": "2026-03-31"})
    ends = {each.pk: each.until for each in Affiliation.objects.all()}
    assert ends == {held.pk: date(2026, 3, 31), later.pk: date(2099, 1, 1), past.pk: date(2020, 1, 1), other.pk: None}


def test_unsubscribing_many_notes_each_in_the_ledger_and_tells_webhooks(desk: Client) -> None:
    bulletin = make_bulletin("en")
    people = [make_subscriber(bulletin) for _each in range(3)]
    Subscription.objects.filter(subscriber=people[0]).update(state=Subscription.State.UNSUBSCRIBED)
    Webhook.objects.create(url="https://crm.example/hook", events=["unsubscribed"])
    posted = {"number": 3, "bulletin": str(bulletin.translation_key)}
    assert desk.post(address("unsubscribe", *people), posted).status_code == 302
    assert not Subscription.objects.filter(state=Subscription.State.ACTIVE).exists()
    noted = Consent.objects.order_by("subscriber").values_list("subscriber", "purpose", "given", "basis", "source")
    assert list(noted) == [(each.pk, "mail", False, "desk", "desk, editor") for each in people[1:]]
    assert WebhookCall.objects.count() == 2


def test_topics_organisations_and_countries_are_set_for_many(desk: Client) -> None:
    people = [make_subscriber() for _each in range(2)]
    topic = Topic.objects.create(slug="food", names={"en": "Food"})
    body = Organisation.objects.create(name="Ministry", kind="government")
    for action, value in [("topic", topic.pk), ("organisation", body.pk), ("country", "KE")]:
        response = desk.post(address(action, *people), {"number": 2, action: value})
        assert response.status_code == 302, action
    for person in Subscriber.objects.all():
        assert (person.organisation, person.country, person.interests.get().topic) == (body, "KE", topic)


def test_suppressing_many_keeps_hashes_and_the_first_reason(desk: Client) -> None:
    one, two = make_subscriber(), make_subscriber()
    Suppression.objects.create(address_hash=one.address_hash, reason="complaint")
    assert (
        "No address here" in desk.post(address("suppress", one), {"number": 1, "note": "a@b.example"}).content.decode()
    )
    desk.post(address("suppress", one, two), {"number": 2, "note": "of the list of 2019"})
    kept = dict(Suppression.objects.values_list("address_hash", "reason"))
    assert kept == {one.address_hash: "complaint", two.address_hash: "manual"}


def test_erasing_many_says_how_many_asks_for_a_tick_and_leaves_hashes(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [make_subscriber(name=f"Secret {number}") for number in range(3)]
    page = desk.get(address("erase", *people)).content.decode()
    assert "Erase them for good (3)" in page
    assert "Secret 0" in page
    assert desk.post(address("erase", *people), {"number": 3}).status_code == 200
    assert Subscriber.objects.count() == 3
    monkeypatch.setattr(bulk_actions.Erase, "most", 2)
    assert "At most 2 at a time" in desk.get(address("erase", *people)).content.decode()
    assert desk.post(address("erase", *people), {"number": 3, "understood": "on"}).status_code == 409
    desk.post(address("erase", *people[:2]), {"number": 2, "understood": "on"})
    assert list(Subscriber.objects.all()) == people[2:]
    assert Suppression.objects.count() == 2
    assert entry().data["changed"] == 2


@pytest.mark.parametrize(
    ("held", "allowed"),
    [
        ("view_subscriber", set()),
        (
            "change_subscriber",
            {"affiliate", "end-affiliation", "topic", "organisation", "country", "language", "unsubscribe"},
        ),
        ("add_suppression", {"suppress"}),
        ("delete_subscriber", {"erase"}),
    ],
)
def test_each_action_is_for_those_with_its_permission(client: Client, held: str, allowed: set[str]) -> None:
    user = make_user("helper", superuser=False)
    for name in ("access_admin", held):
        user.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(user)
    person = make_subscriber()
    for action in (each.action_type for each in bulk_actions.ACTIONS):
        for response in (client.get(address(action, person)), client.post(address(action, person), {"number": 9})):
            assert (response.status_code in (200, 409)) == (action in allowed), action
    assert Subscriber.objects.filter(pk=person.pk, country="").exists()
    assert not Suppression.objects.exists()


def test_an_action_on_many_stands_on_each_ones_page(desk: Client) -> None:
    person, other = make_subscriber(), make_subscriber()
    desk.post(address("country", person), {"number": 1, "country": "KE"})
    words = "Set the country: Kenya (1 of 1 changed)"
    assert words in desk.get(reverse("circular_subscribers:inspect", args=[person.pk])).content.decode()
    assert words not in desk.get(reverse("circular_subscribers:inspect", args=[other.pk])).content.decode()


def test_an_affiliation_that_ended_may_be_held_again(desk: Client) -> None:
    person = make_subscriber()
    today: Any = timezone.now().date()
    Affiliation.objects.create(
        subscriber=person, role=Role.PARTNER, since=date(2020, 1, 1), until=today - timedelta(days=2)
    )
    desk.post(address("affiliate", person), {"number": 1, "role": "partner", "since": today.isoformat()})
    assert person.affiliations.count() == 2
