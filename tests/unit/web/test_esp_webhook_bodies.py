"""Whatever a provider's webhook is sent, it is read or refused, and never an error of ours."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from django.test import RequestFactory, override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.esp_events import delivery_of, kind_of, reading_of
from dispatch.transports.providers import PROVIDERS, account
from web.esp_webhooks import UNREADABLE, _view

# The names and words that the providers' events have, so that made-up bodies come near to real ones.
NAMES = """
    RecordType Type Details Metadata DeliveredAt BouncedAt event event-data severity reason timestamp delivery-status
    user-variables message headers error time hard_bounce Payload MessageID events custom_variables event_id response
    msg ts diag metadata _id X-Mailin-custom ts_epoch type created_at data bounce to name value msys message_event
    bounce_class rcpt_meta raw_reason circular signature token
""".split()  # noqa: SIM905 - a list of them would take three times the lines
WORDS = """
    Bounce HardBounce SpamComplaint Delivery failed permanent bounce hard_bounce soft_bounce spam blocked delivery
    email.bounced email.complained out_of_band 10 2026-11-22T10:00:00Z 550 5.1.1 1795000000 x-metadata circular
""".split()  # noqa: SIM905

leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=20), st.sampled_from(WORDS)
)
bodies = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)),
    max_leaves=25,
)


def read(provider: str, body: Any) -> list[Any]:
    told = account(provider, dict.fromkeys(PROVIDERS[provider].required, "key") | {"WEBHOOK_SECRET": "a:" + "b" * 16})
    factory = RequestFactory()
    with override_settings(ANYMAIL=told.anymail(base_url="https://c.example", timeout=5)):
        if provider == "mandrill":
            request = factory.post("/", {"mandrill_events": json.dumps(body)})
        else:
            request = factory.post("/", json.dumps(body), content_type="application/json")
        with contextlib.suppress(*UNREADABLE):
            return list(_view(provider).parse_events(request))
    return []


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=60, deadline=None)
@given(body=bodies)
def test_any_body_is_read_or_refused(provider: str, body: Any) -> None:
    for event in read(provider, body):
        kind_of(event)
        assert delivery_of(event) is None
        reading = reading_of(event, 1, provider=provider)
        assert len(reading.digest) == 64
        assert isinstance(reading.words, str)
