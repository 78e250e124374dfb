"""The connections of one worker process and the threads that speak over them. No thread touches the database.

A run puts letters in, takes results out, and stops the crew; whatever was not begun by then is withheld.
"""

from __future__ import annotations

import heapq
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from dispatch.classify import Outcome, Rest, Verdict, classify
from dispatch.journal import Journal, clock
from dispatch.pace import family_of
from dispatch.said import Said, said_of
from dispatch.transports.base import Envelope, SendResult, Stage, Transport

logger = logging.getLogger(__name__)

MOST_DOUBTS = 8
NO_ANSWERS = (
    f"{MOST_DOUBTS} letters in a row were taken without an answer: nobody knows whether they arrived. "
    "Look at the mail server and its log, then resume."
)
FAULT = "A fault in the program, which is in the worker’s log."
NO_JOURNAL = "The journal of letters can’t be written; make room on the disk, then resume."


class Unfit(Exception):
    """This letter can't be made; `reason` is for the ledger, the message for the operator."""

    def __init__(self, reason: str, words: str) -> None:
        self.reason = reason
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One letter to be. `make` splices it, or raises Unfit; it may leave from `at` on (by the journal's clock)."""

    delivery_id: int
    domain: str
    envelope: Envelope | None
    make: Callable[[], bytes]
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one letter."""

    said: Said
    verdict: Verdict
    domain: str

    def settled_as(self, verdict: Verdict) -> Result:
        """The same answer in another light: what others of the dispatch were told changes what this one means."""
        if verdict == self.verdict:
            return self
        outcome, reason, pauses = str(verdict.outcome), verdict.reason[:60], bool(verdict.pause)
        return Result(self.said._replace(outcome=outcome, reason=reason, pauses=pauses), verdict, self.domain)


class Crew:
    """Some transports, kept from run to run. One that still waits for an answer is replaced."""

    def __init__(self, make: Callable[[], Transport], size: int) -> None:
        self._make = make
        self.size = size
        self._free: list[Transport] = []

    def take(self) -> list[Transport]:
        return [self._free.pop() if self._free else self._make() for _number in range(self.size)]

    def give_back(self, transports: Sequence[Transport]) -> None:
        self._free.extend(transports)


@dataclass
class _Flight:
    """What one thread is at. `begun`: a byte of the text may have left."""

    outgoing: Outgoing
    since: float
    begun: float | None = None
    abandoned: bool = False


@dataclass
class Sending:
    """One run's letters on their way over the crew's connections.

    `late` is given what is said of a letter after the run gave up waiting for it, by the thread that had it; it says
    whether that could be recorded. `deadline` is when the lease gets too old to begin a letter.
    """

    journal: Journal
    transports: list[Transport]
    late: Callable[[Said], bool]
    deadline: float = 0.0
    stopped: str | None = None
    free: list[Transport] = field(default_factory=list)

    def __post_init__(self) -> None:
        lock = threading.Lock()
        self._for_threads = threading.Condition(lock)
        self._for_run = threading.Condition(lock)
        self._waiting: list[tuple[float, int, Outgoing]] = []
        self._numbers = count()
        self._flights: dict[int, _Flight] = {}
        self._results: list[Result] = []
        self._wanted = (0, -1, True)
        self._ending = False
        self._settled = False
        self._doubts = 0  # in a row
        self._left = len(self.transports)
        self._threads = [
            threading.Thread(target=self._serve, args=(transport,), daemon=True) for transport in self.transports
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """How many letters no connection has taken yet."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether a letter is on its way or will be; those that wait after a stop will not."""
        with self._for_run:
            return not self._idle()

    def put(self, letters: Sequence[Outgoing]) -> None:
        with self._for_threads:
            for letter in letters:
                heapq.heappush(self._waiting, (letter.at, next(self._numbers), letter))
            self._for_threads.notify_all()

    def stop(self, why: str) -> None:
        """Begin no other letter."""
        with self._for_run:
            self._stop(why)

    def wait(self, seconds: float, *, results: int, waiting: int, idle: bool) -> None:
        """For `seconds`, or until there are `results`, or at most `waiting` letters wait (-1: never mind).

        `idle`: or until all is done.
        """
        until = clock() + seconds
        with self._for_run:
            self._wanted = (results, waiting, idle)
            while (left := until - clock()) > 0 and not self._has_news():
                self._for_run.wait(left)

    def leave_out(self, domain: str) -> None:
        """Begin no other letter to this receiving domain; those that wait go back at the end of the run."""
        with self._for_run:
            family = family_of(domain)
            self._waiting = [each for each in self._waiting if family_of(each[2].domain) != family]
            heapq.heapify(self._waiting)

    def collect(self) -> list[Result]:
        """The results since the last time."""
        with self._for_run:
            found, self._results = self._results, []
            return found

    def abandon(self) -> list[Said]:
        """Wait for no other answer; returns what is to be said of the letters whose text has left."""
        now = clock()
        with self._for_run:
            self._stop("nobody waits any longer")
            said = []
            for flight in self._flights.values():
                flight.abandoned = True
                if flight.begun is not None:
                    silent = SendResult(Stage.DOT, error=f"No answer in {now - flight.begun:.0f} s after the text.")
                    verdict = Verdict(Outcome.UNKNOWN, "silence after the text")
                    said.append(said_of(flight.outgoing.delivery_id, silent, verdict, began=flight.begun, ended=now))
            return said

    def end(self, *, settled: bool) -> None:
        """Let the threads go. The last one closes the journal, which is removed if all was `settled`."""
        with self._for_run:
            self._stop("the run is over")
            self._ending, self._settled = True, settled
            self._for_threads.notify_all()
            patience = 0.2 if any(flight.abandoned for flight in self._flights.values()) else None
        for thread in self._threads:
            thread.join(patience)

    def _stop(self, why: str) -> None:
        if self.stopped is None:
            self.stopped = why
        self._for_run.notify_all()

    def _idle(self) -> bool:
        flying = any(not flight.abandoned for flight in self._flights.values())
        return not flying and (self.stopped is not None or not self._waiting)

    def _has_news(self) -> bool:
        results, waiting, idle = self._wanted
        hungry = self.stopped is None and len(self._waiting) <= waiting
        return hungry or len(self._results) >= results or (idle and self._idle())

    def _serve(self, transport: Transport) -> None:
        current = self._take(wait=True)
        while current is not None:
            following = self._take(wait=False)
            self._send(current, following, transport)
            current = self._still(following) or self._take(wait=True)
        with self._for_run:
            self._left -= 1
            last = self._left == 0
            self.free.append(transport)
        if last:
            self.journal.close(settled=self._settled)

    def _take(self, *, wait: bool) -> Outgoing | None:
        """The next letter whose time has come; None at the end, or where there is none and nobody is to wait."""
        with self._for_threads:
            while not self._ending:
                now = clock()
                if self.stopped is None and self._waiting and self._waiting[0][0] <= now:
                    letter = heapq.heappop(self._waiting)[2]
                    self._flights[letter.delivery_id] = _Flight(letter, now)
                    if len(self._waiting) == self._wanted[1]:
                        self._for_run.notify_all()
                    return letter
                if not wait:
                    return None
                timed = self._waiting and self.stopped is None
                self._for_threads.wait(self._waiting[0][0] - now if timed else None)
            return None

    def _still(self, following: Outgoing | None) -> Outgoing | None:
        """The letter that was to follow, unless the run was stopped meanwhile: then it goes back."""
        with self._for_run:
            if following is None or self.stopped is None:
                return following
            del self._flights[following.delivery_id]
            self._for_run.notify_all()
            return None

    def _send(self, letter: Outgoing, following: Outgoing | None, transport: Transport) -> None:
        flight, began = self._flights[letter.delivery_id], clock()
        try:
            data = letter.make()
            envelope = letter.envelope or Envelope("", "")  # a transport refuses that one
        except Unfit as error:
            result, verdict = SendResult(Stage.CONNECT, error=str(error)), Verdict(Outcome.FAILED, error.reason)
        except Exception:
            logger.exception("delivery %s: a fault while the letter was made", letter.delivery_id)
            result, verdict = SendResult(Stage.CONNECT, error=FAULT), Verdict(Outcome.FAILED, "a fault")
        else:
            result, verdict = self._sent(flight, transport, envelope, data, following)
        server = getattr(transport, "peer", "")
        said = said_of(letter.delivery_id, result, verdict, began=flight.begun or began, ended=clock(), server=server)
        self._tell(flight, Result(said, verdict, letter.domain))

    def _count_doubt(self, outcome: Outcome) -> None:
        if outcome is Outcome.ACCEPTED:
            self._doubts = 0
        elif outcome is Outcome.UNKNOWN:
            self._doubts += 1
            if self._doubts >= MOST_DOUBTS:
                self._stop(NO_ANSWERS)

    def _sent(
        self, flight: _Flight, transport: Transport, envelope: Envelope, data: bytes, following: Outgoing | None
    ) -> tuple[SendResult, Verdict]:
        ahead = following.envelope if following is not None else None
        try:
            result = transport.send(envelope, data, may_send=partial(self._may_send, flight), following=ahead)
        except Exception:
            # The thread goes on whatever a transport does: a letter that had begun is in doubt, another one failed.
            logger.exception("delivery %s: a fault while the letter was sent", flight.outgoing.delivery_id)
            transport.close()
            if flight.begun is None:
                return SendResult(Stage.CONNECT, error=FAULT), Verdict(Outcome.FAILED, "a fault")
            result = SendResult(Stage.DOT, error=FAULT)
        return result, classify(result)

    def _may_send(self, flight: _Flight) -> bool:
        """Journal that the text is about to leave; False where it must not."""
        with self._for_run:
            if self.stopped is not None or flight.abandoned or clock() >= self.deadline:
                return False
            try:
                self.journal.begin(flight.outgoing.delivery_id)
            except OSError as error:
                self._stop(f"{NO_JOURNAL} ({error.strerror or error})")
                return False
            flight.begun = clock()
            return True

    def _tell(self, flight: _Flight, result: Result) -> None:
        if flight.begun is not None:
            try:
                self.journal.end(result.said)
            except OSError as error:  # the result goes on in memory
                self.stop(f"{NO_JOURNAL} ({error.strerror or error})")
        with self._for_run:
            del self._flights[result.said.delivery_id]
            abandoned = flight.abandoned
            if not abandoned:
                self._results.append(result)
                if result.verdict.pause or result.verdict.rests is Rest.TRANSPORT:
                    self._stop("the server wants no more")
                self._count_doubt(result.verdict.outcome)
                if len(self._results) == self._wanted[0] or self._idle():
                    self._for_run.notify_all()
        if abandoned and flight.begun is not None and not self.late(result.said):
            self._settled = False
