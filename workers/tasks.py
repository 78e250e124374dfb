"""The Celery tasks: load, call, map the decision to what is rung next. They carry ids, and may run twice."""

from __future__ import annotations

from functools import lru_cache

from celery import shared_task
from django.conf import settings

from composer.linkchecks import forget_old, has_waiting, try_waiting
from dispatch.bell import CHECK_LINKS, DELIVER, ring, ring_for_links
from dispatch.claim import expire_leases, has_due
from dispatch.control import exclude_left_over, finish_if_done
from dispatch.deliver import deliver_batch
from dispatch.models import Dispatch
from dispatch.transports.smtp import SmtpServer, SmtpTransport


@lru_cache(maxsize=1)
def transport() -> SmtpTransport:
    """The connection of this worker process, kept from batch to batch."""
    return SmtpTransport(SmtpServer.from_url(settings.SMTP_URL))


@shared_task(name=DELIVER)
def deliver(dispatch_id: int) -> None:
    if deliver_batch(dispatch_id, transport()).more:
        ring(dispatch_id, lanes=1)


@shared_task(name="housekeeping.sweep")
def sweep() -> None:
    """Settle leases that ran out, and ring for every dispatch that has work nobody does."""
    expire_leases()
    exclude_left_over()
    for dispatch_id in Dispatch.objects.filter(state=Dispatch.State.RUNNING).values_list("pk", flat=True):
        if not finish_if_done(dispatch_id) and has_due(dispatch_id):
            ring(dispatch_id)
    if has_waiting():
        ring_for_links()


@shared_task(name=CHECK_LINKS)
def check_links() -> None:
    """Try some of the links that wait; the rest is rung for anew, so that nobody waits behind it."""
    if try_waiting() and has_waiting():
        ring_for_links()
    forget_old()
