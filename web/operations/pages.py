"""The operators' pages: all dispatches, one dispatch, and the polls that keep them live."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template import TemplateDoesNotExist
from django.template.loader import get_template, render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import registry

from composer.audiences import audience_choices
from composer.models import EditionPage
from dispatch.lately import Lately
from dispatch.models import Delivery, Dispatch, Event, Variant
from dispatch.progress import BIG, glance
from web.desk.frame import desk_page, language_name
from web.desk.permissions import may_operate, may_see_issues, may_set_paces, may_watch, only
from web.operations.accounts import accounts
from web.operations.actions import cancel, pause, resume
from web.operations.deliveries import deliveries
from web.operations.domains import domains
from web.operations.doubts import doubts
from web.operations.figures import blank, figures, progress_by_id, reactions
from web.operations.queues import machinery
from web.operations.replies import excluded_by_reason, replies

ICON = "mail"
PER_PAGE = 20
MOST_POLLED = 50


@require_safe
@only(may_watch)
def operations(request: HttpRequest) -> HttpResponse:
    """All dispatches, the latest first, and the state of the machinery."""
    page = Paginator(Dispatch.objects.select_related("planned_by"), PER_PAGE).get_page(request.GET.get("p"))
    dispatches = list(page)
    progress = progress_by_id(dispatches)
    context = {
        "page": page,
        "rows": [figures(dispatch, progress[dispatch.pk]) for dispatch in dispatches],
        "blank": blank(),
        "legend": blank()["parts"] if dispatches else [],
        "machinery": machinery().plain(),
        "seen_at": _clock(),
    }
    buttons = [(_("Pace"), reverse("circular_paces"), "history")] if may_set_paces(request.user) else []
    return desk_page(request, "operations/index.html", context, title=_("Operations"), icon=ICON, buttons=buttons)


@require_safe
@never_cache
@only(may_watch)
def operations_live(request: HttpRequest) -> HttpResponse:
    """What moves, and what `?ids=1,2` names: `{"at", "dispatches": [figures …], "machinery"}`."""
    named = [int(word) for word in request.GET.get("ids", "").split(",") if word.isdecimal() and len(word) < 18]
    wanted = Q(pk__in=named[:MOST_POLLED]) | Q(state__in=Dispatch.OPEN)
    dispatches = list(Dispatch.objects.filter(wanted).select_related("planned_by")[: 2 * MOST_POLLED])
    progress = progress_by_id(dispatches)
    return JsonResponse(
        {
            "at": _clock(),
            "dispatches": [figures(dispatch, progress[dispatch.pk]) for dispatch in dispatches],
            "machinery": machinery().plain(),
        }
    )


@require_safe
@only(may_watch)
def dispatch_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One dispatch: its numbers, its variants, what went wrong, what readers did, what operators did."""
    dispatch = get_object_or_404(Dispatch.objects.select_related("planned_by"), pk=pk)
    history = registry.get_logs_for_instance(dispatch).select_related("user").order_by("-timestamp")
    context: dict[str, Any] = {
        "dispatch": dispatch,
        "figures": figures(dispatch, glance(dispatch)),
        "variants": variant_lines(dispatch),
        "excluded": excluded_by_reason(dispatch),
        "reactions": _labelled(reactions(dispatch)),
        "history": history,
        "may_operate": may_operate(request.user),
        "waves_template": _if_there("operations/_waves.html"),
        "again_template": _if_there("operations/_again.html"),
        "seen_at": _clock(),
        **_details(dispatch),
    }
    known = EditionPage.objects.filter(translation_key=dispatch.issue_key).exists()
    buttons = [(_("Deliveries"), reverse("circular_dispatch_deliveries", args=[pk]), "list-ul")]
    buttons.append((_("By receiving domain"), reverse("circular_dispatch_domains", args=[pk]), "globe"))
    if known and may_see_issues(request.user):
        buttons.append((_("Issue"), reverse("circular_issue", args=[dispatch.issue_key]), "doc-full-inverse"))
    crumbs = [(_("Operations"), reverse("circular_operations"))]
    title = dispatch.issue_title
    return desk_page(
        request, "operations/dispatch.html", context, title=title, icon=ICON, crumbs=crumbs, buttons=buttons
    )


@require_safe
@never_cache
@only(may_watch)
def dispatch_live(request: HttpRequest, pk: int) -> HttpResponse:
    """`{"at", "dispatch": figures, "reactions"}`, and with `?details=1` "details": the tables' HTML."""
    dispatch = get_object_or_404(Dispatch.objects.select_related("planned_by"), pk=pk)
    answer: dict[str, Any] = {
        "at": _clock(),
        "dispatch": figures(dispatch, glance(dispatch)),
        "reactions": reactions(dispatch),
    }
    if request.GET.get("details"):
        context = {"dispatch": dispatch, **_details(dispatch)}
        answer["details"] = render_to_string("operations/_details.html", context, request=request)
    return JsonResponse(answer)


def variant_lines(dispatch: Dispatch) -> list[dict[str, Any]]:
    """The variants with the number of their recipients, the largest first."""
    big = dispatch.audience_size >= BIG
    sizes = _seen.see(dispatch.pk, lambda: _variant_sizes(dispatch)) if big else _variant_sizes(dispatch)
    variants = Variant.objects.filter(dispatch=dispatch).defer("html", "text")
    names = dict(audience_choices())
    lines = [
        {
            "language": language_name(variant.locale),
            "audiences": [names.get(slug, slug) for slug in variant.segments],
            "subject": variant.subject,
            "size": sizes.get((variant.locale, variant.mask), 0),
        }
        for variant in variants
    ]
    return sorted(lines, key=lambda line: (-line["size"], line["language"]))


_seen: Lately[dict[tuple[str, int], int]] = Lately()


def _variant_sizes(dispatch: Dispatch) -> dict[tuple[str, int], int]:
    rows = Delivery.objects.filter(dispatch=dispatch).order_by().values_list("locale", "mask").annotate(n=Count("*"))
    return {(locale, mask): count for locale, mask, count in rows}


def _details(dispatch: Dispatch) -> dict[str, Any]:
    told = replies(dispatch)
    return {"replies": told.groups, "attempts": told.attempts}


def _if_there(template: str) -> str:
    """The template's name, empty where there is none."""
    try:
        get_template(template)
    except TemplateDoesNotExist:
        return ""
    return template


def _labelled(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    labels = {Event.Kind.CLICK: _("Clicks"), Event.Kind.OPEN: _("Opens"), Event.Kind.UNSUBSCRIBE: _("Unsubscribed")}
    return [(kind, labels.get(Event.Kind(kind), kind), count) for kind, count in counts.items()]


def _clock() -> str:
    return localtime(now()).strftime("%H:%M:%S")


@hooks.register("register_admin_urls")
def operations_urls() -> list[URLPattern]:
    return [
        path("operations/", operations, name="circular_operations"),
        path("operations/live/", operations_live, name="circular_operations_live"),
        path("operations/<int:pk>/", dispatch_page, name="circular_dispatch"),
        path("operations/<int:pk>/live/", dispatch_live, name="circular_dispatch_live"),
        path("operations/<int:pk>/pause/", pause, name="circular_dispatch_pause"),
        path("operations/<int:pk>/resume/", resume, name="circular_dispatch_resume"),
        path("operations/<int:pk>/cancel/", cancel, name="circular_dispatch_cancel"),
        path("operations/<int:pk>/deliveries/", deliveries, name="circular_dispatch_deliveries"),
        path("operations/<int:pk>/doubts/", doubts, name="circular_dispatch_doubts"),
        path("operations/<int:pk>/domains/", domains, name="circular_dispatch_domains"),
        path("operations/<int:pk>/accounts/", accounts, name="circular_dispatch_accounts"),
    ]


class OperationsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_watch(request.user)


@hooks.register("register_admin_menu_item")
def operations_menu_item() -> MenuItem:
    return OperationsMenuItem(
        gettext_lazy("Operations"),
        reverse("circular_operations"),
        name="circular-operations",
        icon_name=ICON,
        order=160,
    )


@hooks.register("register_log_actions")
def dispatch_log_actions(actions: Any) -> None:
    for name, label, message in (
        ("plan", gettext_lazy("Send issue"), gettext_lazy("Sent the issue")),
        ("pause", gettext_lazy("Pause dispatch"), gettext_lazy("Paused the dispatch")),
        ("resume", gettext_lazy("Resume dispatch"), gettext_lazy("Resumed the dispatch")),
        ("cancel", gettext_lazy("Cancel dispatch"), gettext_lazy("Cancelled the dispatch")),
    ):
        actions.register_action(f"circular.dispatch.{name}", label, message)
