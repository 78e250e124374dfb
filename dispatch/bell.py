"""Ringing the workers: a hint by Redis that there is work. If it is lost, the sweep rings again."""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

DELIVER = "dispatch.deliver"
# Whoever rings is often a person who waits for a page.
GIVE_UP_SOON = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}


def ring(dispatch_id: int, *, lanes: int | None = None) -> bool:
    """Ask `lanes` workers to deliver; False if Redis is away (nothing is lost by it)."""
    try:
        with current_app.connection_for_write(connect_timeout=2) as connection:
            connection.transport_options = {**connection.transport_options, **GIVE_UP_SOON}
            for _lane in range(lanes or settings.DISPATCH_LANES):
                current_app.send_task(DELIVER, args=[dispatch_id], connection=connection, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("dispatch %s: nobody was rung, the sweep will (%s)", dispatch_id, type(error).__name__)
        return False
    return True
