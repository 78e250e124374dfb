"""Addresses that are never to be written to. What is added here nobody takes out through the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from wagtail.log_actions import log

from subscribers.addresses import address_hash
from subscribers.keys import Scope
from subscribers.models import Suppression
from subscribers.suppression import suppress
from subscribers.syncing_change import LOG_ACTION
from web.api.keys import actor_of, operation
from web.api.once import in_one_go
from web.api.people import Lookup, address_given
from web.api.shapes import Address, Line, Strict

router = Router(tags=["Suppressions"])


def _no_address(note: str) -> str:
    if "@" in note:
        raise ValueError("No address here: the list is to hold none")
    return note


class SuppressionIn(Strict):
    email: Address
    reason: Literal["manual", "unsubscribed", "hard-bounce", "complaint"] = "manual"
    note: Annotated[
        Line,
        StringConstraints(max_length=150),
        AfterValidator(_no_address),
        Field(description="No name and no address: the list is to hold neither."),
    ] = ""


class Suppressed(BaseModel):
    outcome: Annotated[Literal["added", "unchanged"], Field(description="The first reason stays.")]
    reason: Suppression.Reason


class LookedUp(BaseModel):
    suppressed: bool
    reason: str = ""
    since: datetime | None = None


@operation(router, "POST", "", Scope.SUPPRESSIONS_WRITE, response=Suppressed)
def add_suppression(request: HttpRequest, suppression: SuppressionIn) -> Any:
    """Never write to an address again. Only a keyed hash of it is kept; the same again changes nothing."""
    hashed = address_hash(address_given(suppression.email))
    actor = actor_of(request)

    def do() -> Suppressed:
        added = suppress(hashed, Suppression.Reason(suppression.reason), note=suppression.note or actor.source)
        entry = Suppression.objects.get(address_hash=hashed)
        if added:
            log(instance=entry, action=LOG_ACTION, data={"token": actor.token, "fields": [], "new": True})
        return Suppressed(outcome="added" if added else "unchanged", reason=Suppression.Reason(entry.reason))

    return in_one_go(do)


@operation(router, "POST", "/lookup", Scope.SUPPRESSIONS_READ, response=LookedUp)
def look_up_suppression(request: HttpRequest, lookup: Lookup) -> Any:
    """Say whether an address is suppressed, and why. It is a POST so that no address stands in a log."""
    entry = Suppression.objects.filter(address_hash=address_hash(address_given(lookup.email))).first()
    if entry is None:
        return LookedUp(suppressed=False)
    return LookedUp(suppressed=True, reason=entry.reason, since=entry.created_at)
