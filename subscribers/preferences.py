"""What a person chose, in one place: their bulletins, languages, topics, and what of their reading may be measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from subscribers.consent import Proof, change, may_measure
from subscribers.models import Consent, Interest, Subscriber, Subscription, Topic, Webhook
from subscribers.subscribing import activate
from subscribers.suppression import THEIR_OWN, lift
from subscribers.unsubscribe import unsubscribe
from subscribers.webhooks import announce

State = Subscription.State
MEASURING = (Consent.Purpose.OPEN, Consent.Purpose.CLICK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is chosen for one bulletin. `language` is empty where it is the person's own."""

    bulletin_key: UUID
    taken: bool
    language: str = ""
    frequency: str = Subscription.Frequency.EVERY
    opens: bool = False
    clicks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """`topics` are slugs."""

    name: str
    language: str
    topics: frozenset[str]
    choices: tuple[Choice, ...]


def preferences_of(person: Subscriber, bulletin_keys: Sequence[UUID]) -> Preferences:
    """What holds now, with a choice for each of `bulletin_keys`, in their order."""
    held = {each.bulletin_key: each for each in person.subscriptions.all()}
    choices = []
    for key in bulletin_keys:
        there = held.get(key)
        choices.append(
            Choice(
                bulletin_key=key,
                taken=there is not None and there.state == State.ACTIVE,
                language=there.language if there else "",
                frequency=there.frequency if there else Subscription.Frequency.EVERY,
                opens=may_measure(person.pk, key, Consent.Purpose.OPEN),
                clicks=may_measure(person.pk, key, Consent.Purpose.CLICK),
            )
        )
    topics = frozenset(Interest.objects.filter(subscriber=person).values_list("topic__slug", flat=True))
    return Preferences(name=person.name, language=person.language, topics=topics, choices=tuple(choices))


@transaction.atomic
def save(person: Subscriber, wanted: Preferences, *, proof: Proof) -> bool:
    """Make true what is wanted, with an entry in the ledger for each consent that changes; False if nothing changed.

    Who takes a bulletin up here is written to again, where they had left or been forgotten by their own wish.
    """
    # No key: who leaves by a letter at this moment holds the subscription and adds to the ledger.
    Subscriber.objects.select_for_update(no_key=True).get(pk=person.pk)
    before = preferences_of(person, [each.bulletin_key for each in wanted.choices])
    if (before.name, before.language) != (wanted.name, wanted.language):
        Subscriber.objects.filter(pk=person.pk).update(name=wanted.name, language=wanted.language, changed_at=Now())
    if before.topics != wanted.topics:
        _set_topics(person, wanted.topics)
    if (before.name, before.language, before.topics) != (wanted.name, wanted.language, wanted.topics):
        announce(Webhook.Event.CHANGED, [person.pk], source=proof.source)
    for old, new in zip(before.choices, wanted.choices, strict=True):
        _save_choice(person, old, new, proof)
    if any(each.taken for each in wanted.choices):
        lift(person.address_hash, reasons=THEIR_OWN, source="their own preferences")
    return before != wanted


@transaction.atomic
def leave_all(person: Subscriber, *, proof: Proof) -> int:
    """Unsubscribe from everything and withdraw all measuring; returns how many subscriptions ended."""
    ended = 0
    for subscription in person.subscriptions.select_for_update():
        ended += unsubscribe(
            subscriber_id=person.pk,
            bulletin_key=subscription.bulletin_key,
            basis=proof.basis,
            source=proof.source,
            address=proof.address,
        )
    for key in set(person.consents.values_list("bulletin_key", flat=True)):
        for purpose in MEASURING:
            change(person.pk, key, purpose, given=False, proof=proof)
    return ended


def _save_choice(person: Subscriber, old: Choice, new: Choice, proof: Proof) -> None:
    key = new.bulletin_key
    if new.taken and not old.taken:
        activate(
            person.pk,
            key,
            basis=proof.basis,
            source=proof.source,
            language=proof.language,
            text_hash=proof.text_hash,
            address=proof.address,
        )
    elif old.taken and not new.taken:
        unsubscribe(
            subscriber_id=person.pk, bulletin_key=key, basis=proof.basis, source=proof.source, address=proof.address
        )
    change(person.pk, key, Consent.Purpose.OPEN, given=new.opens, proof=proof)
    change(person.pk, key, Consent.Purpose.CLICK, given=new.clicks, proof=proof)
    if (old.language, old.frequency) != (new.language, new.frequency):
        Subscription.objects.filter(subscriber=person, bulletin_key=key).update(
            language=new.language, frequency=new.frequency
        )


def _set_topics(person: Subscriber, slugs: frozenset[str]) -> None:
    Interest.objects.filter(subscriber=person).exclude(topic__slug__in=slugs).delete()
    topics = Topic.objects.filter(slug__in=slugs)
    Interest.objects.bulk_create([Interest(subscriber=person, topic=topic) for topic in topics], ignore_conflicts=True)
