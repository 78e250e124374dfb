"""What was looked up lately: a costly look is shared by everybody who asks for it within a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Value = TypeVar("Value")

SHARE = 0.05  # of one processor, at the most, for each thing that is looked at
LEAST = 1.0  # seconds that a look is good for
MOST_KEPT = 256


@dataclass
class _Look(Generic[Value]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: Value | None = None
    known: bool = False
    good_until: float = 0.0


class Lately(Generic[Value]):
    """Looks by key. One is good for twenty times as long as it took, so that looking costs at most `SHARE`.

    While somebody looks again, the others are given what was seen before.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looks: dict[Hashable, _Look[Value]] = {}
        self._lock = threading.Lock()

    def see(self, key: Hashable, look: Callable[[], Value]) -> Value:
        """What `look` gives, or gave a while ago for the same key."""
        kept = self._kept(key)
        if kept.known and self._clock() < kept.good_until:
            return kept.value  # type: ignore[return-value]  # `known` says that it is one
        if not kept.lock.acquire(blocking=not kept.known):
            return kept.value  # type: ignore[return-value]  # the same
        try:
            began = self._clock()
            if kept.known and began < kept.good_until:
                return kept.value  # type: ignore[return-value]  # the same: somebody looked while we waited
            value = look()
            ended = self._clock()
            kept.value, kept.good_until = value, ended + max((ended - began) / SHARE, LEAST)
            kept.known = True
            return value
        finally:
            kept.lock.release()

    def _kept(self, key: Hashable) -> _Look[Value]:
        with self._lock:
            if key not in self._looks and len(self._looks) >= MOST_KEPT:
                del self._looks[next(iter(self._looks))]
            return self._looks.setdefault(key, _Look())
