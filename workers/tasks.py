"""The Celery tasks: load, call, map the decision to what is rung next. They carry ids, and may run twice."""

from __future__ import annotations

import ctypes
import logging
from functools import lru_cache
from multiprocessing.sharedctypes import RawValue

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings

from composer.linkchecks import forget_old, has_waiting, try_waiting
from dispatch import mailbox, schedules, waves, webhooks
from dispatch.bell import (
    CALL_WEBHOOKS,
    CHECK_LINKS,
    DELIVER,
    IMPORT_PEOPLE,
    NOTICES,
    ring,
    ring_for_import,
    ring_for_links,
    ring_for_notices,
    ring_for_webhooks,
)
from dispatch.claim import expire_leases, has_due, runs
from dispatch.control import exclude_left_over, finish_if_done, pause_stale
from dispatch.crew import Crew
from dispatch.deliver import deliver_for
from dispatch.feedback import settle_late
from dispatch.imap import MailboxError
from dispatch.models import Dispatch
from dispatch.notices import send_notices
from dispatch.reconcile import prove_lately_finished
from dispatch.recovery import recover
from dispatch.transports.base import Transport
from dispatch.transports.choice import make_transport
from subscribers.counts import recount_stale
from subscribers.erasure import forget_old_notices, forget_unconfirmed
from subscribers.importing import keeping, working
from subscribers.notices import is_waiting, settle_wishes

logger = logging.getLogger(__name__)

LONGEST_IMPORT = 40.0  # seconds at a time
LONGEST_RUN = 20.0  # seconds over a dispatch, and what the last answers take


@lru_cache(maxsize=1)
def crew() -> Crew:
    """The connections of this worker process, kept from run to run."""
    return Crew(make_transport, settings.CONNECTIONS)


@lru_cache(maxsize=1)
def transport() -> Transport:
    """The connection for personal letters, kept from one to the next."""
    return make_transport()


# Shared with the processes that are forked later: a worker that is told to stop begins no other letter.
_stopping = RawValue(ctypes.c_bool, False)


@worker_shutting_down.connect
def stop_runs(**_signal: object) -> None:
    _stopping.value = True


@shared_task(name=DELIVER)
def deliver(dispatch_id: int) -> None:
    report = deliver_for(dispatch_id, crew(), seconds=LONGEST_RUN, stopping=lambda: bool(_stopping.value))
    if report.more:
        ring(dispatch_id, lanes=1)


@shared_task(name="housekeeping.sweep")
def sweep() -> None:
    """Settle leases that ran out, and ring for every dispatch that has work nobody does."""
    pause_stale()  # before anything is done for a dispatch that nobody has looked after for hours
    recover()
    expire_leases()
    exclude_left_over()
    waves.decide_due()
    for dispatch_id in Dispatch.objects.filter(state=Dispatch.State.RUNNING).values_list("pk", flat=True):
        if not finish_if_done(dispatch_id) and has_due(dispatch_id):
            # One more than there are: a worker of any machine that is idle joins.
            ring(dispatch_id, lanes=max(settings.DISPATCH_LANES - runs(dispatch_id), 1))
    if has_waiting():
        ring_for_links()
    for run_id in working.are_due():
        ring_for_import(run_id)
    if is_waiting():
        ring_for_notices()
    if webhooks.has_due():
        ring_for_webhooks()
    prove_lately_finished()
    schedules.start_due()  # the last: planning for a million takes a while


@shared_task(name=CHECK_LINKS)
def check_links() -> None:
    """Try some of the links that wait; the rest is rung for anew, so that nobody waits behind it."""
    if try_waiting() and has_waiting():
        ring_for_links()
    forget_old()


@shared_task(name=IMPORT_PEOPLE)
def import_people(run_id: int) -> None:
    """Go on with an import for a while; the rest is rung for anew, so that nobody waits behind it."""
    if working.work(run_id, seconds=LONGEST_IMPORT):
        ring_for_import(run_id)


@shared_task(name=NOTICES)
def notices() -> None:
    """Look into what was asked for on public pages, and send the personal letters that are due."""
    settle_wishes()
    send_notices(transport())


@shared_task(name=CALL_WEBHOOKS)
def call_webhooks() -> None:
    """Tell other systems what happened; what is left is rung for anew."""
    if webhooks.deliver_waiting() and webhooks.has_due():
        ring_for_webhooks()


@shared_task(name="housekeeping.forget")
def forget() -> None:
    """Let go of people who never confirmed, of letters long sent, and of what other systems were told."""
    forget_unconfirmed()
    forget_old_notices()
    webhooks.forget_old()
    keeping.forget_old()


@shared_task(name="housekeeping.recount")
def recount() -> None:
    """Count the segments afresh whose counts are old."""
    recount_stale()


@shared_task(name="housekeeping.read_returned")
def read_returned() -> None:
    """Settle what reports were quicker than, and read the mailbox that they come back to, if there is one."""
    settle_late()
    if settings.IMAP_URL:
        try:
            mailbox.poll(settings.IMAP_URL)
        except MailboxError as error:
            logger.warning("%s", error)
