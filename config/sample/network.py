"""The sample network into the database: organisations, people with all that is known of them, segments."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from config.sample.details import Details, SampleOther, sample_details, sample_others
from config.sample.people import SampleNetwork, SamplePerson
from config.sample.segments import SEGMENTS
from config.sample.vocabulary import FIELDS, TOPICS
from subscribers.addresses import address_hash
from subscribers.models import (
    Affiliation,
    Consent,
    ConsentText,
    CustomField,
    Interest,
    Organisation,
    Segment,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
)

CONSENT_WORDS = "Sample network: made for the demo, nobody real."
SOURCE = "sample network"


def make_network(network: SampleNetwork, bulletin_key: UUID) -> None:
    """Everyone in `network` takes the bulletin; beside them come those who don't, or don't any more."""
    text_hash = hashlib.sha256(CONSENT_WORDS.encode()).hexdigest()
    ConsentText.objects.get_or_create(hash=text_hash, defaults={"text": CONSENT_WORDS, "language": "en"})
    _make_vocabulary()
    organisations = {
        made.name: made
        for made in Organisation.objects.bulk_create(
            Organisation(name=each.name, kind=each.kind, country=each.country, tier=each.tier)
            for each in network.organisations
        )
    }
    details = sample_details(network)
    rows = [(_person(person, details[person.email], organisations), person) for person in network.people]
    Subscriber.objects.bulk_create(subscriber for subscriber, _person in rows)
    known = [(subscriber, person, details[person.email]) for subscriber, person in rows]
    _make_affiliations(known, organisations)
    _make_interests(known)
    Subscription.objects.bulk_create(
        Subscription(
            subscriber=subscriber,
            bulletin_key=bulletin_key,
            state=Subscription.State.ACTIVE,
            language=more.takes_in,
        )
        for subscriber, _person, more in known
    )
    Consent.objects.bulk_create(
        _consent(subscriber, bulletin_key, purpose, text_hash, person.language)
        for subscriber, person, _more in known
        for purpose in person.consents
    )
    _make_others(sample_others(network.organisations), organisations, bulletin_key, text_hash)
    Segment.objects.bulk_create(
        [Segment(slug=segment.slug, name=segment.name, rule=segment.rule) for segment in SEGMENTS],
        ignore_conflicts=True,
    )


def _make_vocabulary() -> None:
    Topic.objects.bulk_create(
        [Topic(slug=topic.slug, names=topic.names, position=place) for place, topic in enumerate(TOPICS, start=1)],
        ignore_conflicts=True,
    )
    CustomField.objects.bulk_create(
        [
            CustomField(key=each.key, label=each.label, kind=each.kind, choices=list(each.choices), position=place)
            for place, each in enumerate(FIELDS, start=1)
        ],
        ignore_conflicts=True,
    )


def _person(person: SamplePerson, more: Details, organisations: dict[str, Organisation]) -> Subscriber:
    return Subscriber(
        email=person.email,
        address_hash=address_hash(person.email),
        name=person.name,
        language=person.language,
        country=person.country,
        organisation=organisations[person.organisation],
        external_id=more.external_id or None,
        custom=dict(more.custom),
    )


Known = list[tuple[Subscriber, SamplePerson, Details]]


def _make_affiliations(known: Known, organisations: dict[str, Organisation]) -> None:
    def affiliation(subscriber: Subscriber, person: SamplePerson, **fields: Any) -> Affiliation:
        organisation = organisations[person.organisation]
        return Affiliation(subscriber=subscriber, organisation=organisation, country=person.country, **fields)

    Affiliation.objects.bulk_create(
        [
            *(
                affiliation(subscriber, person, role=held.role, programme=held.programme, since=more.since)
                for subscriber, person, more in known
                for held in person.affiliations
            ),
            *(
                affiliation(
                    subscriber, person, role=was.role, programme=was.programme, since=was.since, until=was.until
                )
                for subscriber, person, more in known
                for was in more.past
            ),
        ],
        ignore_conflicts=True,
    )


def _make_interests(known: Known) -> None:
    topics = {topic.slug: topic for topic in Topic.objects.all()}
    Interest.objects.bulk_create(
        Interest(subscriber=subscriber, topic=topics[slug])
        for subscriber, _person, more in known
        for slug in more.topics
    )


def _make_others(
    others: tuple[SampleOther, ...], organisations: dict[str, Organisation], bulletin_key: UUID, text_hash: str
) -> None:
    """Who never confirmed has no entry in the ledger; who left has two."""
    made = Subscriber.objects.bulk_create(
        Subscriber(
            email=other.email,
            address_hash=address_hash(other.email),
            name=other.name,
            language=other.language,
            country=other.country,
            organisation=organisations[other.organisation],
        )
        for other in others
    )
    rows = list(zip(made, others, strict=True))
    Subscription.objects.bulk_create(
        Subscription(subscriber=subscriber, bulletin_key=bulletin_key, state=other.state, frequency=other.frequency)
        for subscriber, other in rows
    )
    left = [(subscriber, other) for subscriber, other in rows if other.state == Subscription.State.UNSUBSCRIBED]
    for given in (True, False):
        Consent.objects.bulk_create(
            _consent(subscriber, bulletin_key, Consent.Purpose.MAIL, text_hash, other.language, given=given)
            for subscriber, other in left
        )
    Suppression.objects.bulk_create(
        Suppression(address_hash=subscriber.address_hash, reason=other.suppressed, note=SOURCE)
        for subscriber, other in rows
        if other.suppressed
    )


def _consent(
    subscriber: Subscriber, bulletin_key: UUID, purpose: str, text_hash: str, language: str, *, given: bool = True
) -> Consent:
    return Consent(
        subscriber=subscriber,
        bulletin_key=bulletin_key,
        purpose=purpose,
        given=given,
        basis=Consent.Basis.IMPORT if given else Consent.Basis.ONE_CLICK,
        text_hash=text_hash if given else "",
        language=language,
        source=SOURCE,
    )
