"""How much of an HTTP request has left: what tells a letter that may be sent again from one in doubt.

The HTTP library raises the same exceptions before and after the request's body, so its connections are made to tell:
before the first byte, they connect and then ask; after the last one was handed over, nobody can take it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class WithheldError(Exception):
    """The request may not leave, and has not."""


def _never() -> bool:
    return False


@dataclass
class Departure:
    """Of one request at a time. `began`: some of it may have left. `is_whole`: all of it may have."""

    may_send: Callable[[], bool] = _never
    began: bool = False
    missing: int = 0  # octets of the body that nobody took yet

    def expects(self, may_send: Callable[[], bool]) -> None:
        """The next request is about to be made."""
        self.may_send, self.began, self.missing = may_send, False, 0

    @property
    def is_whole(self) -> bool:
        return self.began and not self.missing

    def begins(self, octets: int) -> None:
        """Ask, once; WithheldError where the answer is no."""
        if self.began:
            raise WithheldError("a request leaves once")
        if not self.may_send():
            raise WithheldError
        self.began, self.missing = True, octets


class _Telling:
    """A connection that tells its transport's departure how far a request came."""

    told: ClassVar[Departure]
    _body: int | None = None

    def request(self, method: str, url: str, body: Any = None, *rest: Any, **options: Any) -> None:
        self._body = len(body.encode() if isinstance(body, str) else body or b"")
        try:
            super().request(method, url, body, *rest, **options)  # type: ignore[misc]
        finally:
            self._body = None

    def send(self, data: Any) -> None:
        """Called for the request's head, then for its body; and for a proxy's CONNECT, which is no part of it."""
        if self._body is None:
            super().send(data)  # type: ignore[misc]
            return
        expected, self._body = self._body, None
        if getattr(self, "sock", None) is None:
            self.connect()  # type: ignore[attr-defined]
        self._body = expected
        head = not self.told.began
        if head:
            self.told.begins(expected)
        super().send(data)  # type: ignore[misc]
        if not head:
            self.told.missing -= len(data)


class TellingAdapter(HTTPAdapter):
    """One kept connection, no repetition, and a departure that is told."""

    def __init__(self, departure: Departure) -> None:
        told = {"told": departure}
        plain = type("Plain", (_Telling, HTTPConnection), told)
        secure = type("Secure", (_Telling, HTTPSConnection), told)
        self._pools = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *rest: Any, **options: Any) -> None:
        super().init_poolmanager(*rest, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager
