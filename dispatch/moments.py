"""A day and time in a time zone as an instant, with the two odd hours of a year said: the one that is skipped, and the
one that comes twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Late = Literal["now", "next-day"]
"""What becomes of those whose hour has passed: at once, or at that hour of the next day."""


class NoSuchZone(ValueError):
    """Nobody knows a time zone of this name."""


class NoSuchTime(ValueError):
    """The clocks of this zone leave that time out. `instead` is the local time as long after the gap."""

    def __init__(self, local: datetime, instead: datetime) -> None:
        super().__init__(f"{local:%Y-%m-%d %H:%M} is left out by the clocks; {instead:%H:%M} is as long after the gap")
        self.instead = instead


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` is in UTC. `twice`: the clocks show that time twice, and this is the first."""

    at: datetime
    twice: bool


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NoSuchZone(name) from error


def moment(local: datetime, zone: str) -> Moment:
    """The instant at which the clocks of `zone` show `local` (naive); the first of two. NoSuchTime if they never do."""
    place = zone_of(zone)
    first = local.replace(tzinfo=place, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=place, fold=1).astimezone(UTC)
    shown = first.astimezone(place).replace(tzinfo=None)
    if shown != local:
        raise NoSuchTime(local, max(shown, second.astimezone(place).replace(tzinfo=None)))
    return Moment(first, twice=first != second)


def nearest(local: datetime, zone: str) -> datetime:
    """The same for many people at once: a time that the clocks leave out is taken as far after the gap."""
    return local.replace(tzinfo=zone_of(zone), fold=0).astimezone(UTC)


def local_instants(local: datetime, zones: Iterable[str], *, now: datetime, late: Late) -> dict[str, datetime]:
    """Zone -> when its clocks show `local`; where that has passed, `now` or the next day that it hasn't."""
    return {zone: _from_now_on(local, zone, now=now, late=late) for zone in set(zones)}


def first_instant(local: datetime, zones: Iterable[str]) -> datetime:
    """When the first of `zones` has it."""
    return min(nearest(local, zone) for zone in set(zones))


def _from_now_on(local: datetime, zone: str, *, now: datetime, late: Late) -> datetime:
    at = nearest(local, zone)
    if at >= now:
        return at
    if late == "now":
        return now
    day = timedelta(days=1)
    missed = max((now - at) // day, 0)
    while (at := nearest(local + missed * day, zone)) < now:
        missed += 1
    return at
