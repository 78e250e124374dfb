"""Sendings that wait for their time: kept to what was shown when they were made, by the database's clock.

Nothing leaves by itself once it is late by more than its grace, or when content or audience aren't what was shown: then
it asks, and a person sends it, gives it another time, or calls it off.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from dispatch.audiences import audience_name, audience_rule, rule_digest
from dispatch.bell import ring
from dispatch.binding import Despite, hold_to_checks
from dispatch.claim import database_now
from dispatch.errors import PlanRefused
from dispatch.frozen import freeze
from dispatch.models import Dispatch, Schedule
from dispatch.options import Options
from dispatch.plan import plan_dispatch
from dispatch.publishing import log_planned, publish_approved
from dispatch.subjects import hold_to_subjects
from subscribers.models import Segment
from subscribers.rules import BadRule

logger = logging.getLogger(__name__)

GRACE = timedelta(minutes=60)
State = Schedule.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody confirmed: this content to this audience, as it was shown."""

    issue_key: UUID
    digest: str
    segment: Segment
    excluded: tuple[Segment, ...] = ()
    audience_digest: str
    options: Options = field(default_factory=Options)
    despite: Despite | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """When, as an instant; the zone in which it was chosen; how late it may leave by itself."""

    at: datetime
    zone: str
    grace: timedelta = GRACE


def schedule(wanted: Wanted, time: Time, *, request_key: UUID, user: Any = None) -> Schedule:
    """Keep a sending for its time, once for each `request_key`; PlanRefused if it could not be sent as it stands."""
    if (made := Schedule.objects.filter(request_key=request_key).first()) is not None:
        return made
    _hold_to_future(time)
    try:
        frozen = freeze(wanted.issue_key)
        rule = audience_rule(wanted.segment, wanted.excluded)
    except BadRule as error:
        raise PlanRefused(_("This audience can’t be used: %s") % error) from error
    if frozen.digest != wanted.digest:
        raise PlanRefused(_("The issue was changed and approved anew after you opened this page. Look again."))
    if rule_digest(rule) != wanted.audience_digest:
        raise PlanRefused(_("Who belongs to this audience was changed after you opened this page. Look again."))
    hold_to_checks(frozen, rule, wanted.despite)
    hold_to_subjects(frozen, rule, wanted.options.subjects)
    options = wanted.options.plain()
    if wanted.despite:
        options["despite"] = {"findings": sorted(wanted.despite.findings), "reason": wanted.despite.reason}
    try:
        with transaction.atomic():
            return Schedule.objects.create(
                request_key=request_key,
                issue_key=wanted.issue_key,
                issue_title=frozen.issue.title,
                digest=wanted.digest,
                segment=wanted.segment.slug,
                excluded=[segment.slug for segment in wanted.excluded],
                audience_name=audience_name(wanted.segment, wanted.excluded),
                audience_digest=wanted.audience_digest,
                options=options,
                at=time.at,
                time_zone=time.zone,
                grace=time.grace,
                made_by=user,
            )
    except IntegrityError as error:
        if (made := Schedule.objects.filter(request_key=request_key).first()) is not None:
            return made
        if "one_open_schedule_per_issue" in str(error):
            raise PlanRefused(_("This issue is scheduled already. Change or cancel that schedule first.")) from error
        raise


def open_schedules() -> QuerySet[Schedule]:
    """Those that wait or ask, the ones that ask before the others."""
    return Schedule.objects.filter(state__in=Schedule.OPEN).select_related("made_by").order_by("state", "at")


def open_schedule(issue_key: UUID) -> Schedule | None:
    return open_schedules().filter(issue_key=issue_key).first()


def cancel(schedule_id: int) -> bool:
    """Call it off; False if it was sent or cancelled before."""
    found = Schedule.objects.filter(pk=schedule_id, state__in=Schedule.OPEN)
    return bool(found.update(state=State.CANCELLED, settled_at=Now()))


def move(schedule_id: int, time: Time) -> bool:
    """Give it another time, at which it is held to the same as before; False if it was sent or cancelled before."""
    _hold_to_future(time)
    found = Schedule.objects.filter(pk=schedule_id, state__in=Schedule.OPEN)
    return bool(found.update(state=State.WAITING, reason="", at=time.at, time_zone=time.zone, grace=time.grace))


def send_now(schedule_id: int, *, user: Any) -> Dispatch | None:
    """Send it at somebody's word, whatever the time; None if it was sent or cancelled before. PlanRefused leaves it.

    Whoever calls this rings.
    """
    with transaction.atomic():
        found = Schedule.objects.select_for_update().filter(pk=schedule_id, state__in=Schedule.OPEN).first()
        return _send(found, user=user) if found else None


def start_due() -> int:
    """Send what is due and in time, and have the rest ask; returns how many dispatches began. May run twice at once."""
    due = Schedule.objects.filter(state=State.WAITING, at__lte=Now()).order_by("at")
    begun = [dispatch for pk in list(due.values_list("pk", flat=True)) if (dispatch := _start(pk))]
    for dispatch in begun:
        ring(dispatch.pk)
        try:
            publish_approved(dispatch, dispatch.planned_by)
        except Exception:  # the letters leave all the same, and so do the other schedules
            logger.exception("dispatch %s is not in the archive yet", dispatch.pk)
    return len(begun)


def _start(schedule_id: int) -> Dispatch | None:
    """The dispatch that begins; None if it asks instead, or another worker has it in hand."""
    with transaction.atomic():
        waiting = Schedule.objects.select_for_update(skip_locked=True, of=("self",)).select_related("made_by")
        found = waiting.filter(pk=schedule_id, state=State.WAITING).first()
        if found is None:
            return None
        if late := too_late(found, database_now()):
            _ask(found, late)
            return None
        try:
            with transaction.atomic():
                return _send(found, user=found.made_by)
        except PlanRefused as error:
            _ask(found, _("It couldn’t leave in time. %s") % error)
        except Exception:  # whatever it is, nobody may wait for a sending that fails every two seconds
            logger.exception("schedule %s couldn't be planned", found.pk)
            _ask(found, _("It couldn’t leave because of a fault, which is in the worker’s log."))
        return None


def too_late(waiting: Schedule, now: datetime) -> str:
    """Why it must not leave by itself any more; '' while it may."""
    if now <= waiting.at + waiting.grace:
        return ""
    words = _(
        "It was to leave at %(at)s (UTC), and nobody was there until %(now)s. If this database was restored from a "
        "backup, find out first whether the issue was sent meanwhile."
    )
    return words % {"at": _utc(waiting.at), "now": _utc(now)}


def _send(found: Schedule, *, user: Any) -> Dispatch:
    """Plan its dispatch and settle it, in a transaction of whoever calls this."""
    by_slug = {each.slug: each for each in Segment.objects.filter(slug__in=[found.segment, *found.excluded])}
    if missing := [slug for slug in [found.segment, *found.excluded] if slug not in by_slug]:
        raise PlanRefused(_("A segment of its audience was deleted: %s.") % ", ".join(missing))
    despite = found.options.get("despite")
    dispatch = plan_dispatch(
        issue_key=found.issue_key,
        segment=by_slug[found.segment],
        excluded=tuple(by_slug[slug] for slug in found.excluded),
        request_key=found.request_key,
        user=user,
        despite=Despite(frozenset(despite["findings"]), despite["reason"]) if despite else None,
        options=Options.of(found.options),
    )
    if dispatch.digest != found.digest:
        raise PlanRefused(_("The issue was changed and approved anew after it was scheduled."))
    if rule_digest(dispatch.audience_rule) != found.audience_digest:
        raise PlanRefused(_("Who belongs to “%s” was changed after it was scheduled.") % found.audience_name)
    Schedule.objects.filter(pk=found.pk).update(state=State.DONE, reason="", dispatch=dispatch, settled_at=Now())
    log_planned(dispatch, user=user)
    return dispatch


def _ask(found: Schedule, reason: str) -> None:
    Schedule.objects.filter(pk=found.pk, state=State.WAITING).update(state=State.ASKING, reason=reason[:500])
    log(instance=found, action="circular.schedule.ask", data={"reason": reason})
    logger.warning("schedule %s asks: %s", found.pk, reason)


def _hold_to_future(time: Time) -> None:
    if time.at <= database_now():
        raise PlanRefused(_("That time has passed. Choose a later one, or send now."))


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
