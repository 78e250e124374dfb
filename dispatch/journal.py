"""The journal of one run of a worker: what began to leave and what came of it, in a file that outlives the process.

A line is written before the first byte of a letter's text leaves and one when its answer is known; a line that was
written is in the kernel's hands and survives the end of the process, however that comes. The owner holds a lock on the
file, which the kernel lets go of when the owner dies: whoever gets the lock may settle what the file says. A file of
before the machine's last start may lack its last lines and proves nothing.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from dispatch.said import Said

SUFFIX = ".journal"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """What tells one start of this machine from another; empty where the system doesn't say."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


class Journal:
    """The journal of one lease. Its methods may be called by several threads."""

    def __init__(self, directory: Path, *, dispatch_id: int, lease: UUID) -> None:
        """Make and lock the file; OSError where the disk doesn't take it."""
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / f"{lease}{SUFFIX}"
        hidden = directory / f"{lease}.new"
        self._file = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._lock = threading.Lock()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._write(json.dumps({"boot": boot_id(), "dispatch": dispatch_id, "lease": str(lease)}))
            hidden.rename(self.path)
        except OSError:
            os.close(self._file)
            hidden.unlink(missing_ok=True)
            raise

    def begin(self, delivery_id: int) -> None:
        """Note that the text of this delivery is about to leave; OSError, and then it must not."""
        self._write(f"{delivery_id} {clock():.3f}")

    def end(self, said: Said) -> None:
        """Note what came of a delivery."""
        self._write(json.dumps(said))

    def close(self, *, settled: bool) -> None:
        """Let go of the file; it is removed where all that it says stands in the database."""
        if settled:
            self.path.unlink(missing_ok=True)
        os.close(self._file)

    def _write(self, line: str) -> None:
        data = line.encode() + b"\n"
        with self._lock:
            size = os.fstat(self._file).st_size
            try:
                whole = os.write(self._file, data) == len(data)
            except OSError:
                os.ftruncate(self._file, size)
                raise
            if not whole:
                os.ftruncate(self._file, size)  # half a line would spoil the next one
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@dataclass
class Found:
    """A journal whose owner is gone. `begun` are the deliveries whose answer nobody noted, with when they began."""

    lease: UUID
    dispatch_id: int
    said: list[Said] = field(default_factory=list)
    begun: dict[int, float] = field(default_factory=dict)


def abandoned(directory: Path) -> Iterator[Found]:
    """The journals of this machine whose owners are gone, each locked while it is looked at.

    A journal is removed after the caller has taken the next one or has ended; an exception leaves it where it is.
    """
    for path in sorted(directory.glob(f"*{SUFFIX}")) if directory.is_dir() else ():
        try:
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # its owner removed it meanwhile
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # its owner lives
            if not os.fstat(file).st_nlink:
                continue  # its owner had settled all
            if (found := read(path.read_bytes())) is not None:
                yield found
            path.unlink(missing_ok=True)
        finally:
            os.close(file)


def read(data: bytes) -> Found | None:
    """What a journal says; None where it proves nothing: another start of the machine, or no whole first line."""
    lines = data.split(b"\n")[:-1]  # what stands behind the last line's end was cut short
    try:
        head = json.loads(lines[0])
        found = Found(UUID(head["lease"]), int(head["dispatch"]))
        if head["boot"] != boot_id() or not head["boot"]:
            return None
        for line in lines[1:]:
            if line.startswith(b"["):
                said = Said(*json.loads(line))
                found.said.append(said)
                found.begun.pop(said.delivery_id, None)
            else:
                delivery, _space, began = line.partition(b" ")
                found.begun[int(delivery)] = float(began)
    except (IndexError, KeyError, ValueError, TypeError):
        return None
    return found


def clock() -> float:
    """Seconds since the machine's start, those of its sleep among them: no clock that somebody can set."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
