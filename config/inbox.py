"""The local inbox: a real SMTP server that keeps every letter in a Maildir, for the demo and for development.

It ends only after the open conversations have: a letter whose text is on the wire is either kept and answered,
or neither.
"""

from __future__ import annotations

import asyncio
import mailbox
import signal
import sys
from collections import Counter
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

SIZE_LIMIT = 20 * 1024 * 1024  # octets
DRAIN_SECONDS = 5.0


class MaildirHandler:
    """Keeps a letter under Return-Path and Delivered-To, as a mailbox would (RFC 5321 section 4.4)."""

    def __init__(self, directory: Path) -> None:
        self.maildir = mailbox.Maildir(directory, create=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.original_content or b""
        recipients = "".join(f"Delivered-To: {recipient}\n" for recipient in envelope.rcpt_tos)
        trace = f"Return-Path: <{envelope.mail_from}>\n{recipients}".encode()
        self.maildir.add(trace + content.replace(b"\r\n", b"\n"))
        return "250 2.0.0 kept"


async def _serve(directory: Path, host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    handler = MaildirHandler(directory)
    sessions: set[asyncio.Task[None]] = set()

    class CountedSMTP(SMTP):
        """Knows which conversations are open."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            task = self._handler_coroutine
            if task is not None:
                sessions.add(task)
                task.add_done_callback(sessions.discard)

    server = await loop.create_server(
        lambda: CountedSMTP(
            handler, data_size_limit=SIZE_LIMIT, hostname="inbox.localhost", enable_SMTPUTF8=True, loop=loop
        ),
        host=host,
        port=port,
        reuse_address=True,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()
    if sessions:
        await asyncio.wait(sessions, timeout=DRAIN_SECONDS)


def serve(directory: Path, *, host: str, port: int) -> int:
    """Keep letters until SIGTERM or Ctrl-C."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(_serve(directory, host, port))
    except OSError as error:
        print(
            f"circular inbox: port {port} on {host} can't be used ({error.strerror}). Set CIRCULAR_INBOX_PORT.",
            file=sys.stderr,
        )
        return 1
    return 0


def arrivals(directory: Path) -> Counter[str]:
    """How often each Message-ID lies in the Maildir."""
    found: Counter[str] = Counter()
    for folder in ("new", "cur"):
        for path in (directory / folder).glob("*"):
            with path.open("rb") as letter:
                for line in letter:
                    if line.lower().startswith(b"message-id:"):
                        found[line.partition(b":")[2].strip().decode("ascii", "replace")] += 1
                    if not line.strip():
                        break
    return found
