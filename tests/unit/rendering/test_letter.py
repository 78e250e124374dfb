"""A letter that is spliced together parses to exactly what rendering it alone would give."""

from __future__ import annotations

import binascii
import email
import email.policy
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.rendering.edition import Rendered
from composer.rendering.letter import encode_letter, encoded_before_slot, encoded_value, join_letter, quoted_printable
from composer.rendering.slots import Slot, fill, marker

texts = st.text(
    st.characters(exclude_categories=["Cs", "Co"], exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\x00")
)
tokens = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1, max_size=40)
pieces = st.lists(texts | st.sampled_from([marker(slot) for slot in Slot]), max_size=12).map("".join)


def parts_of(raw: bytes) -> tuple[str, str]:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert not message.defects
    plain, html = message.iter_parts()
    assert [part.get_content_type() for part in (plain, html)] == ["text/plain", "text/html"]
    return tuple(part.get_payload(decode=True).decode() for part in (plain, html))  # type: ignore[return-value,union-attr]


@given(pieces, pieces, st.fixed_dictionaries({slot: tokens for slot in Slot if slot != Slot.PIXEL}), texts)
def test_splicing_is_the_same_as_rendering_for_one(text: str, html: str, values: dict[Slot, str], pixel: str) -> None:
    filled = {str(slot): value for slot, value in values.items()} | {str(Slot.PIXEL): pixel}
    letter = encode_letter(Rendered("en", "s", "", html, text, ()))
    raw = letter.content_headers + b"\r\n" + join_letter(letter, filled)
    expected = tuple(fill(part, filled).replace("\n", "\r\n") for part in (text, html))
    assert parts_of(raw) == expected
    assert all(len(line) <= 76 for line in raw.split(b"\r\n"))
    assert not any(line.startswith(b".") for line in raw.split(b"\r\n"))
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(st.lists(texts | st.sampled_from([".", "..", "\n.", "." * 300, "x" * 74, "x" * 75 + ".", "From ", "\nFrom a"])))
def test_no_line_of_the_encoding_begins_with_what_is_changed_on_the_way(some: list[str]) -> None:
    text = "".join(some)
    encoded = [quoted_printable(text), encoded_value(text)]
    for line in b"\r\n".join(encoded).split(b"\r\n"):
        assert not line.startswith((b".", b"From "))
        assert len(line) <= 76
    for raw in encoded:
        assert binascii.a2b_qp(raw).decode() == text.replace("\n", "\r\n")


@pytest.mark.parametrize("start", ["", ".", "From "])
@pytest.mark.parametrize("end", ["", "x", ".", "=", " ", "é", "🧑"])
def test_what_stands_before_a_slot_fits_its_line_at_every_length(start: str, end: str) -> None:
    for length in range(50, 160):
        text = start + "x" * length + end
        lines = encoded_before_slot(text).split(b"\r\n")
        assert lines[-1] == b""
        assert max(map(len, lines)) <= 76
        assert not any(line.startswith((b".", b"From ")) for line in lines)
        assert all(line.endswith(b"=") for line in lines[:-1])
        assert not any(re.search(rb"=[0-9A-F]?=\Z", line) for line in lines), "an encoded octet is not split"
        assert binascii.a2b_qp(b"\r\n".join(lines)).decode() == text


def test_a_missing_value_is_an_error_and_not_a_letter_with_a_hole() -> None:
    letter = encode_letter(Rendered("en", "s", "", f"a{marker(Slot.CLICK)}", "b", ()))
    try:
        join_letter(letter, {})
    except KeyError:
        return
    raise AssertionError("the letter was made")
