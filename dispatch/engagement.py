"""Who received, opened or clicked the last issues of a bulletin, as far as their consent goes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from dispatch.models import Delivery, Dispatch, Event
from subscribers.consent import consents_held
from subscribers.engagement import Engagement
from subscribers.formula import NOBODY, Formula, Rows, all_of, opposite
from subscribers.models import Consent

_MEASURED = {
    "opened": (Event.Kind.OPEN, Consent.Purpose.OPEN),
    "clicked": (Event.Kind.CLICK, Consent.Purpose.CLICK),
}


def engagement_formulas() -> Callable[[Engagement], Formula]:
    """What says of whom an engagement is true. It looks up the issues and sendings of a bulletin once for all."""

    @cache
    def sent(bulletin_key: UUID, most: int) -> tuple[int, list[int]]:
        issues = _last_issues(bulletin_key, most)
        return len(issues), _dispatches(issues)

    @cache
    def formula(engagement: Engagement) -> Formula:
        return _formula(engagement, *sent(engagement.bulletin_key, engagement.issues))

    return formula


def _formula(engagement: Engagement, issues: int, dispatches: list[int]) -> Formula:
    """Opens and clicks count of those alone whose consent to measuring them holds now.

    Somebody who consented once and doesn't any more meets neither none, any nor all.
    """
    accepted = Delivery.objects.filter(dispatch__in=dispatches, state=Delivery.State.ACCEPTED, subscriber__isnull=False)
    if engagement.kind == "received":
        return _received(accepted, engagement.how_many, issues)
    kind, purpose = _MEASURED[engagement.kind]
    measured = Rows(consents_held(engagement.bulletin_key, purpose))
    events = Event.objects.filter(delivery=OuterRef("pk"), kind=kind)
    engaged = Rows(accepted.filter(Exists(events)))
    match engagement.how_many:
        case "any":
            return all_of([measured, engaged])
        case "none":
            return all_of([measured, Rows(accepted), opposite(engaged)])
        case _:
            left = Rows(accepted.exclude(Exists(events)))
            return all_of([measured, Rows(accepted), opposite(left)])


def _received(accepted: QuerySet[Delivery], how_many: str, issues: int) -> Formula:
    match how_many:
        case "any":
            return Rows(accepted)
        case "none":
            return opposite(Rows(accepted))
    if not issues:
        return NOBODY
    counted = accepted.values("subscriber").annotate(issues=Count("dispatch__issue_key", distinct=True))
    return Rows(counted.filter(issues=issues), grouped=True)


def _last_issues(bulletin_key: UUID, most: int) -> list[UUID]:
    """The issues of which sending began last, whatever became of it but that it was called off."""
    sent = Dispatch.objects.filter(bulletin_key=bulletin_key).exclude(state=Dispatch.State.CANCELLED)
    began = sent.order_by().values("issue_key").annotate(began=Min("planned_at"))
    return list(began.order_by("-began", "issue_key").values_list("issue_key", flat=True)[:most])


def _dispatches(issues: list[UUID]) -> list[int]:
    """Every sending of these issues: readers who joined later, or whose first one was called off, have them too."""
    found = Dispatch.objects.filter(issue_key__in=issues).order_by().values_list("pk", flat=True)
    return [0, *found]  # no id is 0; an empty list would make Django refuse to write the query at all
