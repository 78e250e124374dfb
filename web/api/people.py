"""People, kept in step by the numbers that another system gives them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Path, Query, Router
from wagtail.log_actions import log

from subscribers.addresses import BadAddress, normalised_address
from subscribers.erasure import erase
from subscribers.keys import Scope
from subscribers.models import ApiToken, Segment, Subscriber
from subscribers.segments import matching
from subscribers.syncing import upsert_people, upsert_person
from subscribers.syncing_change import LOG_ACTION, Kind, Made, Outcome, PersonChange, Refused
from web.api.keys import actor_of, operation, token_of
from web.api.once import IdempotencyKey, in_one_go, once
from web.api.pages import After, Limit, cursor_of, in_utc, read_cursor
from web.api.problems import Problem
from web.api.reading import given_of, people_out, with_everything
from web.api.shapes import (
    Address,
    Batch,
    BatchOut,
    IllFormed,
    ItemOut,
    Number,
    PeoplePage,
    PersonFields,
    PersonInBatch,
    PersonOut,
    Slug,
    Strict,
    UpsertOut,
)

router = Router(tags=["People"])


class Lookup(Strict):
    email: Address


class Erased(Strict):
    external_id: str
    outcome: str


def person_numbered(external_id: str) -> Subscriber:
    """The person with this number; Refused where there is none."""
    found = Subscriber.objects.filter(external_id=external_id).first()
    if found is None:
        raise Refused(Kind.UNKNOWN, "", f"Nobody has the number “{external_id}”.")
    return found


def address_given(email: str) -> str:
    """The one form of an address; Problem where it is none."""
    try:
        return normalised_address(email)
    except BadAddress as error:
        raise Problem(422, str(error), where="email") from error


@operation(router, "POST", "/batch", Scope.PEOPLE_WRITE, response=BatchOut)
def upsert_batch(request: HttpRequest, batch: Batch, idempotency_key: IdempotencyKey = None) -> Any:
    """Add and change up to 1,000 people at once.

    Each person is taken in as a whole or refused with the reason; one that is refused stops no other. Send the same
    batch again after an error of the network: whoever was taken in is “unchanged”.
    """
    read = [_change_or_refusal(person) for person in batch.each]

    def do() -> BatchOut:
        changes = [each for each in read if isinstance(each, PersonChange)]
        made = iter(upsert_people(changes, actor=actor_of(request)))
        outcomes = [next(made) if isinstance(each, PersonChange) else each for each in read]
        counts = Counter(outcome.made for outcome in outcomes)
        return BatchOut(
            created=counts[Made.CREATED],
            changed=counts[Made.CHANGED],
            unchanged=counts[Made.UNCHANGED],
            refused=counts[Made.REFUSED],
            results=[_item(outcome) for outcome in outcomes],
        )

    return once(request, idempotency_key, do)


@operation(router, "POST", "/lookup", Scope.PEOPLE_READ, response=PersonOut, problems=(404,))
def look_up_person(request: HttpRequest, lookup: Lookup) -> Any:
    """Find a person by address. It is a POST so that no address stands in a log of web addresses."""
    found = with_everything(Subscriber.objects.filter(email=address_given(lookup.email)))
    if not found:
        raise Problem(404, "Nobody has this address.")
    return people_out(found)[0]


@operation(router, "GET", "", Scope.PEOPLE_READ, response=PeoplePage, problems=(404,))
def list_people(
    request: HttpRequest,
    changed_since: Annotated[
        datetime | None,
        Query(description="Only who changed then or later. Ask from some minutes before your last question."),
    ] = None,
    segment: Annotated[Slug | None, Query(description="Only who is in this segment.")] = None,
    after: After = None,
    limit: Limit = 100,
) -> Any:
    """List people, whoever changed longest ago first."""
    people = Subscriber.objects.all()
    if segment is not None:
        found = Segment.objects.filter(slug=segment).first()
        if found is None:
            raise Problem(404, f"There is no segment “{segment}”.")
        people = matching(found.rule)
    if changed_since is not None:
        people = people.filter(changed_at__gte=_moment(changed_since))
    if after is not None:
        at, pk = read_cursor(after)
        # The first condition is what the index is read by; the second says it exactly.
        people = people.filter(changed_at__gte=at).filter(Q(changed_at__gt=at) | Q(pk__gt=pk))
    page = with_everything(people.order_by("changed_at", "pk")[: limit + 1])
    last = page[limit - 1] if len(page) > limit else None
    return PeoplePage(
        people=people_out(page[:limit]), next=cursor_of(at=last.changed_at, pk=last.pk) if last is not None else None
    )


@operation(router, "GET", "/{external_id}", Scope.PEOPLE_READ, response=PersonOut, problems=(404,))
def get_person(request: HttpRequest, external_id: Path[Number]) -> Any:
    """Read a person, with affiliations, topics and subscriptions."""
    return people_out(with_everything(Subscriber.objects.filter(pk=person_numbered(external_id).pk)))[0]


@operation(router, "PUT", "/{external_id}", Scope.PEOPLE_WRITE, response=UpsertOut, problems=(409,))
def upsert_person_numbered(request: HttpRequest, external_id: Path[Number], person: PersonFields) -> Any:
    """Add a person, or change what is given of them. The same again changes nothing and says “unchanged”.

    Somebody who is here with the same address and no number takes the number. 409 says where a number and an address
    speak of different people, or that the address was erased at its owner's wish.
    """
    change = PersonChange(external_id, given_of(person))
    return _upsert_out(in_one_go(lambda: upsert_person(change, actor=actor_of(request))))


@operation(router, "DELETE", "/{external_id}", Scope.PEOPLE_ERASE, response=Erased, problems=(404,))
def erase_person(request: HttpRequest, external_id: Path[Number]) -> Any:
    """Erase a person with everything that is held on them, for good. Only a keyed hash of the address stays, so that
    no import or sync brings it back."""
    person = person_numbered(external_id)
    in_one_go(lambda: _erased(person.pk, token_of(request)))
    return Erased(external_id=external_id, outcome="erased")


def _erased(person_id: int, token: ApiToken) -> None:
    """Erase, and note by whom with the token: of the person nothing is to be noted."""
    if erase(person_id):
        log(instance=token, action=LOG_ACTION, data={"token": token.name, "fields": ["erased a person"], "new": False})


def _change_or_refusal(person: PersonInBatch | IllFormed) -> PersonChange | Outcome:
    if isinstance(person, IllFormed):
        refused = Refused(Kind.INVALID, person.where, person.problem)
        return Outcome(external_id=person.external_id, made=Made.REFUSED, refused=refused)
    try:
        return PersonChange(person.external_id, given_of(person))
    except Problem as problem:
        refused = Refused(Kind.INVALID, problem.where, str(problem))
        return Outcome(external_id=person.external_id, made=Made.REFUSED, refused=refused)


def _upsert_out(outcome: Outcome) -> UpsertOut:
    assert outcome.id is not None  # noqa: S101 - what is refused was raised
    return UpsertOut(
        external_id=outcome.external_id,
        outcome=outcome.made.value,  # type: ignore[arg-type]  # it isn't refused here
        id=outcome.id,
        fields=list(outcome.fields),
        suppressed=outcome.suppressed,
    )


def _item(outcome: Outcome) -> ItemOut:
    refused = outcome.refused
    return ItemOut(
        external_id=outcome.external_id,
        outcome=outcome.made.value,
        id=outcome.id,
        fields=list(outcome.fields),
        suppressed=outcome.suppressed,
        problem=str(refused) if refused else "",
        where=refused.where if refused else "",
    )


def _moment(given: datetime) -> datetime:
    """In UTC, which it is in where it doesn't say; Problem for one that is in no year of UTC."""
    try:
        return in_utc(given)
    except OverflowError as error:
        raise Problem(422, "This moment is too far away: its year in UTC is none.", where="changed_since") from error
