"""Refusals of policy and content: when a dispatch stops for them, and when one letter fails instead."""

from __future__ import annotations

import pytest

from dispatch.classify import Outcome, Verdict, classify
from dispatch.policy import PolicyTally
from dispatch.transports.base import Reply, SendResult, Stage


def refused(enhanced: str) -> Verdict:
    return classify(SendResult(Stage.RCPT, Reply(550, enhanced, f"{enhanced} no")))


def test_the_first_refusal_of_policy_stops_the_dispatch_and_keeps_the_letter() -> None:
    verdict = PolicyTally().settle(refused("5.7.1"), refused_before=False)
    assert verdict.outcome is Outcome.DEFERRED
    assert verdict.pause


def test_after_it_was_resumed_the_letter_that_is_refused_again_fails_and_nothing_stops() -> None:
    verdict = PolicyTally(seen=1).settle(refused("5.7.1"), refused_before=True)
    assert verdict.outcome is Outcome.FAILED
    assert not verdict.pause
    assert not verdict.hard_bounce
    assert not verdict.soft_bounce


@pytest.mark.parametrize("failed", range(130))
def test_a_person_is_asked_again_at_the_fifth_the_twenty_fifth_and_so_on(failed: int) -> None:
    verdict = PolicyTally(seen=failed + 1, failed=failed).settle(refused("5.7.1"), refused_before=False)
    assert verdict.outcome is Outcome.FAILED
    assert bool(verdict.pause) == (failed + 1 in {5, 25, 125})


def test_what_is_refused_in_the_same_moment_as_the_one_that_stops_it_is_kept() -> None:
    tally = PolicyTally(seen=4, failed=3)
    outcomes = [tally.settle(refused("5.7.1"), refused_before=False).outcome for _letter in range(40)]
    assert outcomes == [Outcome.FAILED, Outcome.FAILED] + [Outcome.DEFERRED] * 38


@pytest.mark.parametrize("enhanced", ["5.7.26", "5.7.515", "5.7.606", "5.7.649"])
def test_a_refusal_of_our_reputation_stops_the_dispatch_each_time_and_fails_nobody(enhanced: str) -> None:
    tally = PolicyTally(seen=7, failed=7)
    for _time in range(30):
        verdict = tally.settle(refused(enhanced), refused_before=True)
        assert verdict.outcome is Outcome.DEFERRED
        assert verdict.pause


def test_letters_refused_for_their_size_fail_until_the_fifth_stops_the_dispatch() -> None:
    tally = PolicyTally()
    verdicts = [tally.settle(refused("5.3.4"), refused_before=False) for _letter in range(7)]
    assert [verdict.outcome for verdict in verdicts] == [Outcome.FAILED] * 5 + [Outcome.DEFERRED] * 2
    assert [bool(verdict.pause) for verdict in verdicts] == [False] * 4 + [True, False, False]


def test_other_refusals_are_left_as_they_are() -> None:
    for enhanced in ("5.1.1", "5.2.2", ""):
        assert PolicyTally().settle(refused(enhanced), refused_before=False) == refused(enhanced)
