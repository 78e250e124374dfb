"""One connection to an SMTP server: bytes out, replies in, each with a time limit.

What matters most is `write_text`: when it fails, it says whether the end of the text may have left.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Sequence

from dispatch.transports.base import Reply
from dispatch.transports.replies import BrokenReply, ReplyReader

PIECE = 4096  # octets read at once
_AT_ONCE = socket.MSG_PEEK | socket.MSG_DONTWAIT


class Lost(Exception):
    """The connection can't be used any more; `ended` says whether the end of a text may have left.

    `closed` means that the other side hung up, as it may do with an idle connection, rather than kept silent or
    talked nonsense.
    """

    def __init__(self, message: str, *, ended: bool = False, closed: bool = False) -> None:
        super().__init__(message)
        self.ended = ended
        self.closed = closed


class Wire:
    """A connection in clear text. `patience` caps every time limit, in seconds."""

    def __init__(self, sock: socket.socket, *, patience: float) -> None:
        self._sock = sock
        self._patience = patience
        self._replies = ReplyReader()
        self._limits: dict[int, float] = {}
        self._block()

    def reply(self, limit: float) -> Reply:
        """The next reply, within `limit` seconds in all; Lost where there is none."""
        try:
            if (reply := self._replies.take()) is not None:
                return reply
            limit = min(limit, self._patience)
            deadline = time.monotonic() + limit
            while True:
                piece = self._receive(limit)
                if not piece:
                    raise Lost("the server closed the connection", closed=True)
                self._replies.feed(piece)
                if (reply := self._replies.take()) is not None:
                    return reply
                if (limit := deadline - time.monotonic()) <= 0:
                    raise TimeoutError
        except BrokenReply as error:
            raise Lost(f"the server's answer can't be understood: {error}") from error
        except OSError as error:
            raise _lost(error) from error

    def write(self, commands: bytes, limit: float) -> None:
        try:
            self._send(commands, limit)
        except OSError as error:
            raise _lost(error) from error

    def write_text(self, parts: Sequence[bytes], ends_at: int, limit: float) -> None:
        """Write `parts`, one behind the other, without joining them.

        The text is whole for the server once more than `ends_at` octets have arrived; `Lost.ended` says whether
        that many may have left. `limit` is for each piece that the other side takes (RFC 5321 section 4.5.3.2.5).
        """
        sent, total = 0, sum(map(len, parts))
        try:
            self._limit(socket.SO_SNDTIMEO, limit)
            sent = self._sock.sendmsg(parts)
            while sent < total:
                sent += self._sock.sendmsg(_after(parts, sent))
        except OSError as error:
            raise _lost(error, ended=sent > ends_at) from error

    def is_quiet(self) -> bool:
        """Whether the server has said nothing that nobody asked for, and has not hung up."""
        return self._replies.is_empty and self._is_silent()

    @property
    def has_unread(self) -> bool:
        """Whether something was received that no reply has given yet."""
        return not self._replies.is_empty

    def under_tls(self, context: ssl.SSLContext, host: str, limit: float) -> TlsWire:
        """The same connection under TLS; this object is of no use any more. Lost where TLS does not come about."""
        try:
            self._sock.settimeout(min(limit, self._patience))
            return TlsWire(context.wrap_socket(self._sock, server_hostname=host), patience=self._patience)
        except OSError as error:  # SSLError and CertificateError are among them
            self.close()
            raise _lost(error) from error

    @property
    def address(self) -> str:
        """The address at the other end."""
        try:
            return str(self._sock.getpeername()[0])
        except OSError:
            return ""

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the other side went first: the connection is gone, as was wanted
            self._sock.close()

    def _block(self) -> None:
        self._sock.settimeout(None)  # the kernel keeps the limits: no second system call to wait

    def _receive(self, limit: float) -> bytes:
        self._limit(socket.SO_RCVTIMEO, limit)
        return self._sock.recv(PIECE)

    def _send(self, data: bytes, limit: float) -> None:
        self._limit(socket.SO_SNDTIMEO, limit)
        sent = self._sock.send(data)
        while sent < len(data):
            sent += self._sock.send(memoryview(data)[sent:])

    def _is_silent(self) -> bool:
        try:
            self._sock.recv(1, _AT_ONCE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def _limit(self, which: int, limit: float) -> None:
        limit = max(min(limit, self._patience), 0.001)  # 0 would be no limit at all
        if self._limits.get(which) != limit:
            seconds = int(limit)
            self._sock.setsockopt(
                socket.SOL_SOCKET, which, struct.pack("@ll", seconds, int((limit - seconds) * 1_000_000))
            )
            self._limits[which] = limit


class TlsWire(Wire):
    """The same under TLS, where a write that fails may have sent any part of what it was given."""

    _sock: ssl.SSLSocket

    def write_text(self, parts: Sequence[bytes], ends_at: int, limit: float) -> None:
        ended = False
        try:
            for part in _before(parts, ends_at):
                self._send(part, limit)
            ended = True
            self._send(b"".join(_after(parts, ends_at)), limit)
        except OSError as error:
            raise _lost(error, ended=ended) from error

    def _block(self) -> None:
        """Nothing: the limits are the TLS socket's own."""

    def _receive(self, limit: float) -> bytes:
        self._limit(0, limit)
        return self._sock.recv(PIECE)

    def _send(self, data: bytes | memoryview, limit: float) -> None:
        self._limit(0, limit)
        self._sock.sendall(data)

    def _is_silent(self) -> bool:
        # What waits in the socket may be TLS's own, such as a session ticket: only reading tells.
        self._limits.clear()
        self._sock.settimeout(0.0)
        try:
            self._replies.feed(self._sock.recv(PIECE))
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False
        return False

    def _limit(self, which: int, limit: float) -> None:
        limit = max(min(limit, self._patience), 0.001)
        if self._limits.get(which) != limit:
            self._sock.settimeout(limit)
            self._limits[which] = limit


def _after(parts: Sequence[bytes], octets: int) -> list[memoryview]:
    """What is left of `parts` after so many octets of them."""
    left = []
    for part in parts:
        if octets < len(part):
            left.append(memoryview(part)[octets:])
        octets = max(octets - len(part), 0)
    return left


def _before(parts: Sequence[bytes], octets: int) -> list[memoryview]:
    """The first `octets` of `parts`."""
    begun = []
    for part in parts:
        if octets > 0:
            begun.append(memoryview(part)[:octets])
        octets -= len(part)
    return begun


def _lost(error: OSError, *, ended: bool = False) -> Lost:
    if isinstance(error, (TimeoutError, BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)):
        return Lost("the server kept silent for too long", ended=ended)
    closed = isinstance(error, (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError))
    return Lost(f"{type(error).__name__}: {error}", ended=ended, closed=closed)
