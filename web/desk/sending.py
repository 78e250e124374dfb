"""Sending an issue: choose the audience, see who gets what, confirm once; now, or at a time."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.log_actions import log

from composer.issues import Issue
from composer.rendering.printable import printable
from dispatch import schedules
from dispatch.audiences import rule_digest
from dispatch.bell import ring
from dispatch.binding import Despite
from dispatch.errors import PlanRefused
from dispatch.frozen import freeze
from dispatch.models import Dispatch, Schedule
from dispatch.options import Options
from dispatch.plan import plan_dispatch
from dispatch.publishing import log_planned, publish_approved
from subscribers.rules import BadRule
from subscribers.time_zones import known_zones
from web.desk.audience import Audience, audience_options, chosen_audience
from web.desk.audience_facts import audience_facts, check_facts
from web.desk.frame import desk_page, language_name
from web.desk.overview import open_notes, visible_issue
from web.desk.permissions import may_send, only
from web.desk.ways import GRACES, Ways, comes_twice, fresh_ways, options_of, time_of, ways_of

LONGEST_REASON = 500  # characters
REFUSED = 409  # nothing is wrong with the request; the state of the issue or its audience stands against it
LITTLE = 10  # people by whom an audience may have grown or shrunk since its size was shown …
LITTLE_SHARE = 0.01  # … or this part of it, whichever is more


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_send)
def send(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET shows the audience of `?segment=…&without=…`; POST plans the dispatch, once for each page that was shown."""
    found = visible_issue(key, request.user)
    if request.method == "POST":
        return _confirmed(request, found)
    return _choice(request, found, chosen=chosen_audience(request.GET), request_key=uuid4())


def _choice(
    request: HttpRequest,
    found: Issue,
    *,
    chosen: Audience | None,
    request_key: UUID,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"issue": found, "options": audience_options(chosen), "chosen": chosen}
    context |= {"request_key": request_key, "refused": refused}
    context["open_dispatch"] = Dispatch.objects.filter(issue_key=found.key, state__in=Dispatch.OPEN).first()
    context["scheduled"] = schedules.open_schedule(found.key)
    try:
        frozen = freeze(found.key)
        context |= {"digest": frozen.digest, "sendable": True}
        if chosen:
            context |= {"audience_digest": rule_digest(chosen.rule), "words": chosen.words()}
            context["facts"] = audience_facts(frozen, chosen)
            context["found"] = check_facts(frozen, chosen)
            ways = ways_of(request.POST) if "when" in request.POST else fresh_ways()
            subjects = {locale: content.subject for locale, content in frozen.contents.items()}
            context |= _more_ways(ways, subjects)
    except (PlanRefused, LookupError) as error:
        context |= {"refused": refused or str(error), "sendable": False}
    except BadRule as error:
        words = _("This audience can’t be used: %s") % error
        context |= {"refused": refused or words, "sendable": True}
    context["notes"] = open_notes(found)
    crumbs = [
        (_("Issues"), reverse("circular_issues")),
        (found.title, reverse("circular_issue", args=[found.key])),
    ]
    return desk_page(request, "web/desk/send.html", context, title=_("Send"), icon="mail", crumbs=crumbs, status=status)


def _more_ways(ways: Ways, subjects: dict[str, str]) -> dict[str, Any]:
    return {
        "ways": ways,
        "zones": known_zones(),
        "graces": GRACES,
        "subject_lines": [
            {"locale": locale, "language": language_name(locale), "own": own, "other": ways.subjects.get(locale, own)}
            for locale, own in subjects.items()
        ],
    }


def _despite(request: HttpRequest) -> Despite | None:
    """What the confirmation answers for, with the reason that it must give."""
    ids = frozenset(map(printable, request.POST.getlist("despite")))
    if not ids:
        return None
    reason = " ".join(printable(request.POST.get("reason", "")).split())[:LONGEST_REASON]
    if not reason:
        raise PlanRefused(_("Say why the issue is to be sent in spite of what the checks found."))
    return Despite(ids, reason)


def _confirmed(request: HttpRequest, found: Issue) -> HttpResponse:
    try:
        request_key = UUID(request.POST.get("request_key", ""))
    except ValueError:
        refused = _("This confirmation is incomplete. Look at the audience again, then send.")
        chosen = chosen_audience(request.POST)
        return _choice(request, found, chosen=chosen, request_key=uuid4(), refused=refused, status=400)
    try:
        ways = ways_of(request.POST)
        options, time = options_of(ways), time_of(ways)
        if time:
            kept = _schedule(request, found.key, request_key, options=options, time=time)
            return _waits(request, kept, twice=comes_twice(ways))
        dispatch = _plan(request, found.key, request_key, options)
    except (PlanRefused, BadRule) as error:
        chosen = chosen_audience(request.POST)
        return _choice(request, found, chosen=chosen, request_key=request_key, refused=str(error), status=REFUSED)
    return begun(request, dispatch, rung=ring(dispatch.pk))


def begun(request: HttpRequest, dispatch: Dispatch, *, rung: bool) -> HttpResponse:
    """Show the archive what leaves, and whoever sent it their dispatch."""
    if not rung:
        messages.warning(request, _("Redis doesn't answer: the letters leave as soon as it is back."))
    published = publish_approved(dispatch, request.user)
    letters = ngettext("%d delivery is planned.", "%d deliveries are planned.", dispatch.audience_size)
    messages.success(request, letters % dispatch.audience_size)
    if not published:
        words = _("The public archive wasn't updated: the issue was changed meanwhile.")
        messages.warning(request, words)
    return redirect("circular_dispatch", dispatch.pk)


def _waits(request: HttpRequest, kept: Schedule, *, twice: bool) -> HttpResponse:
    messages.success(request, _("Scheduled. Nothing leaves before its time, and you can change or cancel it here."))
    if twice:
        messages.warning(request, _("The clocks show that time twice on that day. It leaves at the first of the two."))
    return redirect("circular_schedule", kept.pk)


def _chosen(request: HttpRequest) -> Audience:
    chosen = chosen_audience(request.POST)
    if chosen is None or len(chosen.without) < len(set(request.POST.getlist("without"))):
        raise PlanRefused(_("This audience doesn't exist any more. Choose another one."))
    return chosen


def _replace(request: HttpRequest, key: UUID, request_key: UUID) -> None:
    """Call off the schedule that the page said would be replaced, in the transaction of what replaces it.

    Nothing is to be done for a second click, whose first one made a dispatch or a schedule.
    """
    waiting = schedules.open_schedule(key)
    made = (model.objects.filter(request_key=request_key).exists() for model in (Dispatch, Schedule))
    if waiting is None or any(made):
        return
    if request.POST.get("replaces") != str(waiting.pk) or not schedules.cancel(waiting.pk):
        raise PlanRefused(_("This issue was scheduled or sent meanwhile. Look again."))
    log(instance=waiting, action="circular.schedule.cancel", user=request.user)


def _schedule(
    request: HttpRequest, key: UUID, request_key: UUID, *, options: Options, time: schedules.Time
) -> Schedule:
    """Keep what the confirmation showed for its time, or nothing."""
    if (made := Schedule.objects.filter(request_key=request_key).first()) is not None:
        return made
    chosen = _chosen(request)
    wanted = schedules.Wanted(
        issue_key=key,
        digest=request.POST.get("digest", ""),
        segment=chosen.segment,
        excluded=chosen.without,
        audience_digest=request.POST.get("audience", ""),
        options=options,
        despite=_despite(request),
    )
    with transaction.atomic():
        _replace(request, key, request_key)
        kept = schedules.schedule(wanted, time, request_key=request_key, user=request.user)
        log(instance=kept, action="circular.schedule.make", user=request.user, data={"at": kept.at.isoformat()})
    return kept


def _plan(request: HttpRequest, key: UUID, request_key: UUID, options: Options) -> Dispatch:
    """Plan what the confirmation showed, or nothing."""
    digest, user, despite = request.POST.get("digest", ""), request.user, _despite(request)
    chosen = _chosen(request)
    with transaction.atomic():
        _replace(request, key, request_key)
        dispatch = plan_dispatch(
            issue_key=key,
            segment=chosen.segment,
            excluded=chosen.without,
            request_key=request_key,
            user=user,
            despite=despite,
            options=options,
        )
        if dispatch.issue_key != key or dispatch.digest != digest:
            raise PlanRefused(
                _("The issue was changed and approved anew after you opened this page. Look again, then send.")
            )
        _hold_to_shown(request, dispatch)
        log_planned(dispatch, user=user)
    return dispatch


def _hold_to_shown(request: HttpRequest, dispatch: Dispatch) -> None:
    """PlanRefused unless the audience is who it was when it was shown, and about as many."""
    if request.POST.get("audience", "") != rule_digest(dispatch.audience_rule):
        raise PlanRefused(
            _("Who belongs to this audience was changed after you opened this page. Look again, then send.")
        )
    try:
        shown = int(request.POST.get("size", ""))
    except ValueError as error:
        raise PlanRefused(_("This confirmation is incomplete. Look at the audience again, then send.")) from error
    if abs(dispatch.audience_size - shown) > max(LITTLE, LITTLE_SHARE * shown):
        sizes = {"shown": shown, "now": dispatch.audience_size}
        raise PlanRefused(
            _(
                "There were %(shown)d people in this audience when you opened this page, and there are %(now)d now. "
                "Look again, then send."
            )
            % sizes
        )
