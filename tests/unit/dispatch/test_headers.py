"""No value can start a header line of its own; everything arrives as it was written."""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.errors import BadHeader
from dispatch.headers import encoded_text, header, mailbox, phrase, text_header

LINE_BREAKS = ["\r", "\n", "\r\n", "\x00", "\x0b", "\x85", "\u2028", "\u2029"]


def parsed(raw: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(raw + b"\r\nbody", policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


printable = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn", "Zl", "Zp"], exclude_characters="\x85"),
    min_size=1,
    max_size=200,
)


@given(printable)
def test_a_subject_arrives_as_it_was_written_and_brings_no_other_header(subject: str) -> None:
    raw = text_header("Subject", subject)
    message = parsed(raw)
    assert list(message) == ["Subject"]
    assert email.header.make_header(email.header.decode_header(message["Subject"])).__str__().split() == subject.split()
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    assert raw.isascii()


@given(printable)
def test_a_display_name_arrives_as_it_was_written_and_leaves_the_address_alone(name: str) -> None:
    message = parsed(header("To", mailbox(name, "reader@example.org", "To")))
    assert list(message) == ["To"]
    raw = email.message_from_bytes(header("To", mailbox(name, "reader@example.org", "To")) + b"\r\n")["To"]
    [(_shown, address)] = email.utils.getaddresses([str(raw)])
    assert address == "reader@example.org"


@pytest.mark.parametrize("line_break", LINE_BREAKS)
def test_a_line_break_is_refused_in_every_value(line_break: str) -> None:
    hostile = f"News{line_break}Bcc: x@example.org"
    for build in (
        lambda: text_header("Subject", hostile),
        lambda: header("Reply-To", hostile),
        lambda: phrase(hostile, "List-Id"),
        lambda: mailbox(hostile, "a@example.org", "To"),
        lambda: mailbox("Name", f"a@example.org{line_break}Bcc: x@example.org", "To"),
    ):
        with pytest.raises(BadHeader):
            build()


@pytest.mark.parametrize("name", ["Subject\r\nBcc", "Sub ject", "Subject:", "", "主题"])
def test_a_strange_header_name_is_refused(name: str) -> None:
    with pytest.raises(BadHeader):
        text_header(name, "x")


def test_an_encoded_line_break_stays_text() -> None:
    """CVE-2024-6923: what looks like an encoded word is encoded again, never decoded."""
    hostile = "=?utf-8?q?a=0D=0ABcc:_x@example.org?="
    message = parsed(text_header("Subject", hostile) + header("To", mailbox(hostile, "reader@example.org", "To")))
    assert list(message) == ["Subject", "To"]
    assert str(message["Subject"]) == hostile


def test_encoded_words_never_split_a_character() -> None:
    words = encoded_text("采购" * 60, "Subject").split()
    assert len(words) > 1
    for word in words:
        assert len(word) <= 75
        assert email.header.decode_header(word)[0][0].decode("utf-8")


def test_an_idn_domain_goes_out_as_a_labels() -> None:
    assert mailbox("", "a@bücher.example", "To") == "a@xn--bcher-kva.example"


def test_a_local_part_beyond_ascii_is_refused() -> None:
    with pytest.raises(BadHeader, match="before the @"):
        mailbox("", "读者@example.org", "To")
