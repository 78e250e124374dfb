"""From rows to what goes out, and from what comes in to what is to be made true."""

from __future__ import annotations

from django.db.models import QuerySet

from subscribers.models import Organisation, Subscriber, Subscription, Suppression
from subscribers.syncing_change import Given, Held
from subscribers.syncing_ground import OrganisationKey
from web.api.problems import Problem
from web.api.shapes import (
    AffiliationIn,
    AffiliationOut,
    OrganisationNamed,
    OrganisationOut,
    OrganisationRef,
    PersonFields,
    PersonOut,
    SubscriptionOut,
)


def given_of(person: PersonFields) -> Given:
    """What was given of a person, and nothing of what was left out."""
    names = person.model_fields_set
    given: Given = {}
    if "email" in names:
        given["email"] = person.email
    if "name" in names:
        given["name"] = person.name
    if "language" in names:
        given["language"] = person.language
    if "country" in names:
        given["country"] = person.country
    if "organisation" in names:
        given["organisation"] = _key(person.organisation)
    if "custom" in names:
        given["custom"] = person.custom
    if "topics" in names:
        given["topics"] = person.topics
    if "affiliations" in names:
        given["affiliations"] = [_held(each) for each in person.affiliations]
    given["merge_affiliations"] = person.merge_affiliations
    return given


def with_everything(people: QuerySet[Subscriber]) -> list[Subscriber]:
    """The people with all that `people_out` says of them, in a fixed number of queries."""
    return list(
        people.select_related("organisation").prefetch_related(
            "affiliations__organisation", "interests__topic", "subscriptions"
        )
    )


def people_out(people: list[Subscriber]) -> list[PersonOut]:
    hashes = [person.address_hash for person in people]
    reasons = dict(Suppression.objects.filter(address_hash__in=hashes).values_list("address_hash", "reason"))
    return [_person_out(person, reasons.get(person.address_hash, "")) for person in people]


def organisation_out(body: Organisation) -> OrganisationOut:
    return OrganisationOut(
        id=body.pk,
        external_id=body.external_id,
        name=body.name,
        kind=body.kind,
        country=body.country,
        tier=body.tier,
    )


def _person_out(person: Subscriber, reason: str) -> PersonOut:
    return PersonOut(
        id=person.pk,
        external_id=person.external_id,
        email=person.email,
        name=person.name,
        language=person.language,
        country=person.country,
        organisation=_named(person.organisation),
        custom=person.custom,
        topics=sorted(interest.topic.slug for interest in person.interests.all()),
        affiliations=[
            AffiliationOut(
                role=row.role,
                programme=row.programme,
                organisation=_named(row.organisation),
                country=row.country,
                since=row.since,
                until=row.until,
            )
            for row in sorted(person.affiliations.all(), key=lambda row: row.pk)
        ],
        subscriptions=[
            SubscriptionOut(
                bulletin=row.bulletin_key,
                state=Subscription.State(row.state),
                language=row.language,
                frequency=row.frequency,
                changed_at=row.changed_at,
            )
            for row in sorted(person.subscriptions.all(), key=lambda row: row.pk)
        ],
        suppressed=reason,
        created_at=person.created_at,
        changed_at=person.changed_at,
    )


def _named(body: Organisation | None) -> OrganisationNamed | None:
    return OrganisationNamed(id=body.pk, external_id=body.external_id, name=body.name) if body else None


def _held(given: AffiliationIn) -> Held:
    return Held(
        role=given.role.value,
        programme=str(given.programme),
        organisation=_key(given.organisation),
        country=given.country,
        since=given.since,
        until=given.until,
    )


def _key(ref: OrganisationRef | None) -> OrganisationKey | None:
    if ref is None:
        return None
    if ref.external_id:
        return OrganisationKey(external_id=ref.external_id)
    if ref.id:
        return OrganisationKey(id=ref.id)
    raise Problem(422, "An organisation is named by external_id or by id.", where="organisation")
