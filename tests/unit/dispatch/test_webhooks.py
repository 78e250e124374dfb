"""When a call to a webhook is tried again, and by what a receiver knows it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from dispatch.webhooks import GIVE_UP_AFTER, Ending, delay_after, ending_of
from subscribers.webhooks import body_of, signed_headers

KEY = UUID("3f0e2b1a-0000-4000-8000-000000000000")


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 1), (1, 1), (2, 4), (3, 16), (4, 64), (5, 256), (6, 360), (40, 360)]
)
def test_the_wait_grows_from_a_minute_to_six_hours(attempts: int, minutes: int) -> None:
    assert delay_after(attempts) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("code", "attempts", "age", "ending"),
    [
        (200, 1, timedelta(), Ending.DELIVERED),
        (204, 9, timedelta(days=9), Ending.DELIVERED),
        (302, 1, timedelta(), Ending.AGAIN),
        (400, 1, timedelta(), Ending.AGAIN),
        (410, 1, timedelta(), Ending.GONE),
        (500, 1, timedelta(), Ending.AGAIN),
        (0, 1, timedelta(), Ending.AGAIN),
        (0, 1, GIVE_UP_AFTER, Ending.GIVEN_UP),
        (500, 9, GIVE_UP_AFTER - timedelta(hours=5), Ending.GIVEN_UP),
        (500, 9, GIVE_UP_AFTER - timedelta(hours=7), Ending.AGAIN),
    ],
)
def test_an_answer_ends_a_call_or_not(code: int, attempts: int, age: timedelta, ending: Ending) -> None:
    assert ending_of(code, attempts=attempts, age=age) is ending


def test_each_webhook_generation_and_moment_is_signed_differently() -> None:
    def signature(webhook: int, generation: int, timestamp: int) -> str:
        headers = signed_headers(
            webhook_id=webhook,
            generation=generation,
            with_previous=False,
            call_key=KEY,
            timestamp=timestamp,
            body=body_of({"type": "test"}),
        )
        return headers["webhook-signature"]

    assert len({signature(1, 1, 5), signature(2, 1, 5), signature(1, 2, 5), signature(1, 1, 6)}) == 4


def test_the_first_secret_has_none_before_it() -> None:
    headers = signed_headers(webhook_id=1, generation=1, with_previous=True, call_key=KEY, timestamp=5, body=b"{}")

    assert headers["webhook-signature"].count("v1,") == 1
