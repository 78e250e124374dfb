"""What providers report by webhook: believed when it is signed, stored once, and answered 200 when it is stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from dispatch.models import Delivery, Dispatch, Event, Feedback
from dispatch.tokens import return_path
from dispatch.transports.providers import account
from subscribers.models import Subscription, Suppression
from tests.factories import make_dispatch

SECRET = "hooks:a-password-of-some-length"
BASE = "http://testserver"
ACCOUNTS: dict[str, dict[str, str]] = {
    "postmark": {"POSTMARK_SERVER_TOKEN": "t", "WEBHOOK_SECRET": SECRET},
    "mailgun": {"MAILGUN_API_KEY": "k", "MAILGUN_WEBHOOK_SIGNING_KEY": "signing"},
    "mailjet": {"MAILJET_API_KEY": "k", "MAILJET_SECRET_KEY": "s", "WEBHOOK_SECRET": SECRET},
    "mailtrap": {"MAILTRAP_API_TOKEN": "k", "MAILTRAP_TRACKING_SECRET": "signing"},
    "mandrill": {"MANDRILL_API_KEY": "k", "MANDRILL_WEBHOOK_KEY": "signing"},
    "brevo": {"BREVO_API_KEY": "k", "WEBHOOK_SECRET": SECRET},
    "resend": {"RESEND_API_KEY": "k", "WEBHOOK_SECRET": SECRET},
    "sparkpost": {"SPARKPOST_API_KEY": "k", "WEBHOOK_SECRET": SECRET},
}

Use = Callable[..., None]


@pytest.fixture
def use(settings: Any) -> Use:
    """`use(name)` sets the provider; further arguments replace its settings."""

    def chosen(name: str, told: dict[str, str] | None = None) -> None:
        settings.ESP = account(name, ACCOUNTS[name] if told is None else told)
        settings.ANYMAIL = settings.ESP.anymail(base_url=BASE, timeout=5)

    return chosen


@pytest.fixture
def sent() -> Dispatch:
    """A dispatch of three whose letters were accepted."""
    dispatch = make_dispatch(people=3)
    Delivery.objects.filter(dispatch=dispatch).update(state=Delivery.State.ACCEPTED, due_at=None)
    return dispatch


def deliveries(dispatch: Dispatch) -> list[Delivery]:
    return list(Delivery.objects.filter(dispatch=dispatch).order_by("pk"))


def token(delivery: Delivery) -> str:
    return return_path(delivery.pk, "bulletin.example").partition("@")[0].removeprefix("b+")


def knowing(secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


def post(name: str, body: Any, *, headers: dict[str, str] | None = None) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    told = knowing() if headers is None else headers
    return client.post(f"/hooks/esp/{name}/", raw, content_type="application/json", headers=told)  # type: ignore[return-value]


def bounce(delivery: Delivery, details: str = "550 5.1.1 no such user", **more: Any) -> dict[str, Any]:
    return {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 42,
        "MessageID": "m-1",
        "Email": "somebody@example.org",
        "BouncedAt": "2026-11-22T10:00:00Z",
        "Details": details,
        "Metadata": {"circular": token(delivery)},
        **more,
    }


@pytest.mark.django_db
def test_a_hard_bounce_ends_the_delivery_and_suppresses_its_reader(use: Use, sent: Dispatch) -> None:
    use("postmark")
    first, second, _third = deliveries(sent)
    assert post("postmark", bounce(first)).status_code == 200
    first.refresh_from_db()
    assert first.state == Delivery.State.BOUNCED
    assert first.subscriber is not None
    assert Suppression.objects.filter(address_hash=first.subscriber.address_hash).exists()
    second.refresh_from_db()
    assert second.state == Delivery.State.ACCEPTED
    noted = Feedback.objects.get()
    assert (noted.kind, noted.enhanced, noted.source, noted.delivery_id) == ("hard", "5.1.1", "postmark", first.pk)
    assert "somebody@" not in noted.words


@pytest.mark.django_db
def test_a_report_that_comes_again_changes_nothing(use: Use, sent: Dispatch) -> None:
    use("postmark")
    delivery = deliveries(sent)[0]
    answers = [
        post("postmark", bounce(delivery, "452 4.2.2 full", Type="SoftBounce")).status_code for _turn in range(4)
    ]
    assert answers == [200] * 4
    assert Feedback.objects.count() == 1
    assert not Suppression.objects.exists(), "one soft bounce is one, however often it is told"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "made_up", ["{}.0123456789abcdef", "{}", "", "99999999999999999999.0123456789abcdef", "{}.0123456789abcdef@x"]
)
def test_a_made_up_token_is_about_nobody(use: Use, sent: Dispatch, made_up: str) -> None:
    use("postmark")
    delivery = deliveries(sent)[0]
    told = bounce(delivery, Metadata={"circular": made_up.format(delivery.pk)})
    assert post("postmark", told).status_code == 200, "the provider need not say it again"
    assert not Feedback.objects.exists()
    assert not Suppression.objects.exists()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.ACCEPTED


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, knowing("hooks:guessed-and-wrong-pass"), {"Authorization": "Basic %%%"}])
def test_who_does_not_know_the_secret_is_refused(use: Use, sent: Dispatch, headers: dict[str, str]) -> None:
    use("postmark")
    assert post("postmark", bounce(deliveries(sent)[0]), headers=headers).status_code == 403
    assert not Feedback.objects.exists()


@pytest.mark.django_db
def test_without_a_secret_nothing_is_taken_and_the_log_says_what_to_set(
    use: Use, sent: Dispatch, caplog: pytest.LogCaptureFixture
) -> None:
    use("postmark", {"POSTMARK_SERVER_TOKEN": "t"})
    assert post("postmark", bounce(deliveries(sent)[0])).status_code == 403
    assert "set WEBHOOK_SECRET in ESP_SETTINGS" in caplog.text
    assert not Feedback.objects.exists()


@pytest.mark.django_db
def test_another_provider_than_the_one_that_is_set_is_not_there(use: Use, settings: Any) -> None:
    use("postmark")
    assert post("mailgun", {}).status_code == 404
    assert post("nobody", {}).status_code == 404
    settings.ESP = None
    assert post("postmark", {}).status_code == 404


@pytest.mark.django_db
def test_a_complaint_suppresses_and_an_unsubscribe_leaves_once(use: Use, sent: Dispatch) -> None:
    use("postmark")
    first, second, _third = deliveries(sent)
    complaint = {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "BouncedAt": "2026-11-22T10:00:00Z"}
    assert post("postmark", complaint | {"Metadata": {"circular": token(first)}}).status_code == 200
    first.refresh_from_db()
    assert first.state == Delivery.State.COMPLAINED
    assert first.subscriber is not None
    assert Suppression.objects.filter(address_hash=first.subscriber.address_hash).exists()
    leaving = {
        "RecordType": "SubscriptionChange",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "ChangedAt": "2026-11-22T10:00:00Z",
        "Metadata": {"circular": token(second)},
    }
    assert post("postmark", leaving).status_code == 200
    theirs = Subscription.objects.filter(subscriber=second.subscriber_id, bulletin_key=sent.bulletin_key)
    assert theirs.get().state == Subscription.State.UNSUBSCRIBED
    assert Event.objects.filter(delivery=second, kind=Event.Kind.UNSUBSCRIBE).count() == 1
    theirs.update(state=Subscription.State.ACTIVE)  # they come back, and the provider repeats itself
    assert post("postmark", leaving).status_code == 200
    assert theirs.get().state == Subscription.State.ACTIVE


@pytest.mark.django_db
def test_a_refusal_for_reputation_pauses_the_dispatch_and_blames_nobody(use: Use, sent: Dispatch) -> None:
    use("postmark")
    Dispatch.objects.filter(pk=sent.pk).update(state=Dispatch.State.RUNNING)
    assert post("postmark", bounce(deliveries(sent)[0], "550 5.7.26 unauthenticated")).status_code == 200
    sent.refresh_from_db()
    assert sent.state == Dispatch.State.PAUSED
    assert not Suppression.objects.exists()


@pytest.mark.django_db
def test_an_arrival_settles_a_delivery_in_doubt(use: Use, sent: Dispatch) -> None:
    use("postmark")
    delivery = deliveries(sent)[0]
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.UNKNOWN)
    told = {"RecordType": "Delivery", "DeliveredAt": "2026-11-22T10:00:00Z", "Metadata": {"circular": token(delivery)}}
    for _turn in range(2):
        assert post("postmark", told).status_code == 200
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.ACCEPTED
    assert Feedback.objects.get().kind == "delivered"


@pytest.mark.django_db
def test_opens_and_clicks_are_not_kept(use: Use, sent: Dispatch) -> None:
    use("postmark")
    for kind in ("Open", "Click"):
        told = {
            "RecordType": kind,
            "ReceivedAt": "2026-11-22T10:00:00Z",
            "Metadata": {"circular": token(deliveries(sent)[0])},
        }
        assert post("postmark", told).status_code == 200
    assert not Feedback.objects.exists()
    assert not Event.objects.exists()


def sparkpost(kind: str, delivery: Delivery, number: int, **more: Any) -> dict[str, Any]:
    told = {
        "type": kind,
        "timestamp": str(1_795_000_000 + number),
        "event_id": str(number),
        "rcpt_meta": {"circular": token(delivery)},
    }
    return {"msys": {"message_event": told | more}}


@pytest.mark.django_db
def test_a_batch_of_hundreds_is_stored_in_one_go(use: Use, django_assert_max_num_queries: Any) -> None:
    use("sparkpost")
    dispatch = make_dispatch(people=300)
    Delivery.objects.filter(dispatch=dispatch).update(state=Delivery.State.ACCEPTED, due_at=None)
    found = deliveries(dispatch)
    batch = [sparkpost("delivery", each, number) for number, each in enumerate(found)]
    batch += [sparkpost("open", each, number) for number, each in enumerate(found)]
    batch.append(sparkpost("bounce", found[0], 999, bounce_class="10", raw_reason="550 5.1.1 nobody"))
    with django_assert_max_num_queries(40):
        assert post("sparkpost", batch).status_code == 200
    assert Feedback.objects.count() == 301
    assert post("sparkpost", batch).status_code == 200
    assert Feedback.objects.count() == 301


@pytest.mark.django_db
def test_a_batch_longer_than_a_form_may_be_is_read_and_a_flood_is_not(use: Use, sent: Dispatch) -> None:
    use("sparkpost")
    long = [sparkpost("delivery", deliveries(sent)[0], 1, padding="x" * 3_000_000)]
    assert post("sparkpost", long).status_code == 200
    assert Feedback.objects.count() == 1
    assert (
        post("sparkpost", [sparkpost("delivery", deliveries(sent)[1], 2, padding="x" * 13_000_000)]).status_code == 413
    )
    assert Feedback.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"[1]", b"null", b"\xff\xfe", b'{"RecordType": "Inbound"}', b'"text"']
)
def test_what_cannot_be_read_is_refused_and_changes_nothing(use: Use, sent: Dispatch, body: bytes) -> None:
    use("postmark")
    assert post("postmark", body).status_code == 400
    assert not Feedback.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_postgresql_is_away_the_provider_is_asked_to_say_it_again(use: Use) -> None:
    use("postmark")
    dispatch = make_dispatch(people=1)
    Delivery.objects.filter(dispatch=dispatch).update(state=Delivery.State.ACCEPTED, due_at=None)
    told = bounce(deliveries(dispatch)[0])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    settings = connection.get_connection_params()
    where = {name: settings[name] for name in ("dbname", "user", "password", "host", "port") if settings.get(name)}
    with psycopg.connect(**where, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    away = post("postmark", told)
    assert (away.status_code, away["Retry-After"]) == (503, "60")
    connection.close()
    assert post("postmark", told).status_code == 200
    assert Feedback.objects.count() == 1


def mailgun(delivery: Delivery, *, key: str = "signing") -> dict[str, Any]:
    signature = hmac.new(key.encode(), b"1795000000abc", hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": "1795000000", "token": "abc", "signature": signature},
        "event-data": {
            "event": "failed",
            "severity": "permanent",
            "reason": "bounce",
            "timestamp": 1_795_000_000.5,
            "recipient": "somebody@example.org",
            "user-variables": {"circular": token(delivery)},
            "delivery-status": {"code": 550, "message": "5.1.1 no such user"},
        },
    }


@pytest.mark.django_db
def test_mailgun_s_signature_is_held_against_its_key(use: Use, sent: Dispatch) -> None:
    use("mailgun")
    delivery = deliveries(sent)[0]
    assert post("mailgun", mailgun(delivery, key="another"), headers={}).status_code == 403
    assert post("mailgun", {"event-data": {}}, headers={}).status_code == 403
    assert not Feedback.objects.exists()
    assert post("mailgun", mailgun(delivery), headers={}).status_code == 200
    assert Feedback.objects.get().kind == "hard"


@pytest.mark.django_db
def test_mandrill_signs_the_address_that_it_calls_and_posts_a_form(use: Use, sent: Dispatch) -> None:
    use("mandrill")
    told = [
        {
            "event": "hard_bounce",
            "ts": 1_795_000_000,
            "_id": "1",
            "msg": {"diag": "smtp;550 5.1.1 nobody", "metadata": {"circular": token(deliveries(sent)[0])}},
        }
    ]
    form = {"mandrill_events": json.dumps(told)}
    signed = f"{BASE}/hooks/esp/mandrill/mandrill_events{form['mandrill_events']}".encode()
    signature = base64.b64encode(hmac.new(b"signing", signed, hashlib.sha1).digest()).decode()
    client = Client(enforce_csrf_checks=True)
    assert client.post("/hooks/esp/mandrill/", form, headers={"X-Mandrill-Signature": "no"}).status_code == 403
    assert client.post("/hooks/esp/mandrill/", form, headers={"X-Mandrill-Signature": signature}).status_code == 200
    assert Feedback.objects.get().kind == "hard"
    assert client.head("/hooks/esp/mandrill/").status_code == 200
    assert client.get("/hooks/esp/mandrill/").status_code == 405


@pytest.mark.django_db
def test_mailtrap_signs_the_body(use: Use, sent: Dispatch) -> None:
    use("mailtrap")
    event = {
        "event": "spam",
        "message_id": "m-1",
        "sending_stream": "bulk",
        "timestamp": 1_795_000_000,
        "event_id": "1",
        "email": "somebody@example.org",
        "custom_variables": {"circular": token(deliveries(sent)[0])},
    }
    body = json.dumps({"events": [event]}).encode()
    signature = hmac.new(b"signing", body, hashlib.sha256).hexdigest()
    assert post("mailtrap", body, headers={"Mailtrap-Signature": "0" * 64}).status_code == 403
    assert post("mailtrap", body, headers={"Mailtrap-Signature": signature}).status_code == 200
    assert Feedback.objects.get().kind == "complaint"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "told", "kind"),
    [
        (
            "brevo",
            {"event": "hard_bounce", "email": "x@example.org", "ts_epoch": 1795000000000, "reason": "550 5.1.1 nobody"},
            "hard",
        ),
        (
            "mailjet",
            [{"event": "bounce", "time": 1795000000, "hard_bounce": True, "error": "user unknown", "MessageID": 1}],
            "hard",
        ),
        (
            "resend",
            {
                "type": "email.bounced",
                "created_at": "2026-11-22T10:00:00Z",
                "data": {
                    "bounce": {"message": "… a hard bounce message", "type": "Permanent"},
                    "to": ["x@example.org"],
                },
            },
            "hard",
        ),
    ],
)
def test_each_provider_s_way_to_carry_the_token_is_read(
    use: Use, sent: Dispatch, name: str, told: Any, kind: str
) -> None:
    use(name)
    carried = json.dumps({"circular": token(deliveries(sent)[0])})
    match name:
        case "brevo":
            told = told | {"X-Mailin-custom": carried}
        case "mailjet":
            told = [each | {"Payload": carried} for each in told]
        case "resend":
            told = told | {"data": told["data"] | {"headers": [{"name": "X-Metadata", "value": carried}]}}
    assert post(name, told).status_code == 200
    assert Feedback.objects.get().kind == kind
