"""Letters over SMTP, on a connection that is kept from letter to letter.

Each command is sent by itself, so that the stage is known whenever the connection goes (RFC 5321); the
standard library's `sendmail` would raise the same exception before and after the final dot.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from dispatch.transports.base import Envelope, Reply, SendResult, Stage

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_BARE_NEWLINE = re.compile(rb"\r\n|\r|\n")

CONNECT_TIMEOUT = 30.0  # seconds
REPLY_TIMEOUT = 300.0  # seconds, RFC 5321 section 4.5.3.2 for MAIL and RCPT
DOT_TIMEOUT = 600.0  # seconds, the same section for the final dot


class SmtpUrlError(ValueError):
    """An SMTP URL that cannot be used; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where letters leave. `tls` is `none`, `starttls` (required: never cleartext) or `implicit`."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = "none"

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read `smtp://[user:password@]host[:port][?starttls=required]` or `smtps://…`."""
        expected = "expected smtp://[user:password@]host[:port][?starttls=required] or smtps://…"
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
            raise SmtpUrlError(expected)
        try:
            port = parts.port
        except ValueError as error:
            raise SmtpUrlError(f"the port is not a number from 1 to 65535; {expected}") from error
        options = parse_qs(parts.query, keep_blank_values=True)
        if set(options) - {"starttls"} or options.get("starttls", ["required"]) != ["required"]:
            raise SmtpUrlError(f"the only option is starttls=required; {expected}")
        tls = "implicit" if parts.scheme == "smtps" else "starttls" if options else "none"
        return cls(
            host=parts.hostname,
            port=port or {"implicit": 465, "starttls": 587, "none": 25}[tls],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
        )


class SmtpTransport:
    """One kept connection to one server. Not thread-safe: one per worker process.

    `patience` is the most that any answer may take, in seconds, where somebody waits for the outcome.
    """

    def __init__(self, server: SmtpServer, *, local_hostname: str = "", patience: float = DOT_TIMEOUT) -> None:
        self.server = server
        self.patience = patience
        self.local_hostname = local_hostname or None
        self._smtp: smtplib.SMTP | None = None

    def send(
        self, envelope: Envelope, data: bytes, *, may_send: Callable[[], bool], following: Envelope | None = None
    ) -> SendResult:
        stage = Stage.CONNECT
        try:
            smtp = self._connected()
            if isinstance(smtp, SendResult):
                return smtp
            stage = Stage.MAIL
            options = ["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else []
            reply = _reply(smtp.mail(envelope.sender, options))
            if reply.code != 250:
                return self._refused(stage, reply)
            stage = Stage.RCPT
            reply = _reply(smtp.rcpt(envelope.recipient))
            if reply.code not in {250, 251}:
                return self._refused(stage, reply)
            stage = Stage.DATA
            reply = _reply(smtp.docmd("DATA"))
            if reply.code != 354:
                return self._refused(stage, reply)
            if not may_send():
                self.close()  # after 354 only the text or the end of the connection is allowed
                return SendResult(stage, withheld=True)
            stage = Stage.DOT
            self._set_timeout(smtp, DOT_TIMEOUT)
            smtp.send(stuffed(data))
            reply = _reply(smtp.getreply())
            self._set_timeout(smtp, REPLY_TIMEOUT)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return SendResult(stage, error=f"{type(error).__name__}: {error}")
        if reply.code == 421:
            self._drop()
        return SendResult(stage, reply)

    def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                self._set_timeout(smtp, 2.0)
                if smtp.sock is not None:
                    smtp.sock.shutdown(2)
            except OSError:
                pass  # the other side went first: the connection is gone, which is what was wanted
            smtp.close()

    def _connected(self) -> smtplib.SMTP | SendResult:
        if self._smtp is not None:
            return self._smtp
        server = self.server
        smtp: smtplib.SMTP
        timeout = min(CONNECT_TIMEOUT, self.patience)
        if server.tls == "implicit":
            context = ssl.create_default_context()
            smtp = smtplib.SMTP_SSL(local_hostname=self.local_hostname, timeout=timeout, context=context)
        else:
            smtp = smtplib.SMTP(local_hostname=self.local_hostname, timeout=timeout)
        try:
            reply = _reply(smtp.connect(server.host, server.port))
            if reply.code != 220:
                return SendResult(Stage.CONNECT, reply)
            smtp.ehlo_or_helo_if_needed()
            if server.tls == "starttls":
                if not smtp.has_extn("starttls"):
                    return SendResult(Stage.CONNECT, error="STARTTLS is required and the server does not offer it")
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            if server.user:
                try:
                    smtp.login(server.user, server.password)
                except smtplib.SMTPAuthenticationError as error:
                    return SendResult(Stage.AUTH, _reply((error.smtp_code, error.smtp_error)))
            self._set_timeout(smtp, REPLY_TIMEOUT)
            self._smtp = smtp
        finally:
            if self._smtp is None:
                smtp.close()
        return smtp

    def _refused(self, stage: Stage, reply: Reply) -> SendResult:
        """After a refusal the connection is reset for the next letter, or dropped on a 421."""
        if reply.code == 421 or self._smtp is None:
            self._drop()
        else:
            try:
                self._smtp.rset()
            except (OSError, smtplib.SMTPException):
                self._drop()  # the refusal is known; only the connection is lost
        return SendResult(stage, reply)

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _set_timeout(self, smtp: smtplib.SMTP, seconds: float) -> None:
        if smtp.sock is not None:
            smtp.sock.settimeout(min(seconds, self.patience))


def stuffed(data: bytes) -> bytes:
    """`data` with CRLF line ends, leading dots doubled and the final dot (RFC 5321 section 4.5.2)."""
    lines = _BARE_NEWLINE.sub(b"\r\n", data)
    lines = re.sub(rb"(?m)^\.", b"..", lines)
    return lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _reply(answer: tuple[int, bytes | str]) -> Reply:
    code, raw = answer
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    match = _ENHANCED.match(text)
    return Reply(code=code, enhanced=match[1] if match else "", text=text[:2000])
