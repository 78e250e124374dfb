"""A dispatch and Django's own mail over a provider's API, from the first letter to what the provider reports of it."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core import mail
from django.core.mail import get_connection
from django.test import Client, override_settings

from dispatch.deliver import deliver_batch
from dispatch.loading import encoded_variant
from dispatch.models import Attempt, Delivery, Dispatch
from dispatch.transports.choice import make_transport
from dispatch.transports.providers import account
from tests.esp_server import Answer, Request, Script, esp_server, postmark_takes
from tests.factories import make_dispatch

SECRET = "hooks:a-password-of-some-length"


@contextmanager
def provider(script: Script, name: str = "postmark", **settings: str) -> Iterator[None]:
    """The provider is the one of the settings, and answers as `script` says."""
    with esp_server(script) as url:
        told = settings or {"POSTMARK_SERVER_TOKEN": "t", "WEBHOOK_SECRET": SECRET}
        chosen = account(name, told | {f"{name.upper()}_API_URL": url})
        anymail = chosen.anymail(base_url="http://testserver", timeout=5)
        with override_settings(ESP=chosen, ANYMAIL=anymail, EMAIL_BACKEND="config.mailing.ProviderBackend"):
            yield


def deliver_all(dispatch: Dispatch) -> Counter[str]:
    encoded_variant.cache_clear()
    transport = make_transport()
    try:
        while deliver_batch(dispatch.pk, transport, size=4).more:
            pass
    finally:
        transport.close()
    return Counter(Delivery.objects.filter(dispatch=dispatch).values_list("state", flat=True))


@pytest.mark.django_db
def test_every_letter_is_one_request_and_a_bounce_finds_its_delivery() -> None:
    dispatch, script = make_dispatch(people=6), Script()
    with provider(script):
        assert deliver_all(dispatch) == {"accepted": 6}
        told = [request.json for request in script.requests]
        assert len({each["To"] for each in told}) == 6
        bounced = {
            "RecordType": "Bounce",
            "Type": "HardBounce",
            "BouncedAt": "2026-11-22T10:00:00Z",
            "Details": "550 5.1.1 nobody",
            "Metadata": told[0]["Metadata"],
        }
        known = {"Authorization": f"Basic {base64.b64encode(SECRET.encode()).decode()}"}
        answer = Client().post("/hooks/esp/postmark/", bounced, content_type="application/json", headers=known)
        assert answer.status_code == 200
    failed = Delivery.objects.get(dispatch=dispatch, state=Delivery.State.BOUNCED)
    assert failed.subscriber is not None
    assert failed.subscriber.email in told[0]["To"]


@pytest.mark.django_db
def test_letters_in_doubt_and_refused_ones_are_told_apart_in_the_ledger() -> None:
    dispatch = make_dispatch(people=3)
    addresses = list(
        Delivery.objects.filter(dispatch=dispatch).order_by("pk").values_list("subscriber__email", flat=True)
    )

    def answer(request: Request) -> Answer:
        if addresses[0] in request.json["To"]:
            return Answer(0)
        if addresses[1] in request.json["To"]:
            return Answer(422, {"ErrorCode": 300, "Message": f"Invalid 'To' address: '{addresses[1]}'."})
        return postmark_takes(request)

    with provider(Script(answer)):
        assert deliver_all(dispatch) == {"unknown": 1, "failed": 1, "accepted": 1}
    refused = Attempt.objects.get(outcome="failed")
    assert (refused.stage, refused.code, refused.enhanced) == ("rcpt", 553, "5.1.3")


@pytest.mark.django_db
def test_a_refused_key_pauses_the_dispatch_and_nobody_is_blamed() -> None:
    dispatch, script = make_dispatch(people=5), Script(lambda _request: Answer(401, {"Message": "Bad token."}))
    with provider(script):
        assert deliver_all(dispatch) == {"planned": 5}
    dispatch.refresh_from_db()
    assert dispatch.state == Dispatch.State.PAUSED
    assert "Bad token." in dispatch.state_reason


def send(**more: Any) -> int:
    message = mail.EmailMultiAlternatives("Subject", "A < B", "desk@circular.example", ["editor@example.org"], **more)
    return int(get_connection("config.mailing.ProviderBackend").send_messages([message]))


def test_django_s_own_mail_goes_the_same_way() -> None:
    script = Script()
    with provider(script):
        assert send() == 1
    (request,) = script.requests
    assert (request.json["TextBody"], request.json["TrackOpens"]) == ("A < B", False)


def test_a_provider_that_asks_for_html_is_given_it() -> None:
    script = Script(lambda _request: Answer(201, {"messageId": "m"}))
    with provider(script, "brevo", BREVO_API_KEY="k"):
        assert send() == 1
    assert "A &lt; B" in script.requests[0].json["htmlContent"]


def test_a_provider_that_is_away_is_a_connection_that_did_not_come_about() -> None:
    with provider(Script(lambda _request: Answer(0))), pytest.raises(ConnectionError, match="Postmark"):
        send()
