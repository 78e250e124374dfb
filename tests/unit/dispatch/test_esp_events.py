"""What providers' events mean for a delivery."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent
from hypothesis import given
from hypothesis import strategies as st

from dispatch.esp_events import Leaving, delivery_of, kind_of, reading_of
from dispatch.readings import Kind
from dispatch.tokens import return_path, unsubscribe_address

MOMENT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def event(kind: str = "bounced", **more: Any) -> AnymailTrackingEvent:
    return AnymailTrackingEvent(event_type=kind, **{"timestamp": MOMENT, "esp_event": {}, **more})


def token(delivery_id: int) -> str:
    return return_path(delivery_id, "bulletin.example").partition("@")[0].removeprefix("b+")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (event(mta_response="550 5.1.1 no such user"), Kind.HARD),
        (event(mta_response="smtp; 550 5.1.10 null MX"), Kind.HARD),
        (event(mta_response="552 5.2.2 mailbox full", esp_event={"severity": "permanent"}), Kind.SOFT),
        (event(mta_response="550 5.2.1 switched off", esp_event={"Type": "HardBounce"}), Kind.SOFT),
        (event(mta_response="550 5.7.26 not authenticated", reject_reason="bounced"), Kind.REPUTATION),
        (event(mta_response="552 5.3.4 too big"), Kind.OTHER),
        (event(mta_response="550 unknown user", reject_reason="bounced", esp_event={"Type": "HardBounce"}), Kind.HARD),
        (event(mta_response="550 5.0.0 failed", esp_event={"event": "hard_bounce"}), Kind.HARD),
        (event(reject_reason="bounced", esp_event={"Type": "SoftBounce"}), Kind.SOFT),
        (event(reject_reason="bounced", esp_event={"hard_bounce": True, "event": "bounce"}), Kind.HARD),
        (event(reject_reason="bounced", esp_event={"hard_bounce": False, "event": "bounce"}), Kind.SOFT),
        (event(reject_reason="bounced", esp_event={"data": {"bounce": {"type": "Permanent"}}}), Kind.HARD),
        (event(reject_reason="bounced", esp_event={"data": {"bounce": {"type": "Transient"}}}), Kind.SOFT),
        (event(reject_reason="bounced", esp_event={"msys": {"message_event": {"bounce_class": "30"}}}), Kind.HARD),
        (event(reject_reason="bounced", esp_event={"msys": {"message_event": {"bounce_class": "22"}}}), Kind.SOFT),
        (event(reject_reason="other", esp_event={"event-data": {"severity": "permanent"}}), Kind.SOFT),
        (event(reject_reason="invalid"), Kind.HARD),
        (event(reject_reason="spam"), Kind.REPUTATION),
        (event(reject_reason="blocked"), Kind.OTHER),
        (event(), Kind.SOFT),
        (event(mta_response={"odd": 1}, esp_event=["odd"]), Kind.SOFT),
        (event("complained"), Kind.COMPLAINT),
        (event("rejected", reject_reason="spam"), Kind.COMPLAINT),
        (event("rejected", reject_reason="invalid"), Kind.HARD),
        (event("rejected", reject_reason="unsubscribed"), Leaving.UNSUBSCRIBED),
        (event("rejected", reject_reason="timed_out"), Kind.SOFT),
        (event("rejected", reject_reason="blocked"), Kind.OTHER),
        (event("rejected"), Kind.OTHER),
        (event("failed"), Kind.OTHER),
        (event("deferred", mta_response="451 4.7.1 later"), Kind.DELAYED),
        (event("delivered"), Kind.DELIVERED),
        (event("unsubscribed"), Leaving.UNSUBSCRIBED),
        *(
            (event(kind), None)
            for kind in ("opened", "clicked", "queued", "sent", "autoresponded", "unknown", "subscribed")
        ),
    ],
)
def test_an_event_blames_only_whom_its_words_blame(told: AnymailTrackingEvent, expected: Kind | None) -> None:
    assert kind_of(told) == expected


def test_what_the_provider_would_not_send_counts_as_come_back_without_blame() -> None:
    reading = reading_of(event("failed", description="out of credit"), 1, provider="postmark")
    assert (reading.kind, reading.enhanced, reading.words) == (Kind.OTHER, "5.0.0", "out of credit")


@given(st.integers(min_value=1, max_value=2**63 - 1))
def test_the_token_of_a_letter_leads_to_its_delivery(number: int) -> None:
    assert delivery_of(event(metadata={"circular": token(number)})) == number


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        [],
        "circular",
        {"circular": None},
        {"circular": 17},
        {"circular": ["17.0123456789abcdef"]},
        {"circular": "17.0123456789abcdef"},
        {"circular": "17"},
        {"circular": "17." + "0" * 9000},
        {"circular": unsubscribe_address(17, "x").partition("@")[0].removeprefix("u+")},
        {"Circular": "17.0123456789abcdef"},
    ],
)
def test_an_event_without_a_token_of_ours_is_about_nobody(metadata: Any) -> None:
    assert delivery_of(event(metadata=metadata)) is None


@given(st.text())
def test_no_made_up_token_leads_anywhere(made_up: str) -> None:
    assert delivery_of(event(metadata={"circular": made_up})) is None


def test_an_event_is_the_same_however_the_provider_numbers_its_repetition() -> None:
    first = reading_of(event(event_id="1", esp_event={"sent": 1}), 7, provider="mailgun")
    again = reading_of(event(event_id="2", esp_event={"sent": 2}), 7, provider="mailgun")
    assert first.digest == again.digest


@pytest.mark.parametrize(
    ("other", "delivery", "provider"),
    [
        (event("complained"), 7, "mailgun"),
        (event(timestamp=MOMENT.replace(second=1)), 7, "mailgun"),
        (event(), 8, "mailgun"),
        (event(), 7, "postmark"),
        (event(timestamp=None, event_id="1"), 7, "mailgun"),
    ],
)
def test_other_events_are_others(other: AnymailTrackingEvent, delivery: int, provider: str) -> None:
    first = reading_of(event(), 7, provider="mailgun")
    assert reading_of(other, delivery, provider=provider).digest != first.digest


def test_without_a_moment_and_a_number_the_event_itself_is_compared() -> None:
    def digest(raw: Any) -> str:
        return reading_of(event(timestamp=None, esp_event=raw), 7, provider="brevo").digest

    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1})
