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
    """`size` is about how many octets the letter has, for SIZE (RFC 1870); 0 where nobody knows yet."""

    sender: str
    recipient: str
    size: int = 0


class Transport(Protocol):
    """One conversation with a server at a time; for several at once take several transports."""

    def send(
        self, envelope: Envelope, data: bytes, *, may_send: Callable[[], bool], following: Envelope | None = None
    ) -> SendResult:
        """Send `data` (CRLF lines, not dot-stuffed) to one recipient.

        `may_send` is asked once, just before the first byte of the text leaves: it journals the attempt, and a False
        withholds the letter. `following` is the envelope that the next call is going to have, if that is known: a
        transport may send it behind the final dot. Where the next call has another one, nothing goes wrong.
        """
        ...

    def close(self) -> None: ...
