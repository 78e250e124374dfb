"""Whom a provider's refusal is about: one reader, one letter, or all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.classify import Outcome, Rest, classify
from dispatch.transports.base import Stage
from dispatch.transports.esp_answers import LONGEST_WORDS, not_taken, of_all_letters, refused, unfit

READER = "reader@example.org"


@pytest.mark.parametrize(
    "words",
    [
        "'to' parameter is not a valid address. please check documentation",
        '{"statusCode":422,"name":"validation_error","message":"Invalid `to` field."}',
        '{"code":"invalid_parameter","message":"email is not valid in to"}',
        '{"errors":[{"message":"Message generation rejected","description":"recipient address suppressed"}]}',
        '{"Errors":[{"ErrorCode":"mj-0013","ErrorMessage":"invalid","ErrorRelatedTo":["To[0].Email"]}]}',
        "READER@EXAMPLE.ORG is not deliverable",
    ],
)
def test_who_names_the_recipient_blames_the_recipient(words: str) -> None:
    result = refused(400, words, READER)
    assert (result.stage, classify(result).outcome) == (Stage.RCPT, Outcome.FAILED)
    assert not classify(result).hard_bounce, "it failed, but nobody says that the address is gone"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Please log in to your account and verify the sender."),
        (422, '{"message": "Invalid `from` field.", "to": ["somebody"]}'),
        (404, "Domain not found: bulletin.example"),
        (400, '{"Errors":[{"ErrorCode":"send-0008","ErrorRelatedTo":["From"]}]}'),
        (402, "The account has no credit."),
        (307, ""),
        (401, "Forbidden for 'to'"),
        (403, f"{READER} is not an authorised recipient of this sandbox"),
        (500, '{"name":"Invalid_Key"}'),
        (418, ""),
    ],
)
def test_anything_else_stops_all_letters_and_asks_a_person(status: int, words: str) -> None:
    verdict = classify(refused(status, words, READER))
    assert (verdict.outcome, bool(verdict.pause)) == (Outcome.RELEASED, True)


@pytest.mark.parametrize("status", [420, 429, 503])
def test_too_fast_and_away_rest_without_a_person(status: int) -> None:
    verdict = classify(refused(status, f"slow down {READER}", READER))
    assert (verdict.outcome, verdict.rests, verdict.pause) == (Outcome.RELEASED, Rest.TRANSPORT, "")


@pytest.mark.parametrize("status", [200, 202, 204, 502, 504, 520, 524])
def test_an_answer_that_may_hide_an_acceptance_leaves_a_doubt(status: int) -> None:
    assert classify(refused(status, f"'to' {READER}", READER)).outcome is Outcome.UNKNOWN


@given(status=st.integers(100, 599), words=st.text(max_size=2000), retry_after=st.text(max_size=100))
def test_no_answer_is_an_acceptance_or_a_suppression_or_has_an_address_in_it(
    status: int, words: str, retry_after: str
) -> None:
    result = refused(status, f"{words}{READER.upper()}", READER, retry_after=retry_after)
    verdict = classify(result)
    assert verdict.outcome is not Outcome.ACCEPTED
    assert not verdict.hard_bounce
    said = result.reply.text if result.reply else result.error
    assert READER not in said.lower()
    assert len(said) < LONGEST_WORDS + 200


def test_the_provider_s_own_lists_and_the_letter_s_form_blame_as_much_as_they_say() -> None:
    assert classify(not_taken("invalid", "", READER)).reason == "5.1.3"
    assert classify(not_taken("rejected", "", READER)).reason == "5.2.1"
    assert classify(unfit("odd")).outcome is Outcome.FAILED
    assert classify(of_all_letters("odd 'to'")).pause
