"""A spliced letter is given to a provider as it was: its words, its names and its headers."""

from __future__ import annotations

from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.rendering.edition import Rendered
from composer.rendering.letter import encode_letter, join_letter
from dispatch.headers import header, mailbox, text_header
from dispatch.transports.base import Envelope
from dispatch.transports.esp_letter import UnfitLetterError, message_of
from dispatch.transports.providers import PROVIDERS

POSTMARK = PROVIDERS["postmark"]
ENVELOPE = Envelope("b+7.0123456789abcdef@b.example", "reader@example.org")
words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=30)
lines = st.lists(words, min_size=1, max_size=12).map(" ".join)


def letter(*, subject: str = "x", name: str = "", html: str = "<p>x</p>", text: str = "x") -> bytes:
    rendered = Rendered(locale="en", subject=subject, preheader="", html=html, text=text, links=())
    encoded = encode_letter(rendered)
    head = (
        header("From", mailbox('The "Network", of all', "news@b.example", "From")),
        header("To", mailbox(name, "reader@example.org", "To")),
        text_header("Subject", subject),
        header("List-Unsubscribe", "<https://b.example/u/1>"),
    )
    return b"".join(head) + encoded.content_headers + b"\r\n" + join_letter(encoded, {})


@given(subject=lines, name=lines)
def test_a_subject_and_a_name_arrive_in_plain_letters(subject: str, name: str) -> None:
    message = message_of(ENVELOPE, letter(subject=subject, name=name), POSTMARK)
    assert message.subject == subject
    assert getaddresses(message.to) == [(name, "reader@example.org")]
    assert getaddresses([message.from_email]) == [('The "Network", of all', "news@b.example")]


@given(body=st.lists(lines, min_size=1, max_size=10).map("\n".join))
def test_the_text_and_the_html_arrive_as_they_were_rendered(body: str) -> None:
    message = message_of(ENVELOPE, letter(html=f"<p>{body}</p>", text=body), POSTMARK)
    assert str(message.body).rstrip("\n") == body.rstrip("\n")
    ((html, kind),) = message.alternatives
    assert (str(html).rstrip("\n"), kind) == (f"<p>{body}</p>", "text/html")


def test_what_looks_like_an_encoded_word_stays_what_it_is() -> None:
    sly = "=?utf-8?q?a=0D=0ABcc:_x@example.org?="
    message = message_of(ENVELOPE, letter(subject=sly), POSTMARK)
    assert message.subject == sly
    assert not message.bcc


@pytest.mark.parametrize(
    "head", [b"Subject: a\r\n", b"Subject: =?utf-8?q?a=0Ab?=\r\nFrom: a@b.example\r\n", b"From: \r\n", b""]
)
def test_a_letter_without_a_sender_or_with_a_broken_line_is_unfit(head: bytes) -> None:
    with pytest.raises(UnfitLetterError):
        message_of(ENVELOPE, head + b"Content-Type: text/plain\r\n\r\nx\r\n", POSTMARK)


def test_a_text_that_is_not_in_its_charset_is_unfit() -> None:
    data = b"From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\xff\r\n"
    with pytest.raises(UnfitLetterError, match="is not in utf-8"):
        message_of(ENVELOPE, data, POSTMARK)


def test_a_letter_that_is_no_delivery_bears_no_token() -> None:
    assert not hasattr(message_of(Envelope("news@b.example", "reader@example.org"), letter(), POSTMARK), "metadata")


def test_a_provider_is_not_told_the_headers_that_it_refuses() -> None:
    data = header("Message-ID", "<a@b.example>") + header("List-Id", "<a.b.example>") + letter()
    assert {"Message-ID", "List-Id"} <= set(message_of(ENVELOPE, data, POSTMARK).extra_headers)
    assert not {"Message-ID", "List-Id"} & set(message_of(ENVELOPE, data, PROVIDERS["mailjet"]).extra_headers)
