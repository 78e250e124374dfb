"""A token serves one purpose, and only those that we made are read."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.tokens import Purpose, keyed, make_token, read_address, read_token, return_path, unsubscribe_address

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


def test_bounces_go_to_the_domain_whose_mail_we_receive_where_there_is_one(settings: Any) -> None:
    settings.RETURN_PATH_DOMAIN = "returns.example"
    assert return_path(17, "bulletin.example").endswith("@returns.example")


@given(ids, st.booleans())
def test_an_address_of_ours_is_read_in_any_case_and_fits_the_limit(delivery: int, capitals: bool) -> None:
    for address, purpose in (
        (return_path(delivery, "x.org"), Purpose.RETURN_PATH),
        (unsubscribe_address(delivery, "x.org"), Purpose.UNSUBSCRIBE),
    ):
        local_part = address.partition("@")[0]
        assert len(local_part) <= 64
        assert local_part == local_part.lower()
        assert read_address(local_part.upper() if capitals else local_part) == (purpose, delivery)


@given(ids, st.integers(0, 60), st.sampled_from("bu0123456789abcdef.+x"))
def test_a_changed_address_is_not_read(delivery: int, place: int, letter: str) -> None:
    for address in (return_path(delivery, "x.org"), unsubscribe_address(delivery, "x.org")):
        local_part = address.partition("@")[0]
        changed = local_part[:place] + letter + local_part[place + 1 :]
        assert changed == local_part or read_address(changed) is None


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "b",
        "b+",
        "u+1",
        "b+1.",
        "b+0.0000000000000000",
        "b+1.0000000000000000",
        "u+１.00",
        "c+1.00",
        "b+1.é",
        "b+" + "9" * 19,
        "b+9999999999999999999.0000000000000000",
        "b+1.0000000000000000\n",
        "x" * 10_000,
    ],
)
def test_a_rubbish_address_is_not_read(rubbish: str) -> None:
    assert read_address(rubbish) is None


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_the_mac_is_hmac(key: bytes, message: bytes) -> None:
    assert keyed(key)(message) == hmac.digest(key, message, hashlib.sha256)
