"""What a batch of changes stands on: the people, organisations, fields and topics that it speaks of, read at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from subscribers.addresses import BadAddress, normalised_address
from subscribers.models import CustomField, Organisation, Subscriber, Suppression, Topic

if TYPE_CHECKING:
    from subscribers.syncing_change import PersonChange


@dataclass(frozen=True, slots=True)
class OrganisationKey:
    """By which an organisation is named: the other system's number for it, or our own."""

    external_id: str = ""
    id: int | None = None

    def __str__(self) -> str:
        return f"number “{self.external_id}”" if self.external_id else f"id {self.id}"


@dataclass(slots=True)
class Ground:
    """The people are locked, in one order for every batch, so that two batches don't wait for each other for ever."""

    by_number: dict[str, Subscriber]
    by_address: dict[str, Subscriber]
    organisations: dict[OrganisationKey, int]
    fields: dict[str, tuple[str, Sequence[str]]]
    topics: dict[str, int]
    reasons: dict[str, str]

    @classmethod
    def of(cls, changes: Sequence[PersonChange]) -> Ground:
        fields = CustomField.objects.values_list("key", "kind", "choices")
        ground = cls(
            by_number={},
            by_address={},
            organisations=_organisations(changes),
            fields={key: (kind, choices) for key, kind, choices in fields},
            topics=dict(Topic.objects.values_list("slug", "pk")),
            reasons={},
        )
        ground._read(changes)
        return ground

    def look_again(self, change: PersonChange) -> None:
        """Read the people of one change anew: somebody else was quicker."""
        self._read([change])

    def organisation(self, key: OrganisationKey) -> int | None:
        return self.organisations.get(key)

    def know(self, person: Subscriber) -> None:
        """Take in how a person came out of a change."""
        for known in (self.by_number, self.by_address):
            for name in [name for name, other in known.items() if other.pk == person.pk]:
                del known[name]
        if person.external_id:
            self.by_number[person.external_id] = person
        self.by_address[person.email] = person

    def suppressed(self, person: Subscriber) -> str:
        """Why the address was not written to when the batch began, empty where it was."""
        return self.reasons.get(person.address_hash, "")

    def _read(self, changes: Sequence[PersonChange]) -> None:
        numbers = [change.external_id for change in changes]
        wanted = Q(external_id__in=numbers) | Q(email__in=list(_addresses(changes)))
        people = list(Subscriber.objects.select_for_update().filter(wanted).order_by("pk"))
        for person in people:
            if person.external_id:
                self.by_number[person.external_id] = person
            self.by_address[person.email] = person
        found = Suppression.objects.filter(address_hash__in=[person.address_hash for person in people])
        self.reasons.update(found.values_list("address_hash", "reason"))


def _addresses(changes: Iterable[PersonChange]) -> Iterable[str]:
    for change in changes:
        try:
            yield normalised_address(change.given.get("email", ""))
        except BadAddress:
            continue


def _organisations(changes: Iterable[PersonChange]) -> dict[OrganisationKey, int]:
    keys = {key for change in changes for key in _keys(change) if key is not None}
    numbers = [key.external_id for key in keys if key.external_id]
    ids = [key.id for key in keys if key.id is not None]
    if not keys:
        return {}
    rows = Organisation.objects.filter(Q(external_id__in=numbers) | Q(pk__in=ids)).values_list("pk", "external_id")
    known: dict[OrganisationKey, int] = {}
    for pk, number in rows:
        known[OrganisationKey(id=pk)] = pk
        if number:
            known[OrganisationKey(external_id=number)] = pk
    return known


def _keys(change: PersonChange) -> Iterable[OrganisationKey | None]:
    yield change.given.get("organisation")
    for held in change.given.get("affiliations", ()):
        yield held.organisation
