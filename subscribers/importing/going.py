"""Going through a file in batches: one thread reads and checks the next while PostgreSQL deals with the last."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from subscribers.importing.checking import Batch, Checker
from subscribers.importing.reading import Reading, rows

BATCH = 20_000
AHEAD = 1


@contextmanager
def checked_batches(  # noqa: C901 - two ends of one queue
    path: Path, reading: Reading, checker: Checker, *, position: int
) -> Iterator[Iterator[Batch]]:
    """The file's batches from its beginning, the last one before `position` ending there.

    Those before `position` were dealt with: they come so that the checker, and whoever stages them, know what they
    held. What the reader raises is raised here.
    """
    stop = threading.Event()
    ready: queue.Queue[Batch | BaseException | None] = queue.Queue(maxsize=AHEAD)

    def put(thing: Batch | BaseException | None) -> bool:
        while not stop.is_set():
            with suppress(queue.Full):
                ready.put(thing, timeout=0.2)
                return True
        return False

    def read() -> None:
        try:
            found = rows(path, reading)
            next(found, None)
            done = 0
            while True:
                size = min(BATCH, position - done) if done < position else BATCH
                some = list(itertools.islice(found, size))
                if not some:
                    break
                if not put(checker.check(some, first=done + 2)):
                    return
                done += len(some)
            put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits for it
            put(error)

    def batches() -> Iterator[Batch]:
        while True:
            thing = ready.get()
            if isinstance(thing, BaseException):
                raise thing
            if thing is None:
                return
            yield thing

    thread = threading.Thread(target=read, name="import reader", daemon=True)
    thread.start()
    try:
        yield batches()
    finally:
        stop.set()
        thread.join()
