"""The door to other people's web servers: it opens only to addresses that anybody can reach.

Links are asked through it; a webhook's calls are posted through it.

A host is resolved once, every address that it has is judged, and the connection goes to the very address that was
judged, while the request and the certificate still name the host. A name that answers otherwise a moment later
(DNS rebinding) therefore gains nothing. Redirects are not followed here: each one has to knock again.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import SplitResult, quote

import idna

from .addresses import IPAddress, is_public, literal_address, split
from .facts import LinkStatus

PORTS = frozenset({80, 443, 8080, 8443})
MOST_ADDRESSES = 2  # of a host, tried one after another
USER_AGENT = "Mozilla/5.0 (compatible; CircularLinkCheck/1.0)"

_SAFE = "/%:=&?~+!$,;'@()*[]-._|"


class Closed(Exception):
    """A link that gave no answer; `status` says why."""

    def __init__(self, status: LinkStatus, problem: str) -> None:
        self.status = status
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer: the status, the address of a redirect as it was sent, and what was read of the body."""

    code: int
    location: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked, and how much of the answer's body is read."""

    method: str
    headers: Mapping[str, str]
    body: bytes | None = None
    most: int = 0


Resolve = Callable[[str, int], tuple[IPAddress, ...]]
Allowed = Callable[[IPAddress, int], bool]


def is_open_to_all(address: IPAddress, port: int) -> bool:
    """Whether a link may be tried there: a public address and a port of the web."""
    return is_public(address) and port in PORTS


def resolve_host(host: str, port: int) -> tuple[IPAddress, ...]:
    """All addresses of `host`; Closed where it has none."""
    literal = literal_address(host)
    if literal is not None:
        return (literal,)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        status = LinkStatus.UNREACHABLE if error.errno == socket.EAI_AGAIN else LinkStatus.DEAD
        raise Closed(status, f"There is no host {host}.") from error
    except (OSError, UnicodeError) as error:
        raise Closed(LinkStatus.INVALID, f"{host} is no host's name.") from error
    return tuple(dict.fromkeys(ipaddress.ip_address(str(place[4][0]).partition("%")[0]) for place in found))


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How links are tried. `timeout` is for one whole request, in seconds.

    `allowed` and `resolve` are replaced only by tests, which have their servers on this machine.
    """

    allowed: Allowed = is_open_to_all
    resolve: Resolve = resolve_host
    tls: ssl.SSLContext = field(default_factory=_tls)
    timeout: float = 10.0
    user_agent: str = USER_AGENT

    def ask(self, method: str, url: str) -> Reply:
        """The answer to one request without a body; Closed where there is none. The answer's body isn't read."""
        return self._knock(_Request(method, self._headers()), url)

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str], most: int) -> Reply:
        """The answer to `body`, with the first `most` octets of what it says; Closed where there is none."""
        own = {"User-Agent": self.user_agent, "Accept": "*/*", "Connection": "close"}
        return self._knock(_Request("POST", {**own, **headers}, body, most), url)

    def _knock(self, request: _Request, url: str) -> Reply:
        parts = split(url)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Closed(LinkStatus.INVALID, "It is no web address.")
        host = _ascii_host(parts.hostname)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = self.resolve(host, port)
        if not addresses or not all(self.allowed(address, port) for address in addresses):
            raise Closed(LinkStatus.PRIVATE, f"{host} is no address that the public can reach.")
        closed = Closed(LinkStatus.UNREACHABLE, "")
        for address in addresses[:MOST_ADDRESSES]:
            try:
                return self._ask_at(address, port, host, request=request, parts=parts)
            except Closed as error:
                closed = error
                if error.status is not LinkStatus.UNREACHABLE:
                    break
        raise closed

    def _ask_at(self, address: IPAddress, port: int, host: str, *, request: _Request, parts: SplitResult) -> Reply:
        clock = _Clock(self.timeout)
        try:
            with clock.running(), self._connected(address, port, host, clock, secure=parts.scheme == "https") as plug:
                line = http.client.HTTPConnection(_bracketed(host), port, timeout=self.timeout)
                line.sock = plug
                line.request(request.method, _target(parts), body=request.body, headers=dict(request.headers))
                with closing(line.getresponse()) as answer:
                    text = answer.read(request.most).decode("utf-8", "replace") if request.most else ""
                    reply = Reply(answer.status, answer.headers.get("Location") or "", text)
        except ssl.SSLCertVerificationError as error:
            raise Closed(LinkStatus.INSECURE, error.verify_message or "Its certificate isn't good.") from error
        except (TimeoutError, ssl.SSLError, OSError, http.client.HTTPException, ValueError) as error:
            raise Closed(clock.status_of(error), str(error)) from error
        if clock.over:  # the end that the clock made looks like the end of the answer
            raise Closed(LinkStatus.TIMEOUT, "It did not answer in time.")
        return reply

    def _headers(self) -> dict[str, str]:
        return {
            "User-Agent": self.user_agent,
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Language": "en,*;q=0.5",
            "Connection": "close",
        }

    @contextmanager
    def _connected(
        self, address: IPAddress, port: int, host: str, clock: _Clock, *, secure: bool
    ) -> Iterator[socket.socket]:
        """A connection to `address`; a secure one is made for `host`, whose certificate must be good."""
        plug = socket.create_connection((str(address), port), timeout=self.timeout)
        try:
            clock.watch(plug)
            if secure:
                plug = self.tls.wrap_socket(plug, server_hostname=host, do_handshake_on_connect=False)
                clock.watch(plug)
                plug.do_handshake()
            yield plug
        finally:
            plug.close()


class _Clock:
    """Ends a connection when its time is over: to a byte now and then no socket's own timeout is an answer."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True
        self._plug: socket.socket | None = None
        self.over = False

    @contextmanager
    def running(self) -> Iterator[None]:
        self._timer.start()
        try:
            yield
        finally:
            self._timer.cancel()

    def watch(self, plug: socket.socket) -> None:
        self._plug = plug

    def status_of(self, error: Exception) -> LinkStatus:
        """What a fault of the connection means for the link."""
        if self.over or isinstance(error, TimeoutError):
            return LinkStatus.TIMEOUT
        if isinstance(error, ssl.SSLError):
            return LinkStatus.INSECURE
        if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
            return LinkStatus.FAILING
        return LinkStatus.UNREACHABLE if isinstance(error, OSError) else LinkStatus.INVALID

    def _ring(self) -> None:
        self.over = True
        if self._plug is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._plug, socket.SHUT_RDWR)


def _ascii_host(host: str) -> str:
    host = host.rstrip(".")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        raise Closed(LinkStatus.INVALID, f"{host} is no host's name.") from error


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _target(parts: SplitResult) -> str:
    """The path and the query as they go into a request line: ASCII, without spaces."""
    path = quote(parts.path or "/", safe=_SAFE)
    return f"{path}?{quote(parts.query, safe=_SAFE)}" if parts.query else path
