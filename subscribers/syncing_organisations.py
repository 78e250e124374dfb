"""Keeping organisations in step with another system, by the number that it gives them."""

from __future__ import annotations

from typing import TypedDict

from django.db import IntegrityError, transaction
from wagtail.log_actions import log

from subscribers.models import Organisation
from subscribers.syncing_change import LOG_ACTION, Actor, Kind, Made, Outcome, Refused


class GivenOrganisation(TypedDict, total=False):
    """What is given of an organisation; what is not in it stays as it is."""

    name: str
    kind: str
    country: str
    tier: str


def upsert_organisation(external_id: str, given: GivenOrganisation, *, actor: Actor) -> Outcome:
    """Make true what is given; raises Refused. The same again changes nothing.

    A body that has no number yet and, alone of all, exactly the given name takes the number: an import or the desk
    may have brought it before.
    """
    try:
        return _upserted(external_id, given, actor)
    except IntegrityError:  # somebody else made it in the same moment
        return _upserted(external_id, given, actor)


@transaction.atomic
def _upserted(external_id: str, given: GivenOrganisation, actor: Actor) -> Outcome:
    rows = Organisation.objects.select_for_update()
    body = rows.filter(external_id=external_id).first()
    if body is None and "name" in given:
        namesakes = list(rows.filter(name__iexact=given["name"])[:2])
        if len(namesakes) == 1 and namesakes[0].external_id is None:
            body = namesakes[0]
    is_new = body is None
    if body is None:
        missing = [name for name in ("name", "kind") if name not in given]
        if missing:
            message = (
                f"Nothing has the number “{external_id}”; to add an organisation, give its {' and '.join(missing)}."
            )
            raise Refused(Kind.INVALID, missing[0], message)
        body = Organisation()
    changed = [name for name, value in {"external_id": external_id, **given}.items() if getattr(body, name) != value]
    for name, value in {"external_id": external_id, **given}.items():
        setattr(body, name, value)
    if changed:
        body.save()
        log(instance=body, action=LOG_ACTION, data={"token": actor.token, "fields": changed, "new": is_new})
    made = Made.CREATED if is_new else Made.CHANGED if changed else Made.UNCHANGED
    return Outcome(external_id=external_id, made=made, id=body.pk, fields=() if is_new else tuple(changed))
