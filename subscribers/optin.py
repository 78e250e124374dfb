"""Double opt-in: what follows from a wish to subscribe, and what a confirmation from the mailbox makes of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from subscribers.consent import Proof, change, record
from subscribers.models import (
    Consent,
    Interest,
    Notice,
    OptIn,
    Subscriber,
    Subscription,
    Suppression,
    Topic,
    Wish,
)
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


class Standing(StrEnum):
    """What is true of a request now, whatever became of it before."""

    OPEN = "open"
    ACTIVE = "active"
    BLOCKED = "blocked"
    ENDED = "ended"


def standing_of(asked: OptIn) -> Standing:
    """Whether the request waits to be confirmed; else whether the person takes the bulletin at this moment."""
    if _open_requests().filter(pk=asked.pk).exists():
        return Standing.OPEN
    reason = reason_of(asked.subscriber.address_hash)
    if reason is not None and reason not in THEIR_OWN:
        return Standing.BLOCKED
    taken = Subscription.objects.filter(
        subscriber=asked.subscriber_id, bulletin_key=asked.bulletin_key, state=State.ACTIVE
    )
    return Standing.ACTIVE if reason is None and taken.exists() else Standing.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a confirmation makes true of a request: what was withdrawn since isn't given again by an old letter."""

    name: str
    language: str
    frequency: str
    topics: tuple[Topic, ...]
    opens: bool
    clicks: bool


def chosen_of(asked: OptIn) -> Chosen:
    return Chosen(
        name="" if asked.subscriber.name else asked.name,
        language=asked.language,
        frequency=asked.frequency,
        topics=tuple(Topic.objects.filter(slug__in=asked.topics)),
        opens=asked.measure_opens and not _withdrawn(asked, Consent.Purpose.OPEN),
        clicks=asked.measure_clicks and not _withdrawn(asked, Consent.Purpose.CLICK),
    )


@transaction.atomic
def confirm(opt_in_id: int, *, address: str | None, opens: bool = True, clicks: bool = True) -> bool:
    """Make true what was asked for; False if that was done before, or if the person left since: nothing changes then.

    `address` is the network address that the confirmation came from; `opens` and `clicks` are False where measuring
    was asked for and isn't wanted any more.
    """
    found = OptIn.objects.filter(pk=opt_in_id).first()
    if found is None:
        return False
    # Whoever leaves at this moment has the subscription's row, and is waited for: what they did is seen below.
    Subscriber.objects.select_for_update(no_key=True).filter(pk=found.subscriber_id).first()
    Subscription.objects.select_for_update().filter(
        subscriber=found.subscriber_id, bulletin_key=found.bulletin_key
    ).first()
    if not _open_requests().filter(pk=opt_in_id).update(confirmed_at=Now(), confirmed_address=address):
        return False
    asked = OptIn.objects.select_related("subscriber").get(pk=opt_in_id)
    person = asked.subscriber
    chosen = chosen_of(asked)
    known = _is_known(person)
    proof = Proof(
        basis=Consent.Basis.DOUBLE_OPT_IN,
        source=asked.source,
        language=asked.language,
        text_hash=asked.text_hash,
        address=address,
        opt_in_id=asked.pk,
    )
    lift(person.address_hash, reasons=THEIR_OWN, source=f"opt-in {asked.pk} was confirmed")
    if not activate(
        person.pk,
        asked.bulletin_key,
        basis=proof.basis,
        source=proof.source,
        language=proof.language,
        text_hash=proof.text_hash,
        address=address,
        opt_in_id=asked.pk,
    ) and not _said_before(asked):
        record(person.pk, asked.bulletin_key, Consent.Purpose.MAIL, given=True, proof=proof)
    for purpose, given in (
        (Consent.Purpose.OPEN, chosen.opens and opens),
        (Consent.Purpose.CLICK, chosen.clicks and clicks),
    ):
        if given:
            change(person.pk, asked.bulletin_key, purpose, given=True, proof=proof)
    _take_over(asked, chosen, known=known)
    return True


def _open_requests() -> QuerySet[OptIn]:
    """Requests that wait to be confirmed. One is void once the person left that bulletin after it was made, or came on
    the list of those who aren't written to: an old letter must not bring them back."""
    left = Subscription.objects.filter(
        subscriber=OuterRef("subscriber"),
        bulletin_key=OuterRef("bulletin_key"),
        state=State.UNSUBSCRIBED,
        changed_at__gte=OuterRef("requested_at"),
    )
    said_no = Consent.objects.filter(
        subscriber=OuterRef("subscriber"),
        bulletin_key=OuterRef("bulletin_key"),
        purpose=Consent.Purpose.MAIL,
        given=False,
        recorded_at__gte=OuterRef("requested_at"),
    )
    suppressed = Suppression.objects.filter(address_hash=OuterRef("subscriber__address_hash")).filter(
        ~Q(reason__in=THEIR_OWN) | Q(created_at__gte=OuterRef("requested_at"))
    )
    return OptIn.objects.filter(~Exists(left), ~Exists(said_no), ~Exists(suppressed), confirmed_at=None)


def _withdrawn(asked: OptIn, purpose: Consent.Purpose) -> bool:
    return Consent.objects.filter(
        subscriber=asked.subscriber_id,
        bulletin_key=asked.bulletin_key,
        purpose=purpose,
        given=False,
        recorded_at__gte=asked.requested_at,
    ).exists()


def _said_before(asked: OptIn) -> bool:
    """Whether the ledger has it already that they asked for this and confirmed it, to the same words."""
    last = (
        Consent.objects.filter(
            subscriber=asked.subscriber_id, bulletin_key=asked.bulletin_key, purpose=Consent.Purpose.MAIL
        )
        .order_by("-pk")
        .first()
    )
    return last is not None and (last.given, last.basis, last.text_hash) == (
        True,
        Consent.Basis.DOUBLE_OPT_IN,
        asked.text_hash,
    )


def _is_known(person: Subscriber) -> bool:
    """Whether anybody knew them before they asked: somebody whom a request made is younger than the request."""
    return (
        person.external_id is not None
        or person.organisation_id is not None
        or bool(person.country or person.custom)
        or person.consents.exists()
        or person.affiliations.exists()
        or not person.opt_ins.filter(requested_at__lte=F("subscriber__created_at")).exists()
    )


def _take_over(asked: OptIn, chosen: Chosen, *, known: bool) -> None:
    """What they chose: a name where there is none; the language, which for somebody known is this bulletin's alone."""
    person = asked.subscriber
    own = {"name": chosen.name} if chosen.name else {}
    if not known:
        own["language"] = chosen.language
    if own:
        Subscriber.objects.filter(pk=person.pk).update(**own, changed_at=Now())
    language = chosen.language if known and chosen.language != person.language else ""
    Subscription.objects.filter(subscriber=person, bulletin_key=asked.bulletin_key).update(
        frequency=chosen.frequency, language=language
    )
    Interest.objects.bulk_create(
        [Interest(subscriber=person, topic=topic) for topic in chosen.topics], ignore_conflicts=True
    )
