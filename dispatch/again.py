"""An issue once more: to those whose letter failed, or under another subject to those who didn't open it.

Both send what was approved for the first time, under an approval that still stands. `audience` leaves out whoever has
the issue, so each of these has a query of its own for whom it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from dispatch.audiences import LONGEST_NAME
from dispatch.binding import Despite
from dispatch.claim import database_now
from dispatch.doubts import MAY_HAVE_ARRIVED
from dispatch.errors import PlanRefused
from dispatch.frozen import Frozen, freeze, takers
from dispatch.models import Delivery, Dispatch, Event
from dispatch.plan import Whom, plan_frozen, planned_once
from dispatch.subjects import hold_to_subjects
from subscribers.consent import consents_held
from subscribers.models import Consent, Subscription

EVERYONE: dict[str, Any] = {"all": []}
FOLLOW_UP_AFTER = timedelta(hours=48)
"""How long readers have time to open an issue before they get it a second time."""

Kind = Dispatch.Kind
State = Delivery.State
_HAS_IT = (State.ACCEPTED, State.UNKNOWN, State.CLAIMED, State.BOUNCED, State.COMPLAINED)


def who_failed(earlier: Dispatch, frozen: Frozen, *, with_unknown: bool = False) -> QuerySet[Any]:
    """The active readers whose letter of `earlier` failed, or also those of whom nobody knows, and who haven't it."""
    states = [State.FAILED, State.UNKNOWN] if with_unknown else [State.FAILED]
    theirs = Delivery.objects.filter(subscriber=OuterRef("pk"))
    others = theirs.filter(Q(state__in=_HAS_IT) | MAY_HAVE_ARRIVED, dispatch__issue_key=earlier.issue_key)
    if with_unknown:
        others = others.exclude(Q(state=State.UNKNOWN) | MAY_HAVE_ARRIVED, dispatch=earlier)
    meant = Exists(theirs.filter(dispatch=earlier, state__in=states, due_at=None))
    return takers(frozen, EVERYONE).filter(meant, suppressed=False).exclude(Exists(others))


def who_did_not_open(earlier: Dispatch, frozen: Frozen) -> QuerySet[Any]:
    """The active readers who have the issue by `earlier`, let their opens be measured, and neither opened nor clicked.

    Nobody who asked for fewer letters is among them.
    """
    had = Delivery.objects.filter(subscriber=OuterRef("pk"), dispatch=earlier, state=State.ACCEPTED)
    seen = Event.objects.filter(delivery=OuterRef("pk"), kind__in=[Event.Kind.OPEN, Event.Kind.CLICK])
    measured = consents_held(earlier.bulletin_key, Consent.Purpose.OPEN).values("subscriber")
    people = takers(frozen, EVERYONE).filter(pk__in=measured, suppressed=False)
    return people.filter(Exists(had.exclude(Exists(seen))), taken__frequency=Subscription.Frequency.EVERY)


def plan_resend(
    earlier: Dispatch,
    *,
    request_key: UUID,
    user: Any = None,
    with_unknown: bool = False,
    despite: Despite | None = None,
) -> Dispatch:
    """Plan a dispatch to those whose letter of `earlier` failed; `with_unknown` may write to some a second time."""

    def plan() -> Dispatch:
        before, frozen = _ended(earlier), _same_content(earlier)
        whom = Whom(
            name=_named(_("%s: those whose letter failed"), before),
            rule=before.audience_rule,
            people=who_failed(before, frozen, with_unknown=with_unknown),
            segments=before.segments,
            kind=Kind.RESEND,
            follows=before,
        )
        return plan_frozen(frozen, whom, request_key=request_key, user=user, despite=despite)

    return planned_once(request_key, plan)


def plan_follow_up(
    earlier: Dispatch,
    *,
    subjects: Mapping[str, str],
    request_key: UUID,
    user: Any = None,
    despite: Despite | None = None,
) -> Dispatch:
    """Plan the one follow-up of `earlier`, under `subjects` by locale, each another one than before."""

    def plan() -> Dispatch:
        before, frozen = _ended(earlier), _same_content(earlier)
        if refusal := follow_up_refusal(before):
            raise PlanRefused(refusal)
        if not subjects:
            raise PlanRefused(_("A follow-up needs another subject."))
        hold_to_subjects(frozen, before.audience_rule, subjects)
        whom = Whom(
            name=_named(_("%s: those who didn’t open it"), before),
            rule=before.audience_rule,
            people=who_did_not_open(before, frozen),
            segments=before.segments,
            kind=Kind.FOLLOW_UP,
            follows=before,
        )
        again = frozen.with_subjects(subjects)
        return plan_frozen(again, whom, request_key=request_key, user=user, despite=despite)

    return planned_once(request_key, plan)


def follow_up_refusal(earlier: Dispatch) -> str:
    """Why there can't be a follow-up of `earlier` now; '' if there can."""
    if earlier.kind == Kind.FOLLOW_UP:
        return _("This is a follow-up. Nobody gets an issue a third time.")
    if earlier.followed_by.filter(kind=Kind.FOLLOW_UP).exists():
        return _("There was a follow-up already. There is one at most.")
    begun = earlier.finished_at or earlier.planned_at
    if database_now() < begun + FOLLOW_UP_AFTER:
        hours = round(FOLLOW_UP_AFTER.total_seconds() / 3600)
        return _("Give readers time: a follow-up is possible %d hours after the last letter.") % hours
    return ""


def again_refusal(earlier: Dispatch) -> str:
    """Why the issue can't be sent once more after `earlier`, as it was; '' if it can."""
    try:
        _same_content(earlier)
    except PlanRefused as error:
        return str(error)
    if earlier.state in Dispatch.OPEN:
        return _("This dispatch hasn’t ended yet.")
    return ""


def _ended(earlier: Dispatch) -> Dispatch:
    """`earlier`, locked, so that two of these follow one after the other."""
    locked = Dispatch.objects.select_for_update().get(pk=earlier.pk)
    if locked.state in Dispatch.OPEN:
        raise PlanRefused(_("This dispatch hasn’t ended yet."))
    return locked


def _same_content(earlier: Dispatch) -> Frozen:
    frozen = freeze(earlier.issue_key)
    if frozen.digest != earlier.digest:
        raise PlanRefused(_("The issue was changed after this dispatch. Only what was sent then can be sent again."))
    return frozen


def _named(words: str, earlier: Dispatch) -> str:
    name = words % earlier.audience_name
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
