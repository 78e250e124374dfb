"""Opens a connection to an SMTP server up to where letters may be sent: greeting, EHLO, TLS, AUTH."""

from __future__ import annotations

import base64
import re
import socket
import ssl
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from dispatch.transports.addresses import is_writable
from dispatch.transports.base import Envelope, Reply, SendResult, Stage
from dispatch.transports.server import SmtpServer
from dispatch.transports.wire import Lost, Wire

CONNECT_LIMIT = 30.0  # seconds, for TCP and again for TLS
GREETING_LIMIT = 300.0  # seconds, RFC 5321 section 4.5.3.2, which has the same for MAIL and RCPT
COMMAND_LIMIT = 300.0
QUIT_LIMIT = 1.0  # seconds: politeness is not worth more

_NO_WAY_TO_SIGN_IN = "5.5.4 The server offers no way to sign in that Circular knows (PLAIN or LOGIN)."
_IN_CLEAR = "5.7.11 The password would cross the network in clear text: use TLS, or auth=cleartext in the SMTP URL."


class NotOpened(Exception):
    """No letter can be sent; `result` says how far it came."""

    def __init__(self, result: SendResult) -> None:
        super().__init__(result.error)
        self.result = result


@dataclass
class Session:
    """An open connection and what its server offers. `peer` is who answered: its own name and its address.

    `announced` is an envelope that was written and whose answers have not all been read; `needs_reset` that a
    transaction is open which nobody wants.
    """

    wire: Wire
    offers: dict[str, str]
    peer: str
    announced: Envelope | None = None
    announced_at: float = 0.0
    awaiting: list[str] = field(default_factory=list)
    needs_reset: bool = False
    is_fresh: bool = True

    def mail_and_rcpt(self, envelope: Envelope, size: int) -> bytes:
        """The two commands of an envelope; its addresses are known to be writable."""
        options = ""
        if size and "SIZE" in self.offers:
            options += f" SIZE={size}"
        if "8BITMIME" in self.offers:
            options += " BODY=8BITMIME"
        if not envelope.recipient.isascii():
            options += " SMTPUTF8"
        return f"MAIL FROM:<{envelope.sender}>{options}\r\nRCPT TO:<{envelope.recipient}>\r\n".encode()

    def quit(self) -> None:
        """Say goodbye where the server listens for commands, and hang up."""
        try:
            if not self.awaiting and self.wire.is_quiet():
                self.wire.write(b"QUIT\r\n", QUIT_LIMIT)
                self.wire.reply(QUIT_LIMIT)
        except Lost:
            pass  # it hung up first
        finally:
            self.wire.close()


def open_session(server: SmtpServer, *, name: str, patience: float) -> Session:
    """Connect and go as far as MAIL may be said; NotOpened where that fails. `name` is what EHLO says we are."""
    wires = [_connected(server, patience)]
    try:
        return _opened(wires, server, name)
    except BaseException:
        wires[-1].close()
        raise


def _opened(wires: list[Wire], server: SmtpServer, name: str) -> Session:
    """The conversation on `wires[-1]`; STARTTLS appends another."""
    greeting = _asked(wires[-1], b"", Stage.CONNECT, GREETING_LIMIT)
    if greeting.code != 220:
        raise NotOpened(SendResult(Stage.CONNECT, greeting))
    host = next(iter(greeting.text.split()), server.host)
    peer = f"{host[:200]} [{wires[-1].address}]"
    offers = _hello(wires[-1], name)
    if server.tls == "starttls":
        wires.append(_under_starttls(wires[-1], server, offers))
        offers = _hello(wires[-1], name)  # what was offered in clear text counts for nothing (RFC 3207 section 4.2)
    if server.user:
        _sign_in(wires[-1], server, offers)
    return Session(wires[-1], offers, peer)


@lru_cache(maxsize=4)
def tls_context(cafile: str) -> ssl.SSLContext:
    """TLS 1.2 or later, the certificate checked against the host's name. OSError where `cafile` can't be read."""
    context = ssl.create_default_context(cafile=cafile or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@lru_cache(maxsize=1)
def own_name() -> str:
    """What EHLO says where nobody said another name."""
    name = socket.getfqdn()
    return name if "." in name and is_writable(name) and name.isascii() else "[127.0.0.1]"


def _connected(server: SmtpServer, patience: float) -> Wire:
    limit = min(CONNECT_LIMIT, patience)
    try:
        sock = socket.create_connection((server.host, server.port), timeout=limit)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, UnicodeError) as error:  # a host's name can be one that DNS can't have
        raise NotOpened(SendResult(Stage.CONNECT, error=f"{type(error).__name__}: {error}")) from error
    wire = Wire(sock, patience=patience)
    if server.tls == "implicit":
        return _encrypted(wire, server, "TLS")
    return wire


def _encrypted(wire: Wire, server: SmtpServer, what: str) -> Wire:
    try:
        context = tls_context(server.cafile)
    except OSError as error:
        wire.close()
        raise NotOpened(
            SendResult(
                Stage.CONNECT, error=f"{what}: the file of certificates {server.cafile!r} can't be used: {error}"
            )
        ) from error
    try:
        return wire.under_tls(context, server.host, CONNECT_LIMIT)
    except Lost as error:
        raise NotOpened(SendResult(Stage.CONNECT, error=f"{what} did not come about: {error}")) from error


def _under_starttls(wire: Wire, server: SmtpServer, offers: dict[str, str]) -> Wire:
    if "STARTTLS" not in offers:
        raise NotOpened(SendResult(Stage.CONNECT, error="STARTTLS is required and the server does not offer it"))
    reply = _asked(wire, b"STARTTLS\r\n", Stage.CONNECT, COMMAND_LIMIT)
    if reply.code != 220:
        error = f"STARTTLS is required and the server refused it: {reply.code} {reply.text}"
        raise NotOpened(SendResult(Stage.CONNECT, error=error[:300]))
    if wire.has_unread:  # somebody in the middle may want it taken for the server's words under TLS
        error = "After STARTTLS something more came in clear text: somebody may be in the middle of the connection"
        raise NotOpened(SendResult(Stage.CONNECT, error=error))
    return _encrypted(wire, server, "STARTTLS")


def _hello(wire: Wire, name: str) -> dict[str, str]:
    """What the server offers, by keyword; nothing where it only knows HELO."""
    reply = _asked(wire, f"EHLO {name}\r\n".encode(), Stage.CONNECT, COMMAND_LIMIT)
    if reply.code in {500, 501, 502, 504, 550}:
        reply = _asked(wire, f"HELO {name}\r\n".encode(), Stage.CONNECT, COMMAND_LIMIT)
        if reply.code == 250:
            return {}
    if reply.code != 250:
        raise NotOpened(SendResult(Stage.CONNECT, reply))
    offers: dict[str, str] = {}
    for line in reply.text.split("\n")[1:]:
        keyword, _space, values = re.sub(r"(?i)^auth=", "AUTH ", line.strip()).partition(" ")
        offers[keyword.upper()] = f"{offers.get(keyword.upper(), '')} {values.upper()}".strip()
    return offers


def _sign_in(wire: Wire, server: SmtpServer, offers: dict[str, str]) -> None:
    if not server.may_authenticate and not _is_loopback(wire.address):
        raise NotOpened(SendResult(Stage.AUTH, Reply(538, "5.7.11", _IN_CLEAR)))
    known = offers.get("AUTH", "").split()
    if "PLAIN" in known:
        steps = [b"AUTH PLAIN " + _base64(f"\0{server.user}\0{server.password}")]
    elif "LOGIN" in known:
        steps = [b"AUTH LOGIN", _base64(server.user), _base64(server.password)]
    else:
        raise NotOpened(SendResult(Stage.AUTH, Reply(504, "5.5.4", _NO_WAY_TO_SIGN_IN)))
    for step in steps:
        reply = _asked(wire, step + b"\r\n", Stage.AUTH, COMMAND_LIMIT)
        if reply.code != 334:
            break
    if reply.code != 235:
        raise NotOpened(SendResult(Stage.AUTH, reply))


def _asked(wire: Wire, command: bytes, stage: Stage, limit: float) -> Reply:
    """The reply to one command, given to a server that has said nothing since the last one."""
    if command and wire.has_unread:
        raise NotOpened(SendResult(stage, error="the server answered more than it was asked"))
    try:
        if command:
            wire.write(command, limit)
        return wire.reply(limit)
    except Lost as error:
        raise NotOpened(SendResult(stage, error=str(error))) from error


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
