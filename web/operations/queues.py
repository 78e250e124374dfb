"""The state of the machinery: Redis's queues, the leases that run, and how long the oldest delivery has been due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.db import connection

from web.operations.wording import duration_words

QUEUES = ("dispatch", "housekeeping")
"""Celery's queues by name; `workers.queues` has them too, which the web may not import."""

PATIENCE = 0.5  # seconds for Redis to answer

_WORK = """
SELECT count(DISTINCT lease) FILTER (WHERE leased_until > clock_timestamp()),
       count(*) FILTER (WHERE leased_until > clock_timestamp()),
       count(DISTINCT lease) FILTER (WHERE leased_until <= clock_timestamp())
  FROM dispatch_delivery WHERE state = 'claimed'
"""

_OLDEST = """
SELECT max(clock_timestamp() - first.due_at)
  FROM dispatch_dispatch AS s
 CROSS JOIN generate_series(0, s.wave) AS open(wave)
 CROSS JOIN LATERAL (SELECT d.due_at FROM dispatch_delivery AS d
                      WHERE d.dispatch_id = s.id AND d.due_at IS NOT NULL AND d.wave = open.wave
                      ORDER BY d.due_at, d.id LIMIT 1) AS first
 WHERE s.state = 'running' AND first.due_at <= clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Machinery:
    """`queues` is None where Redis doesn't answer; `oldest` is None where nothing is due."""

    queues: dict[str, int] | None
    leases: int
    leased: int
    expired: int
    oldest: timedelta | None

    def plain(self) -> dict[str, Any]:
        """As JSON, with the words a page shows."""
        return {
            "queues": self.queues,
            "leases": self.leases,
            "leased": self.leased,
            "expired": self.expired,
            "oldest": self.oldest.total_seconds() if self.oldest is not None else None,
            "oldest_text": duration_words(self.oldest),
        }


def machinery() -> Machinery:
    with connection.cursor() as cursor:
        cursor.execute(_WORK)
        work = cursor.fetchone()
        cursor.execute(_OLDEST)
        oldest = cursor.fetchone()
    assert work is not None  # noqa: S101 - an aggregate always has a row
    assert oldest is not None  # noqa: S101 - the same
    return Machinery(queue_lengths(), leases=work[0], leased=work[1], expired=work[2], oldest=oldest[0])


def queue_lengths() -> dict[str, int] | None:
    """How many tasks wait in each queue; None if Redis doesn't answer."""
    try:
        with _client(settings.REDIS_URL).pipeline(transaction=False) as pipe:
            for queue in QUEUES:
                pipe.llen(queue)
            return dict(zip(QUEUES, (int(length) for length in pipe.execute()), strict=True))
    except (redis.exceptions.RedisError, OSError, ValueError):
        return None


@lru_cache(maxsize=2)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)
