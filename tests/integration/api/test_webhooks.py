"""Other systems are told what happens: once it has happened, signed, until it gets through, and nowhere inside."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import threading
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from composer.preflight.door import Door
from dispatch.webhook_calls import claim_calls
from dispatch.webhooks import again, deliver_now, deliver_waiting, forget_old, has_due, make_test_call
from subscribers.addresses import address_hash
from subscribers.erasure import erase
from subscribers.importing.runs import receive, set_mapping, start_import, work
from subscribers.models import Consent, Subscriber, Subscription, Suppression, Webhook, WebhookCall
from subscribers.subscribing import activate
from subscribers.suppression import suppress
from subscribers.unsubscribe import unsubscribe
from subscribers.webhooks import Event, announce, rotate, secret_of
from tests.factories import make_bulletin, make_subscriber
from tests.integration.api.receiving import Answer, receiving

pytestmark = pytest.mark.django_db

EVERYTHING = [event.value for event in Event if event != Event.TEST]
HERE = Door(allowed=lambda _address, _port: True, resolve=lambda _host, _port: (ip_address("127.0.0.1"),), timeout=5.0)


def make_webhook(url: str = "https://hooks.example/x", *events: str, **fields: Any) -> Webhook:
    return Webhook.objects.create(url=url, events=list(events) or EVERYTHING, **fields)


def told() -> list[tuple[str, dict[str, Any]]]:
    return [(call.event, call.payload["data"]) for call in WebhookCall.objects.order_by("pk")]


def let_pass(**ago: float) -> None:
    """Make all that is written down older by so much, as if the time had passed."""
    step = timedelta(**ago)
    for rows, names in (
        (WebhookCall.objects.all(), ("made_at", "due_at", "tried_at")),
        (Webhook.objects.all(), ("failing_since", "rests_until", "rotated_at")),
    ):
        rows.update(**{name: F(name) - step for name in names})


def test_what_happens_to_a_subscription_is_told() -> None:
    make_webhook()
    person, key = make_subscriber(email="ada@example.org", external_id="C-1"), make_bulletin().translation_key
    activate(person.pk, key, basis=Consent.Basis.DESK, source="the desk")
    activate(person.pk, key, basis=Consent.Basis.DESK, source="the desk")
    unsubscribe(subscriber_id=person.pk, bulletin_key=key, basis=Consent.Basis.ONE_CLICK, source="link")
    suppress(person.address_hash, Suppression.Reason.HARD_BOUNCE)
    suppress(person.address_hash, Suppression.Reason.HARD_BOUNCE)

    assert [(event, data["email"], data["external_id"]) for event, data in told()] == [
        (event, "ada@example.org", "C-1") for event in ("subscribed", "unsubscribed", "bounced")
    ]
    assert told()[0][1]["bulletin"] == str(key)


def test_a_complaint_is_told_and_what_is_suppressed_by_hand_is_not() -> None:
    make_webhook()
    first, second = make_subscriber(), make_subscriber()
    suppress(first.address_hash, Suppression.Reason.COMPLAINT)
    suppress(second.address_hash, Suppression.Reason.MANUAL)
    suppress(address_hash("nobody@example.org"), Suppression.Reason.COMPLAINT)

    assert [event for event, _data in told()] == ["complained"]


def test_a_change_through_the_api_is_told_with_who_made_it_and_no_change_is_not(crm: Any) -> None:
    make_webhook()
    for _time in range(2):
        crm("PUT", "/people/C-1", {"email": "ada@example.org"})

    [(event, data)] = told()
    assert (event, data["source"], data["external_id"]) == ("changed", "api: CRM", "C-1")


def test_an_erasure_is_told_without_the_address_and_takes_all_earlier_calls_with_it() -> None:
    make_webhook()
    person = make_subscriber(email="ada@example.org", external_id="C-1")
    announce(Event.CHANGED, [person.pk])
    erase(person.pk)

    [(event, data)] = told()
    assert (event, data) == ("erased", {"id": person.pk, "external_id": "C-1", "source": ""})


def test_nothing_is_told_of_what_was_rolled_back() -> None:
    make_webhook()
    person = make_subscriber()
    with transaction.atomic():
        announce(Event.CHANGED, [person.pk])
        transaction.set_rollback(True)

    assert not told()


def test_a_webhook_that_is_off_or_wants_other_events_is_not_told() -> None:
    make_webhook("https://a.example/", "changed", active=False)
    make_webhook("https://b.example/", "subscribed")
    wanted = make_webhook("https://c.example/", "changed")
    announce(Event.CHANGED, [make_subscriber().pk])

    assert WebhookCall.objects.get().webhook == wanted


def test_an_import_is_told_in_bulk_and_the_same_file_again_is_no_news(settings: Any, tmp_path: Path) -> None:
    make_webhook()
    settings.DATA = tmp_path
    key = uuid4()
    for _time in range(2):
        run = receive(io.BytesIO(b"email,name\na@x.com,Ana\nb@x.com,Ben\n"), "people.csv")
        set_mapping(run, run.mapping, {"bulletin": str(key), "basis": "Signed the list", "words": "Yes."})
        assert start_import(run)
        work(run.pk)

    assert [(event, data["email"], data.get("bulletin")) for event, data in told()] == [
        ("subscribed", "a@x.com", str(key)),
        ("subscribed", "b@x.com", str(key)),
        ("changed", "a@x.com", None),
        ("changed", "b@x.com", None),
    ]
    assert {data["source"] for _event, data in told()} == {"people.csv: Signed the list"}


def test_many_people_are_announced_in_one_statement(django_assert_max_num_queries: Any) -> None:
    make_webhook()
    make_webhook("https://b.example/")
    ids = [make_subscriber().pk for _person in range(30)]
    with django_assert_max_num_queries(2):
        assert announce(Event.SUBSCRIBED, ids, bulletin_key=uuid4()) == 60


def test_a_call_is_signed_so_that_the_receiver_can_check_it() -> None:
    with receiving() as receiver:
        webhook = make_webhook(receiver.url())
        person = make_subscriber(email="ada@example.org", name="张")
        announce(Event.CHANGED, [person.pk], source="测试")
        assert deliver_waiting(HERE) == 1

    [got] = receiver.got
    call = WebhookCall.objects.get()
    key = base64.b64decode(secret_of(webhook).removeprefix("whsec_"))
    message = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    expected = base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    assert got.headers["webhook-id"] == str(call.key)
    assert abs(int(got.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 30
    assert json.loads(got.body)["data"]["source"] == "测试"
    assert (got.headers["content-type"], got.headers["user-agent"]) == ("application/json", "Circular-Webhooks/1.0")
    assert (call.code, call.reply, call.due_at, call.delivered_at is not None) == (200, "thanks", None, True)


def test_a_new_secret_holds_at_once_and_the_old_one_for_a_day() -> None:
    with receiving() as receiver:
        webhook = make_webhook(receiver.url())
        old = secret_of(webhook)
        rotate(webhook.pk)
        webhook.refresh_from_db()
        new = secret_of(webhook)
        for days in (0, 2):
            let_pass(days=days)
            announce(Event.CHANGED, [make_subscriber().pk])
            deliver_waiting(HERE)

    assert old != new
    both, one = (got.headers["webhook-signature"].split() for got in receiver.got)
    assert (len(both), len(one)) == (2, 1)


def test_a_call_that_fails_is_tried_again_ever_more_seldom_until_it_gets_through() -> None:
    with receiving(Answer(500, b"sorry"), Answer(503)) as receiver:
        webhook = make_webhook(receiver.url())
        announce(Event.CHANGED, [make_subscriber().pk])
        assert deliver_waiting(HERE) == 1
        call = WebhookCall.objects.get()
        assert (call.code, call.reply, call.attempts, call.delivered_at) == (500, "sorry", 1, None)
        webhook.refresh_from_db()
        assert (webhook.active, webhook.failures) == (True, 1)

        assert (has_due(), deliver_waiting(HERE)) == (False, 0)
        let_pass(minutes=1, seconds=1)
        assert (has_due(), deliver_waiting(HERE)) == (True, 1)
        let_pass(minutes=1, seconds=1)
        assert not has_due()
        let_pass(minutes=3)
        assert deliver_waiting(HERE) == 1

    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len(receiver.got) == 3
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since, webhook.rests_until) == (0, None, None)


def test_a_webhook_that_nothing_gets_through_to_for_three_days_is_switched_off_with_the_reason() -> None:
    with receiving(*[Answer(500)] * 100) as receiver:
        webhook = make_webhook(receiver.url())
        announce(Event.CHANGED, [make_subscriber().pk])
        for _hours in range(16):
            deliver_waiting(HERE)
            let_pass(hours=6)

    webhook.refresh_from_db()
    assert (webhook.active, webhook.problem) == (False, "No call got through for three days.")
    assert not has_due()


def test_one_call_that_is_always_refused_is_given_up_and_the_webhook_stays_on() -> None:
    with receiving() as receiver:
        webhook = make_webhook(receiver.url())
        announce(Event.CHANGED, [make_subscriber().pk])
        for _hours in range(16):
            receiver.answers[:] = [Answer(400)]
            deliver_waiting(HERE)
            receiver.answers[:] = []
            announce(Event.CHANGED, [make_subscriber().pk])
            Webhook.objects.update(rests_until=None)
            poisoned = WebhookCall.objects.order_by("pk")[0]
            WebhookCall.objects.exclude(pk=poisoned.pk).filter(due_at__isnull=False).update(due_at=timezone.now())
            hold = poisoned.due_at
            WebhookCall.objects.filter(pk=poisoned.pk).update(due_at=None)
            deliver_waiting(HERE)
            WebhookCall.objects.filter(pk=poisoned.pk).update(due_at=hold)
            let_pass(hours=6)

    webhook.refresh_from_db()
    poisoned.refresh_from_db()
    assert (webhook.active, poisoned.due_at, poisoned.delivered_at) == (True, None, None)


def test_410_switches_the_webhook_off_at_once() -> None:
    with receiving(Answer(410)) as receiver:
        webhook = make_webhook(receiver.url())
        announce(Event.CHANGED, [make_subscriber().pk])
        deliver_waiting(HERE)

    webhook.refresh_from_db()
    assert (webhook.active, "wants no more" in webhook.problem) == (False, True)


def test_a_redirect_is_not_followed() -> None:
    with receiving() as inside, receiving(Answer(302, location=inside.url("/secret"))) as receiver:
        make_webhook(receiver.url())
        announce(Event.CHANGED, [make_subscriber().pk])
        deliver_waiting(HERE)

    call = WebhookCall.objects.get()
    assert (call.code, inside.got) == (302, [])
    assert "redirect" in call.reply


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "10.0.0.1", "169.254.169.254"]
)
def test_nothing_is_sent_to_a_private_address(host: str) -> None:
    with receiving() as receiver:
        make_webhook(f"http://{host}:{receiver.port}/hook")
        announce(Event.CHANGED, [make_subscriber().pk])
        assert deliver_waiting() == 1

    call = WebhookCall.objects.get()
    assert (call.code, receiver.got) == (None, [])
    assert "no address that the public can reach" in call.reply


def test_a_receiver_that_is_silent_is_left_in_time_and_holds_up_no_other() -> None:
    released = threading.Event()
    with receiving(Answer(before=lambda: released.wait(20))) as slow, receiving() as quick:
        for url in (slow.url(), quick.url()):
            make_webhook(url)
        announce(Event.CHANGED, [make_subscriber().pk for _person in range(5)])
        impatient = Door(allowed=HERE.allowed, resolve=HERE.resolve, timeout=0.3)
        deliver_waiting(impatient)
        released.set()

    assert len(quick.got) == 5
    first = WebhookCall.objects.filter(webhook__url=slow.url()).order_by("pk")
    assert "It did not answer in time." in {call.reply for call in first}
    assert first.filter(delivered_at=None, due_at__isnull=False).count() + len(slow.got) >= 5
    assert first.filter(attempts=0).exists() or len(slow.got) == 5


def test_a_long_answer_is_read_to_a_bound_and_kept_in_one_line() -> None:
    with receiving(Answer(400, b"<b>\x00\r\n" + b"x" * 5_000_000)) as receiver:
        make_webhook(receiver.url())
        announce(Event.CHANGED, [make_subscriber().pk])
        deliver_waiting(HERE)

    reply = WebhookCall.objects.get().reply
    assert (len(reply), reply.startswith("<b>"), reply.isprintable()) == (300, True, True)


def test_who_cannot_be_reached_is_tried_again() -> None:
    with receiving() as receiver:
        url = receiver.url()
    make_webhook(url)
    announce(Event.CHANGED, [make_subscriber().pk])
    deliver_waiting(HERE)

    call = WebhookCall.objects.get()
    assert (call.code, call.reply, call.due_at is not None) == (None, "It could not be reached.", True)


def test_a_worker_that_dies_leaves_its_calls_to_another() -> None:
    with receiving() as receiver:
        make_webhook(receiver.url())
        announce(Event.CHANGED, [make_subscriber().pk])
        assert len(claim_calls(most=10)) == 1  # and no more is heard of it
        assert deliver_waiting(HERE) == 0
        let_pass(seconds=121)
        assert deliver_waiting(HERE) == 1

    assert len(receiver.got) == 1


def test_what_is_known_of_an_erased_person_goes_once_they_were_told_of() -> None:
    with receiving() as receiver:
        make_webhook(receiver.url())
        person = make_subscriber(external_id="C-1")
        erase(person.pk)
        deliver_waiting(HERE)

    call = WebhookCall.objects.get()
    assert json.loads(receiver.got[0].body)["data"]["external_id"] == "C-1"
    assert (call.payload, again(call.pk)) == ({}, False)


def test_a_test_call_is_made_at_once_even_while_the_webhook_rests() -> None:
    with receiving(Answer(500)) as receiver:
        webhook = make_webhook(receiver.url(), "changed")
        announce(Event.CHANGED, [make_subscriber().pk])
        deliver_waiting(HERE)
        call = make_test_call(webhook)
        assert deliver_now(call.pk, HERE)

    call.refresh_from_db()
    assert (call.code, json.loads(receiver.got[1].body)["type"]) == (200, "test")


def test_a_call_can_be_made_again() -> None:
    with receiving() as receiver:
        make_webhook(receiver.url())
        announce(Event.CHANGED, [make_subscriber().pk])
        deliver_waiting(HERE)
        assert again(WebhookCall.objects.get().pk)
        deliver_waiting(HERE)

    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len(receiver.got) == 2


def test_old_calls_are_dropped_and_those_that_wait_are_kept() -> None:
    make_webhook("https://a.example/")
    make_webhook("https://b.example/", active=True)
    announce(Event.CHANGED, [make_subscriber().pk, make_subscriber().pk])
    done, *_waiting = WebhookCall.objects.order_by("pk")
    WebhookCall.objects.filter(pk=done.pk).update(due_at=None)
    let_pass(days=31)
    forget_old()

    assert WebhookCall.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_each_call_once() -> None:
    with receiving() as receiver:
        make_webhook(receiver.url())
        announce(Event.CHANGED, [make_subscriber().pk for _person in range(60)])

        def work() -> None:
            try:
                deliver_waiting(HERE)
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _worker in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=60)
        deliver_waiting(HERE)

    keys = [got.headers["webhook-id"] for got in receiver.got]
    assert (len(keys), len(set(keys))) == (60, 60)
    assert not WebhookCall.objects.filter(delivered_at=None).exists()
    assert Subscriber.objects.count() == 60
    assert not Subscription.objects.exists()
