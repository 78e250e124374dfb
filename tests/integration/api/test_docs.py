"""The guide's examples do what it says: its requests are made, its function is run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from dispatch.webhooks import deliver_waiting
from subscribers.keys import Scope
from subscribers.models import Affiliation, Consent, Subscriber, Webhook
from subscribers.webhooks import Event, announce, rotate, secret_of
from tests.factories import make_bulletin, make_subscriber
from tests.integration.api.receiving import receiving
from tests.integration.api.test_webhooks import HERE

pytestmark = pytest.mark.django_db

GUIDE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def asked(block: str, key: str, bulletin: str) -> tuple[str, str, Any, dict[str, str]]:
    """Method, path, body and headers of the curl in a block."""
    words = shlex.split(block[block.index("curl") :].replace("\\\n", " "))
    method, body, path, headers = "GET", None, "", {}
    left = iter(words[1:])
    for word in left:
        match word:
            case "-X":
                method = next(left)
            case "-H":
                name, _colon, value = next(left).partition(": ")
                headers[name] = value.replace("$KEY", key)
            case "-d":
                body = json.loads(next(left))
            case address if address.startswith("$CIRCULAR"):
                path = address.removeprefix("$CIRCULAR").replace("$BULLETIN", bulletin)
    return method, path, body, headers


def test_the_requests_of_the_guide_do_what_it_says(crm: Any) -> None:
    bulletin = str(make_bulletin().translation_key)
    done = []
    for block in blocks("bash"):
        method, path, body, headers = asked(block, crm.key, bulletin)
        assert headers.pop("Authorization") == f"Bearer {crm.key}"
        assert ("Content-Type" in headers) is (body is not None)
        headers.pop("Content-Type", None)
        told = crm(method, path, body, **headers)
        done.append((told.status, told.body.get("outcome", "")))

    assert done == [
        (200, ""),
        (200, "created"),
        (200, "created"),
        (200, ""),
        (200, ""),
        (200, "subscribed"),
    ]
    ada = Subscriber.objects.get(external_id="C-1042")
    assert (ada.name, ada.organisation.name) == ("Ada Wanjiru", "Ministry of Trade")  # type: ignore[union-attr]
    assert list(Affiliation.objects.values_list("role", flat=True)) == ["network-member"]
    assert Consent.objects.get().source == "api: CRM: ticked the box on the membership form, 3 May 2026"


def test_the_guide_names_every_scope_and_every_event() -> None:
    assert [scope.value for scope in Scope if f"`{scope.value}`" not in GUIDE] == []
    assert [event.value for event in Event if event != Event.TEST and f"`{event.value}`" not in GUIDE] == []


def test_the_function_of_the_guide_knows_our_calls_from_others() -> None:
    names: dict[str, Any] = {}
    exec(blocks("python")[0], names)  # the guide's own words
    is_genuine = names["is_genuine"]
    with receiving() as receiver:
        webhook = Webhook.objects.create(url=receiver.url(), events=["changed"])
        old = secret_of(webhook)
        announce(Event.CHANGED, [make_subscriber(name="李明").pk])
        deliver_waiting(HERE)
        rotate(webhook.pk)
        webhook.refresh_from_db()
        announce(Event.CHANGED, [make_subscriber().pk])
        deliver_waiting(HERE)

    first, second = receiver.got
    assert is_genuine(old, first.headers, first.body)
    assert not is_genuine(secret_of(webhook), first.headers, first.body)
    assert is_genuine(old, second.headers, second.body)
    assert is_genuine(secret_of(webhook), second.headers, second.body)
    assert not is_genuine(old, first.headers, first.body + b" ")
    assert not is_genuine(old, {**first.headers, "webhook-timestamp": "1"}, first.body)
