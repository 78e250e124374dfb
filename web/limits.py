"""How often something may be done: counters in Redis, by the `limits` library; keys are hashed, no address lies there.

A window begins with the first count and ends by Redis's own clock. If Redis is away everything is allowed, and the log
says so once: a reader's click must not depend on it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PATIENCE = 0.5  # seconds that a page waits for Redis
REST = 5.0  # seconds for which a Redis that was away is not asked again


def allowed(what: str, key: str, *, times: int, seconds: int) -> bool:
    """Count one `what` of `key`; False if that was more than `times` in `seconds`. See Limit."""
    return Limit(what, times=times, seconds=seconds).allows(key)


@dataclass(frozen=True, slots=True)
class Limit:
    """`times` of `what` in `seconds` for a key: a name, an account, or an address (IPv6: its /64, one household's)."""

    what: str
    times: int
    seconds: int

    def allows(self, key: str) -> bool:
        """Count one, and say whether it was within the limit."""
        limiter = _limiter()
        if limiter is None:
            return True
        try:
            within = limiter.hit(self._item, _hidden(key))
        except (RedisError, OSError) as error:
            _away.begins(error)
            return True
        _away.ends()
        return within

    def seconds_left(self, key: str) -> int:
        """How long until `key` is allowed again: 0 if it is now. Counts nothing."""
        limiter = _limiter()
        if limiter is None:
            return 0
        try:
            window = limiter.get_window_stats(self._item, _hidden(key))
        except (RedisError, OSError) as error:
            _away.begins(error)
            return 0
        return max(1, round(window.reset_time - time.time())) if window.remaining <= 0 else 0

    def forget(self, key: str) -> None:
        """Begin anew for `key`."""
        limiter = _limiter()
        if limiter is None:
            return
        try:
            limiter.clear(self._item, _hidden(key))
        except (RedisError, OSError) as error:
            _away.begins(error)

    @property
    def _item(self) -> RateLimitItemPerSecond:
        return RateLimitItemPerSecond(self.times, self.seconds, namespace=self.what)


def client_address(request: HttpRequest) -> str:
    """The address that a request comes from, as CIRCULAR_PROXIES trusted proxies say it; "" if nobody knows.

    Each proxy appends to X-Forwarded-For whom it heard; what stands further left is the client's own claim.
    """
    heard = str(request.META.get("REMOTE_ADDR", ""))
    if settings.PROXIES:
        claims = [claim.strip() for claim in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if claim.strip()]
        if claims:
            heard = _plain(claims[-min(settings.PROXIES, len(claims))]) or heard
    return _plain(heard)


def start_anew() -> None:
    """Forget every count, and that Redis was away (for tests)."""
    _away.said, _away.until = False, 0.0
    limiter = _limiter()
    if limiter is not None:
        limiter.storage.reset()


class _Away:
    """Whether Redis is away, so that the log says it once and pages don't wait for it again and again."""

    def __init__(self) -> None:
        self.until = 0.0
        self.said = False

    def begins(self, error: Exception) -> None:
        self.until = time.monotonic() + REST
        if not self.said:
            logger.warning("Redis is away (%s): how often things are done is not limited.", type(error).__name__)
        self.said = True

    def ends(self) -> None:
        if self.said:
            logger.warning("Redis is back: how often things are done is limited again.")
        self.said, self.until = False, 0.0


_away = _Away()


def _limiter() -> FixedWindowRateLimiter | None:
    if not settings.REDIS_URL or time.monotonic() < _away.until:
        return None
    return _limiter_at(settings.REDIS_URL)


@lru_cache(maxsize=2)
def _limiter_at(url: str) -> FixedWindowRateLimiter:
    storage = RedisStorage(url, key_prefix="circular:limits", socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    return FixedWindowRateLimiter(storage)


def _hidden(key: str) -> str:
    try:
        address = ip_address(key)
    except ValueError:
        pass
    else:
        if isinstance(address, IPv6Address):
            key = str(ip_network((address, 64), strict=False))
    return salted_hmac("web.limits", key, algorithm="sha256").hexdigest()[:32]


def _plain(claim: str) -> str:
    """An address without a port, an IPv4 one in IPv6's clothes as itself; "" if it is no address."""
    host = claim.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address)
