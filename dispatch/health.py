"""Whether a dispatch is well: what it is doing or waiting for, told from the ledger, the leases and the pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection

from dispatch.claim import JOURNAL_WAIT, database_now
from dispatch.models import Dispatch, PaceState
from dispatch.pace import NO_LIMITS, is_open, members_of, wait_for
from dispatch.pacing import ALL, Pace, read_paces

HEAD = 1_000  # deliveries of the queue's head that are looked at
PATIENCE = timedelta(seconds=15)  # in which a worker that was rung for has begun
JUST_NOW = timedelta(seconds=5)  # the sweep vouches for what runs once a minute, so that this mustn't be longer
MINUTE = 60
NEARLY = 0.8  # of the pace: as fast as it lets letters go


class Tone(StrEnum):
    """How much of a person's attention it needs."""

    GOOD = "good"
    WAITS = "waits"  # for something that comes by itself
    PERSON = "person"  # for somebody's decision
    BAD = "bad"


class Doing(StrEnum):
    """What a dispatch is doing, or waiting for."""

    SENDS = "sends"
    PACED = "paced"
    CLOSED = "closed"  # outside its hours
    DAY_DONE = "day-done"  # the day's number of letters has left
    RESTS = "rests"  # all letters, after refusals
    DOMAINS_REST = "domains-rest"
    RETRIES = "retries"  # only deferred ones are left, or doubts to be sent once more
    WAVE = "wave"
    BEGINS = "begins"
    ENDS = "ends"
    WORKER_LOST = "worker-lost"
    NO_WORKER = "no-worker"
    PAUSED = "paused"
    PAUSED_BY_ITSELF = "paused-by-itself"
    DOUBTS = "doubts"
    LEFT_OPEN = "left-open"  # it counts as finished and isn't
    FINISHED = "finished"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Pacing:
    """What the pace of all letters is. Its times lie in the future or are None; `turn_at` is the next letter's.

    `day_done`: it is closed not for its hours, but for the number of letters of the day.
    """

    per_minute: float | None = None
    turn_at: datetime | None = None
    closed_until: datetime | None = None
    day_done: bool = False
    rests_until: datetime | None = None
    rest_reason: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a dispatch now. `due`, `resting` are of the head of its queue: at most HEAD deliveries.

    `due` may leave now, the first of them since `due_since`; `resting` are due to domains that rest, the first of which
    is open again at `resting_until`; `later_at` is when the next one is due that isn't yet.
    """

    state: str
    now: datetime
    planned_at: datetime
    worked_at: datetime | None = None
    stopped_by_itself: str = ""
    due: int = 0
    due_since: datetime | None = None
    resting: int = 0
    resting_until: datetime | None = None
    resting_domain: str = ""
    later_at: datetime | None = None
    later_wave: bool = False
    leased: int = 0
    lost: int = 0
    lost_since: datetime | None = None
    doubts: int = 0
    open: int = 0
    rate: float = 0.0
    pacing: Pacing = Pacing()


@dataclass(frozen=True, slots=True)
class Health:
    """What it is doing, and how many, since or until when, because of what, as far as that says something."""

    doing: Doing
    tone: Tone
    count: int = 0
    since: datetime | None = None
    until: datetime | None = None
    per_minute: float = 0.0
    words: str = ""


def health(facts: Facts) -> Health:
    """The first thing that a person must know about a dispatch."""
    match facts.state:
        case Dispatch.State.FINISHED:
            if facts.open:
                return Health(Doing.LEFT_OPEN, Tone.BAD, facts.open)
            if facts.doubts:
                return Health(Doing.DOUBTS, Tone.PERSON, facts.doubts)
            return Health(Doing.FINISHED, Tone.GOOD)
        case Dispatch.State.CANCELLED:
            return Health(Doing.CANCELLED, Tone.WAITS if facts.leased else Tone.GOOD, facts.leased)
        case Dispatch.State.PAUSED:
            if facts.stopped_by_itself:
                return Health(Doing.PAUSED_BY_ITSELF, Tone.BAD, facts.leased, words=facts.stopped_by_itself)
            return Health(Doing.PAUSED, Tone.PERSON, facts.leased)
    return _running(facts)


def _running(facts: Facts) -> Health:
    if facts.lost and not facts.leased:
        settled_at = facts.lost_since + timedelta(seconds=JOURNAL_WAIT) if facts.lost_since else None
        return Health(Doing.WORKER_LOST, Tone.BAD, facts.lost, facts.lost_since, settled_at)
    if (held := _held_back(facts)) is not None:
        return held
    limit = facts.pacing.per_minute
    if limit and ((facts.due and facts.pacing.turn_at) or facts.rate * MINUTE >= NEARLY * limit):
        return Health(Doing.PACED, Tone.GOOD, facts.leased, per_minute=limit)
    if facts.leased or facts.rate > 0:
        return Health(Doing.SENDS, Tone.GOOD, facts.leased)
    if facts.due:
        resumed = facts.worked_at is not None and facts.now - facts.worked_at < JUST_NOW
        if resumed or facts.now - (facts.due_since or facts.planned_at) < PATIENCE:
            return Health(Doing.BEGINS, Tone.WAITS, facts.due)
        return Health(Doing.NO_WORKER, Tone.BAD, facts.due, facts.due_since or facts.planned_at)
    if facts.resting:
        return Health(
            Doing.DOMAINS_REST, Tone.WAITS, facts.resting, until=facts.resting_until, words=facts.resting_domain
        )
    if facts.later_at is not None:
        return Health(Doing.RETRIES, Tone.WAITS, until=facts.later_at)
    if facts.later_wave:
        return Health(Doing.WAVE, Tone.PERSON)
    return Health(Doing.ENDS, Tone.GOOD)


def _held_back(facts: Facts) -> Health | None:
    """What keeps all letters from leaving, where something is to leave and no worker is at it."""
    if facts.leased or not (facts.due or facts.resting):
        return None
    pacing = facts.pacing
    if pacing.closed_until is not None:
        return Health(
            Doing.DAY_DONE if pacing.day_done else Doing.CLOSED, Tone.WAITS, facts.due, until=pacing.closed_until
        )
    if pacing.rests_until is not None:
        return Health(Doing.RESTS, Tone.BAD, facts.due, until=pacing.rests_until, words=pacing.rest_reason)
    return None


_HEAD = """
SELECT count(*) FILTER (WHERE now AND mine AND rests IS NULL),
       min(due_at) FILTER (WHERE now AND mine AND rests IS NULL),
       count(*) FILTER (WHERE now AND mine AND rests IS NOT NULL), min(rests) FILTER (WHERE now AND mine),
       (array_agg(domain ORDER BY rests) FILTER (WHERE now AND mine AND rests IS NOT NULL))[1],
       min(due_at) FILTER (WHERE NOT now AND mine), coalesce(bool_or(NOT mine), false)
  FROM (SELECT h.due_at, h.due_at <= clock_timestamp() AS now, h.wave <= %(wave)s AS mine, h.domain, c.rests
          FROM (SELECT due_at, wave, domain FROM dispatch_delivery
                 WHERE dispatch_id = %(dispatch)s AND due_at IS NOT NULL ORDER BY wave, due_at, id LIMIT %(head)s) AS h
          LEFT JOIN unnest(%(closed)s::text[], %(until)s::timestamptz[]) AS c(domain, rests)
                 ON c.domain = h.domain) AS head
"""

_LEASES = """
SELECT count(*) FILTER (WHERE leased_until > clock_timestamp()),
       count(*) FILTER (WHERE leased_until <= clock_timestamp()), min(leased_until)
  FROM dispatch_delivery WHERE dispatch_id = %s AND state = 'claimed'
"""


def facts_of(dispatch: Dispatch, *, counts: Mapping[str, int], rate: float) -> Facts:
    """What is known now; `counts` and `rate` are those of its progress."""
    now, (_clock, paces) = database_now(), read_paces()
    closed = closed_domains(now, paces)
    with connection.cursor() as cursor:
        cursor.execute(_LEASES, [dispatch.pk])
        leased, lost, lost_since = cursor.fetchone() or (0, 0, None)
        head = None
        if dispatch.state in Dispatch.OPEN:
            asked = {"dispatch": dispatch.pk, "wave": dispatch.wave, "head": HEAD}
            cursor.execute(_HEAD, {**asked, "closed": list(closed), "until": list(closed.values())})
            head = cursor.fetchone()
    due, due_since, resting, resting_until, resting_domain, later_at, later_wave = head or (0, None, 0, *[None] * 4)
    return Facts(
        state=dispatch.state,
        now=now,
        planned_at=dispatch.planned_at,
        worked_at=dispatch.worked_at,
        stopped_by_itself=dispatch.state_reason,
        due=due,
        due_since=due_since,
        resting=resting,
        resting_until=resting_until,
        resting_domain=resting_domain or "",
        later_at=later_at,
        later_wave=bool(later_wave),
        leased=leased,
        lost=lost,
        lost_since=lost_since if lost else None,
        doubts=counts["unknown"],
        open=counts["planned"] + counts["claimed"] + counts["deferred"],
        rate=rate,
        pacing=pacing(now, paces),
    )


def closed_domains(now: datetime, paces: Mapping[str, Pace]) -> dict[str, datetime]:
    """The receiving domains to which no letter leaves for more than a moment, and until when."""
    waits = {
        key: wait_for(replace(pace.limits or NO_LIMITS, per_minute=None), pace.standing, now=now)
        for key, pace in paces.items()
        if key != ALL
    }
    return {
        domain: now + timedelta(seconds=wait) for key, wait in waits.items() if wait > 0 for domain in members_of(key)
    }


def pacing(now: datetime, paces: Mapping[str, Pace]) -> Pacing:
    """What holds all letters back now."""
    pace = paces.get(ALL)
    if pace is None:
        return Pacing()
    limits, standing = pace.limits or NO_LIMITS, pace.standing
    closed = wait_for(replace(limits, per_minute=None), replace(standing, rests_until=None), now=now)
    rests = standing.rests_until if standing.rests_until and standing.rests_until > now else None
    reason = PaceState.objects.filter(domain=ALL).values_list("rest_reason", flat=True).first() if rests else ""
    return Pacing(
        per_minute=limits.per_minute,
        turn_at=standing.next_at if standing.next_at and standing.next_at > now else None,
        closed_until=now + timedelta(seconds=closed) if closed > 0 else None,
        day_done=is_open(limits, now),
        rests_until=rests,
        rest_reason=reason or "",
    )
