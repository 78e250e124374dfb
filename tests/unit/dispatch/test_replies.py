"""SMTP replies, in pieces of any size."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.transports.base import Reply
from dispatch.transports.replies import LONGEST, BrokenReply, ReplyReader


def read(*pieces: bytes) -> list[Reply]:
    reader, replies = ReplyReader(), []
    for piece in pieces:
        reader.feed(piece)
        while (reply := reader.take()) is not None:
            replies.append(reply)
    return replies


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (b"250 2.1.5 ok\r\n", Reply(250, "2.1.5", "2.1.5 ok")),
        (b"250\r\n", Reply(250, "", "")),
        (b"250 \r\n", Reply(250, "", "")),
        (b"550-5.1.1 no\r\n550 5.1.1 such user\r\n", Reply(550, "5.1.1", "5.1.1 no\n5.1.1 such user")),
        (b"250-one\r\n250\r\n", Reply(250, "", "one\n")),
        (b"250 bare newline\n", Reply(250, "", "bare newline")),
        ("550 收到 caf".encode() + b"\xe9\r\n", Reply(550, "", "收到 caf\ufffd")),
        (b"250 a\0b\x1b[2J\r\n", Reply(250, "", "a b [2J")),
        (b"250 2.0.0x\r\n", Reply(250, "", "2.0.0x")),
    ],
)
def test_a_reply_is_read(said: bytes, reply: Reply) -> None:
    assert read(said) == [reply]
    assert read(*(bytes([octet]) for octet in said)) == [reply], "octet by octet"


@pytest.mark.parametrize(
    "said", [b"hello\r\n", b"25\r\n", b"\r\n", b"2500 x\r\n", b"199 x\r\n", b"600 x\r\n", b"\xff\0\n"]
)
def test_what_is_no_reply_is_refused(said: bytes) -> None:
    with pytest.raises(BrokenReply):
        read(said)


def test_a_reply_that_changes_its_mind_is_refused() -> None:
    with pytest.raises(BrokenReply, match="250 and went on with 550"):
        read(b"250-yes\r\n550 no\r\n")


def test_a_line_of_100_kb_is_read_with_little_memory() -> None:
    reader = ReplyReader()
    reader.feed(b"250 2.0.0 ")
    for _piece in range(100):
        reader.feed(b"x" * 1000)
        assert reader.take() is None
        assert len(reader._rest) <= 5096
    reader.feed(b"\r\n250 next\r\n")
    replies = [reader.take(), reader.take(), reader.take()]
    assert [reply and reply.code for reply in replies] == [250, 250, None]
    assert replies[0]
    assert len(replies[0].text) == 2000


@pytest.mark.parametrize("endless", [b"x" * 1000, b"250-more\r\n" * 100])
def test_a_reply_without_end_is_refused(endless: bytes) -> None:
    with pytest.raises(BrokenReply, match="longer"):
        read(b"250-", *[endless] * (LONGEST // len(endless) + 200))


@given(
    replies=st.lists(st.tuples(st.integers(200, 599), st.lists(st.text("ab .5é", max_size=9), min_size=1, max_size=3))),
    cuts=st.lists(st.integers(0, 200)),
)
def test_pieces_of_any_size_give_the_same_replies(replies: list[tuple[int, list[str]]], cuts: list[int]) -> None:
    said = b"".join(
        f"{code}{' ' if number == len(words) - 1 else '-'}{word}\r\n".encode()
        for code, words in replies
        for number, word in enumerate(words)
    )
    edges = sorted({0, len(said), *(cut for cut in cuts if cut < len(said))})
    pieces = [said[start:end] for start, end in pairwise(edges)]
    assert [(reply.code, reply.text) for reply in read(*pieces)] == [(c, "\n".join(words)) for c, words in replies]
