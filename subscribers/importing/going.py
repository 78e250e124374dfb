"""Going through a file in batches: one thread reads and checks the next while PostgreSQL deals with the last."""

from __future__ import annotations

import itertools
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.utils.translation import get_language, override

from subscribers.importing.checking import Batch, Checker
from subscribers.importing.reading import Reading, rows

BATCH = 20_000
HEAVY = 16 << 20  # characters of a batch
AHEAD = 1
SWITCH = 0.0005  # seconds that the thread which talks to PostgreSQL waits at most for the one that reads


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

    language = get_language()  # a thread begins with none of its own

    def read() -> None:
        with override(language):
            read_all()

    def read_all() -> None:
        try:
            found = rows(path, reading)
            next(found, None)
            done = 0
            while True:
                size = min(BATCH, position - done) if done < position else BATCH
                some = _some(found, size)
                if not some:
                    break
                batch = checker.check(some, first=done + 2)
                batch.people.sort(key=_address)  # as their index has them: it costs PostgreSQL a fifth less
                if not put(batch):
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
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    thread.start()
    try:
        yield batches()
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(before)


def _some(found: Iterator[list[str]], size: int) -> list[list[str]]:
    """The next rows, fewer of them where they are long: a spreadsheet of some kilobytes may unpack to any length."""
    some: list[list[str]] = []
    weight = 0
    for row in itertools.islice(found, size):
        some.append(row)
        weight += sum(map(len, row))
        if weight > HEAVY:
            break
    return some


def _address(line: str) -> str:
    """Of a person's line, as `checking` writes it."""
    return line.split("\t", 2)[1]
