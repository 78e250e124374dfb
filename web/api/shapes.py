"""The shapes of what comes in and goes out: what is not in them is refused, and every text has an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from subscribers.countries import COUNTRIES
from subscribers.models import Organisation, Programme, Role, Subscription
from web.api.parsing import unkept
from web.api.wording import place_of, sentence_of

MOST_IN_A_BATCH = 1000
LONGEST_NUMBER = 100  # characters
TAKEN = frozenset({"batch", "lookup", ".", ".."})  # paths below /people/


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("One line only: no line breaks or control characters")
    return text


def _number(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise ValueError("No spaces around it, no line breaks or control characters")
    if text in TAKEN:
        raise ValueError(f"“{text}” is an address of the API and can’t be a number")
    return text


def _country(code: str) -> str:
    if code and code not in COUNTRIES:
        raise ValueError("It is no country’s code of ISO 3166-1, such as KE")
    return code


def _language(code: str) -> str:
    return code.lower().replace("_", "-")


Line = Annotated[str, AfterValidator(_one_line)]
Number = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_NUMBER, pattern=r"^[^/\x00-\x1f\x7f]+$"),
    AfterValidator(_number),
    Field(description="What your system calls it. It stays the same for ever.", examples=["CRM-1042"]),
]
Country = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Z]{2})?$"),
    AfterValidator(_country),
    Field(description="ISO 3166-1, two letters; empty for none.", examples=["KE"]),
]
Language = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=12),
    AfterValidator(_language),
    Field(description="en, fr, zh-hans, …", examples=["en"]),
]
Address = Annotated[str, StringConstraints(min_length=3, max_length=320), Field(examples=["ada@example.org"])]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[-a-zA-Z0-9_]+$")]
CustomValue = Annotated[str, StringConstraints(max_length=500)] | bool | int | float | None


class Strict(BaseModel):
    """What comes in: a name that is not known is refused, so that a slip of the pen is no silence."""

    model_config = ConfigDict(extra="forbid")


class OrganisationRef(Strict):
    """An organisation, by your number for it, or by ours where you have none."""

    external_id: Number | None = None
    id: Annotated[int, Field(ge=1, le=2**53)] | None = None


class AffiliationIn(Strict):
    """What a person is to the network."""

    role: Role
    programme: Programme | Literal[""] = ""
    organisation: OrganisationRef | None = None
    country: Country = ""
    since: date | None = None
    until: Annotated[date | None, Field(description="The last day on which it holds.")] = None


class PersonFields(Strict):
    """What is given is made true; what is left out stays as it is."""

    email: Annotated[Address, Field(description="Needed for somebody new.")] = ""
    name: Annotated[Line, StringConstraints(max_length=200)] = ""
    language: Language = ""
    country: Country = ""
    organisation: Annotated[OrganisationRef | None, Field(description="null for none.")] = None
    custom: Annotated[
        dict[Annotated[str, StringConstraints(max_length=40)], CustomValue],
        Field(description="Custom fields by key; those left out stay, null takes one out.", max_length=100),
    ] = Field(default_factory=dict)
    topics: Annotated[list[Slug], Field(description="All topics, by short name.", max_length=100)] = Field(
        default_factory=list
    )
    affiliations: Annotated[
        list[AffiliationIn],
        Field(description="All that the person holds: one that is not in the list is taken away.", max_length=100),
    ] = Field(default_factory=list)
    merge_affiliations: Annotated[
        bool, Field(description="Add to the affiliations, and change the end of those that are there; take none away.")
    ] = False


class PersonInBatch(PersonFields):
    external_id: Number


@dataclass(frozen=True, slots=True)
class IllFormed:
    """What stands in a batch where a person should: refused by itself, it stops no other."""

    external_id: str
    where: str
    problem: str


def _person_or_ill_formed(given: Any, read: ValidatorFunctionWrapHandler) -> Any:
    number = given.get("external_id") if isinstance(given, dict) else None
    known = number if isinstance(number, str) and number.isprintable() and len(number) <= LONGEST_NUMBER else ""
    if problem := unkept(given):
        return IllFormed(known, "", f"{problem}.")
    try:
        return read(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return IllFormed(known, place_of(first["loc"]), f"{sentence_of(dict(first))}.")


class Batch(Strict):
    people: Annotated[
        list[Annotated[PersonInBatch, WrapValidator(_person_or_ill_formed)]],
        Field(min_length=1, max_length=MOST_IN_A_BATCH, description="One that is ill-formed stops no other."),
    ]

    @property
    def each(self) -> list[PersonInBatch | IllFormed]:
        """The people in their order, as far as they could be read."""
        return [*self.people]


class OrganisationOut(BaseModel):
    id: int
    external_id: str | None
    name: str
    kind: str
    country: str
    tier: str


class OrganisationNamed(BaseModel):
    id: int
    external_id: str | None
    name: str


class AffiliationOut(BaseModel):
    role: str
    programme: str
    organisation: OrganisationNamed | None
    country: str
    since: date | None
    until: date | None


class SubscriptionOut(BaseModel):
    bulletin: UUID
    state: Subscription.State
    language: str
    frequency: str
    changed_at: datetime


class PersonOut(BaseModel):
    id: int
    external_id: str | None
    email: str
    name: str
    language: str
    country: str
    organisation: OrganisationNamed | None
    custom: dict[str, CustomValue]
    topics: list[str]
    affiliations: list[AffiliationOut]
    subscriptions: list[SubscriptionOut]
    suppressed: Annotated[str, Field(description="Why the address is never written to; empty where it may be.")]
    created_at: datetime
    changed_at: datetime


class PeoplePage(BaseModel):
    people: list[PersonOut]
    next: Annotated[str | None, Field(description="Give it as “after” for the next page; null on the last.")]


class OrganisationFields(Strict):
    """What is given is made true; what is left out stays as it is. Somebody new needs a name and a kind."""

    name: Annotated[Line, StringConstraints(min_length=1, max_length=250)] = ""
    kind: Annotated[Organisation.Kind, Field()] = Organisation.Kind.GOVERNMENT
    country: Country = ""
    tier: Organisation.Tier | Literal[""] = ""


class OrganisationsPage(BaseModel):
    organisations: list[OrganisationOut]
    next: str | None


class UpsertOut(BaseModel):
    """What came of it. The same again is “unchanged”."""

    external_id: str
    outcome: Literal["created", "changed", "unchanged"]
    id: int
    fields: Annotated[list[str], Field(description="Those that changed.")]
    suppressed: Annotated[str, Field(description="Why the address is never written to; empty where it may be.")] = ""


class ItemOut(BaseModel):
    """What came of one person of a batch, in the order in which they were sent."""

    external_id: Annotated[str, Field(description="As it was sent; empty where what was sent is no number.")]
    outcome: Literal["created", "changed", "unchanged", "refused"]
    id: int | None = None
    fields: list[str] = Field(default_factory=list)
    suppressed: str = ""
    problem: Annotated[str, Field(description="Why it was refused.")] = ""
    where: Annotated[str, Field(description="The field that it is about.")] = ""


class BatchOut(BaseModel):
    created: int
    changed: int
    unchanged: int
    refused: int
    results: list[ItemOut]
