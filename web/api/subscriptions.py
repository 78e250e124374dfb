"""Who takes which bulletin: stated by another system, asked for, or ended."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Router
from pydantic import BaseModel, Field, StringConstraints, model_validator

from composer.models import BulletinPage
from subscribers.keys import Scope
from subscribers.models import Subscription
from subscribers.stated import SENTENCES, Result, ask_to_confirm, end_subscription, state_subscription
from web.api.keys import actor_of, operation
from web.api.once import in_one_go
from web.api.people import person_numbered
from web.api.problems import Problem
from web.api.shapes import Line, Number, Strict

router = Router(tags=["Subscriptions"])

Words = Annotated[str, StringConstraints(max_length=4000)]


class SubscriptionIn(Strict):
    """Either how you know that they agreed, or that they be asked."""

    basis: Annotated[
        Line,
        StringConstraints(max_length=150),
        Field(description="How you know that they agreed: “ticked the box on the membership form, 3 May 2026”."),
    ] = ""
    words: Annotated[Words, Field(description="What they agreed to, in the words that they were shown.")] = ""
    double_opt_in: Annotated[
        bool, Field(description="Send a letter that asks them to confirm, and nothing else until they do.")
    ] = False

    @model_validator(mode="after")
    def _one_of_both(self) -> SubscriptionIn:
        if bool(self.basis.strip()) == self.double_opt_in:
            raise ValueError("Give a basis, or ask for double_opt_in: one of the two")
        return self


class SubscriptionResult(BaseModel):
    """What holds now. `kept-unsubscribed` and `kept-suppressed`: nobody is brought back who left."""

    outcome: Result
    state: Annotated[str, Field(description="pending, active, unsubscribed, or empty for none.")]
    detail: str


@operation(
    router,
    "PUT",
    "/people/{external_id}/subscriptions/{bulletin}",
    Scope.SUBSCRIPTIONS_WRITE,
    response=SubscriptionResult,
    problems=(404,),
)
def subscribe(request: HttpRequest, external_id: Path[Number], bulletin: UUID, subscription: SubscriptionIn) -> Any:
    """Subscribe a person to a bulletin, on a basis that you state or by asking them to confirm.

    Whoever unsubscribed, and whoever's address is suppressed, stays so, and the outcome says it.
    """
    person = person_numbered(external_id)
    _must_exist(bulletin)
    actor, words = actor_of(request), subscription.words.strip()
    if subscription.double_opt_in:
        return _result(
            in_one_go(lambda: ask_to_confirm(person, bulletin, words=words, actor=actor)), person.pk, bulletin
        )
    basis = subscription.basis.strip()
    result = in_one_go(lambda: state_subscription(person, bulletin, basis=basis, words=words, actor=actor))
    return _result(result, person.pk, bulletin)


@operation(
    router,
    "DELETE",
    "/people/{external_id}/subscriptions/{bulletin}",
    Scope.SUBSCRIPTIONS_WRITE,
    response=SubscriptionResult,
    problems=(404,),
)
def unsubscribe(request: HttpRequest, external_id: Path[Number], bulletin: UUID) -> Any:
    """End a subscription, at once and as often as it is asked for."""
    person = person_numbered(external_id)
    _must_exist(bulletin)
    result = in_one_go(lambda: end_subscription(person, bulletin, actor=actor_of(request)))
    return _result(result, person.pk, bulletin)


def _must_exist(bulletin: UUID) -> None:
    if not BulletinPage.objects.filter(translation_key=bulletin).exists():
        raise Problem(404, f"There is no bulletin {bulletin}; /vocabulary lists those that there are.")


def _result(result: Result, person_id: int, bulletin: UUID) -> SubscriptionResult:
    states = Subscription.objects.filter(subscriber_id=person_id, bulletin_key=bulletin)
    state = states.values_list("state", flat=True).first() or ""
    return SubscriptionResult(outcome=result, state=state, detail=SENTENCES[result])
