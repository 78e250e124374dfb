"""The receiver: a small SMTP or LMTP server for what comes back to the return paths of letters.

It takes mail for addresses of ours alone, told by their MAC, and answers 250 after what a message says is in the
database; with 451 while it isn't to be reached, so that the server in front keeps the message. It never sends
anything, and so can't be made to relay or to bounce.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

logger = logging.getLogger(__name__)

SIZE_LIMIT = 1024 * 1024  # octets; a report may carry the whole letter
LONGEST_LINE = 128 * 1024  # octets: many a server's report breaks the rule of 998, and must not be lost for it
MOST_CONNECTIONS = 40
MOST_RECIPIENTS = 100
IDLE_SECONDS = 60.0
SESSION_SECONDS = 600.0
MOST_OF_SESSION = 32 * SIZE_LIMIT  # octets: also of lines that never end
THREADS = 2  # with a database connection each
DRAIN_SECONDS = 10.0

TAKEN = "250 2.0.0 taken"
NOT_OURS = "550 5.1.1 no such address"
NOT_ABOUT_US = "550 5.6.0 no report about a letter of ours"
LATER = "451 4.3.0 it can't be kept now, come again"


@dataclass(frozen=True, slots=True)
class Taker:
    """What the server asks: whether an address is ours (at once), and to take a message (it may block)."""

    is_ours: Callable[[str], bool]
    take: Callable[[bytes, str], bool]  # False: about no letter of ours


class Handler:
    """The answers. A message to several recipients is taken for each of them."""

    def __init__(self, taker: Taker, *, per_recipient: bool) -> None:
        self.taker = taker
        self.per_recipient = per_recipient
        self.threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="taker")

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not self.taker.is_ours(address):
            return NOT_OURS
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        answers = [await self._answer(raw, recipient) for recipient in envelope.rcpt_tos]
        if self.per_recipient:  # RFC 2033 section 4.2: a reply for each
            return "\r\n".join(answers)
        return next((answer for answer in (LATER, TAKEN) if answer in answers), NOT_ABOUT_US)

    async def _answer(self, raw: bytes, recipient: str) -> str:
        loop = asyncio.get_running_loop()
        try:
            taken = await loop.run_in_executor(self.threads, partial(self.taker.take, raw, recipient))
        except Exception:  # whatever it is, the message must not be lost
            logger.exception("a message wasn't taken")
            return LATER
        return TAKEN if taken else NOT_ABOUT_US


class _Busy(asyncio.Protocol):
    """Turns a connection away, when there are too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.write(b"421 4.7.0 too many connections\r\n")
            transport.close()


class _Bounds:
    """Beside aiosmtpd's protocol: bounds on a session's time and on what it sends, and the list of open ones."""

    sessions: set[asyncio.Task[None]]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.received = 0
        self.open_transport = transport
        super().connection_made(transport)  # type: ignore[misc]
        self.deadline = asyncio.get_running_loop().call_later(SESSION_SECONDS, self.abort)
        task = self._handler_coroutine  # type: ignore[attr-defined]
        if task is not None:
            self.sessions.add(task)
            task.add_done_callback(self.sessions.discard)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self.received > MOST_OF_SESSION:
            self.abort()
        else:
            super().data_received(data)  # type: ignore[misc]

    def connection_lost(self, error: Exception | None) -> None:
        self.deadline.cancel()
        super().connection_lost(error)  # type: ignore[misc]

    def abort(self) -> None:
        if isinstance(self.open_transport, asyncio.Transport):
            self.open_transport.abort()


class _BoundedSMTP(_Bounds, SMTP):
    line_length_limit = LONGEST_LINE


class _BoundedLMTP(_Bounds, LMTP):
    line_length_limit = LONGEST_LINE


async def start(
    taker: Taker, *, host: str, port: int, lmtp: bool, sessions: set[asyncio.Task[None]] | None = None
) -> asyncio.Server:
    """Listen; whoever calls this closes it."""
    loop = asyncio.get_running_loop()
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it names addresses
    handler = Handler(taker, per_recipient=lmtp)
    opened = set() if sessions is None else sessions
    options: Mapping[str, Any] = {
        "data_size_limit": SIZE_LIMIT,
        "hostname": "receiver",
        "ident": "Circular",
        "enable_SMTPUTF8": True,
        "timeout": IDLE_SECONDS,
        "loop": loop,
    }

    def protocol() -> asyncio.Protocol:
        if len(opened) >= MOST_CONNECTIONS:
            return _Busy()
        made = (_BoundedLMTP if lmtp else _BoundedSMTP)(handler, **options)
        made.sessions = opened
        return made

    return await loop.create_server(protocol, host=host, port=port, reuse_address=True)


async def _serve(taker: Taker, *, host: str, port: int, lmtp: bool) -> None:
    sessions: set[asyncio.Task[None]] = set()
    server = await start(taker, host=host, port=port, lmtp=lmtp, sessions=sessions)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    print(f"The receiver listens on {host}:{port} ({'LMTP' if lmtp else 'SMTP'}).", flush=True)
    await stop.wait()
    server.close()
    if sessions:
        await asyncio.wait(sessions, timeout=DRAIN_SECONDS)


def serve(taker: Taker, *, host: str, port: int, lmtp: bool) -> int:
    """Take what comes back until SIGTERM or Ctrl-C."""
    try:
        asyncio.run(_serve(taker, host=host, port=port, lmtp=lmtp))
    except OSError as error:
        print(f"circular receiver: {_trouble(error, host=host, port=port)}", file=sys.stderr)
        return 1
    return 0


def _trouble(error: OSError, *, host: str, port: int) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine. Set CIRCULAR_RECEIVER_HOST."
    why = os.strerror(error.errno) if error.errno else str(error)  # asyncio's own words name the address once more
    return f"port {port} on {host} can't be used ({why}). Set CIRCULAR_RECEIVER_PORT."


def database_taker() -> Taker:
    """The one that reads messages and keeps what they say; Django must be set up."""
    from django.db import Error, close_old_connections, connection

    from dispatch.returned import Fate, is_ours, take_back

    def take(raw: bytes, recipient: str) -> bool:
        close_old_connections()
        try:
            return take_back(raw, recipient=recipient) is not Fate.STRANGE
        except Error:
            connection.close()
            raise

    return Taker(is_ours, take)
