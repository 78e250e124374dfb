"""What a person takes away, and what is left of who is erased: nothing, in any table of the database."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from wagtail.log_actions import log

from composer.models import BulletinPage
from dispatch.claim import claim_batch
from dispatch.deliver import deliver_batch
from dispatch.models import Attempt, Delivery, Dispatch, Event, Link
from dispatch.transports.memory import MemoryTransport
from subscribers.consent import keep_words
from subscribers.links import Purpose, person_token
from subscribers.models import (
    Consent,
    CustomField,
    ImportNote,
    ImportRun,
    Interest,
    Notice,
    OptIn,
    Organisation,
    Subscriber,
    Suppression,
    Topic,
    Webhook,
    Wish,
)
from subscribers.webhooks import announce
from tests.database import tables_that_say
from tests.factories import make_bulletin, make_dispatch, make_subscriber

pytestmark = pytest.mark.django_db

ADDRESS, NAME = "zuleika.quux@bücher.example", "Zuleika Quux"
AS_TYPED = "Ｚuleika.Quux＠b\u00fccher.example"  # as a spreadsheet may have it
TRACES = ("zuleika", "quux", "b\u00fccher.example", "xn--bcher-kva.example")


@pytest.fixture
def bulletin() -> BulletinPage:
    return make_bulletin()


@pytest.fixture
def person(bulletin: BulletinPage) -> Subscriber:
    """Somebody of whom there is a trace in every place that can hold one."""
    CustomField.objects.create(key="phone", label="Telephone", kind="text")
    organisation = Organisation.objects.create(name="Ministry", kind="government")
    person = make_subscriber(
        bulletin,
        email=ADDRESS,
        name=NAME,
        consents=("mail", "open", "click"),
        role="partner",
        organisation=organisation,
        custom={"phone": "call Zuleika"},
        external_id="CRM-7",
    )
    key = bulletin.translation_key
    Interest.objects.create(subscriber=person, topic=Topic.objects.create(slug="tourism", names={"en": "Tourism"}))
    asked = OptIn.objects.create(
        subscriber=person,
        bulletin_key=key,
        language="en",
        name=NAME,
        source="sign-up page",
        text_hash=keep_words("I agree to everything.", "en"),
        requested_at=timezone.now(),
    )
    Consent.objects.create(
        subscriber=person,
        bulletin_key=key,
        purpose="mail",
        given=True,
        basis="double-opt-in",
        source="sign-up page",
        text_hash=asked.text_hash,
        opt_in=asked,
    )
    Notice.objects.create(subscriber=person, kind="already", bulletin_key=key, language="en")
    Wish.objects.create(kind="export", email=ADDRESS, language="en", source="t")
    run = ImportRun.objects.create(name="members.csv", path="x", digest="0", size=1)
    ImportNote.objects.create(
        run=run, row=2, refused=True, reason="Odd.", cells=["Ｚuleika.Quux＠b\u00fccher.example", NAME]
    )
    ImportNote.objects.create(run=run, row=3, refused=True, reason="Odd.", cells=["somebody@example.org", "Else"])
    for event in (Webhook.Event.SUBSCRIBED, Webhook.Event.ERASED):
        Webhook.objects.create(url=f"https://crm.example/{event}", events=[event.value])
    announce(Webhook.Event.SUBSCRIBED, [person.pk], bulletin_key=key, source=f"desk: {NAME}")
    log(instance=person, action="wagtail.edit", data={"email": ADDRESS})
    return person


@pytest.fixture
def sent(bulletin: BulletinPage, person: Subscriber) -> Delivery:
    """A letter that went to them, with what came of it."""
    dispatch = make_dispatch(bulletin, people=1)
    deliver_batch(dispatch.pk, MemoryTransport())
    delivery = Delivery.objects.get(dispatch=dispatch, subscriber=person)
    Attempt.objects.filter(delivery=delivery).update(reply=f"250 kept for <{ADDRESS}>")
    Event.objects.create(dispatch=dispatch, kind="click", delivery=delivery, link=Link.objects.first())
    return delivery


def path(name: str, purpose: Purpose, person: Subscriber) -> str:
    return f"/{name}/{person_token(purpose, person, now=timezone.now())}"


def test_the_export_has_everything_that_is_held(client: Client, person: Subscriber, sent: Delivery) -> None:
    answer = client.post(path("held", Purpose.EXPORT, person))
    assert answer["Content-Type"] == "application/zip"
    assert answer["Cache-Control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    data = json.loads(archive.read("data.json"))
    assert data["person"]["address"] == ADDRESS
    assert data["person"]["more"] == {"Telephone": "call Zuleika"}
    assert data["person"]["number_elsewhere"] == "CRM-7"
    assert data["affiliations"][0]["role"] == "Partner"
    assert data["topics"] == ["Tourism"]
    assert data["subscriptions"][0]["bulletin"] == "Procurement Notes"
    assert [entry["purpose"] for entry in data["consents"]] == [
        "To be written to", "Opens measured", "Clicks measured", "To be written to",
    ]  # fmt: skip
    assert data["consents"][-1]["words"] == "I agree to everything."
    assert data["requests"][0]["name"] == NAME
    assert data["letters"][0]["kind"] == "Subscribed already"
    assert data["deliveries"][0]["issue"] == "The first issue"
    assert ADDRESS in data["deliveries"][0]["attempts"][0]["reply"]
    assert data["events"][0]["kind"] == "click"
    assert [row["cells"][1] for row in data["import_rows"]] == [NAME]
    assert data["changes_on_the_desk"][0]["details"] == {"email": ADDRESS}
    page = archive.read("what-is-held.html").decode()
    for said in (ADDRESS, NAME, "Partner", "I agree to everything.", "The first issue"):
        assert said in page
    assert "<script" not in page


def test_what_is_in_the_export_is_inert_in_its_page(client: Client) -> None:
    person = make_subscriber(name="<script>alert(1)</script>")
    archive = zipfile.ZipFile(io.BytesIO(client.post(path("held", Purpose.EXPORT, person)).content))
    assert "<script>" not in archive.read("what-is-held.html").decode()


def test_the_file_is_given_ten_times_an_hour(client: Client, person: Subscriber) -> None:
    link = path("held", Purpose.EXPORT, person)
    assert [client.post(link).status_code for _time in range(11)] == [200] * 10 + [429]


def test_an_erasure_leaves_no_trace_in_any_table(client: Client, person: Subscriber, sent: Delivery) -> None:
    for trace in TRACES[:2]:
        assert {"subscribers_subscriber", "subscribers_importnote", "wagtailcore_modellogentry"} <= set(
            tables_that_say(trace)
        )
    link = path("erase", Purpose.ERASE, person)
    answer = client.post(link)
    assert answer.status_code == 200
    assert "You are erased" in answer.content.decode()
    left = {trace: tables_that_say(trace) for trace in TRACES}
    assert left == {trace: [] for trace in TRACES}
    suppression = Suppression.objects.get()
    assert (suppression.address_hash, suppression.reason) == (person.address_hash, "erased")
    assert ImportNote.objects.get(row=3).cells == ["somebody@example.org", "Else"]
    assert "You are erased" in client.post(link).content.decode()


def test_the_sums_stay_and_lead_to_nobody(client: Client, person: Subscriber, sent: Delivery) -> None:
    deliveries, events = Delivery.objects.count(), Event.objects.count()
    client.post(path("erase", Purpose.ERASE, person))
    assert (Delivery.objects.count(), Event.objects.count()) == (deliveries, events)
    sent.refresh_from_db()
    assert (sent.subscriber_id, sent.state) == (None, "accepted")
    assert not sent.events.exists()


def test_other_systems_learn_of_the_erasure_without_the_address(client: Client, person: Subscriber) -> None:
    client.post(path("erase", Purpose.ERASE, person))
    [call] = Webhook.objects.get(url__endswith="erased").calls.all()
    assert call.due_at is not None
    assert call.payload["data"]["external_id"] == "CRM-7"
    assert ADDRESS not in str(call.payload)


@pytest.mark.parametrize("moment", ["planned", "claimed"])
def test_who_is_erased_while_a_bulletin_is_sent_gets_no_letter(
    client: Client, bulletin: BulletinPage, person: Subscriber, moment: str
) -> None:
    dispatch: Dispatch = make_dispatch(bulletin, people=1)
    lease: Any = claim_batch(dispatch.pk, size=100) if moment == "claimed" else None
    client.post(path("erase", Purpose.ERASE, person))
    if lease is not None:
        from dispatch.claim import release_rest

        release_rest(lease.lease)
    transport = MemoryTransport()
    deliver_batch(dispatch.pk, transport)
    gone = Delivery.objects.get(dispatch=dispatch, subscriber=None)
    assert (gone.state, gone.reason) == ("excluded", "erased")
    assert Delivery.objects.filter(dispatch=dispatch, state="accepted").count() == 1


def test_a_forged_link_erases_and_shows_nothing(client: Client, person: Subscriber) -> None:
    for name in ("erase", "held"):
        assert client.post(f"/{name}/{uuid4().hex}{uuid4().hex}"[:54]).status_code == 404
    assert Subscriber.objects.filter(pk=person.pk).exists()
