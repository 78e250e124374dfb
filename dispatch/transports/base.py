"""What a transport is: something that takes one letter for one recipient and says how far it came.

The stage is the point. A connection lost before the final dot is safe to repeat; one lost after it leaves
the delivery in doubt (RFC 5321 section 4.5.3.2.6), and no later code can tell the two apart unless the
transport says which it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """How far a conversation about one letter came."""

    CONNECT = "connect"  # TCP, TLS, greeting, EHLO
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # the DATA command was refused or the connection went before the dot
    DOT = "dot"  # everything from the first byte of the final dot on


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply: the three-digit code, the enhanced code of RFC 3463 where given, the server's words."""

    code: int
    enhanced: str
    text: str


@dataclass(frozen=True, slots=True)
class SendResult:
    """`reply` is None where the connection was lost or silent; `error` then says how.

    `withheld` means that `may_send` said no: nothing of the letter's text has left.
    """

    stage: Stage
    reply: Reply | None = None
    error: str = ""
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    sender: str
    recipient: str


class Transport(Protocol):
    def send(self, envelope: Envelope, data: bytes, *, may_send: Callable[[], bool]) -> SendResult:
        """Send `data` (CRLF lines, not dot-stuffed) to one recipient.

        `may_send` is asked once, after the server agreed to take the text and before its first byte
        leaves: it journals the attempt, and a False withholds the letter.
        """
        ...

    def close(self) -> None: ...
