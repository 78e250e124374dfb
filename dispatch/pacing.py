"""Pace in the database: turns are taken, kept and given back there, so that every worker on every machine keeps them.

All times are the database's. A row is locked for the moment of a decision (dispatch/pace.py makes it), and rows are
locked in the order of their names. Where nothing limits anything, that is known for up to a second without asking.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save

from dispatch.claim import BACK_REASON, BACK_STATE
from dispatch.classify import Verdict
from dispatch.models import PaceRule, PaceState
from dispatch.pace import (
    DOMAIN_RESTS,
    NO_LIMITS,
    TRANSPORT_RESTS,
    Limits,
    Standing,
    after_refusal,
    after_success,
    family_of,
    give_back_turns,
    members_of,
    take_turns,
    wait_for,
)

ALL = ""  # the name of the pace of all letters
KNOWN_FOR = 1.0  # seconds that “nothing limits anything” is believed
SLOT_WAIT = 0.3  # seconds until a letter under way may have been settled
LONGEST_BACK = 60.0  # seconds: nobody waits longer than this for a rule that was loosened meanwhile

_LIMITS = [field.name for field in fields(Limits)]
_STANDING = [field.name for field in fields(Standing)]

_PACES = f"""
SELECT clock_timestamp(), coalesce(r.domain, s.domain), r.id IS NOT NULL, {", ".join(f"r.{name}" for name in _LIMITS)},
       {", ".join(f"s.{name}" for name in _STANDING)}
  FROM dispatch_pacerule AS r
  FULL JOIN (SELECT * FROM dispatch_pacestate
              WHERE refusals > 0 AND rests_until > clock_timestamp() - interval '1 day'
                 OR domain IN (SELECT domain FROM dispatch_pacerule)) AS s ON s.domain = r.domain
"""  # noqa: S608 - the names are those of our own dataclasses

_UNDER_WAY = """
SELECT domain, count(*) FROM dispatch_delivery WHERE state = 'claimed' AND domain = ANY(%(domains)s)
   AND id <> ALL(%(but)s) GROUP BY domain
"""

_PUT_BACK = f"""
UPDATE dispatch_delivery AS d
   SET state = {BACK_STATE}, reason = {BACK_REASON},
       due_at = CASE WHEN s.state = 'cancelled' THEN NULL ELSE clock_timestamp() + back.wait * interval '1 second' END,
       lease = NULL, leased_until = NULL, changed_at = clock_timestamp()
  FROM unnest(%(ids)s::bigint[], %(waits)s::float8[]) AS back(id, wait), dispatch_dispatch AS s
 WHERE d.id = back.id AND s.id = d.dispatch_id AND d.lease = %(lease)s AND d.state = 'claimed'
"""  # noqa: S608 - made of our own constants


@dataclass(frozen=True, slots=True)
class Grant:
    """`letters` may be claimed now, or none for `wait` seconds. `closed` are receiving domains to leave out of it.

    `spacing` is the time from one letter to the next for an even pace, in seconds; 0 where there is no limit. The
    first of the closed domains may be asked for again in `opens` seconds; 0 where none is closed.
    """

    letters: int
    wait: float = 0.0
    spacing: float = 0.0
    closed: tuple[str, ...] = ()
    opens: float = 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """A rule, if there is one, and where it stands."""

    limits: Limits | None
    standing: Standing


class _Quiet:
    """Until when this process believes that nothing limits anything."""

    until = 0.0

    @classmethod
    def is_now(cls) -> bool:
        return time.monotonic() < cls.until

    @classmethod
    def begin(cls) -> None:
        cls.until = time.monotonic() + KNOWN_FOR

    @classmethod
    def end(cls, **_signal: Any) -> None:
        cls.until = 0.0


def take_grant(wanted: int) -> Grant:
    """How many letters, up to `wanted`, may leave now; they count as sent until they are given back."""
    if _Quiet.is_now():
        return Grant(wanted)
    now, paces = read_paces()
    if not paces:
        _Quiet.begin()
        return Grant(wanted)
    shut = _shut(now, paces)
    closed = tuple(domain for key in sorted(shut) for domain in members_of(key))
    opens = min(shut.values(), default=0.0)
    general = paces.get(ALL)
    if general is None or (general.limits is None and wait_for(NO_LIMITS, general.standing, now=now) <= 0):
        return Grant(wanted, closed=closed, opens=opens)
    with transaction.atomic():
        now, standing = _locked([ALL])
        limits = general.limits or NO_LIMITS
        turns = take_turns(replace(limits, connections=None), standing[ALL], now=now, wanted=wanted)
        if turns.letters:
            _keep({ALL: turns.standing})
    return Grant(turns.letters, turns.wait, turns.spacing, closed, opens)


def give_back(letters: int, *, domains: Mapping[str, int] | None = None) -> None:
    """Say that `letters` of what was granted don't leave now; `domains` says how many of them went where."""
    if _Quiet.is_now() or letters <= 0:
        return
    _now, paces = read_paces()
    back: dict[str, int] = defaultdict(int, {ALL: letters})
    for domain, count in (domains or {}).items():
        back[family_of(domain)] += count
    limited = [key for key in back if key in paces and paces[key].limits is not None]
    if not limited:
        return
    with transaction.atomic():
        _now, standings = _locked(limited)
        _keep({key: give_back_turns(_limits(paces, key), standings[key], back[key]) for key in limited})


def limit_domains(claimed: Sequence[tuple[int, str]], lease: UUID) -> tuple[set[int], dict[int, float]]:
    """Put back those of the claimed (delivery id, domain) whose domain doesn't let them leave now.

    Returns the ids that went back, and for each that stays the seconds from now at which it may leave.
    """
    stay = {delivery: 0.0 for delivery, _domain in claimed}
    if _Quiet.is_now() or not claimed:
        return set(), stay
    _now, paces = read_paces()
    by_key: dict[str, list[int]] = defaultdict(list)
    for delivery, domain in claimed:
        if (key := family_of(domain)) in paces and key != ALL:
            by_key[key].append(delivery)
    if not by_key:
        return set(), stay
    back: dict[int, float] = {}
    with transaction.atomic():
        now, standings = _locked(by_key)
        counted = [key for key in by_key if _limits(paces, key).connections is not None]
        under_way = _under_way(counted, but=[delivery for key in counted for delivery in by_key[key]])
        kept = {}
        for key, deliveries in by_key.items():
            limits = _limits(paces, key)
            turns = take_turns(limits, standings[key], now=now, wanted=len(deliveries), under_way=under_way.get(key, 0))
            kept[key] = turns.standing
            for place, delivery in enumerate(deliveries[: turns.letters]):
                stay[delivery] = place * turns.spacing
            first = turns.wait or max(wait_for(limits, turns.standing, now=now), limits.interval, 1.0)
            each = limits.interval or (1 / limits.connections if limits.connections else 0.0)
            for place, delivery in enumerate(deliveries[turns.letters :]):
                back[delivery] = min(first + place * each, LONGEST_BACK)
                del stay[delivery]
        _keep({key: standing for key, standing in kept.items() if standing != standings[key]})
        if back:
            with connection.cursor() as cursor:
                cursor.execute(_PUT_BACK, {"ids": list(back), "waits": list(back.values()), "lease": lease})
    return set(back), stay


def note_outcomes(ok: Mapping[str, int], refused: Mapping[str, Verdict | str]) -> None:
    """Take note of what receiving domains (all letters: "") accepted, and of refusals that are about them.

    A refusal makes its domain rest, longer with each in a row; what is accepted makes it shorter again.
    """
    if not refused and (_Quiet.is_now() or not ok):
        return
    reasons = {family_of(domain): _reason(why) for domain, why in refused.items()}
    _now, paces = read_paces()
    troubled = {key for key, pace in paces.items() if pace.standing.refusals}
    taken = {family_of(domain) for domain, count in ok.items() if count}
    if taken:
        taken.add(ALL)
    concerned = reasons.keys() | (troubled & taken)
    if not concerned:
        return
    with transaction.atomic():
        now, standings = _locked(concerned)
        kept: dict[str, Standing] = {}
        for key in concerned:
            if key in reasons:
                rests = DOMAIN_RESTS if key else TRANSPORT_RESTS
                kept[key] = after_refusal(standings[key], now=now, rests=rests)
            else:
                kept[key] = after_success(standings[key], now=now, at_once=key == ALL)
        changed = {key: standing for key, standing in kept.items() if standing != standings[key]}
        _keep(changed, {key: reasons.get(key, "") for key in changed})
    _Quiet.end()


def end_rest(domain: str) -> bool:
    """Let a domain (all letters: "") be tried again now; False if it didn't rest."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dispatch_pacestate SET rests_until = NULL, refusals = 0, rest_reason = '',"
            " changed_at = clock_timestamp() WHERE domain = %s AND rests_until > clock_timestamp()",
            [family_of(domain)],
        )
        return bool(cursor.rowcount)


def read_paces() -> tuple[datetime, dict[str, Pace]]:
    """The database's clock, and every pace with a rule or with refusals of late, by domain."""
    with connection.cursor() as cursor:
        cursor.execute(_PACES)
        rows = cursor.fetchall()
    paces = {}
    for _clock, domain, has_rule, *values in rows:
        limits = dict(zip(_LIMITS, values, strict=False))
        standing = dict(zip(_STANDING, values[len(_LIMITS) :], strict=True))
        standing |= {"refusals": standing["refusals"] or 0, "sent": standing["sent"] or 0}
        paces[domain] = Pace(Limits(**limits) if has_rule else None, Standing(**standing))
    return (rows[0][0] if rows else datetime.min.replace(tzinfo=UTC)), paces


def limits_of(rule: PaceRule) -> Limits:
    return Limits(**{name: getattr(rule, name) for name in _LIMITS})


def _limits(paces: Mapping[str, Pace], key: str) -> Limits:
    return paces[key].limits or NO_LIMITS if key in paces else NO_LIMITS


def _shut(now: datetime, paces: Mapping[str, Pace]) -> dict[str, float]:
    """The domains to which no letter may leave now, and in how many seconds one may."""
    slots = {key: pace.limits.connections for key, pace in paces.items() if pace.limits and pace.limits.connections}
    taken = _under_way([key for key in slots if key])
    shut = {}
    for key, pace in paces.items():
        wait = wait_for(pace.limits or NO_LIMITS, pace.standing, now=now)
        if not wait and key in slots and taken.get(key, 0) >= slots[key]:
            wait = SLOT_WAIT
        if key and wait > 0:
            shut[key] = wait
    return shut


def _under_way(keys: Iterable[str], *, but: Sequence[int] = ()) -> dict[str, int]:
    """How many letters to each of these are claimed, the deliveries in `but` not counted."""
    domains = [domain for key in keys for domain in members_of(key)]
    if not domains:
        return {}
    counts: dict[str, int] = defaultdict(int)
    with connection.cursor() as cursor:
        cursor.execute(_UNDER_WAY, {"domains": domains, "but": list(but)})
        for domain, count in cursor.fetchall():
            counts[family_of(domain)] += count
    return counts


def _locked(keys: Iterable[str]) -> tuple[datetime, dict[str, Standing]]:
    """Lock these paces until the transaction ends; returns the clock after that, and where each stands."""
    ordered = sorted(keys)
    with connection.cursor() as cursor:
        names = ", ".join(_STANDING)
        select = f"SELECT domain, {names} FROM dispatch_pacestate WHERE domain = ANY(%s) ORDER BY domain FOR UPDATE"  # noqa: S608
        cursor.execute(select, [ordered])
        rows = cursor.fetchall()
        if len(rows) < len(ordered):
            cursor.execute(
                "INSERT INTO dispatch_pacestate (domain, rest_reason) SELECT unnest(%s::text[]), ''"
                " ON CONFLICT (domain) DO NOTHING",
                [sorted(set(ordered) - {row[0] for row in rows})],
            )
            cursor.execute(select, [ordered])
            rows = cursor.fetchall()
        cursor.execute("SELECT clock_timestamp()")
        clock = cursor.fetchone()
    assert clock is not None  # noqa: S101 - a SELECT without FROM has a row
    return clock[0], {domain: Standing(*values) for domain, *values in rows}


def _keep(standings: Mapping[str, Standing], reasons: Mapping[str, str] | None = None) -> None:
    if not standings:
        return
    sets = ", ".join(f"{name} = %({name})s" for name in _STANDING if name != "changed_at")
    said = ", rest_reason = %(rest_reason)s, changed_at = clock_timestamp()" if reasons is not None else ""
    with connection.cursor() as cursor:
        for key in sorted(standings):
            facts = {name: getattr(standings[key], name) for name in _STANDING}
            facts |= {"domain": key, "rest_reason": (reasons or {}).get(key, "")}
            cursor.execute(f"UPDATE dispatch_pacestate SET {sets}{said} WHERE domain = %(domain)s", facts)  # noqa: S608


def _reason(why: Verdict | str) -> str:
    said = why if isinstance(why, str) else why.reason
    return said.replace("\x00", "")[:300]


post_save.connect(_Quiet.end, sender=PaceRule, weak=False)
post_delete.connect(_Quiet.end, sender=PaceRule, weak=False)
post_save.connect(_Quiet.end, sender=PaceState, weak=False)
