"""The table of replies: what each means for the delivery and for the dispatch."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.classify import Outcome, classify
from dispatch.retry import DELAYS, GIVE_UP_AFTER, delay_after
from dispatch.transports.base import Reply, SendResult, Stage

BEFORE_THE_DOT = [stage for stage in Stage if stage is not Stage.DOT]


@pytest.mark.parametrize(
    ("stage", "code", "enhanced", "outcome", "pauses"),
    [
        (Stage.DOT, 250, "2.0.0", Outcome.ACCEPTED, False),
        (Stage.DOT, 421, "4.3.2", Outcome.DEFERRED, False),
        (Stage.RCPT, 421, "", Outcome.RELEASED, False),
        (Stage.CONNECT, 554, "", Outcome.RELEASED, True),
        (Stage.AUTH, 535, "5.7.8", Outcome.RELEASED, True),
        (Stage.MAIL, 550, "5.1.8", Outcome.RELEASED, True),
        (Stage.MAIL, 451, "", Outcome.RELEASED, False),
        (Stage.RCPT, 450, "4.2.1", Outcome.DEFERRED, False),
        (Stage.RCPT, 550, "5.1.1", Outcome.FAILED, False),
        (Stage.RCPT, 550, "5.7.1", Outcome.DEFERRED, True),
        (Stage.DATA, 554, "5.5.1", Outcome.FAILED, False),
        (Stage.DOT, 552, "5.3.4", Outcome.FAILED, False),
        (Stage.DOT, 550, "5.7.26", Outcome.DEFERRED, True),
        (Stage.DOT, 354, "", Outcome.UNKNOWN, False),
    ],
)
def test_a_reply_means(stage: Stage, code: int, enhanced: str, outcome: Outcome, pauses: bool) -> None:
    verdict = classify(SendResult(stage, Reply(code, enhanced, "words")))
    assert verdict.outcome is outcome
    assert bool(verdict.pause) is pauses


@pytest.mark.parametrize("enhanced", ["5.1.1", "5.1.2", "5.1.10"])
def test_only_an_address_that_does_not_exist_is_a_hard_bounce(enhanced: str) -> None:
    assert classify(SendResult(Stage.RCPT, Reply(550, enhanced, ""))).hard_bounce
    assert not classify(SendResult(Stage.RCPT, Reply(550, "5.2.2", ""))).hard_bounce


@pytest.mark.parametrize("stage", BEFORE_THE_DOT)
def test_a_connection_lost_before_the_dot_is_safe(stage: Stage) -> None:
    assert classify(SendResult(stage, error="reset")).outcome is Outcome.RELEASED


def test_a_connection_lost_after_the_dot_is_in_doubt() -> None:
    assert classify(SendResult(Stage.DOT, error="reset")).outcome is Outcome.UNKNOWN


def test_a_missing_starttls_pauses() -> None:
    assert classify(SendResult(Stage.CONNECT, error="STARTTLS is required and not offered")).pause


@given(st.sampled_from(list(Stage)), st.integers(200, 599), st.sampled_from(["", "2.0.0", "4.2.0", "5.1.1", "5.7.1"]))
def test_nothing_but_a_2xx_after_the_dot_is_accepted(stage: Stage, code: int, enhanced: str) -> None:
    verdict = classify(SendResult(stage, Reply(code, enhanced, "")))
    assert (verdict.outcome is Outcome.ACCEPTED) == (stage is Stage.DOT and 200 <= code < 300)
    if verdict.outcome is Outcome.UNKNOWN:
        assert stage is Stage.DOT


def test_the_delays_grow_and_end_after_72_hours() -> None:
    assert list(DELAYS) == sorted(DELAYS)
    assert delay_after(1, age=timedelta()) == timedelta(minutes=5)
    assert delay_after(50, age=timedelta(hours=1)) == DELAYS[-1]
    assert delay_after(9, age=GIVE_UP_AFTER) is None
