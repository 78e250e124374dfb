"""Other systems on the desk: tokens shown once, webhooks with their secret and their calls."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from subscribers.keys import Scope, make_token, token_for
from subscribers.models import ApiToken, Webhook, WebhookCall
from subscribers.webhooks import Event, announce, secret_of
from tests.factories import make_subscriber, make_user

pytestmark = pytest.mark.django_db

TOKEN = {"name": "CRM", "scopes": ["people:read", "people:write"], "expires_at": ""}
HOOK = {"url": "https://crm.example.org/hook", "note": "The CRM", "events": ["subscribed", "erased"]}


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def make_webhook(**fields: Any) -> Webhook:
    return Webhook.objects.create(**{"url": "https://crm.example.org/hook", "events": ["changed"], **fields})


def test_a_key_is_shown_once_and_opens_what_was_ticked(desk: Client) -> None:
    page = desk.post(reverse("circular_token_new"), TOKEN)

    [key] = re.findall(r"crc_[A-Za-z0-9_-]{43}", page.content.decode())
    token = token_for(key)
    assert token is not None
    assert (token.name, token.scopes) == ("CRM", ["people:read", "people:write"])
    assert "no-store" in page["Cache-Control"]
    assert key not in desk.get(reverse("circular_systems")).content.decode()
    assert key[4:] not in str(list(ModelLogEntry.objects.values()))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"scopes": []}, "This field is required"),
        ({"scopes": ["everything"]}, "not one of the available choices"),
        ({"expires_at": "2020-01-01 00:00"}, "This time is over already"),
        ({"expires_at": "9999-12-31 23:59"}, "This is too far away"),
        ({"name": "Old"}, "There is a token of this name already"),
    ],
)
def test_a_token_that_cannot_be_is_not_made(desk: Client, given: dict[str, Any], words: str) -> None:
    make_token(name="Old", scopes=[], expires_at=None, user=None)

    page = desk.post(reverse("circular_token_new"), {**TOKEN, **given})

    assert words in unescape(page.content.decode())
    assert ApiToken.objects.count() == 1


def test_a_token_is_revoked_after_a_question_and_stays_in_the_list(desk: Client) -> None:
    made = make_token(name="CRM", scopes=list(Scope), expires_at=timezone.now() + timedelta(days=1), user=None)
    address = reverse("circular_token_revoke", args=[made.token.pk])

    assert "Yes, revoke it" in desk.get(address).content.decode()
    assert token_for(made.key) is not None
    desk.post(address)

    assert token_for(made.key) is None
    assert "revoked" in desk.get(reverse("circular_systems")).content.decode()
    assert ModelLogEntry.objects.filter(action="circular.revoke").exists()


def test_a_webhook_is_made_and_its_page_has_the_secret(desk: Client) -> None:
    desk.post(reverse("circular_webhook_new"), HOOK)

    webhook = Webhook.objects.get()
    page = desk.get(reverse("circular_webhook", args=[webhook.pk]))
    assert (webhook.url, webhook.events, webhook.active) == (HOOK["url"], HOOK["events"], True)
    assert secret_of(webhook) in unescape(page.content.decode())
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.org/hook",
        "https://127.0.0.1/hook",
        "https://localhost/hook",
        "https://[::ffff:10.0.0.1]/",
        "https://intranet.local/",
        "https://user:secret@crm.example.org/",
        "ftp://crm.example.org/",
        "javascript:alert(1)",
        "https://crm.example.org:22/hook",
        "https://crm.example.org:0/hook",
    ],
)
def test_an_address_that_people_s_data_must_not_go_to_is_refused(desk: Client, url: str) -> None:
    page = desk.post(reverse("circular_webhook_new"), {**HOOK, "url": url})

    assert page.status_code == 200
    assert not Webhook.objects.exists()


def test_a_port_that_nothing_is_sent_to_is_refused_with_those_that_may_be(desk: Client) -> None:
    page = desk.post(reverse("circular_webhook_new"), {**HOOK, "url": "https://crm.example.org:22/hook"})

    assert "Nothing is sent to port 22: it may be one of 80, 443, 8080, 8443." in unescape(page.content.decode())
    desk.post(reverse("circular_webhook_new"), {**HOOK, "url": "https://crm.example.org:8443/hook"})
    assert Webhook.objects.get().url == "https://crm.example.org:8443/hook"


def test_a_new_secret_replaces_the_old_one(desk: Client) -> None:
    webhook = make_webhook()
    before = secret_of(webhook)
    desk.post(reverse("circular_webhook_action", args=[webhook.pk]), {"do": "rotate"})

    webhook.refresh_from_db()
    page = desk.get(reverse("circular_webhook", args=[webhook.pk])).content.decode()
    assert secret_of(webhook) != before
    assert "signed with the old one as well" in page


def test_a_test_call_says_what_came_of_it(desk: Client) -> None:
    webhook = make_webhook(url="https://127.0.0.1/hook")
    page = desk.post(reverse("circular_webhook_action", args=[webhook.pk]), {"do": "test"}, follow=True)

    assert "no address that the public can reach" in page.content.decode()
    assert WebhookCall.objects.get().event == "test"


def test_a_webhook_that_was_switched_off_says_why_and_is_switched_on_again(desk: Client) -> None:
    webhook = make_webhook()
    announce(Event.CHANGED, [make_subscriber().pk])
    Webhook.objects.update(active=False, problem="No call got through for three days.", failing_since=timezone.now())
    WebhookCall.objects.update(due_at=timezone.now() + timedelta(hours=6), attempts=9)
    address = reverse("circular_webhook", args=[webhook.pk])
    assert "No call got through for three days." in desk.get(address).content.decode()

    page = desk.post(reverse("circular_webhook_action", args=[webhook.pk]), {"do": "on"}, follow=True)

    webhook.refresh_from_db()
    assert (webhook.active, webhook.problem, webhook.failing_since) == (True, "", None)
    assert "1 call that waited is made now" in page.content.decode()
    assert WebhookCall.objects.get().due_at <= timezone.now()  # type: ignore[operator]


def test_a_webhook_is_switched_off_and_deleted(desk: Client) -> None:
    webhook = make_webhook()
    action = reverse("circular_webhook_action", args=[webhook.pk])
    desk.post(action, {"do": "off"})
    webhook.refresh_from_db()
    assert not webhook.active
    desk.post(action, {"do": "delete"})

    assert not Webhook.objects.exists()
    assert ModelLogEntry.objects.filter(action="wagtail.delete").exists()


def test_what_a_receiver_answers_is_shown_as_text(desk: Client) -> None:
    webhook = make_webhook(note="<script>alert(1)</script>")
    WebhookCall.objects.create(
        webhook=webhook, event="changed", payload={"type": "x"}, code=500, reply="<img src=x onerror=alert(2)>"
    )

    page = desk.get(reverse("circular_webhook", args=[webhook.pk])).content.decode()
    index = desk.get(reverse("circular_systems")).content.decode()

    assert "<script>alert(1)" not in page + index
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize(
    ("permission", "tokens", "webhooks"), [("add_apitoken", 200, 403), ("add_webhook", 403, 200), ("", 403, 403)]
)
def test_each_permission_opens_its_own_half_and_no_more(
    client: Client, permission: str, tokens: int, webhooks: int
) -> None:
    user = make_user("steward", superuser=False)
    user.user_permissions.add(
        *Permission.objects.filter(
            codename__in=["access_admin", permission], content_type__app_label__in=["wagtailadmin", "subscribers"]
        )
    )
    client.force_login(user)
    token = make_token(name="Ledger", scopes=[], expires_at=None, user=None).token
    webhook = make_webhook()

    for name, arguments, code in (
        ("circular_token_new", [], tokens),
        ("circular_token_revoke", [token.pk], tokens),
        ("circular_webhook_new", [], webhooks),
        ("circular_webhook", [webhook.pk], webhooks),
        ("circular_webhook_edit", [webhook.pk], webhooks),
        ("circular_systems", [], 200 if permission else 403),
    ):
        assert client.get(reverse(name, args=arguments)).status_code == code, name
    assert client.post(reverse("circular_webhook_action", args=[webhook.pk]), {"do": "off"}).status_code == (
        302 if webhooks == 200 else 403
    )
    page = client.get(reverse("circular_systems")).content.decode()
    assert (("Ledger" in page) is (tokens == 200)) or not permission
