"""A sending that waits for its time, or asks: what it is, what stands against it, and what a person can do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe
from wagtail import hooks
from wagtail.admin import messages
from wagtail.log_actions import log, registry
from wagtail.models import Page

from composer.models import EditionPage
from dispatch import schedules
from dispatch.audiences import audience_rule, rule_digest
from dispatch.bell import ring
from dispatch.errors import PlanRefused
from dispatch.frozen import freeze
from dispatch.models import Schedule
from dispatch.moments import zone_of
from dispatch.options import Options
from subscribers.countries import COUNTRY_CHOICES
from subscribers.models import Segment, Subscriber
from subscribers.rules import BadRule
from subscribers.time_zones import country_zones, known_zones
from web.desk.frame import desk_page, language_name
from web.desk.permissions import may_send, may_watch, only
from web.desk.sending import begun
from web.desk.ways import GRACES, LATER, Ways, comes_twice, time_of, ways_of

MOST_PLACES = 4


@dataclass(frozen=True, slots=True)
class Clock:
    """What the clocks of a place show at a time."""

    place: str
    shown: str


@require_safe
@only(may_watch)
def schedule_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What waits, with what its time is on other clocks, and what would keep it from leaving."""
    return _page(request, get_object_or_404(Schedule.objects.select_related("made_by", "dispatch"), pk=pk))


@require_POST
@only(may_send)
def send_scheduled(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it now, at somebody's word, if it is still what was shown."""
    found = get_object_or_404(Schedule, pk=pk)
    try:
        dispatch = schedules.send_now(pk, user=request.user)
    except PlanRefused as error:
        return _page(request, found, refused=str(error), status=409)
    if dispatch is None:
        return _too_late(request, found)
    return begun(request, dispatch, rung=ring(dispatch.pk))


@require_POST
@only(may_send)
def move_schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it another time; the content and audience that it is held to stay."""
    found = get_object_or_404(Schedule, pk=pk)
    ways = ways_of(request.POST)
    try:
        time = time_of(replace(ways, when=LATER))
        moved, twice = bool(time and schedules.move(pk, time)), comes_twice(ways)
    except PlanRefused as error:
        return _page(request, found, ways=ways, refused=str(error), status=409)
    if not moved:
        return _too_late(request, found)
    log(
        instance=found,
        action="circular.schedule.move",
        user=request.user,
        data={"at": f"{ways.day} {ways.time} {ways.zone}"},
    )
    messages.success(request, _("It leaves at the new time."))
    if twice:
        messages.warning(request, _("The clocks show that time twice on that day. It leaves at the first of the two."))
    return redirect("circular_schedule", pk)


@require_POST
@only(may_send)
def cancel_schedule(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Schedule, pk=pk)
    if not schedules.cancel(pk):
        return _too_late(request, found)
    log(instance=found, action="circular.schedule.cancel", user=request.user)
    messages.success(request, _("The schedule is cancelled. Nothing was sent."))
    return redirect("circular_schedule", pk)


def _page(
    request: HttpRequest, found: Schedule, *, ways: Ways | None = None, refused: str = "", status: int = 200
) -> HttpResponse:
    local = found.at.astimezone(zone_of(found.time_zone))
    fresh = Ways(
        when=LATER, day=f"{local:%Y-%m-%d}", time=f"{local:%H:%M}", zone=found.time_zone, grace=_minutes(found)
    )
    history = registry.get_logs_for_instance(found).select_related("user").order_by("-timestamp")
    is_open = found.state in Schedule.OPEN
    context: dict[str, Any] = {
        "schedule": found,
        "is_open": is_open,
        "when": shown_at(found.at, found.time_zone),
        "clocks": clocks_at(found.at, found.time_zone),
        "grace": dict(GRACES).get(_minutes(found), f"{found.grace}"),
        "lines": option_lines(Options.of(found.options)),
        "against": what_changed(found) if is_open else "",
        "refused": refused,
        "ways": ways or fresh,
        "zones": known_zones(),
        "graces": GRACES,
        "history": history,
        "may_send": may_send(request.user),
        "known_issue": EditionPage.objects.filter(translation_key=found.issue_key).exists(),
    }
    crumbs = [(_("Operations"), reverse("circular_operations"))]
    return desk_page(
        request,
        "web/desk/schedule.html",
        context,
        title=found.issue_title,
        icon="time",
        crumbs=crumbs,
        status=status,
    )


def shown_at(at: datetime, zone: str) -> str:
    """An instant on the clocks of a zone, in words."""
    return f"{date_format(at.astimezone(zone_of(zone)), 'DATETIME_FORMAT')} ({zone.replace('_', ' ')})"


def clocks_at(at: datetime, but: str) -> list[Clock]:
    """The time in UTC, on the clocks of who looks, and where most readers are."""
    names = dict(COUNTRY_CHOICES)
    rows = Subscriber.objects.exclude(country="").order_by().values_list("country").annotate(n=Count("pk"))
    places = {"UTC": "UTC", _("Your clock"): get_current_timezone_name()}
    for country, _count in rows.order_by("-n", "country")[:MOST_PLACES]:
        if zone := country_zones().get(country):
            places[names.get(country, country)] = zone
    return [
        Clock(place, date_format(at.astimezone(zone_of(zone)), "DATETIME_FORMAT"))
        for place, zone in places.items()
        if zone != but
    ]


def option_lines(options: Options) -> list[str]:
    """What else it was asked for, in sentences."""
    lines = []
    if options.local:
        day = date_format(options.local.at, "DATETIME_FORMAT")
        lines.append(_("Each reader gets it at %s of their own clock.") % day)
    if options.sample and options.sample.unit == "percent":
        lines.append(_("%s %% of the letters leave first, as a sample.") % f"{options.sample.size:g}")
    elif options.sample:
        size = round(options.sample.size)
        lines.append(ngettext("%d letter leaves first.", "%d letters leave first, as a sample.", size) % size)
    if options.subjects:
        lines.append(_("Two subjects are tried, each on a sample of that size:"))
        lines += [f"{language_name(locale)}: “{subject}”" for locale, subject in options.subjects.items()]
    return lines


def what_changed(found: Schedule) -> str:
    """Why it would ask instead of leaving, as things stand; '' if it would leave."""
    slugs = [found.segment, *found.excluded]
    try:
        frozen = freeze(found.issue_key)
        by_slug = {each.slug: each for each in Segment.objects.filter(slug__in=slugs)}
        if len(by_slug) < len(set(slugs)):
            return _("A segment of its audience was deleted.")
        rule = audience_rule(by_slug[found.segment], [by_slug[slug] for slug in found.excluded])
    except (PlanRefused, BadRule) as error:
        return str(error)
    if frozen.digest != found.digest:
        return _("The issue was changed and approved anew after it was scheduled.")
    if rule_digest(rule) != found.audience_digest:
        return _("Who belongs to “%s” was changed after it was scheduled.") % found.audience_name
    return ""


def _minutes(found: Schedule) -> str:
    return str(round(found.grace.total_seconds() / 60))


def _too_late(request: HttpRequest, found: Schedule) -> HttpResponse:
    found.refresh_from_db()
    if found.state == Schedule.State.DONE:
        messages.warning(request, _("Too late: it was already sent."))
        if found.dispatch_id:
            return redirect("circular_dispatch", found.dispatch_id)
    else:
        messages.warning(request, _("Too late: it was already cancelled."))
    return redirect("circular_schedule", found.pk)


@hooks.register("register_admin_urls")
def schedule_urls() -> list[URLPattern]:
    return [
        path("operations/schedules/<int:pk>/", schedule_page, name="circular_schedule"),
        path("operations/schedules/<int:pk>/send/", send_scheduled, name="circular_schedule_send"),
        path("operations/schedules/<int:pk>/move/", move_schedule, name="circular_schedule_move"),
        path("operations/schedules/<int:pk>/cancel/", cancel_schedule, name="circular_schedule_cancel"),
    ]


@hooks.register("before_edit_page")
def warn_of_schedule(request: HttpRequest, page: Page) -> None:
    """Whoever opens a scheduled edition to edit it is told what that does."""
    if request.method != "GET" or page.specific_class is not EditionPage:
        return
    if (waiting := schedules.open_schedule(page.translation_key)) is not None:
        words = _("This issue is scheduled for %s. Any change voids its approval: it then asks instead of leaving.")
        messages.warning(request, words % shown_at(waiting.at, waiting.time_zone))


@hooks.register("register_log_actions")
def schedule_log_actions(actions: Any) -> None:
    for name, label, message in (
        ("make", gettext_lazy("Schedule issue"), gettext_lazy("Scheduled the issue")),
        ("move", gettext_lazy("Change schedule"), gettext_lazy("Gave it another time")),
        ("cancel", gettext_lazy("Cancel schedule"), gettext_lazy("Cancelled the schedule")),
        ("ask", gettext_lazy("Ask about schedule"), gettext_lazy("It could not leave, and asks")),
    ):
        actions.register_action(f"circular.schedule.{name}", label, message)
