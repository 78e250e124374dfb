"""How many letters may leave now, and when the next one's turn is. Pure: limits, a standing and `now` in, both out.

A rate is kept by turns: each letter takes the next one, `60 / per_minute` seconds after the one before. Who comes late
finds at most SLACK seconds of turns that nobody took; older ones are lost, so an idle hour makes no burst. Whoever asks
is given the turns of the next HORIZON seconds and no more, so that little is lost with a worker and many can share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HORIZON = 1.0  # seconds of turns that one grant may take
SLACK = 1.0  # seconds of turns that may be taken late
MOST_A_DAY = 1_000_000_000  # a warm-up that grew beyond it limits nothing

# How long all letters, or a domain's, rest after the first, second, … refusal in a row. Seconds.
TRANSPORT_RESTS = (1, 2, 5, 10, 20, 40, 80, 160, 300)
DOMAIN_RESTS = (30, 60, 120, 300, 600, 1200, 1800, 3600)
FORGOTTEN_AFTER = timedelta(days=1)  # refusals before that no longer make a rest longer
EASES_EVERY = timedelta(seconds=60)  # a domain that accepts again is trusted a step more, at most so often

# Domains whose mail the same servers take; the first one names them all.
FAMILIES = (
    ("gmail.com", "googlemail.com"),
    ("outlook.com", "hotmail.com", "live.com", "msn.com"),
    ("yahoo.com", "ymail.com", "rocketmail.com"),
    ("icloud.com", "me.com", "mac.com"),
    ("proton.me", "protonmail.com", "pm.me"),
    ("gmx.net", "gmx.de", "gmx.at", "gmx.ch"),
    ("qq.com", "foxmail.com"),
)
_FIRST = {domain: family[0] for family in FAMILIES for domain in family}
_FAMILY = {family[0]: family for family in FAMILIES}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a rule allows; None limits nothing. `until` before `since` means over midnight."""

    per_minute: float | None = None
    connections: int | None = None
    per_day: int | None = None
    warm_up_from: date | None = None
    warm_up_first: int | None = None
    warm_up_factor: float = 1.5
    hours_from: time | None = None
    hours_until: time | None = None
    time_zone: str = "UTC"

    @property
    def interval(self) -> float:
        """Seconds from one letter's turn to the next; 0 without a rate."""
        return 60 / self.per_minute if self.per_minute else 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a pace stands. Times are aware; `sent` counts the letters of `day`."""

    next_at: datetime | None = None
    rests_until: datetime | None = None
    refusals: int = 0
    day: date | None = None
    sent: int = 0
    changed_at: datetime | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Turns:
    """`letters` may leave, the first at once, each `spacing` seconds behind the one before.

    Where there are none, the first may leave in `wait` seconds. `standing` is what to keep.
    """

    letters: int
    wait: float
    spacing: float
    standing: Standing


def family_of(domain: str) -> str:
    """The name under which a receiving domain's pace is kept."""
    return _FIRST.get(domain, domain)


def members_of(key: str) -> tuple[str, ...]:
    """The receiving domains that share this pace."""
    return _FAMILY.get(key, (key,))


def take_turns(limits: Limits, standing: Standing, *, now: datetime, wanted: int, under_way: int = 0) -> Turns:
    """Take up to `wanted` turns; `under_way` letters hold a connection already."""
    today = now.astimezone(ZoneInfo(limits.time_zone)).date()
    if standing.day != today:
        standing = replace(standing, day=today, sent=0)
    standing = replace(standing, next_at=_next_turn(limits, standing, now))
    free = _room(limits, standing, today, wanted, under_way)
    wait = wait_for(limits, standing, now=now)
    if wait > 0 or free <= 0:
        # A connection comes free when another letter's outcome is known: nobody can say when.
        return Turns(0, wait or HORIZON, 0.0, standing)
    if not limits.interval:
        return Turns(free, 0.0, 0.0, replace(standing, sent=standing.sent + free))
    earliest = now - timedelta(seconds=SLACK)
    start = max(standing.next_at, earliest) if standing.next_at else now
    room = (now - start).total_seconds() + HORIZON
    letters = max(1, min(free, math.floor(room / limits.interval + 1e-6)))
    next_at = start + timedelta(seconds=letters * limits.interval)
    # Who comes late hurries a little, so as to be done when the turns are: no turn is lost by asking for them.
    spacing = max(0.0, (next_at - now).total_seconds() / letters)
    return Turns(letters, 0.0, spacing, replace(standing, next_at=next_at, sent=standing.sent + letters))


def wait_for(limits: Limits, standing: Standing, *, now: datetime) -> float:
    """Seconds until a letter may leave: a rest, the hours, the day's sum, the next turn; 0 if one may leave now."""
    waits = [0.0, opens_in(limits, now)]
    if standing.rests_until:
        waits.append((standing.rests_until - now).total_seconds())
    if next_at := _next_turn(limits, standing, now):
        waits.append((next_at - now).total_seconds())
    zone = ZoneInfo(limits.time_zone)
    today = now.astimezone(zone).date()
    most = day_sum(limits, today)
    if most is not None and standing.day == today and standing.sent >= most:
        tomorrow = datetime.combine(today + timedelta(days=1), time(), zone)
        waits.append(_seconds(now, tomorrow))
    return max(waits)


def _next_turn(limits: Limits, standing: Standing, now: datetime) -> datetime | None:
    """When the next turn is: no later than this rate can make it, though an older rule was slower."""
    if not limits.interval or standing.next_at is None:
        return None
    return min(standing.next_at, now + timedelta(seconds=HORIZON + limits.interval))


def _room(limits: Limits, standing: Standing, today: date, wanted: int, under_way: int) -> int:
    most = day_sum(limits, today)
    room = wanted if most is None else min(wanted, most - standing.sent)
    return room if limits.connections is None else min(room, limits.connections - under_way)


def give_back_turns(limits: Limits, standing: Standing, letters: int) -> Standing:
    """The standing after `letters` of what was granted didn't leave."""
    next_at = standing.next_at
    if next_at and limits.interval:
        next_at -= timedelta(seconds=letters * limits.interval)
    return replace(standing, next_at=next_at, sent=max(0, standing.sent - letters))


def day_sum(limits: Limits, today: date) -> int | None:
    """How many letters may leave on `today`; None: any number. A warm-up that has not begun limits nothing."""
    sums = [] if limits.per_day is None else [limits.per_day]
    if limits.warm_up_from and limits.warm_up_first and limits.warm_up_from <= today:
        days = (today - limits.warm_up_from).days
        # By the logarithm first: a warm-up of years ago is beyond what a float holds.
        if math.log(limits.warm_up_first) + days * math.log(limits.warm_up_factor) < math.log(MOST_A_DAY):
            sums.append(int(limits.warm_up_first * limits.warm_up_factor**days))
    return min(sums, default=None)


def is_open(limits: Limits, now: datetime) -> bool:
    """Whether the clock on the wall of the rule's zone shows an hour at which letters leave."""
    since, until = limits.hours_from or time(), limits.hours_until or time()
    wall = now.astimezone(ZoneInfo(limits.time_zone)).time()
    if since == until:
        return True
    if until == time():
        return wall >= since
    return since <= wall < until if since < until else wall >= since or wall < until


def opens_in(limits: Limits, now: datetime) -> float:
    """Seconds until letters may leave by the hours; 0 if they may."""
    if is_open(limits, now):
        return 0.0
    zone, since = ZoneInfo(limits.time_zone), limits.hours_from or time()
    today = now.astimezone(zone).date()
    # Where clocks are put back, an hour comes twice (fold); where they are put forward, one is left out.
    starts = sorted(
        _seconds(now, datetime.combine(today + timedelta(days=days), since.replace(fold=fold), zone))
        for days in range(3)
        for fold in (0, 1)
    )
    shut, opened = 0.0, next(at for at in starts if at > 0 and is_open(limits, now + timedelta(seconds=at)))
    if (now + timedelta(seconds=opened)).astimezone(zone).time() == since:
        return opened
    while opened - shut > 1:  # the hour is one that was left out: letters leave from the moment after it
        middle = (shut + opened) / 2
        shut, opened = (shut, middle) if is_open(limits, now + timedelta(seconds=middle)) else (middle, opened)
    return opened


def after_refusal(standing: Standing, *, now: datetime, rests: Sequence[int]) -> Standing:
    """The standing after a refusal that is about the receiver, not about one reader.

    What is refused during a rest was on its way when it began: it makes the rest no longer.
    """
    if standing.rests_until and standing.rests_until > now:
        return standing
    old = standing.rests_until is None or now - standing.rests_until > FORGOTTEN_AFTER
    refusals = 1 if old else standing.refusals + 1
    rest = timedelta(seconds=rests[min(refusals, len(rests)) - 1])
    return replace(standing, refusals=refusals, rests_until=now + rest, changed_at=now)


def after_success(standing: Standing, *, now: datetime, at_once: bool) -> Standing:
    """The standing after letters were taken: trust comes back a step at a time, or `at_once`.

    What is taken during a rest was on its way when it began: it says nothing about now.
    """
    if not standing.refusals or (standing.rests_until and standing.rests_until > now):
        return standing
    if at_once:
        return replace(standing, refusals=0, rests_until=None, changed_at=now)
    since = max(filter(None, (standing.changed_at, standing.rests_until)), default=None)
    if since is not None and now - since < EASES_EVERY:
        return standing
    left = standing.refusals - 1
    return replace(standing, refusals=left, rests_until=standing.rests_until if left else None, changed_at=now)


def _seconds(now: datetime, then: datetime) -> float:
    return then.timestamp() - now.timestamp()
