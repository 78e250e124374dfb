"""A subscription that another system states, asks for, or ends. It never brings back who left or is suppressed."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from django.db import transaction
from wagtail.log_actions import log

from subscribers.consent import keep_words
from subscribers.models import Consent, Subscriber, Subscription, Wish
from subscribers.optin import Details
from subscribers.subscribing import activate
from subscribers.suppression import reason_of
from subscribers.syncing_change import LOG_ACTION, Actor
from subscribers.unsubscribe import unsubscribe

State = Subscription.State


class Result(StrEnum):
    SUBSCRIBED = "subscribed"
    ASKED = "asked"
    UNSUBSCRIBED = "unsubscribed"
    UNCHANGED = "unchanged"
    KEPT_UNSUBSCRIBED = "kept-unsubscribed"
    KEPT_SUPPRESSED = "kept-suppressed"


SENTENCES = {
    Result.SUBSCRIBED: "The person is subscribed on the basis that you stated.",
    Result.ASKED: "A letter asks the person to confirm; until they do, nothing is sent to them.",
    Result.UNSUBSCRIBED: "The subscription has ended.",
    Result.UNCHANGED: "It was so already.",
    Result.KEPT_UNSUBSCRIBED: "The person unsubscribed. Only they can take the bulletin up again; nothing was changed.",
    Result.KEPT_SUPPRESSED: "The address is suppressed and is never written to; nothing was changed.",
}


@transaction.atomic
def state_subscription(person: Subscriber, bulletin_key: UUID, *, basis: str, words: str, actor: Actor) -> Result:
    """Subscribe a person who, as the other system states, agreed: `basis` says how that is known.

    `words` are those that they agreed to, where they are known.
    """
    kept = _kept(person, bulletin_key)
    if kept is not None:
        return kept
    activate(
        person.pk,
        bulletin_key,
        basis=Consent.Basis.API,
        source=f"{actor.source}: {basis}",
        language=person.language,
        text_hash=keep_words(words, person.language) if words else "",
    )
    _log(person, bulletin_key, "subscribed", actor)
    return Result.SUBSCRIBED


@transaction.atomic
def ask_to_confirm(person: Subscriber, bulletin_key: UUID, *, words: str, actor: Actor) -> Result:
    """Have a letter sent that asks the person to confirm, unless one is on its way or was sent in the last day."""
    kept = _kept(person, bulletin_key)
    if kept is not None:
        return kept
    Subscription.objects.get_or_create(subscriber=person, bulletin_key=bulletin_key)
    if _asked_lately(person, bulletin_key):
        return Result.UNCHANGED
    details = Details(text_hash=keep_words(words, person.language), language=person.language)
    Wish.objects.create(
        kind=Wish.Kind.SUBSCRIBE,
        email=person.email,
        bulletin_key=bulletin_key,
        language=person.language,
        details=details.plain(),
        source=actor.source,
    )
    _log(person, bulletin_key, "asked", actor)
    return Result.ASKED


@transaction.atomic
def end_subscription(person: Subscriber, bulletin_key: UUID, *, actor: Actor) -> Result:
    """End it, as often as it is asked for. Whoever never took the bulletin is left as they are."""
    ended = unsubscribe(
        subscriber_id=person.pk, bulletin_key=bulletin_key, basis=Consent.Basis.API, source=actor.source
    )
    if not ended:
        return Result.UNCHANGED
    _log(person, bulletin_key, "unsubscribed", actor)
    return Result.UNSUBSCRIBED


def _kept(person: Subscriber, bulletin_key: UUID) -> Result | None:
    """What forbids a subscription, or makes it needless. The person is locked, so that two requests take turns."""
    Subscriber.objects.select_for_update().get(pk=person.pk)
    state = Subscription.objects.filter(subscriber=person, bulletin_key=bulletin_key).values_list("state", flat=True)
    if reason_of(person.address_hash) is not None:
        return Result.KEPT_SUPPRESSED
    return {State.UNSUBSCRIBED.value: Result.KEPT_UNSUBSCRIBED, State.ACTIVE.value: Result.UNCHANGED}.get(
        state.first() or ""
    )


def _asked_lately(person: Subscriber, bulletin_key: UUID) -> bool:
    open_wish = Wish.objects.filter(kind=Wish.Kind.SUBSCRIBE, email=person.email, bulletin_key=bulletin_key)
    recent = person.opt_ins.filter(bulletin_key=bulletin_key, confirmed_at=None).extra(
        where=["requested_at > clock_timestamp() - interval '1 day'"]
    )
    return open_wish.exists() or recent.exists()


def _log(person: Subscriber, bulletin_key: UUID, what: str, actor: Actor) -> None:
    log(
        instance=person,
        action=LOG_ACTION,
        data={"token": actor.token, "fields": [what], "bulletin": str(bulletin_key), "new": False},
    )
