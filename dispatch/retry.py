"""When a deferred delivery is tried again. Pure."""

from __future__ import annotations

from datetime import timedelta

DELAYS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120, 240, 480))
GIVE_UP_AFTER = timedelta(hours=72)
UNKNOWN_WAIT = timedelta(minutes=10)  # RFC 5321 section 4.5.3.2.6
HOLD_TRANSPORT = timedelta(seconds=20)  # a server that was not to be reached, or said 421


def delay_after(attempts: int, *, age: timedelta) -> timedelta | None:
    """How long to wait after the `attempts`-th refusal of a delivery planned `age` ago; None to give up."""
    delay = DELAYS[min(max(attempts, 1), len(DELAYS)) - 1]
    return delay if age + delay <= GIVE_UP_AFTER else None
