"""Ringing the workers: a hint by Redis that there is work. If it is lost, the sweep rings again."""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

DELIVER = "dispatch.deliver"
CHECK_LINKS = "housekeeping.check_links"
IMPORT_PEOPLE = "housekeeping.import_people"
CALL_WEBHOOKS = "housekeeping.call_webhooks"
NOTICES = "housekeeping.notices"
HINT_SECONDS = 30.0  # the sweep rings every few seconds: where no worker is up, hints must not pile up
# Whoever rings is often a person who waits for a page.
GIVE_UP_SOON = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}


def ring(dispatch_id: int, *, lanes: int | None = None) -> bool:
    """Ask `lanes` workers to deliver; False if Redis is away (nothing is lost by it)."""
    times = lanes or settings.DISPATCH_LANES
    return _send(f"dispatch {dispatch_id}", DELIVER, [dispatch_id], times=times, expires=HINT_SECONDS)


def ring_for_links() -> bool:
    """Ask a worker to try the links that wait; False if Redis is away (the sweep rings again)."""
    return _send("link checks", CHECK_LINKS, [], times=1)


def ring_for_notices() -> bool:
    """Ask a worker for the personal letters that wait; False if Redis is away (the sweep rings again)."""
    return _send("notices", NOTICES, [], times=1)


def ring_for_webhooks() -> bool:
    """Ask a worker to make the calls that are due; False if Redis is away (the sweep rings again)."""
    return _send("webhooks", CALL_WEBHOOKS, [], times=1)


def ring_for_import(run_id: int) -> bool:
    """Ask a worker to go on with an import of people; False if Redis is away (the sweep rings again)."""
    return _send(f"import {run_id}", IMPORT_PEOPLE, [run_id], times=1)


def _send(what: str, task: str, arguments: list[int], *, times: int, expires: float | None = None) -> bool:
    try:
        with current_app.connection_for_write(connect_timeout=2) as connection:
            connection.transport_options = {**connection.transport_options, **GIVE_UP_SOON}
            for _time in range(times):
                current_app.send_task(task, args=arguments, connection=connection, retry=False, expires=expires)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("%s: nobody was rung, the sweep will (%s)", what, type(error).__name__)
        return False
    return True
