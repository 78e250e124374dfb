"""The network on the desk: subscribers, organisations and suppressions, and who may do what to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from wagtail import hooks
from wagtail.models import ModelLogEntry

from composer.models import BulletinPage
from dispatch.models import Delivery
from subscribers.addresses import address_hash
from subscribers.models import Affiliation, Consent, Organisation, Role, Segment, Subscriber, Subscription, Suppression
from tests.factories import make_bulletin, make_dispatch, make_segment, make_subscriber, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def user_with(*permissions: str) -> Any:
    user = make_user("helper", superuser=False)
    for name in ("wagtailadmin.access_admin", *permissions):
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def rows(*affiliations: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """What the browser posts for the affiliations."""
    posted: dict[str, Any] = {"affiliations-TOTAL_FORMS": len(affiliations), "affiliations-INITIAL_FORMS": initial}
    for number, affiliation in enumerate(affiliations):
        posted |= {f"affiliations-{number}-{name}": value for name, value in affiliation.items()}
    return posted


def person(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Wanjiru Otieno",
        "email": "wanjiru@example.org",
        "language": "en",
        "country": "KE",
        **rows(),
        **fields,
    }


def subscription(bulletin: BulletinPage, state: str, basis: str = "") -> dict[str, str]:
    prefix = f"subscription-{bulletin.translation_key}"
    return {f"{prefix}-state": state, f"{prefix}-basis": basis}


# The list


@pytest.fixture
def three_people() -> None:
    ministry = Organisation.objects.create(name="Ministry of Supply", kind="government", country="KE")
    makers = Organisation.objects.create(name="Makers", kind="business", country="FR")
    make_subscriber(email="a@supply.example", name="Amina", country="KE", organisation=ministry, role=Role.PARTNER)
    claire = make_subscriber(email="c@makers.example", name="Claire", language="fr", country="FR", organisation=makers)
    Affiliation.objects.create(subscriber=claire, role=Role.PROGRAMME_LEAD, programme="tourism")
    Affiliation.objects.create(subscriber=claire, role=Role.PARTNER, programme="tourism")
    make_subscriber(email="w@example.org", name="王安", language="zh-hans", country="CN")


@pytest.mark.usefixtures("three_people")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["Amina", "Claire", "王安"]),
        ({"q": "clai"}, ["Claire"]),
        ({"q": "SUPPLY.example"}, ["Amina"]),
        ({"q": "王"}, ["王安"]),
        ({"language": ["fr", "zh-hans"]}, ["Claire", "王安"]),
        ({"country": "KE"}, ["Amina"]),
        ({"role": "partner"}, ["Amina", "Claire"]),
        ({"programme": "tourism"}, ["Claire"]),
        ({"organisation_kind": "government"}, ["Amina"]),
        ({"role": "partner", "organisation_kind": "business"}, ["Claire"]),
        ({"q": "nobody at all"}, []),
    ],
)
def test_the_list_is_searched_and_filtered(desk: Client, query: dict[str, Any], names: list[str]) -> None:
    response = desk.get(reverse("circular_subscribers:index"), query)
    assert [each.name for each in response.context["object_list"]] == names


@pytest.mark.usefixtures("three_people")
def test_the_list_has_a_constant_number_of_queries(desk: Client, django_assert_max_num_queries: Any) -> None:
    url = reverse("circular_subscribers:index")
    desk.get(url)
    for _number in range(20):
        make_subscriber(role=Role.PARTNER)
    with django_assert_max_num_queries(30):
        page = desk.get(url).content.decode()
    assert "Programme lead, Partner" in page
    assert "Suppressed" not in page


def test_the_list_shows_who_is_suppressed(desk: Client) -> None:
    Suppression.objects.create(address_hash=make_subscriber().address_hash)
    assert "Suppressed" in desk.get(reverse("circular_subscribers:index")).content.decode()


def test_a_name_with_markup_is_inert_everywhere(desk: Client) -> None:
    evil = "<script>alert(1)</script>"
    body = Organisation.objects.create(name=evil, kind="un")
    subscriber = make_subscriber(name=evil, organisation=body, role=Role.PARTNER)
    for view in ("edit", "inspect", "delete"):
        assert evil not in desk.get(reverse(f"circular_subscribers:{view}", args=[subscriber.pk])).content.decode()
    for url in ("circular_subscribers:index", "circular_organisations:index", "circular_organisation_chooser:choose"):
        assert evil not in desk.get(reverse(url)).content.decode()


# A person


def test_a_new_person_is_saved_with_affiliations_and_subscriptions(desk: Client) -> None:
    bulletin = make_bulletin()
    body = Organisation.objects.create(name="Ministry", kind="government")
    held = {"role": "national-focal-point", "programme": "tourism", "organisation": body.pk, "country": "KE"}
    posted = person(email=" Wanjiru@ＥＸＡＭＰＬＥ.org", **rows(held)) | subscription(
        bulletin, "active", "signed up in Nairobi"
    )
    response = desk.post(reverse("circular_subscribers:add"), posted)
    assert response.status_code == 302
    made = Subscriber.objects.get()
    assert (made.email, made.address_hash) == ("wanjiru@example.org", address_hash("wanjiru@example.org"))
    assert made.affiliations.values("role", "programme", "organisation", "country").get() == held
    taken = made.subscriptions.get()
    assert (taken.bulletin_key, taken.state) == (bulletin.translation_key, Subscription.State.ACTIVE)
    consent = made.consents.get()
    assert (consent.purpose, consent.given, consent.source) == ("mail", True, "desk, editor: signed up in Nairobi")


def test_a_subscription_is_not_made_active_without_saying_how_the_agreement_is_known(desk: Client) -> None:
    bulletin = make_bulletin()
    response = desk.post(reverse("circular_subscribers:add"), person() | subscription(bulletin, "active"))
    page = response.content.decode()
    assert "Say how we know that the person agrees" in page
    assert 'value="wanjiru@example.org"' in page
    assert not Subscriber.objects.exists()


def test_ending_a_subscription_by_hand_is_noted_in_the_ledger_once(desk: Client) -> None:
    bulletin = make_bulletin()
    reader = make_subscriber(bulletin)
    url = reverse("circular_subscribers:edit", args=[reader.pk])
    for _time in range(2):
        assert desk.post(url, person(email=reader.email) | subscription(bulletin, "unsubscribed")).status_code == 302
    assert reader.subscriptions.get().state == Subscription.State.UNSUBSCRIBED
    assert list(reader.consents.values_list("given", "source")) == [(False, "desk, editor")]


def test_a_subscription_is_never_deleted_by_hand(desk: Client) -> None:
    bulletin = make_bulletin()
    reader = make_subscriber(bulletin)
    url = reverse("circular_subscribers:edit", args=[reader.pk])
    desk.post(url, person(email=reader.email) | subscription(bulletin, ""))
    assert reader.subscriptions.get().state == Subscription.State.ACTIVE


def test_changing_a_name_leaves_subscription_and_ledger_alone(desk: Client) -> None:
    bulletin = make_bulletin()
    reader = make_subscriber(bulletin, consents=(Consent.Purpose.MAIL,))
    url = reverse("circular_subscribers:edit", args=[reader.pk])
    since = reader.subscriptions.get().changed_at
    desk.post(url, person(email=reader.email, name="Another") | subscription(bulletin, "active"))
    reader.refresh_from_db()
    assert (reader.name, reader.subscriptions.get().changed_at, reader.consents.count()) == ("Another", since, 1)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"email": "nobody"}, "must have an @-sign"),
        ({"email": "a" * 65 + "@example.org"}, "longer than 64 octets"),
        ({"email": "a@x.com\r\nBcc: b@x.com"}, "invalid characters"),
        ({"email": "TAKEN@example.org"}, "already exists"),
        ({"name": "Two\nlines"}, "One line only"),
        ({"language": "Klingon!"}, "A code of a language"),
        ({"country": "XX"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_with_a_person_is_said(desk: Client, fields: dict[str, str], says: str) -> None:
    make_subscriber(email="taken@example.org")
    response = desk.post(reverse("circular_subscribers:add"), person(**fields))
    assert response.status_code == 200
    assert says in response.content.decode()
    assert Subscriber.objects.count() == 1


def test_the_same_affiliation_twice_is_refused(desk: Client) -> None:
    held = {"role": "partner", "programme": "", "organisation": "", "country": ""}
    response = desk.post(reverse("circular_subscribers:add"), person(**rows(held, held)))
    assert "The same affiliation is given twice." in response.content.decode()
    assert not Subscriber.objects.exists()


def test_affiliations_are_changed_and_removed(desk: Client) -> None:
    reader = make_subscriber(role=Role.PARTNER)
    other = Affiliation.objects.create(subscriber=reader, role=Role.NETWORK_MEMBER)
    first = reader.affiliations.get(role=Role.PARTNER)
    posted = rows(
        {"id": first.pk, "role": "partner", "DELETE": "1"}, {"id": other.pk, "role": "programme-lead"}, initial=2
    )
    desk.post(reverse("circular_subscribers:edit", args=[reader.pk]), person(email=reader.email, **posted))
    assert list(reader.affiliations.values_list("pk", "role")) == [(other.pk, "programme-lead")]


def test_a_persons_page_says_what_is_known(desk: Client) -> None:
    dispatch = make_dispatch(people=1)
    reader = Subscriber.objects.get()
    Consent.objects.create(
        subscriber=reader, bulletin_key=dispatch.bulletin_key, purpose="open", given=True, source="the form of 2025"
    )
    page = desk.get(reverse("circular_subscribers:edit", args=[reader.pk])).content.decode()
    for words in ("is not suppressed", "Opens measured", "the form of 2025", "The first issue", "Planned"):
        assert words in page
    Suppression.objects.create(address_hash=reader.address_hash, reason=Suppression.Reason.COMPLAINT)
    page = desk.get(reverse("circular_subscribers:inspect", args=[reader.pk])).content.decode()
    for words in ("This address is never written to", "Complaint", "Procurement Notes", "Active since"):
        assert words in page


def test_deleting_a_person_keeps_a_hash_and_forgets_the_rest(desk: Client) -> None:
    dispatch = make_dispatch(people=1)
    reader = Subscriber.objects.get()
    desk.post(reverse("circular_subscribers:edit", args=[reader.pk]), person(email=reader.email, name="Secret Name"))
    url = reverse("circular_subscribers:delete", args=[reader.pk])
    assert "checked" in desk.get(url).content.decode()
    assert Subscriber.objects.exists()
    desk.post(url, {"suppress": "1"})
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().address_hash == reader.address_hash
    assert Delivery.objects.get(dispatch=dispatch).subscriber_id is None
    entries = ModelLogEntry.objects.filter(content_type__model="subscriber", object_id=str(reader.pk))
    assert {entry.label for entry in entries} == {"a deleted subscriber"}
    assert {entry.action for entry in entries} == {"wagtail.edit", "wagtail.delete"}


def test_a_person_may_be_deleted_without_suppressing_the_address(desk: Client) -> None:
    reader = make_subscriber()
    desk.post(reverse("circular_subscribers:delete", args=[reader.pk]))
    assert not Subscriber.objects.exists()
    assert not Suppression.objects.exists()


# Organisations


def test_organisations_are_searched_and_filtered(desk: Client) -> None:
    Organisation.objects.create(name="Ministry of Supply", kind="government", country="KE")
    Organisation.objects.create(name="Makers", kind="business", country="FR")
    url = reverse("circular_organisations:index")
    for query in ({"q": "ministry"}, {"kind": "government"}, {"country": "KE"}):
        assert [each.name for each in desk.get(url, query).context["object_list"]] == ["Ministry of Supply"]


def test_deleting_an_organisation_says_what_becomes_of_its_people(desk: Client) -> None:
    body = Organisation.objects.create(name="Makers", kind="business")
    reader = make_subscriber(organisation=body)
    Affiliation.objects.create(subscriber=reader, role=Role.PARTNER, organisation=body)
    url = reverse("circular_organisations:delete", args=[body.pk])
    page = desk.get(url).content.decode()
    assert "1 subscriber stays, without an organisation." in page
    assert "1 affiliation that is held for it is deleted." in page
    desk.post(url)
    reader.refresh_from_db()
    assert (reader.organisation, reader.affiliations.count()) == (None, 0)


def test_the_chooser_finds_an_organisation_by_name(desk: Client) -> None:
    Organisation.objects.create(name="Ministry of Supply", kind="government", country="KE")
    Organisation.objects.create(name="Makers", kind="business")
    page = desk.get(reverse("circular_organisation_chooser:choose_results"), {"q": "supply"}).content.decode()
    assert "Ministry of Supply" in page
    assert "Makers" not in page


# Suppressions


def test_an_address_is_suppressed_by_its_hash_alone(desk: Client) -> None:
    url = reverse("circular_suppressions:add")
    response = desk.post(url, {"address": "Reader@EXAMPLE.org ", "reason": "manual", "note": "asked by telephone"})
    assert response.status_code == 302
    entry = Suppression.objects.values().get()
    assert entry["address_hash"] == address_hash("reader@example.org")
    assert not any("reader" in str(value).lower() for value in entry.values())
    assert not ModelLogEntry.objects.filter(label__icontains="reader@").exists()


@pytest.mark.parametrize(
    ("posted", "says"),
    [
        ({"address": "known@example.org"}, "This address is on the list since"),
        ({"address": "nobody"}, "must have an @-sign"),
        ({"address": ""}, "This field is required"),
        ({"address": "new@example.org", "note": "it is new@example.org"}, "No address here"),
        ({"address": "new@example.org", "reason": "because"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_with_a_suppression_is_said(desk: Client, posted: dict[str, str], says: str) -> None:
    Suppression.objects.create(address_hash=address_hash("known@example.org"))
    response = desk.post(reverse("circular_suppressions:add"), {"reason": "manual", "note": "", **posted})
    assert says in response.content.decode()
    assert Suppression.objects.count() == 1


def test_a_suppression_is_found_by_its_address_reason_or_note(desk: Client) -> None:
    Suppression.objects.create(address_hash=address_hash("a@example.org"), reason="complaint", note="of March")
    Suppression.objects.create(address_hash=address_hash("b@example.org"), reason="hard-bounce")
    url = reverse("circular_suppressions:index")
    for query in ({"q": "A@Example.org"}, {"q": "march"}, {"reason": "complaint"}):
        assert [each.note for each in desk.get(url, query).context["object_list"]] == ["of March"]
    assert (
        len(desk.get(url, {"created_at_from": "2001-01-01", "created_at_to": "2001-02-01"}).context["object_list"]) == 0
    )


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("hard-bounce", "there is no such address"),
        ("complaint", "reported a bulletin as spam"),
        ("unsubscribed", "does not want to be written to"),
        ("manual", "put it on the list by hand"),
    ],
)
def test_removing_a_suppression_says_what_it_means_first(desk: Client, reason: str, says: str) -> None:
    entry = Suppression.objects.create(address_hash=address_hash("a@example.org"), reason=reason)
    url = reverse("circular_suppressions:delete", args=[entry.pk])
    page = desk.get(url).content.decode()
    assert says in page
    assert "bulletins go to this address again" in page
    assert Suppression.objects.exists()
    desk.post(url)
    assert not Suppression.objects.exists()


def test_a_suppression_is_made_from_a_persons_page_without_the_address_in_a_url(desk: Client) -> None:
    reader = make_subscriber(email="reader@example.org")
    page = desk.get(reverse("circular_subscribers:edit", args=[reader.pk])).content.decode()
    link = f"{reverse('circular_suppressions:add')}?subscriber={reader.pk}"
    assert link in page
    assert 'value="reader@example.org"' in desk.get(link).content.decode()
    for nonsense in ("x", "9" * 40, "-1", "٣"):
        assert desk.get(reverse("circular_suppressions:add"), {"subscriber": nonsense}).status_code == 200


# Permissions


MODELS = {
    "subscriber": "circular_subscribers",
    "organisation": "circular_organisations",
    "segment": "circular_segments",
    "suppression": "circular_suppressions",
}


def test_groups_can_be_given_every_permission_of_the_directory() -> None:
    offered = {each.codename for hook in hooks.get_hooks("register_permissions") for each in hook()}
    assert {f"{action}_{model}" for model in MODELS for action in ("view", "add", "change", "delete")} <= offered


@pytest.mark.parametrize("held", ["view", "add", "change", "delete"])
@pytest.mark.parametrize(("model", "namespace"), MODELS.items())
def test_each_page_asks_for_its_permission(client: Client, model: str, namespace: str, held: str) -> None:
    one: dict[str, Any] = {
        "subscriber": make_subscriber(),
        "organisation": Organisation.objects.create(name="Makers", kind="business"),
        "segment": make_segment(),
        "suppression": Suppression.objects.create(address_hash="0" * 64),
    }
    client.force_login(user_with(f"subscribers.{held}_{model}"))
    pages = {
        "index": None,
        "inspect": one[model].pk,
        "add": None,
        "edit": one[model].pk,
        "delete": one[model].pk,
    }
    if model == "suppression":
        del pages["edit"]
    allowed = {"index", "inspect", {"view": "inspect", "change": "edit"}.get(held, held)}
    for page, key in pages.items():
        response = client.get(reverse(f"{namespace}:{page}", args=[key] if key else []))
        assert response.status_code == (200 if page in allowed else 302), page
        if page not in allowed:
            assert response["Location"] == reverse("wagtailadmin_home")


@pytest.mark.parametrize("namespace", MODELS.values())
def test_without_a_permission_the_directory_is_closed(client: Client, namespace: str) -> None:
    make_segment()
    client.force_login(user_with())
    for page in ("index", "index_results", "add"):
        assert client.get(reverse(f"{namespace}:{page}")).status_code == 302
    assert client.get(reverse("circular_organisation_chooser:choose")).status_code == 302
    assert client.post(reverse(f"{namespace}:add"), {}).status_code == 302
    assert Segment.objects.count() == 1


def test_the_prefilled_address_is_only_for_those_who_may_see_people(client: Client) -> None:
    reader = make_subscriber(email="reader@example.org")
    client.force_login(user_with("subscribers.add_suppression"))
    page = client.get(reverse("circular_suppressions:add"), {"subscriber": reader.pk}).content.decode()
    assert "reader@example.org" not in page
