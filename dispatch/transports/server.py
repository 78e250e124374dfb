"""Where letters leave: an SMTP server and how it is spoken to, as an SMTP URL says it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

EXPECTED = "expected smtp://[user:password@]host[:port][?starttls=required] or smtps://…"
OPTIONS = {"starttls": "required", "auth": "cleartext", "pipelining": "off", "chunking": "off", "cafile": ""}


class SmtpUrlError(ValueError):
    """An SMTP URL that cannot be used; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where letters leave. `tls` is `none`, `starttls` (required: never cleartext) or `implicit`.

    `cafile` names a file of certificates to trust instead of the system's. `auth_in_clear` lets the password cross
    the network without TLS. `pipelining` and `chunking` are used where the server offers them, unless turned off.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "none"
    cafile: str = ""
    auth_in_clear: bool = False
    pipelining: bool = True
    chunking: bool = True

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read `smtp://[user:password@]host[:port][?starttls=required]` or `smtps://…`.

        Further options: `cafile=PATH`, `auth=cleartext`, `pipelining=off`, `chunking=off`.
        """
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise SmtpUrlError(f"{error}; {EXPECTED}") from error
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
            raise SmtpUrlError(EXPECTED)
        try:
            port = parts.port
        except ValueError as error:
            raise SmtpUrlError(f"the port is not a number from 1 to 65535; {EXPECTED}") from error
        options = _options(parts.query)
        tls = "implicit" if parts.scheme == "smtps" else "starttls" if "starttls" in options else "none"
        server = cls(
            host=parts.hostname,
            port=port or {"implicit": 465, "starttls": 587, "none": 25}[tls],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            cafile=options.get("cafile", ""),
            auth_in_clear="auth" in options,
            pipelining="pipelining" not in options,
            chunking="chunking" not in options,
        )
        if server.cafile and tls == "none":
            raise SmtpUrlError(f"cafile is for TLS, and this URL asks for none; {EXPECTED}")
        if not server.may_authenticate:
            raise SmtpUrlError(
                "the password would cross the network in clear text: add ?starttls=required or write smtps://"
                f" (or, where the network is yours alone, add ?auth=cleartext); {EXPECTED}"
            )
        return server

    @property
    def may_authenticate(self) -> bool:
        """Whether the password, if there is one, may be told to this server."""
        return not self.user or self.tls != "none" or self.auth_in_clear or _is_loopback(self.host)


def _options(query: str) -> dict[str, str]:
    """The URL's options, each once and with a value that it may have."""
    found = parse_qs(query, keep_blank_values=True)
    for name, values in found.items():
        if name not in OPTIONS:
            raise SmtpUrlError(f"the option {name!r} is not one of {', '.join(OPTIONS)}; {EXPECTED}")
        wanted = OPTIONS[name]
        if len(values) != 1 or not values[0] or (wanted and values[0] != wanted):
            raise SmtpUrlError(f"the option {name} can only be {name}={wanted or 'PATH'}, once; {EXPECTED}")
    return {name: values[0] for name, values in found.items()}


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
