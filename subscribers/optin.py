"""Double opt-in: what follows from a wish to subscribe, and what a confirmation from the mailbox makes of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from subscribers.consent import Proof, change, record
from subscribers.models import Consent, Interest, Notice, OptIn, Subscriber, Subscription, Topic, Wish
from subscribers.subscribing import activate
from subscribers.suppression import THEIR_OWN, lift, reason_of

State = Subscription.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What was chosen on the form. `text_hash` is of the words that were shown, which are kept already."""

    text_hash: str
    name: str = ""
    language: str = ""
    frequency: str = Subscription.Frequency.EVERY
    topics: tuple[str, ...] = ()
    measure_opens: bool = False
    measure_clicks: bool = False

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@transaction.atomic
def begin(wish: Wish) -> tuple[Subscriber, Notice.Kind, OptIn | None] | None:
    """Whom to write to, and what: to confirm, or that they have it already; None for who mustn't be written to.

    Somebody new is kept with their address and language alone: nothing else that a stranger may have typed comes into
    a letter, or to a person who is known.
    """
    details = Details(**wish.details)
    person, _new = Subscriber.objects.get_or_create(
        email=wish.email, defaults={"language": details.language or wish.language}
    )
    suppressed = reason_of(person.address_hash)
    if suppressed is not None and suppressed not in THEIR_OWN:
        return None
    assert wish.bulletin_key is not None  # noqa: S101 - one subscribes to a bulletin
    subscription, _new = Subscription.objects.get_or_create(subscriber=person, bulletin_key=wish.bulletin_key)
    if subscription.state == State.ACTIVE and suppressed is None:
        return person, Notice.Kind.ALREADY, None
    asked = OptIn.objects.create(
        subscriber=person,
        bulletin_key=wish.bulletin_key,
        text_hash=details.text_hash,
        language=details.language or wish.language,
        frequency=details.frequency,
        topics=list(details.topics),
        measure_opens=details.measure_opens,
        measure_clicks=details.measure_clicks,
        name=details.name,
        source=wish.source,
        address=wish.address,
        requested_at=wish.made_at,
    )
    return person, Notice.Kind.CONFIRM, asked


@transaction.atomic
def confirm(opt_in_id: int, *, address: str | None) -> bool:
    """Make true what was asked for; False if that was done before: a second time changes nothing.

    `address` is the network address that the confirmation came from.
    """
    if not OptIn.objects.filter(pk=opt_in_id, confirmed_at=None).update(confirmed_at=Now(), confirmed_address=address):
        return False
    asked = OptIn.objects.select_related("subscriber").get(pk=opt_in_id)
    person = asked.subscriber
    proof = Proof(
        basis=Consent.Basis.DOUBLE_OPT_IN,
        source=asked.source,
        language=asked.language,
        text_hash=asked.text_hash,
        address=address,
        opt_in_id=asked.pk,
    )
    lift(person.address_hash, reasons=THEIR_OWN, source=f"opt-in {asked.pk} was confirmed")
    is_new = not person.subscriptions.filter(state=State.ACTIVE).exists()
    if not activate(
        person.pk,
        asked.bulletin_key,
        basis=proof.basis,
        source=proof.source,
        language=proof.language,
        text_hash=proof.text_hash,
        address=address,
        opt_in_id=asked.pk,
    ):
        record(person.pk, asked.bulletin_key, Consent.Purpose.MAIL, given=True, proof=proof)
    for purpose, ticked in ((Consent.Purpose.OPEN, asked.measure_opens), (Consent.Purpose.CLICK, asked.measure_clicks)):
        if ticked:
            change(person.pk, asked.bulletin_key, purpose, given=True, proof=proof)
    _take_over(asked, person, is_new=is_new)
    return True


def _take_over(asked: OptIn, person: Subscriber, *, is_new: bool) -> None:
    """What they chose: for who takes nothing else it is their own; else it is of this bulletin alone."""
    own = {"name": asked.name} if asked.name else {}
    if is_new:
        own["language"] = asked.language
    if own:
        Subscriber.objects.filter(pk=person.pk).update(**own, changed_at=Now())
    language = "" if is_new or asked.language == person.language else asked.language
    Subscription.objects.filter(subscriber=person, bulletin_key=asked.bulletin_key).update(
        frequency=asked.frequency, language=language
    )
    chosen = Topic.objects.filter(slug__in=asked.topics)
    Interest.objects.bulk_create([Interest(subscriber=person, topic=topic) for topic in chosen], ignore_conflicts=True)
