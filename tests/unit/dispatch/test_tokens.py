"""A token serves one purpose, and only those that we made are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.tokens import Purpose, make_token, read_token, return_path

ids = st.integers(1, 2**63 - 1)


@given(ids, st.sampled_from(list(Purpose)), st.sampled_from(list(Purpose)))
def test_a_token_is_read_for_its_own_purpose_alone(delivery: int, purpose: Purpose, other: Purpose) -> None:
    token = make_token(purpose, delivery)
    assert read_token(other, token) == (delivery if other is purpose else None)


@given(ids, st.integers(0, 26), st.sampled_from("ABCxyz019-_"))
def test_a_changed_token_is_not_read(delivery: int, place: int, letter: str) -> None:
    token = make_token(Purpose.CLICK, delivery)
    changed = token[:place] + letter + token[place + 1 :]
    assert changed == token or read_token(Purpose.CLICK, changed) is None


@pytest.mark.parametrize(
    "rubbish", ["", "x", "A" * 27, "A" * 28, "é" * 27, "../../../../etc/passwd....", "A" * 26 + "\n"]
)
def test_rubbish_is_not_read(rubbish: str) -> None:
    assert read_token(Purpose.UNSUBSCRIBE, rubbish) is None


def test_the_return_path_names_the_delivery_and_not_the_reader() -> None:
    path = return_path(17, "bulletin.example")
    assert path.startswith("b+17.")
    assert path.endswith("@bulletin.example")
    assert path != return_path(18, "bulletin.example").replace("18", "17")
