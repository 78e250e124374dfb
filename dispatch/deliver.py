"""One run of a worker over a dispatch, step by step: claim, load, send, record, give back the rest."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID, uuid4

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from dispatch.claim import LEASE_SECONDS, claim_batch, release_rest, renew_lease
from dispatch.classify import Outcome, Rest
from dispatch.control import finish_if_done, pause_dispatch
from dispatch.crew import NO_ANSWERS, NO_JOURNAL, Crew, Result, Sending
from dispatch.dkim import Unsignable
from dispatch.journal import Journal, clock
from dispatch.loading import load_letters
from dispatch.models import Dispatch
from dispatch.outcomes import record_outcomes
from dispatch.pacing import give_back, limit_domains, note_outcomes, take_grant
from dispatch.recovery import journals, recover
from dispatch.refusals import settle_refusals
from dispatch.said import Said
from dispatch.signing_keys import SigningKeyUnreadable
from dispatch.transports.base import Transport

logger = logging.getLogger(__name__)

BATCH_SIZE = 500
FIRST_BATCH = 50  # before it is known how fast the server is
AHEAD = 1.0  # seconds of letters that are leased at a time: what is in doubt if the machine goes
FLUSH_AFTER = 0.25  # seconds that a result waits to be recorded
FLUSH_SIZE = 250
LOOK_AFTER = 0.5  # seconds: how soon a pause is noticed
LONGEST_IDLE = 5.0  # seconds that a run waits for a receiving domain's turn
RENEW_AFTER = 15.0  # seconds
SAFETY = 15.0  # seconds before the end of its lease from which on no letter is begun
DRAIN = 3.0  # seconds in which a run sends what it has leased, when its time is over
PATIENCE = 30.0  # seconds that a run waits for the last answers, and for PostgreSQL to come back

_LOOK = """
WITH worked AS (
    UPDATE dispatch_dispatch SET worked_at = clock_timestamp() WHERE id = %(dispatch)s
       AND (worked_at IS NULL OR worked_at < clock_timestamp() - interval '10 seconds')
)
SELECT state FROM dispatch_dispatch WHERE id = %(dispatch)s
"""


@dataclass
class Report:
    """What came of a run: how many deliveries to which outcome, and whether there may be more to do now."""

    outcomes: dict[str, int] = field(default_factory=dict)
    more: bool = False


def deliver_batch(dispatch_id: int, transport: Transport, *, size: int = BATCH_SIZE) -> Report:
    """Claim up to `size` deliveries of a dispatch, once, and send them over one connection."""
    crew = Crew(lambda: transport, 1)
    return Run(dispatch_id, crew, size=size, once=True).work(seconds=PATIENCE)


def deliver_for(
    dispatch_id: int, crew: Crew, *, seconds: float, stopping: Callable[[], bool] = lambda: False
) -> Report:
    """Send letters of a dispatch for about `seconds`, until none is due, or until the worker is told to stop."""
    return Run(dispatch_id, crew, size=BATCH_SIZE, stopping=stopping).work(seconds=seconds)


class Run:
    """One lease and its letters, from the first claim to the last answer."""

    def __init__(
        self,
        dispatch_id: int,
        crew: Crew,
        *,
        size: int,
        once: bool = False,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self.dispatch_id = dispatch_id
        self.crew = crew
        self.size = size
        self.once = once
        self.stopping = stopping
        self.lease: UUID = uuid4()
        self.report = Report(more=True)
        self._claims = True  # whether to claim more
        self._claims_from = 0.0  # not before, for the pace
        self._unrecorded: list[Result] = []
        self._unheeded: list[Result] = []  # recorded, but what follows from them isn't done
        self._looked = self._renewed = self._flushed = clock()
        self._rate = 0.0  # letters a second

    def work(self, *, seconds: float) -> Report:
        """Send until time is over or nothing is due; whatever happens, nothing is lost by it."""
        recover()
        try:
            journal = Journal(journals(), dispatch_id=self.dispatch_id, lease=self.lease)
        except OSError as error:
            pause_dispatch(self.dispatch_id, reason=f"{NO_JOURNAL} ({error.strerror or error})")
            return Report()
        sending = Sending(journal, self.crew.take(), late=partial(record_late, self.lease))
        settled = False
        try:
            try:
                self._send(sending, until=clock() + seconds)
            except (SigningKeyUnreadable, Unsignable) as error:
                pause_dispatch(self.dispatch_id, reason=str(error))
                self.report.more = False
            self._finish(sending)
            settled = True
        finally:
            sending.end(settled=settled)
            self.crew.give_back(sending.free)
        finish_if_done(self.dispatch_id)
        return self.report

    def _send(self, sending: Sending, *, until: float) -> None:
        while True:
            now = clock()
            if now >= until:
                self._claims = False
            if now >= until + DRAIN or self.stopping():
                sending.stop("the time is over")
            if self._claims and sending.stopped is None and sending.waiting <= self._low() and now >= self._claims_from:
                self._with_database(sending, partial(self._claim, sending, until=until))
            if not sending.busy and (sending.stopped is not None or not self._claims):
                return
            if now >= until + PATIENCE:
                return
            paced = self._claims_from - clock()
            hungry = self._claims and paced <= 0
            sending.wait(
                FLUSH_AFTER if paced <= 0 else min(paced, FLUSH_AFTER),
                results=FLUSH_SIZE,
                waiting=self._low() if hungry else -1,
                idle=hungry or not self._claims,
            )
            self._with_database(sending, partial(self._record, sending))
            self._with_database(sending, partial(self._look, sending))

    def _claim(self, sending: Sending, *, until: float) -> None:
        """Lease the letters of about a second, as far as the pace lets them leave."""
        asked = clock()
        grant = take_grant(self.size if self.once else self._ahead())
        if not grant.letters:
            self._claims_from = asked + grant.wait
            self._claims = self._claims_from < until and not self.once
            self.report.more = False  # the sweep rings again when it is time
            return
        batch = claim_batch(self.dispatch_id, size=grant.letters, lease=self.lease, closed=grant.closed)
        if sending.deadline == 0.0:
            sending.deadline = asked + LEASE_SECONDS - SAFETY
        claimed = [(delivery.delivery_id, delivery.domain) for delivery in batch.deliveries]
        gone, waits = limit_domains(claimed, self.lease)
        give_back(grant.letters - len(claimed) + len(gone))
        self.report.more = batch.full
        self._claims = batch.full and not self.once
        if (gone or grant.closed) and not batch.full and not self.once:
            # What is held back for its domain may be due in a moment; for longer it is left to the sweep.
            self._claims_from = asked + min(max(grant.opens, 0.1), 1.0)
            self._claims = self._claims_from < until and grant.opens < LONGEST_IDLE
        kept = [delivery for delivery in batch.deliveries if delivery.delivery_id not in gone]
        at = {
            delivery.delivery_id: max(place * grant.spacing, waits.get(delivery.delivery_id, 0.0))
            for place, delivery in enumerate(kept)
        }
        sending.put(load_letters(replace(batch, deliveries=tuple(kept)), {key: asked + at[key] for key in at}))

    def _record(self, sending: Sending) -> None:
        """Write the results of the last moments, all of them in one go."""
        self._unrecorded += sending.collect()
        now = clock()
        since = now - self._flushed
        if not self._unrecorded and not self._unheeded:
            return
        if since < FLUSH_AFTER and len(self._unrecorded) < FLUSH_SIZE and sending.busy:
            return
        verdicts = settle_refusals(
            self.dispatch_id, {result.said.delivery_id: result.verdict for result in self._unrecorded}
        )
        recorded = [result.settled_as(verdicts[result.said.delivery_id]) for result in self._unrecorded]
        record_outcomes(self.lease, [result.said for result in recorded])
        self._unrecorded = []
        self._unheeded += recorded
        self._rate, self._flushed = len(recorded) / max(since, 0.001), now
        ok, refused = Counter[str](), {}
        for result in self._unheeded:
            outcome = result.said.outcome
            self.report.outcomes[outcome] = self.report.outcomes.get(outcome, 0) + 1
            if outcome == Outcome.ACCEPTED:
                ok[result.domain] += 1
                continue
            logger.info("delivery %s: %s (%s)", result.said.delivery_id, outcome, result.said.reason)
            if result.verdict.pause:
                pause_dispatch(self.dispatch_id, reason=result.verdict.pause)
            if result.verdict.rests is Rest.DOMAIN:
                sending.leave_out(result.domain)
                refused[result.domain] = result.verdict
            elif result.verdict.rests is Rest.TRANSPORT:
                refused[""] = result.verdict
            if result.verdict.pause or result.verdict.rests is Rest.TRANSPORT:
                self.report.more = False
        note_outcomes(ok, refused)
        self._unheeded = []

    def _look(self, sending: Sending) -> None:
        """Notice a pause, and renew the lease."""
        now = clock()
        if now - self._looked < LOOK_AFTER:
            return
        with connection.cursor() as cursor:
            cursor.execute(_LOOK, {"dispatch": self.dispatch_id})
            row = cursor.fetchone()
        if row is None or row[0] != Dispatch.State.RUNNING:
            self.report.more = False
            sending.stop("the dispatch doesn't run")
        if now - self._renewed > RENEW_AFTER:
            renew_lease(self.lease)
            self._renewed = now
            sending.deadline = now + LEASE_SECONDS - SAFETY
        self._looked = clock()

    def _finish(self, sending: Sending) -> None:
        """Record what is left, give back what wasn't begun."""
        silent = sending.abandon()
        self._with_database(sending, partial(self._record, sending))
        self._with_database(sending, partial(record_outcomes, self.lease, silent))
        in_doubt = [said.delivery_id for said in silent]
        self._with_database(sending, partial(self._give_back, in_doubt))
        if sending.stopped is not None and sending.stopped.startswith((NO_JOURNAL, NO_ANSWERS)):
            pause_dispatch(self.dispatch_id, reason=sending.stopped)
            self.report.more = False

    def _give_back(self, in_doubt: Sequence[int]) -> None:
        back = release_rest(self.lease, but=in_doubt)
        give_back(back.total(), domains=back)

    def _ahead(self) -> int:
        return int(min(max(self._rate * AHEAD, FIRST_BATCH), self.size))

    def _low(self) -> int:
        return self._ahead() // 2

    def _with_database(self, sending: Sending, step: Callable[[], object]) -> None:
        """Do `step`; where PostgreSQL is away, begin no other letter and try for a while. The journal has it all."""
        since = clock()
        while True:
            try:
                step()
            except (OperationalError, InterfaceError):
                if connection.in_atomic_block or clock() - since > PATIENCE:
                    raise
                self.report.more = False
                sending.stop("PostgreSQL is away")
                connection.close()
                threading.Event().wait(1.0)
            else:
                return


def record_late(lease: UUID, said: Said) -> bool:
    """Record an answer that came after its run was over, in the thread that got it; False if that failed."""
    try:
        record_outcomes(lease, [said])
    except DatabaseError as error:
        logger.warning("delivery %s: a late answer waits in the journal (%s)", said.delivery_id, type(error).__name__)
        return False
    finally:
        connection.close()
    return True
