"""Addresses in one form: faults.md, rows 4 to 8."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.errors import BadHeader
from dispatch.headers import address_in_ascii
from subscribers.addresses import BadAddress, address_hash, normalised_address


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("A@X.com", "a@x.com"),
        ("a@x.com", "a@x.com"),
        ("  Reader.One+news@Example.ORG \n", "reader.one+news@example.org"),
    ],
)
def test_an_address_in_capitals_is_the_same_address(written: str, kept: str) -> None:
    assert normalised_address(written) == kept


@pytest.mark.parametrize(
    ("written", "kept", "sent"),
    [
        ("x@MÜNCHEN.de", "x@münchen.de", "x@xn--mnchen-3ya.de"),
        ("x@xn--mnchen-3ya.de", "x@münchen.de", "x@xn--mnchen-3ya.de"),
        ("news@例子.中国", "news@例子.中国", "news@xn--fsqu00a.xn--fiqs8s"),
        ("x@faß.de", "x@faß.de", "x@xn--fa-hia.de"),
    ],
)
def test_an_idn_domain_is_kept_as_unicode_and_sent_as_a_label(written: str, kept: str, sent: str) -> None:
    assert normalised_address(written) == kept
    assert address_in_ascii(kept) == sent


@pytest.mark.parametrize("address", ["用户@例子.中国", "jörg@example.org"])
def test_a_local_part_outside_ascii_is_kept_but_refused_with_the_reason_where_it_would_be_sent(address: str) -> None:
    assert normalised_address(address) == address
    with pytest.raises(BadHeader, match="letters before the @ that this transport cannot carry"):
        address_in_ascii(address)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ａｂｃ＠ｘ．com", "abc@x.com"),
        ("reader@mail。cn", "reader@mail.cn"),
        ("a\u200bb@x.com", "ab@x.com"),
        ("\ufeffa@x.com", "a@x.com"),
        ("a\u00ad@x.c\u2060om", "a@x.com"),
        ("ﬁ@x.com", "fi@x.com"),
        ("a@x.com\u3000", "a@x.com"),
    ],
)
def test_full_width_letters_and_invisible_characters_are_normalised(written: str, kept: str) -> None:
    assert normalised_address(written) == kept


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "must have an @-sign"),
        ("nobody", "must have an @-sign"),
        ("a b@x.com", "invalid characters before the @-sign: SPACE"),
        ("a\u202eb@x.com", "unsafe characters: RIGHT-TO-LEFT OVERRIDE"),
        ("a@x.com\r\nBcc: b@x.com", "contains invalid characters"),
        ("Reader <a@x.com>", "display name and angle brackets"),
        ('"a b"@x.com', "Quoting the part before the @-sign"),
        ("a@[127.0.0.1]", "bracketed IP address"),
        ("a@localhost", "should have a period"),
        ("a@x..com", "two periods in a row"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(written: str, why: str) -> None:
    with pytest.raises(BadAddress, match=why):
        normalised_address(written)


@pytest.mark.parametrize("local", ["a" * 65, "é" * 33, "用" * 22])
def test_a_local_part_of_more_than_64_octets_is_refused(local: str) -> None:
    with pytest.raises(BadAddress):
        normalised_address(f"{local}@example.org")


def test_a_local_part_of_64_octets_is_taken() -> None:
    assert normalised_address("a" * 64 + "@example.org") == "a" * 64 + "@example.org"


@given(st.text(max_size=12), st.sampled_from(["X.com", "münchen.de", "例子.广告", "mail。cn"]))
def test_normalising_twice_is_normalising_once(local: str, domain: str) -> None:
    with contextlib.suppress(BadAddress):
        once = normalised_address(f"{local}@{domain}")
        assert normalised_address(once) == once


def test_the_hash_is_keyed_and_of_the_normalised_address(settings: pytest.FixtureRequest) -> None:
    before = address_hash("a@x.com")
    assert len(before) == 64
    assert before == address_hash(normalised_address("A@X.com"))
    assert before != address_hash("b@x.com")
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    assert address_hash("a@x.com") != before
