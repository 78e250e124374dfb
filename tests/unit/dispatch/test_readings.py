"""What a report means for the address, and which words of it are kept."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.models import Feedback
from dispatch.readings import Kind, Reading, came_back, clean, digest_of, is_suppressing, kind_of_failure


def test_the_kinds_are_those_of_the_table() -> None:
    assert {str(kind) for kind in Kind} == set(Feedback.Kind.values)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("5.1.1", Kind.HARD),
        ("5.1.2", Kind.HARD),
        ("5.1.10", Kind.HARD),
        ("5.1.0", Kind.SOFT),
        ("5.2.1", Kind.SOFT),
        ("5.2.2", Kind.SOFT),
        ("5.0.0", Kind.SOFT),
        ("4.2.2", Kind.SOFT),
        ("4.4.7", Kind.SOFT),
        ("", Kind.SOFT),
        ("5.2.3", Kind.OTHER),
        ("5.3.4", Kind.OTHER),
        ("5.6.0", Kind.OTHER),
        ("5.7.1", Kind.REPUTATION),
        ("5.7.25", Kind.REPUTATION),
        ("5.7.26", Kind.REPUTATION),
        ("5.7.28", Kind.REPUTATION),
        ("5.7.29", Kind.REPUTATION),
        ("5.7.515", Kind.REPUTATION),
        ("4.7.0", Kind.REPUTATION),
    ],
)
def test_a_code_says_whom_it_blames(code: str, kind: Kind) -> None:
    assert kind_of_failure(code) is kind


@pytest.mark.parametrize(
    ("kind", "enhanced", "back"),
    [
        (Kind.HARD, "5.1.1", True),
        (Kind.SOFT, "4.4.7", True),
        (Kind.REPUTATION, "5.7.1", True),
        (Kind.OTHER, "5.3.4", True),
        (Kind.OTHER, "", False),
        (Kind.DELAYED, "4.4.1", False),
        (Kind.DELIVERED, "", False),
        (Kind.COMPLAINT, "", False),
    ],
)
def test_a_letter_came_back_or_it_did_not(kind: Kind, enhanced: str, back: bool) -> None:
    assert came_back(Reading(kind, enhanced, "", "", "dsn")) is back


def test_third_soft_bounce_in_five_suppresses() -> None:
    for bounced in itertools.product([True, False], repeat=5):
        assert is_suppressing(bounced) is (sum(bounced) >= 3)


@pytest.mark.parametrize("bounced", [[], [True], [True, True], [True, True, False]])
def test_fewer_than_three_suppress_nobody(bounced: list[bool]) -> None:
    assert not is_suppressing(bounced)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("550 <a.b@x.example> unknown", "550 <…@x.example> unknown"),
        ("rfc822;a@x.example", "rfc822;…@x.example"),
        ("wang=163.example@relay.example full", "…@relay.example full"),
        ("张伟@例子.中国 不存在", "…@例子.中国 不存在"),
        ("no user li.wei here", "no user … here"),
        ("LI.WEI is gone, li.weiss is not", "… is gone, li.weiss is not"),
        ("line\r\nbreak\x00and\u202enul", "line break and nul"),
    ],
)
def test_words_are_kept_without_addresses(words: str, kept: str) -> None:
    assert clean(words, "li.wei@contoso.example") == kept


@given(st.text(max_size=300), st.emails())
def test_no_words_bring_an_address_along(words: str, address: str) -> None:
    assert address not in clean(f"{words} <{address}> {words}")


def test_a_digest_depends_on_each_part_and_their_order() -> None:
    assert len({digest_of("a", "b"), digest_of("b", "a"), digest_of("ab"), digest_of("a", "b", "")}) == 4
