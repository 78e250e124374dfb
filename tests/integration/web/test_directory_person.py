"""A person's page with everything, the network's own fields and topics, and the proof of consent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.users.models import UserProfile

from dispatch.models import Attempt, Delivery, Event
from subscribers.consent import keep_words
from subscribers.models import (
    Affiliation,
    Consent,
    CustomField,
    Interest,
    Notice,
    OptIn,
    Organisation,
    Role,
    Subscriber,
    Subscription,
    Topic,
)
from tests.factories import make_bulletin, make_dispatch, make_segment, make_subscriber, make_user

pytestmark = pytest.mark.django_db

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def posted(person: Subscriber, **fields: Any) -> dict[str, Any]:
    return {
        "name": person.name,
        "email": person.email,
        "language": person.language,
        "country": person.country,
        "affiliations-TOTAL_FORMS": 0,
        "affiliations-INITIAL_FORMS": 0,
        **fields,
    }


def edit(desk: Client, person: Subscriber, **fields: Any) -> Any:
    return desk.post(reverse("circular_subscribers:edit", args=[person.pk]), posted(person, **fields))


def seen(desk: Client, person: Subscriber, **query: Any) -> str:
    return desk.get(reverse("circular_subscribers:inspect", args=[person.pk]), query).content.decode()


# Fields of the network's own


@pytest.fixture
def fields() -> None:
    for position, (key, kind) in enumerate(
        [("sector", "choice"), ("staff", "number"), ("joined", "date"), ("press", "boolean"), ("motto", "text")]
    ):
        CustomField.objects.create(
            key=key, label=key.capitalize(), kind=kind, position=position, choices=["water"] if kind == "choice" else []
        )


@pytest.mark.usefixtures("fields")
def test_custom_values_are_kept_by_their_kind_and_shown_in_words(desk: Client) -> None:
    person = make_subscriber(custom={"gone": "kept"})
    values = {"sector": "water", "staff": "1250.5", "joined": "2021-03-05", "press": "no", "motto": "Less is more"}
    response = edit(desk, person, **{f"custom-{key}": value for key, value in values.items()})
    assert response.status_code == 302
    person.refresh_from_db()
    assert person.custom == {**values, "staff": 1250.5, "press": False, "gone": "kept"}
    page = seen(desk, person)
    for words in ("<dt>Staff</dt><dd>1250.5</dd>", "<dt>Press</dt><dd>No</dd>", "March 5, 2021"):
        assert words in page
    edit(desk, person, **{"custom-press": "yes"})
    person.refresh_from_db()
    assert person.custom == {"press": True, "gone": "kept"}


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("staff", "many", "is no number"),
        ("joined", "2021-02-30", "There is no day"),
        ("sector", "fire", "Select a valid"),
    ],
)
def test_a_value_that_says_nothing_in_its_field_is_refused(desk: Client, field: str, text: str, says: str) -> None:
    person = make_subscriber()
    assert says in edit(desk, person, **{f"custom-{field}": text}).content.decode()
    person.refresh_from_db()
    assert person.custom == {}


@pytest.mark.usefixtures("fields")
def test_a_fields_kind_and_used_choices_stay_while_somebody_has_a_value(desk: Client) -> None:
    make_subscriber(custom={"sector": "water"})
    sector = CustomField.objects.get(key="sector")
    url = reverse("circular_custom_fields:edit", args=[sector.pk])
    assert "1 subscriber has a value" in desk.get(url).content.decode()
    form = {"label": "Sector", "kind": "text", "options": "energy", "position": 0}
    assert "is the value of 1 subscriber" in desk.post(url, form).content.decode()
    assert desk.post(url, {**form, "options": "water\nenergy\nwater"}).status_code == 302
    sector.refresh_from_db()
    assert (sector.kind, sector.key, sector.choices) == ("choice", "sector", ["water", "energy"])


@pytest.mark.usefixtures("fields")
def test_deleting_a_field_says_how_many_values_go_and_takes_them(desk: Client) -> None:
    person = make_subscriber(custom={"staff": 3, "motto": "x"})
    url = reverse("circular_custom_fields:delete", args=[CustomField.objects.get(key="staff").pk])
    assert "1 subscriber has a value in it" in desk.get(url).content.decode()
    desk.post(url)
    person.refresh_from_db()
    assert person.custom == {"motto": "x"}


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize(
    ("namespace", "rule"),
    [
        ("circular_custom_fields", {"any": [{"field": "custom.staff", "least": 3}]}),
        ("circular_topics", {"all": [{"none": [{"field": "topic", "in": ["food"]}]}]}),
    ],
)
def test_what_a_segments_rule_names_is_not_deleted_under_it(desk: Client, namespace: str, rule: dict[str, Any]) -> None:
    topic = Topic.objects.create(slug="food", names={"en": "Food"})
    make_segment("with-it", rule, name="The one with it")
    pk = topic.pk if namespace == "circular_topics" else CustomField.objects.get(key="staff").pk
    url = reverse(f"{namespace}:delete", args=[pk])
    page = desk.get(url).content.decode()
    assert "The one with it" in page
    assert "Yes, delete" not in page
    assert desk.post(url).status_code == 409
    assert Topic.objects.exists()
    assert CustomField.objects.filter(key="staff").exists()


def test_a_choice_needs_values(desk: Client) -> None:
    form = {"label": "Sector", "key": "sector", "kind": "choice", "options": "\n \n", "position": 0}
    assert "at least one value" in desk.post(reverse("circular_custom_fields:add"), form).content.decode()
    assert not CustomField.objects.exists()


# Topics


def test_a_topic_has_a_name_in_each_language_and_is_ticked_on_a_person(desk: Client) -> None:
    names = {"name-en": "Food", "name-fr": "Alimentation", "name-zh-hans": "食品"}
    desk.post(reverse("circular_topics:add"), {**names, "slug": "food", "position": 1})
    topic = Topic.objects.get()
    assert topic.names == {"en": "Food", "fr": "Alimentation", "zh-hans": "食品"}
    assert "食品" in desk.get(reverse("circular_topics:index")).content.decode()
    person = make_subscriber()
    edit(desk, person, topics=[topic.pk])
    assert Interest.objects.get().subscriber == person
    assert "Food" in seen(desk, person)
    edit(desk, person)
    assert not Interest.objects.exists()


# The person's form


def test_affiliations_have_days_and_past_ones_are_shown_as_past(desk: Client) -> None:
    person = make_subscriber()
    held = {"affiliations-TOTAL_FORMS": 1, "affiliations-0-role": "partner", "affiliations-0-since": "2020-01-01"}
    edit(desk, person, **held, **{"affiliations-0-until": "2020-12-31"})
    one = Affiliation.objects.get()
    assert (one.since, one.until) == (date(2020, 1, 1), date(2020, 12, 31))
    assert "Past: it ended on" in desk.get(reverse("circular_subscribers:edit", args=[person.pk])).content.decode()
    assert "circular-held--past" in seen(desk, person)
    wrong = edit(desk, person, **held, **{"affiliations-0-until": "2019-12-31"})
    assert "It ends before it begins." in wrong.content.decode()


def test_a_subscriptions_language_and_frequency_are_the_persons_wish(desk: Client) -> None:
    bulletin = make_bulletin("en")
    person = make_subscriber(bulletin)
    prefix = f"subscription-{bulletin.translation_key}"
    wish = {f"{prefix}-state": "active", f"{prefix}-language": "FR", f"{prefix}-frequency": "monthly"}
    assert edit(desk, person, **wish).status_code == 302
    taken = Subscription.objects.get()
    assert (taken.language, taken.frequency, taken.state) == ("fr", "monthly", "active")
    assert "At most one a month" in seen(desk, person)
    assert "A code of a language" in edit(desk, person, **{**wish, f"{prefix}-language": "??"}).content.decode()


def test_what_was_changed_stands_in_the_log_field_by_field(desk: Client) -> None:
    person = make_subscriber(name="Before", country="KE")
    role = {"affiliations-TOTAL_FORMS": 1, "affiliations-0-role": "partner", "affiliations-0-programme": "tourism"}
    edit(desk, person, **{"name": EVIL, "country": "FR", **role})
    page = seen(desk, person)
    for words in ("<del>Before</del>", "<del>Kenya</del> <ins>France</ins>", "Partner · Sustainable tourism", "editor"):
        assert words in page
    assert EVIL not in page


def test_opening_and_saving_without_a_change_is_no_change(desk: Client) -> None:
    person = make_subscriber()
    before = person.changed_at
    edit(desk, person)
    person.refresh_from_db()
    assert person.changed_at == before
    assert "circular-change" not in seen(desk, person)


# Everything that is known


@pytest.fixture
def known() -> Subscriber:
    """Somebody with a history in every corner, each with markup in it."""
    dispatch = make_dispatch(people=1)
    person = Subscriber.objects.get()
    body = Organisation.objects.create(name=EVIL, kind="un")
    Subscriber.objects.update(name=EVIL, organisation=body, external_id=EVIL)
    delivery = Delivery.objects.get()
    Attempt.objects.create(delivery=delivery, number=1, outcome="failed", code=550, enhanced="5.1.1", reply=EVIL)
    key = dispatch.bulletin_key
    words = keep_words(f"I want it {EVIL}", "en")
    asked = OptIn.objects.create(
        subscriber=person,
        bulletin_key=key,
        text_hash=words,
        language="en",
        source=EVIL,
        address="203.0.113.9",
        confirmed_at=timezone.now(),
        confirmed_address="203.0.113.10",
    )
    common: dict[str, Any] = {"subscriber": person, "bulletin_key": key, "source": EVIL}
    Consent.objects.create(**common, purpose="mail", given=False, basis="one-click")
    Consent.objects.create(
        **common, purpose="mail", given=True, basis="double-opt-in", text_hash=words, language="en", opt_in=asked
    )
    Notice.objects.create(subscriber=person, kind="confirm", bulletin_key=key, language="en", problem=EVIL)
    Event.objects.create(dispatch=dispatch, kind="open", delivery=delivery)
    Event.objects.create(dispatch=dispatch, kind="unsubscribe", delivery=delivery)
    Interest.objects.create(subscriber=person, topic=Topic.objects.create(slug="x", names={"en": EVIL}))
    CustomField.objects.create(key="motto", label=EVIL, kind="text")
    Subscriber.objects.update(custom={"motto": EVIL})
    return Subscriber.objects.get()


def test_a_persons_page_has_every_corner_and_is_inert(desk: Client, known: Subscriber) -> None:
    page = seen(desk, known)
    for words in ("5.1.1", "203.0.113.9", "Asked for and confirmed", "Confirm a subscription", "Unsubscribe"):
        assert words in page
    for url in ("inspect", "edit", "delete", "proof"):
        assert EVIL not in desk.get(reverse(f"circular_subscribers:{url}", args=[known.pk])).content.decode()
    for url in ("circular_topics:index", "circular_custom_fields:index", "circular_subscribers:index"):
        assert EVIL not in desk.get(reverse(url)).content.decode()


def test_opens_are_shown_only_while_the_person_agrees(desk: Client, known: Subscriber) -> None:
    opened = "<td>Open</td>"
    assert opened not in seen(desk, known)
    key = known.subscriptions.get().bulletin_key
    Consent.objects.create(subscriber=known, bulletin_key=key, purpose="open", given=True, source="x")
    assert opened in seen(desk, known)
    Consent.objects.create(subscriber=known, bulletin_key=key, purpose="open", given=False, source="x")
    assert opened not in seen(desk, known)


def test_long_histories_come_by_pages_that_keep_each_others_place(desk: Client) -> None:
    bulletin = make_bulletin("en")
    person = make_subscriber(bulletin)
    for number in range(45):
        Consent.objects.create(
            subscriber=person,
            bulletin_key=bulletin.translation_key,
            purpose="mail",
            given=bool(number % 2),
            source=f"source number {number:02}",
        )
    first, last = seen(desk, person), seen(desk, person, consents="3", deliveries="1")
    assert "source number 44" in first
    assert "source number 24" not in first
    assert "source number 04" in last
    assert "deliveries=1&amp;consents=2#consents" in last or "consents=2&amp;deliveries=1#consents" in last
    assert last.count("circular-past") == 5
    short = desk.get(reverse("circular_subscribers:edit", args=[person.pk])).content.decode()
    assert "All 45 of them" in short


# Proof of consent


def test_the_proof_says_for_each_purpose_what_holds_and_shows_the_very_words(desk: Client, known: Subscriber) -> None:
    page = desk.get(reverse("circular_subscribers:proof", args=[known.pk])).content.decode()
    for words in ("I want it &lt;script&gt;", "203.0.113.10", "An unsubscribe link", "replaced by a later answer"):
        assert words in page
    assert page.count("this holds") == 1
    assert page.count("Never agreed") == 2
    key = str(known.subscriptions.get().bulletin_key)
    assert (
        "I want it"
        in desk.get(reverse("circular_subscribers:proof", args=[known.pk]), {"bulletin": key}).content.decode()
    )
    other = desk.get(
        reverse("circular_subscribers:proof", args=[known.pk]), {"bulletin": "00000000-0000-0000-0000-000000000001"}
    )
    assert "Nothing is known" in other.content.decode()
    assert desk.get(reverse("circular_subscribers:proof", args=[known.pk]), {"bulletin": "x"}).status_code == 404


def test_the_proof_speaks_the_desks_language_and_says_what_was_never_confirmed(desk: Client) -> None:
    bulletin = make_bulletin("en")
    person = make_subscriber(bulletin)
    OptIn.objects.create(
        subscriber=person, bulletin_key=bulletin.translation_key, text_hash="", language="en", source="the form"
    )
    url = reverse("circular_subscribers:proof", args=[person.pk])
    page = desk.get(url)
    assert "never confirmed: it counts for nothing" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    profile = UserProfile.get_for_user(get_user_model().objects.get())
    profile.preferred_language = "fr"
    profile.save()
    assert '<html lang="fr">' in desk.get(url).content.decode()


@pytest.mark.parametrize(("held", "status"), [("view_subscriber", 200), ("view_organisation", 302)])
def test_the_proof_is_for_who_may_see_people(client: Client, held: str, status: int) -> None:
    user = make_user("helper", superuser=False)
    for name in ("access_admin", held):
        user.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(user)
    assert client.get(reverse("circular_subscribers:proof", args=[make_subscriber().pk])).status_code == status


def test_a_persons_page_costs_a_bounded_number_of_queries(desk: Client, django_assert_max_num_queries: Any) -> None:
    person = make_subscriber(make_bulletin("en"))
    body = Organisation.objects.create(name="Ministry", kind="government")
    for number in range(40):
        since = date(2020, 1, 1) + timedelta(days=number)
        Affiliation.objects.create(subscriber=person, role=Role.PARTNER, organisation=body, since=since)
    seen(desk, person)
    with django_assert_max_num_queries(60):
        seen(desk, person)
