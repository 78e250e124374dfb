"""What a segment's rule means, said once more in plain Python: people as values, and whether a rule matches one.

It shares no code with the engine, so that the two can only agree by both being right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from subscribers.regions import regions_of


@dataclass(frozen=True)
class Body:
    """An organisation, by its id."""

    id: int
    kind: str
    tier: str


@dataclass(frozen=True)
class Post:
    """An affiliation."""

    role: str
    programme: str = ""
    body: Body | None = None
    country: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Taken:
    """A subscription."""

    bulletin: str
    state: str
    frequency: str
    changed_at: datetime


@dataclass(frozen=True)
class Got:
    """A delivery of an issue, with what is known to have been done with it."""

    dispatch: int
    state: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    language: str
    country: str
    body: Body | None
    external_id: str | None
    custom: Mapping[str, Any]
    created_at: datetime
    suppressed: bool
    topics: frozenset[str]
    posts: tuple[Post, ...]
    taken: tuple[Taken, ...]
    consents: tuple[tuple[str, str, bool], ...]  # bulletin, purpose, given: in the order of the ledger
    got: tuple[Got, ...]


@dataclass(frozen=True)
class World:
    """`dispatches`: number -> (bulletin, issue). `issues`: bulletin -> those that were sent, the last one first."""

    today: date
    segments: Mapping[str, Any] = field(default_factory=dict)
    dispatches: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    issues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def matches(self, person: Person, rule: dict[str, Any]) -> bool:
        if "engagement" in rule:
            return self._engaged(person, rule)
        if "field" in rule:
            op = next(key for key in rule if key != "field")
            return self._meets(person, rule["field"], op, rule[op])
        ((first, value),) = rule.items()
        if first == "all":
            return all(self.matches(person, part) for part in value)
        if first == "any":
            return any(self.matches(person, part) for part in value)
        if first == "none":
            return not any(self.matches(person, part) for part in value)
        if first == "not":
            return not self.matches(person, value)
        if first == "segment":
            return self.matches(person, self.segments[value])
        if first == "affiliation":
            return any(self._holds(post, value) for post in person.posts)
        raise AssertionError(rule)

    def _holds(self, post: Post, keys: dict[str, Any]) -> bool:
        facts = {
            "role": {post.role},
            "programme": {post.programme},
            "country": {post.country},
            "region": set(regions_of(post.country)) if post.country else set(),
            "organisation": {str(post.body.id)} if post.body else set(),
            "organisation_kind": {post.body.kind} if post.body else set(),
            "tier": {post.body.tier} if post.body else set(),
        }
        over = post.until is not None and post.until < self.today
        ahead = post.since is not None and post.since > self.today
        in_time = {"any": True, "past": over, "current": not over and not ahead}[keys.get("when", "current")]
        return in_time and all(facts[name] & set(values) for name, values in keys.items() if name != "when")

    def _engaged(self, person: Person, rule: dict[str, Any]) -> bool:
        kind, bulletin, how_many = rule["engagement"], rule["bulletin"], rule["how_many"]
        window = self.issues.get(bulletin, ())[: rule["issues"]]
        accepted = [got for got in person.got if got.state == "accepted" and self.dispatches[got.dispatch][1] in window]
        received = {self.dispatches[got.dispatch][1] for got in accepted}
        if kind == "received":
            answers = {"none": not received, "any": bool(received), "all": bool(window) and received == set(window)}
            return answers[how_many]
        purpose, event = {"opened": ("open", "open"), "clicked": ("click", "click")}[kind]
        word = [given for each, about, given in person.consents if (each, about) == (bulletin, purpose)]
        if not received or not word or not word[-1]:
            return False
        engaged = {self.dispatches[got.dispatch][1] for got in accepted if event in got.events}
        return {"none": not engaged, "any": bool(engaged), "all": engaged == received}[how_many]

    def _meets(self, person: Person, name: str, op: str, value: Any) -> bool:
        if name.startswith("custom."):
            return self._compares(person.custom.get(name.removeprefix("custom.")), op, value)
        active = [taken for taken in person.taken if taken.state == "active"]
        if name == "subscribed":
            return any(self._compares(taken.changed_at, op, value) for taken in active)
        if name in ("role", "programme"):
            return any(self._holds(post, {name: value}) for post in person.posts)
        facts: dict[str, Any] = {
            "country": {person.country} - {""},
            "region": set(regions_of(person.country)) if person.country else set(),
            "language": {person.language},
            "organisation": {str(person.body.id)} if person.body else set(),
            "organisation_kind": {person.body.kind} if person.body else set(),
            "tier": {person.body.tier} if person.body else set(),
            "topic": person.topics,
            "bulletin": {taken.bulletin for taken in active},
            "frequency": {taken.frequency for taken in active},
            "name": person.name or None,
            "email": person.email,
            "external_id": person.external_id or None,
            "created": person.created_at,
            "suppressed": person.suppressed,
        }
        return self._compares(facts[name], op, value)

    def _compares(self, fact: Any, op: str, value: Any) -> bool:
        """`fact` is None or an empty set where nothing is known."""
        if op == "known":
            return (fact is not None and fact != set()) == value
        if fact is None:
            return False
        if op == "in":
            return bool((fact if isinstance(fact, set | frozenset) else {fact}) & set(value))
        if op in ("is", "contains", "starts", "ends") and isinstance(fact, str):
            has, wanted = fact.upper(), value.upper()
            answers = {
                "is": has == wanted,
                "contains": wanted in has,
                "starts": has.startswith(wanted),
                "ends": has.endswith(wanted),
            }
            return answers[op]
        if op in ("is", "least", "most"):
            return bool({"is": fact == value, "least": fact >= value, "most": fact <= value}[op])
        day = fact.astimezone(UTC).date() if isinstance(fact, datetime) else date.fromisoformat(fact)
        match op:
            case "before":
                return day < date.fromisoformat(value)
            case "from":
                return day >= date.fromisoformat(value)
            case "within_days":
                return self.today - timedelta(days=value) < day <= self.today
            case "older_days":
                return day <= self.today - timedelta(days=value)
        raise AssertionError(op)
