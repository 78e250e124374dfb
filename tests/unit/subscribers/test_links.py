"""Signed links: only ours, only for their purpose, only for their time, in one spelling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.links import LIFE, Purpose, is_ours, person_token
from subscribers.models import Subscriber

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
PERSON = Subscriber(pk=7, address_hash="ab" * 32)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_works_for_its_purpose_until_its_time_is_over(purpose: Purpose) -> None:
    token = person_token(purpose, PERSON, now=NOW)
    assert is_ours(purpose, token, now=NOW + LIFE[purpose] - timedelta(minutes=1))
    assert not is_ours(purpose, token, now=NOW + LIFE[purpose] + timedelta(minutes=1))
    for other in set(Purpose) - {purpose}:
        assert not is_ours(other, token, now=NOW)


@given(place=st.integers(0, 47), character=st.sampled_from(ALPHABET))
def test_no_other_spelling_is_taken(place: int, character: str) -> None:
    token = person_token(Purpose.ERASE, PERSON, now=NOW)
    changed = token[:place] + character + token[place + 1 :]
    assert is_ours(Purpose.ERASE, changed, now=NOW) == (changed == token)


@given(st.text(max_size=60))
def test_no_text_is_a_link_by_chance_or_breaks_the_reader(text: str) -> None:
    assert not is_ours(Purpose.EXPORT, text, now=NOW)


def test_a_link_is_plain_letters_that_no_mail_program_changes() -> None:
    assert set(person_token(Purpose.EXPORT, PERSON, now=NOW)) <= set(ALPHABET)


def test_two_people_have_two_links_and_a_new_address_a_new_one() -> None:
    people = [PERSON, Subscriber(pk=8, address_hash="ab" * 32), Subscriber(pk=7, address_hash="cd" * 32)]
    assert len({person_token(Purpose.EXPORT, person, now=NOW) for person in people}) == 3
