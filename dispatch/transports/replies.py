"""Reads SMTP replies from bytes as they come, in pieces of any size (RFC 5321 section 4.2). No sockets here.

Memory is bounded whatever a server says: of a reply's words the beginning is kept and the rest is counted, and
beyond `LONGEST` the server is taken for broken.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dispatch.transports.base import Reply

KEPT = 4096  # octets of a line, and of a reply's words; RFC 5321 allows 512 a line
WORDS = 2000  # characters of a reply's words that are told
LONGEST = 1024 * 1024  # octets of one reply, over all its lines

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?\Z", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|\Z)")
_CONTROL = dict.fromkeys([*range(10), *range(11, 32), 127], " ")  # a NUL could not even be stored


class BrokenReply(Exception):
    """What the server said is no SMTP reply, or has no end; the message says which."""


class ReplyReader:
    """`feed` it what arrived; `take` gives the next whole reply, or None while there is none."""

    def __init__(self) -> None:
        self._rest = b""
        self._code = b""  # of the multi-line reply that has begun
        self._words: list[bytes] = []
        self._kept = 0  # octets of them
        self._octets = 0

    def feed(self, piece: bytes) -> None:
        self._rest = self._rest + piece if self._rest else piece

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left that no `take` has given, not even a part of a reply."""
        return not self._rest and not self._code

    def take(self) -> Reply | None:
        while True:
            line, newline, rest = self._rest.partition(b"\n")
            if not newline:
                if len(line) > KEPT:
                    self._count(len(line) - KEPT)
                    self._rest = line[:KEPT]
                return None
            self._rest = rest
            line = line.rstrip(b"\r")
            if not self._code and line[3:4] != b"-":
                self._octets = 0
                return single_line(line[:KEPT])
            self._count(len(line) + 1)
            if (reply := self._continued(line)) is not None:
                return reply

    def _continued(self, line: bytes) -> Reply | None:
        code, mark, words = _parts(line)
        if self._code and code != self._code:
            raise BrokenReply(f"a reply began with {self._code.decode()} and went on with {code.decode()}")
        self._code = code
        if self._kept < KEPT:
            self._words.append(words[:KEPT])
            self._kept += len(words) + 1
        if mark == b"-":
            return None
        reply = _reply(code, b"\n".join(self._words))
        self._code, self._words, self._kept, self._octets = b"", [], 0, 0
        return reply

    def _count(self, octets: int) -> None:
        self._octets += octets
        if self._octets > LONGEST:
            raise BrokenReply(f"a reply is longer than {LONGEST} octets")


@lru_cache(maxsize=64)
def single_line(line: bytes) -> Reply:
    """The reply of one line, without its line end. A server says the same few lines to every letter."""
    code, _mark, words = _parts(line)
    return _reply(code, words)


def _parts(line: bytes) -> tuple[bytes, bytes, bytes]:
    if (match := _LINE.match(line)) is None:
        raise BrokenReply(f"{line[:80]!r} is no SMTP reply")
    code, mark, words = match.groups(default=b"")
    return code, mark, words


def _reply(code: bytes, words: bytes) -> Reply:
    text = words.decode("utf-8", "replace").translate(_CONTROL)[:WORDS]
    enhanced = _ENHANCED.match(text)
    return Reply(int(code), enhanced[1] if enhanced else "", text)
