"""Keeping people in step with another system, which knows them by numbers of its own: upsert, and nothing done twice.

What is given is made true; what is not given stays as it is. The same again changes nothing and says so. No address
is written to again by it: suppressions and unsubscriptions stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from wagtail.log_actions import log

from subscribers.addresses import BadAddress, address_hash, mailable_address, normalised_address
from subscribers.custom_values import BadValue, Value, read_value
from subscribers.models import Affiliation, Interest, Subscriber, Suppression, Webhook
from subscribers.suppression import reason_of, suppress
from subscribers.syncing_change import LOG_ACTION, Actor, Given, Held, Kind, Made, Outcome, PersonChange, Refused
from subscribers.syncing_ground import Ground, OrganisationKey
from subscribers.webhooks import announce

CARRIED = frozenset(Suppression.Reason) - {Suppression.Reason.HARD_BOUNCE}
"""Reasons that go with the person to a new address; a bounce was of the old one alone."""


@transaction.atomic
def upsert_people(changes: Sequence[PersonChange], *, actor: Actor) -> list[Outcome]:
    """Make each change true, or refuse it as a whole without touching the others; outcomes in the same order.

    They are made in the order of their numbers, so that two batches at once wait for each other, not both.
    """
    ground = Ground.of(changes)
    order = sorted(range(len(changes)), key=lambda place: changes[place].external_id)
    settled = {place: _settled(changes[place], ground, actor) for place in order}
    outcomes = [settled[place] for place in range(len(changes))]
    touched = {each.id for each in outcomes if each.id and each.made in {Made.CREATED, Made.CHANGED}}
    announce(Webhook.Event.CHANGED, sorted(touched), source=actor.source)
    return outcomes


def upsert_person(change: PersonChange, *, actor: Actor) -> Outcome:
    """Make one change true; raises Refused."""
    [outcome] = upsert_people([change], actor=actor)
    if outcome.refused is not None:
        raise outcome.refused
    return outcome


def _settled(change: PersonChange, ground: Ground, actor: Actor) -> Outcome:
    """The outcome of one change; where somebody else made the same person in the same moment, of a second look."""
    for _look in range(2):
        try:
            return _tried(change, ground, actor)
        except IntegrityError:
            ground.look_again(change)
    refused = Refused(Kind.CONFLICT, "", "Somebody changed the same person in the same moment; send it again.")
    return Outcome(external_id=change.external_id, made=Made.REFUSED, refused=refused)


def _tried(change: PersonChange, ground: Ground, actor: Actor) -> Outcome:
    try:
        with transaction.atomic():
            return _upserted(change, ground, actor)
    except Refused as refused:
        return Outcome(external_id=change.external_id, made=Made.REFUSED, refused=refused)


def _upserted(change: PersonChange, ground: Ground, actor: Actor) -> Outcome:
    address = _address(change.given["email"]) if "email" in change.given else ""
    found = _person(change.external_id, address, ground)
    if address and (found is None or found.email != address):
        _mailable(address)
    is_new = found is None
    person = _stranger(change, address) if found is None else copy(found)  # if it is refused, the ground stays
    draft = _Draft(person, is_new=is_new)
    old_hash = person.address_hash
    _set_plain(draft, change, address, ground)
    plain = bool(draft.fields) or is_new
    if plain:
        _may_be_taken_in(person, address, is_new=is_new, old_hash=old_hash)
        person.changed_at = Now()  # the database's clock
        person.save()
    _set_topics(draft, change.given, ground)
    _set_affiliations(draft, change.given, ground)
    if draft.fields or is_new:
        if not plain:
            Subscriber.objects.filter(pk=person.pk).update(changed_at=Now())
        data = {"token": actor.token, "fields": list(draft.fields), "new": is_new}
        log(instance=person, action=LOG_ACTION, data=data)
    ground.know(person)
    made = Made.CREATED if is_new else Made.CHANGED if draft.fields else Made.UNCHANGED
    return Outcome(
        external_id=change.external_id,
        made=made,
        id=person.pk,
        fields=() if is_new else tuple(draft.fields),
        suppressed=str(reason_of(person.address_hash) or "") if draft.fields or is_new else ground.suppressed(person),
    )


@dataclass(slots=True)
class _Draft:
    """A person as they come to be, and which of their fields change."""

    person: Subscriber
    is_new: bool
    fields: list[str] = field(default_factory=list)

    def set(self, name: str, value: Any, *, called: str = "") -> None:
        if getattr(self.person, name) != value:
            setattr(self.person, name, value)
            self.fields.append(called or name)


def _address(raw: str) -> str:
    try:
        return normalised_address(raw)
    except BadAddress as error:
        raise Refused(Kind.INVALID, "email", str(error)) from error


def _mailable(address: str) -> None:
    try:
        mailable_address(address)
    except BadAddress as error:
        raise Refused(Kind.INVALID, "email", str(error)) from error


def _person(external_id: str, address: str, ground: Ground) -> Subscriber | None:
    """Whom it is about: by the number, else by the address; Refused where the two speak of different people."""
    numbered, addressed = ground.by_number.get(external_id), ground.by_address.get(address)
    if numbered is not None and addressed is not None and numbered.pk != addressed.pk:
        whose = f"number “{addressed.external_id}”" if addressed.external_id else "no number yet"
        message = f"The address belongs to another person here, who has {whose}. Nothing was changed."
        raise Refused(Kind.CONFLICT, "email", message)
    if numbered is None and addressed is not None and addressed.external_id not in {None, external_id}:
        message = f"The person with this address has the number “{addressed.external_id}” here. Nothing was changed."
        raise Refused(Kind.CONFLICT, "external_id", message)
    return numbered or addressed


def _stranger(change: PersonChange, address: str) -> Subscriber:
    if not address:
        message = f"Nobody has the number “{change.external_id}”; to add them, give their email."
        raise Refused(Kind.INVALID, "email", message)
    return Subscriber(email=address, language=settings.LANGUAGE_CODE, custom={})


def _may_be_taken_in(person: Subscriber, address: str, *, is_new: bool, old_hash: str) -> None:
    """Refuse an address whose owner asked to be erased; carry a suppression along to a new address."""
    if not address:
        return
    new_hash = address_hash(address)
    if not is_new and new_hash == old_hash:
        return
    if reason_of(new_hash) == Suppression.Reason.ERASED:
        message = "Whoever has this address asked to be erased: they can come back themselves, by subscribing."
        raise Refused(Kind.CONFLICT, "email", message)
    reason = None if is_new else reason_of(old_hash)
    if reason in CARRIED:
        suppress(new_hash, Suppression.Reason(reason), note="Carried over from an address before")


def _set_plain(draft: _Draft, change: PersonChange, address: str, ground: Ground) -> None:
    given = change.given
    draft.set("external_id", change.external_id)
    if address:
        draft.set("email", address)
    for name in ("name", "language", "country"):
        if name in given:
            draft.set(name, given[name])  # the three are texts
    if "organisation" in given:
        draft.set(
            "organisation_id", _organisation(given["organisation"], ground, "organisation"), called="organisation"
        )
    if "custom" in given:
        draft.set("custom", _custom(draft.person.custom, given["custom"], ground))


def _organisation(key: OrganisationKey | None, ground: Ground, where: str) -> int | None:
    if key is None:
        return None
    found = ground.organisation(key)
    if found is None:
        message = f"There is no organisation with the {key}; send the organisation first."
        raise Refused(Kind.INVALID, where, message)
    return found


def _custom(before: dict[str, Any], given: dict[str, Value | None], ground: Ground) -> dict[str, Any]:
    """The values with those given put in; None takes one out."""
    values = dict(before)
    for key, raw in given.items():
        where = f"custom › {key}"
        if key not in ground.fields:
            raise Refused(Kind.INVALID, where, f"There is no custom field “{key[:60]}”.")
        kind, choices = ground.fields[key]
        try:
            value = None if raw is None else read_value(kind, _as_text(raw), choices=choices)
        except BadValue as error:
            raise Refused(Kind.INVALID, where, str(error)) from error
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
    return values


def _as_text(value: Value) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _set_topics(draft: _Draft, given: Given, ground: Ground) -> None:
    if "topics" not in given:
        return
    unknown = sorted(set(given["topics"]) - ground.topics.keys())
    if unknown:
        raise Refused(
            Kind.INVALID, "topics", f"There is no topic {', '.join(f'“{slug[:60]}”' for slug in unknown[:5])}."
        )
    wanted = {ground.topics[slug] for slug in given["topics"]}
    person = draft.person
    before = set() if draft.is_new else set(person.interests.values_list("topic_id", flat=True))
    if wanted == before:
        return
    person.interests.filter(topic_id__in=before - wanted).delete()
    Interest.objects.bulk_create(
        [Interest(subscriber=person, topic_id=topic) for topic in sorted(wanted - before)], ignore_conflicts=True
    )
    draft.fields.append("topics")


def _set_affiliations(draft: _Draft, given: Given, ground: Ground) -> None:
    """Make the affiliations those given; with `merge_affiliations`, add and mend, and take none away."""
    if "affiliations" not in given:
        return
    wanted = _wanted(given["affiliations"], ground)
    before = {} if draft.is_new else {_key(row): row for row in draft.person.affiliations.all()}
    gone = [] if given.get("merge_affiliations") else [before[key].pk for key in before.keys() - wanted.keys()]
    ending = [key for key in before.keys() & wanted.keys() if before[key].until != wanted[key]]
    new = [key for key in wanted if key not in before]
    if not (gone or ending or new):
        return
    Affiliation.objects.filter(pk__in=gone).delete()
    for key in ending:
        Affiliation.objects.filter(pk=before[key].pk).update(until=wanted[key])
    Affiliation.objects.bulk_create(
        Affiliation(
            subscriber=draft.person,
            role=role,
            programme=programme,
            organisation_id=organisation,
            country=country,
            since=since,
            until=wanted[role, programme, organisation, country, since],
        )
        for role, programme, organisation, country, since in new
    )
    draft.fields.append("affiliations")


AffiliationKey = tuple[str, str, int | None, str, date | None]


def _wanted(given: Iterable[Held], ground: Ground) -> dict[AffiliationKey, date | None]:
    wanted: dict[AffiliationKey, date | None] = {}
    for number, held in enumerate(given, 1):
        where = f"affiliations › {number}"
        if held.since and held.until and held.until < held.since:
            raise Refused(Kind.INVALID, where, "It ends before it begins.")
        organisation = _organisation(held.organisation, ground, f"{where} › organisation")
        key = (held.role, held.programme, organisation, held.country, held.since)
        if key in wanted:
            raise Refused(Kind.INVALID, where, "The same affiliation is given twice.")
        wanted[key] = held.until
    return wanted


def _key(row: Affiliation) -> AffiliationKey:
    return (row.role, row.programme, row.organisation_id, row.country, row.since)
