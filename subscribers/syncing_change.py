"""What another system wants to be true of a person, and what came of it: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypedDict

from subscribers.custom_values import Value
from subscribers.syncing_ground import OrganisationKey

LOG_ACTION = "circular.api"


class Made(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Kind(StrEnum):
    """Why something is refused."""

    INVALID = "invalid"
    CONFLICT = "conflict"
    UNKNOWN = "not-found"


class Refused(Exception):
    """Something that cannot be made true; the message says what is wrong, `where` names the field."""

    def __init__(self, kind: Kind, where: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.where = where


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: the name of a token, for the audit log and for whoever is told."""

    token: str

    @property
    def source(self) -> str:
        return f"api: {self.token}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An affiliation as another system gives it."""

    role: str
    programme: str = ""
    organisation: OrganisationKey | None = None
    country: str = ""
    since: date | None = None
    until: date | None = None


class Given(TypedDict, total=False):
    """What is given of a person; what is not in it stays as it is."""

    email: str
    name: str
    language: str
    country: str
    organisation: OrganisationKey | None
    custom: dict[str, Value | None]
    topics: list[str]
    affiliations: list[Held]
    merge_affiliations: bool


@dataclass(frozen=True, slots=True)
class PersonChange:
    external_id: str
    given: Given


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one upsert: `fields` are those that changed, `suppressed` why the address isn't written to."""

    external_id: str
    made: Made
    id: int | None = None
    fields: tuple[str, ...] = ()
    suppressed: str = ""
    refused: Refused | None = None
