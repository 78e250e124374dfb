"""The table of replies: what each means for the delivery and for the dispatch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.classify import About, Outcome, Rest, classify
from dispatch.transports.base import Reply, SendResult, Stage

BEFORE_THE_DOT = [stage for stage in Stage if stage is not Stage.DOT]


@pytest.mark.parametrize(
    ("stage", "code", "enhanced", "outcome", "pauses"),
    [
        (Stage.DOT, 250, "2.0.0", Outcome.ACCEPTED, False),
        (Stage.DOT, 421, "4.3.2", Outcome.DEFERRED, False),
        (Stage.RCPT, 421, "", Outcome.DEFERRED, False),
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
        (Stage.CONNECT, 421, "4.7.0", Outcome.RELEASED, False),
        (Stage.AUTH, 454, "4.7.0", Outcome.RELEASED, False),
        (Stage.MAIL, 552, "5.3.4", Outcome.RELEASED, True),
        (Stage.RCPT, 550, "5.2.2", Outcome.FAILED, False),
        (Stage.DATA, 421, "4.3.2", Outcome.DEFERRED, False),
        (Stage.DATA, 451, "4.7.1", Outcome.DEFERRED, False),
        (Stage.DOT, 452, "4.3.1", Outcome.DEFERRED, False),
        (Stage.DOT, 550, "5.1.1", Outcome.FAILED, False),
        (Stage.DOT, 550, "5.7.515", Outcome.DEFERRED, True),
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
    """Within the text the letter itself may be the cause: it takes its turn later, and counts as tried."""
    expected = Outcome.DEFERRED if stage is Stage.DATA else Outcome.RELEASED
    assert classify(SendResult(stage, error="reset")).outcome is expected


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


@pytest.mark.parametrize(
    ("stage", "code", "enhanced", "text", "rests"),
    [
        (Stage.CONNECT, 421, "", "", Rest.TRANSPORT),
        (Stage.CONNECT, 554, "", "", Rest.NOBODY),
        (Stage.MAIL, 421, "4.7.0", "", Rest.TRANSPORT),
        (Stage.MAIL, 452, "4.3.1", "", Rest.TRANSPORT),
        (Stage.RCPT, 421, "", "", Rest.DOMAIN),
        (Stage.DATA, 421, "", "", Rest.DOMAIN),
        (Stage.DOT, 421, "4.3.2", "", Rest.DOMAIN),
        (Stage.DOT, 450, "4.7.28", "", Rest.DOMAIN),
        (Stage.RCPT, 451, "4.7.650", "", Rest.DOMAIN),
        (Stage.RCPT, 451, "4.7.500", "", Rest.DOMAIN),
        (Stage.RCPT, 451, "", "Mail deferred due to complaints [TSS04]", Rest.DOMAIN),
        (Stage.RCPT, 452, "4.3.1", "", Rest.DOMAIN),
        (Stage.RCPT, 450, "4.7.1", "", Rest.NOBODY),
        (Stage.RCPT, 450, "4.2.1", "", Rest.NOBODY),
        (Stage.RCPT, 452, "4.2.2", "", Rest.NOBODY),
        (Stage.RCPT, 550, "5.1.1", "", Rest.NOBODY),
        (Stage.DOT, 250, "2.0.0", "", Rest.NOBODY),
    ],
)
def test_who_rests_after_a_reply(stage: Stage, code: int, enhanced: str, text: str, rests: Rest) -> None:
    assert classify(SendResult(stage, Reply(code, enhanced, text))).rests is rests


@pytest.mark.parametrize(
    ("stage", "code", "enhanced", "greylisted"),
    [
        (Stage.RCPT, 450, "", True),
        (Stage.RCPT, 451, "4.7.1", True),
        (Stage.RCPT, 450, "4.2.0", True),
        (Stage.RCPT, 452, "4.2.2", False),
        (Stage.RCPT, 451, "4.7.650", False),
        (Stage.DOT, 451, "4.7.1", False),
        (Stage.RCPT, 550, "", False),
    ],
)
def test_greylisting_is_known_by_its_code_at_the_recipient(
    stage: Stage, code: int, enhanced: str, greylisted: bool
) -> None:
    assert classify(SendResult(stage, Reply(code, enhanced, ""))).greylisted is greylisted


@pytest.mark.parametrize(
    ("enhanced", "about"),
    [
        ("5.7.1", About.POLICY),
        ("5.7.0", About.POLICY),
        ("5.7.133", About.POLICY),
        ("5.7.2", About.POLICY),
        ("5.7.25", About.REPUTATION),
        ("5.7.26", About.REPUTATION),
        ("5.7.28", About.REPUTATION),
        ("5.7.29", About.REPUTATION),
        ("5.7.509", About.REPUTATION),
        ("5.7.515", About.REPUTATION),
        ("5.7.606", About.REPUTATION),
        ("5.7.649", About.REPUTATION),
        ("5.7.650", About.POLICY),
        ("5.3.4", About.CONTENT),
        ("5.2.3", About.CONTENT),
        ("5.6.0", About.CONTENT),
        ("5.2.2", About.NOTHING),
        ("5.1.1", About.NOTHING),
    ],
)
@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.DOT])
def test_what_a_refusal_for_good_is_about(stage: Stage, enhanced: str, about: About) -> None:
    verdict = classify(SendResult(stage, Reply(550, enhanced, "")))
    assert verdict.about is about
    if about is not About.NOTHING:
        assert not verdict.hard_bounce
        assert not verdict.soft_bounce
    assert bool(verdict.pause) == (about in {About.POLICY, About.REPUTATION})


@pytest.mark.parametrize(("enhanced", "soft"), [("5.2.2", True), ("5.2.1", True), ("5.1.1", False), ("", False)])
def test_a_full_mailbox_is_a_soft_bounce(enhanced: str, soft: bool) -> None:
    verdict = classify(SendResult(Stage.DOT, Reply(552, enhanced, "")))
    assert verdict.soft_bounce is soft
    assert verdict.outcome is Outcome.FAILED


@given(
    st.sampled_from([Stage.CONNECT, Stage.AUTH, Stage.MAIL]),
    st.integers(400, 599),
    st.sampled_from(["", "5.1.1", "5.2.2", "5.7.1", "4.7.28"]),
)
def test_an_answer_before_the_recipient_is_named_blames_nobody(stage: Stage, code: int, enhanced: str) -> None:
    verdict = classify(SendResult(stage, Reply(code, enhanced, "")))
    assert verdict.outcome is Outcome.RELEASED
    assert not verdict.hard_bounce
    assert not verdict.soft_bounce
    assert bool(verdict.pause) == (code >= 500)
    assert (verdict.rests is Rest.TRANSPORT) == (code < 500)
