"""When a deferred delivery is tried again. Pure."""

from __future__ import annotations

from datetime import timedelta
from zlib import crc32

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240, 480))
GREYLISTED = timedelta(minutes=2)  # most such servers take the letter one to five minutes later
GIVE_UP_AFTER = timedelta(hours=72)
UNKNOWN_WAIT = timedelta(minutes=10)  # RFC 5321 section 4.5.3.2.6
HOLD_TRANSPORT = timedelta(seconds=20)  # a server that was not to be reached, or said 421
JITTER = 0.2  # of the delay, added to it


def delay_after(
    attempts: int, *, age: timedelta, delivery: int | None = None, greylisted: bool = False
) -> timedelta | None:
    """How long to wait after the `attempts`-th refusal of a delivery planned `age` ago; None to give up.

    With `delivery`, its id, the delay is a little longer, the same each time it is asked for: what was refused
    together doesn't come back together. The last try is made when 72 hours are over, not before.
    """
    step = max(attempts, 1) - 1
    delay = DELAYS[min(step, len(DELAYS) - 1)]
    if greylisted:
        delay = DELAYS[min(step - 1, len(DELAYS) - 1)] if step else GREYLISTED
    if delivery is not None:
        delay += delay * (JITTER * (crc32(f"{delivery} {attempts}".encode()) % 1000) / 1000)
    left = GIVE_UP_AFTER - age
    return min(delay, left) if left >= DELAYS[0] else None
