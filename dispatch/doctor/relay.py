"""The server that letters are given to: does it answer, offer TLS, and show a certificate that holds."""

from __future__ import annotations

import ipaddress
import smtplib
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime

from dispatch.doctor.findings import Finding, State
from dispatch.transports.server import SmtpServer

SECONDS = 8.0
SOON = 14  # days


def check_relay(server: SmtpServer, *, now: datetime, timeout: float = SECONDS) -> list[Finding]:
    """Connect as letters would, as far as TLS; no letter and no password is sent."""
    about = f"{server.host} port {server.port}"
    try:
        smtp = _connected(server, timeout)
    except ssl.SSLError as error:
        return [_bad_certificate(about, error)]
    except (OSError, smtplib.SMTPException) as error:
        words = f"Nobody answers as a mail server there ({_said(error)})."
        return [Finding("relay", about, State.WRONG, words, "Mend SMTP_URL, or start the server.")]
    try:
        return [_tls(smtp, server, about=about, now=now)]
    except ssl.SSLError as error:
        return [_bad_certificate(about, error)]
    except (OSError, smtplib.SMTPException) as error:
        return [Finding("relay", about, State.WRONG, f"The connection broke off ({_said(error)}).", "Try again.")]
    finally:
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


def addresses_of(server: SmtpServer) -> tuple[str, ...]:
    """The public addresses of a relay, from which its letters most likely leave; none for one that is near."""
    with suppress(OSError):
        found = {str(info[4][0]) for info in socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)}
        return tuple(sorted(address for address in found if ipaddress.ip_address(address).is_global))
    return ()


def is_near(host: str) -> bool:
    """Whether the server is this machine or in a private network."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return False
    return all(not ipaddress.ip_address(address.partition("%")[0]).is_global for address in found)


def _connected(server: SmtpServer, timeout: float) -> smtplib.SMTP:
    name = socket.gethostname()
    smtp: smtplib.SMTP
    if server.tls == "implicit":
        smtp = smtplib.SMTP_SSL(server.host, server.port, name, timeout=timeout, context=_trust(server))
    else:
        smtp = smtplib.SMTP(server.host, server.port, name, timeout=timeout)
    smtp.ehlo()
    return smtp


def _tls(smtp: smtplib.SMTP, server: SmtpServer, *, about: str, now: datetime) -> Finding:
    offered = smtp.has_extn("starttls")
    if server.tls == "none":
        if is_near(server.host):
            return Finding("relay", about, State.OK, "It answers; letters cross no public network on the way there.")
        if offered:
            words = "It offers STARTTLS, which SMTP_URL doesn’t ask for: letters cross the network in clear text."
            return Finding("relay", about, State.WRONG, words, "Add ?starttls=required to SMTP_URL.")
        words = "It offers no TLS: letters cross the network in clear text."
        return Finding("relay", about, State.WRONG, words, "Use a relay with TLS.")
    if server.tls == "starttls":
        if not offered:
            words = "STARTTLS is required and the server doesn’t offer it: no letter leaves."
            return Finding("relay", about, State.WRONG, words, "Ask the relay’s keeper; somebody may stand in between.")
        smtp.starttls(context=_trust(server))
    return _certificate(smtp.sock, about=about, now=now)


def _certificate(connection: object, *, about: str, now: datetime) -> Finding:
    assert isinstance(connection, ssl.SSLSocket)  # noqa: S101 - both ways lead here after a handshake
    seconds = ssl.cert_time_to_seconds(str((connection.getpeercert() or {})["notAfter"]))
    ends = datetime.fromtimestamp(seconds, UTC)
    days = (ends - now).days
    words = f"{connection.version()}; the certificate holds until {ends:%Y-%m-%d} ({days} days)."
    if days < SOON:
        return Finding("relay", about, State.NOTE, words, "Have it renewed: letters stop when it runs out.")
    return Finding("relay", about, State.OK, words)


def _bad_certificate(about: str, error: ssl.SSLError) -> Finding:
    why = getattr(error, "verify_message", "") or error.reason or str(error)
    words = f"TLS fails: {why}. No letter leaves."
    return Finding(
        "relay", about, State.WRONG, words, "Have the certificate mended, or name its authority: cafile=PATH."
    )


def _trust(server: SmtpServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.cafile or None)


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
