"""Choosing whom to send to: a segment without others, its sizes, and a confirmation bound to what was shown."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from composer.models import BulletinPage
from dispatch.models import Delivery, Dispatch
from subscribers.models import Segment, Subscription, Suppression
from tests.factories import approve, make_bulletin, make_issue, make_segment, make_subscriber, make_user

pytestmark = pytest.mark.django_db

AFRICA = {"field": "region", "in": ["002"]}
FRENCH = {"field": "language", "in": ["fr"]}


@pytest.fixture
def desk(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("web.desk.sending.ring", lambda _dispatch_id: True)
    client.force_login(make_user())
    return client


@pytest.fixture
def bulletin() -> BulletinPage:
    """Its readers: three in Kenya, of whom one speaks French and one is suppressed; one in France. Nobody else."""
    bulletin = make_bulletin()
    make_subscriber(bulletin, country="KE")
    make_subscriber(bulletin, country="KE", language="fr")
    suppressed = make_subscriber(bulletin, country="KE")
    Suppression.objects.create(address_hash=suppressed.address_hash)
    make_subscriber(bulletin, country="FR", language="fr")
    make_subscriber(country="KE")
    make_segment("africa", {"all": [AFRICA]}, name="Africa")
    make_segment("french", FRENCH, name="French")
    return bulletin


@pytest.fixture
def issue(bulletin: BulletinPage) -> UUID:
    key = make_issue(bulletin)
    approve(key)
    return key


def url(key: UUID) -> str:
    return reverse("circular_issue_send", args=[key])


def confirmation(response: Any) -> dict[str, list[str]]:
    """The hidden fields of the form that the send page shows."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode()):
        found.setdefault(name, []).append(value)
    return {name: found[name] for name in found if name != "csrfmiddlewaretoken"}


def test_a_segment_less_another_becomes_letters_as_a_sum(desk: Client, issue: UUID) -> None:
    facts = desk.get(url(issue), {"segment": "africa", "without": ["french", "gone"]}).context["facts"]
    assert (facts.matched, facts.left_out, facts.not_taking, facts.had) == (4, 1, 1, 0)
    assert (facts.total, facts.suppressed, facts.resting, facts.letters) == (2, 1, 0, 1)
    response = desk.post(url(issue), confirmation(desk.get(url(issue), {"segment": "africa", "without": "french"})))
    dispatch = Dispatch.objects.get()
    assert response["Location"] == reverse("circular_dispatch", args=[dispatch.pk])
    assert dispatch.audience_name == "Africa, without French"
    assert dispatch.audience_rule == {"all": [{"all": [AFRICA]}, {"none": [FRENCH]}]}
    assert {"africa", "french"} <= dispatch.segments.keys()
    assert set(Delivery.objects.values_list("subscriber__language", flat=True)) == {"en"}


def test_who_wants_fewer_letters_and_had_one_is_counted_apart(
    desk: Client, bulletin: BulletinPage, issue: UUID
) -> None:
    desk.post(url(issue), confirmation(desk.get(url(issue), {"segment": "africa"})))
    Delivery.objects.filter(state=Delivery.State.PLANNED).update(state=Delivery.State.ACCEPTED, due_at=None)
    Dispatch.objects.update(state=Dispatch.State.FINISHED)
    Subscription.objects.filter(subscriber__language="fr").update(frequency=Subscription.Frequency.WEEKLY)
    other = make_issue(bulletin)
    approve(other)
    response = desk.get(url(other), {"segment": "africa"})
    facts = response.context["facts"]
    assert (facts.total, facts.suppressed, facts.resting, facts.letters) == (3, 1, 1, 1)
    assert "had one in that time" in response.content.decode()
    assert desk.get(url(issue), {"segment": "africa"}).context["facts"].had == 2


@pytest.mark.parametrize(
    ("slug", "field", "value"), [("africa", "country", "KE"), ("french", "language", "ar"), ("kenya", "country", "TD")]
)
def test_a_rule_that_changed_after_it_was_shown_is_not_sent_to_unseen(
    desk: Client, issue: UUID, slug: str, field: str, value: str
) -> None:
    make_segment("kenya", {"field": "country", "in": ["KE"]})
    Segment.objects.filter(slug="africa").update(rule={"any": [AFRICA, {"segment": "kenya"}]})
    fields = confirmation(desk.get(url(issue), {"segment": "africa", "without": "french"}))
    Segment.objects.filter(slug=slug).update(rule={"field": field, "in": [value]})
    response = desk.post(url(issue), fields)
    assert response.status_code == 409
    assert "Who belongs to this audience was changed" in response.content.decode()
    assert not Dispatch.objects.exists()
    again = confirmation(response)
    assert again["request_key"] == fields["request_key"]
    assert desk.post(url(issue), again).status_code == 302


@pytest.mark.parametrize(("more", "status"), [(10, 302), (11, 409)])
def test_an_audience_that_grew_by_more_than_a_little_is_shown_again(
    desk: Client, bulletin: BulletinPage, issue: UUID, more: int, status: int
) -> None:
    fields = confirmation(desk.get(url(issue), {"segment": "africa"}))
    for _person in range(more):
        make_subscriber(bulletin, country="KE")
    response = desk.post(url(issue), fields)
    assert response.status_code == status
    assert Dispatch.objects.exists() == (status == 302)
    if status == 409:
        assert "There were 3 people in this audience" in response.content.decode()


def test_a_second_click_makes_no_second_dispatch_though_the_rule_has_changed(desk: Client, issue: UUID) -> None:
    fields = confirmation(desk.get(url(issue), {"segment": "africa"}))
    first = desk.post(url(issue), fields)
    Segment.objects.filter(slug="africa").update(rule=FRENCH)
    assert desk.post(url(issue), fields)["Location"] == first["Location"]
    assert Dispatch.objects.count() == 1


def test_a_left_out_segment_that_is_gone_stops_the_sending(desk: Client, issue: UUID) -> None:
    fields = confirmation(desk.get(url(issue), {"segment": "africa", "without": "french"}))
    Segment.objects.filter(slug="french").delete()
    response = desk.post(url(issue), fields)
    assert response.status_code == 409
    assert not Dispatch.objects.exists()


def test_a_confirmation_without_what_was_shown_is_refused(desk: Client, issue: UUID) -> None:
    fields = confirmation(desk.get(url(issue), {"segment": "africa"}))
    for name in ("audience", "size"):
        assert desk.post(url(issue), {**fields, name: ["x"]}).status_code == 409
    assert not Dispatch.objects.exists()


def test_a_segment_that_can_not_be_used_any_more_is_said(desk: Client, issue: UUID) -> None:
    Segment.objects.filter(slug="africa").update(rule={"field": "custom.gone", "in": ["x"]})
    page = desk.get(url(issue), {"segment": "africa"}).content.decode()
    assert "This audience can’t be used" in page
    assert "request_key" not in page
    assert desk.get(reverse("circular_issue_variants", args=[issue]), {"segment": "africa"}).status_code == 200


def test_the_matrix_of_variants_leaves_people_out_too(desk: Client, issue: UUID) -> None:
    address = reverse("circular_issue_variants", args=[issue])
    assert desk.get(address, {"segment": "africa"}).context["letters"] == 2
    response = desk.get(address, {"segment": "africa", "without": "french"})
    assert response.context["letters"] == 1
    assert [option.is_left_out for option in response.context["options"]] == [True, False]
