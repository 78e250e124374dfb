"""An issue once more, after a dispatch that has ended: to those who failed, or to those who didn't open it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail import hooks

from dispatch.again import FOLLOW_UP_AFTER, follow_up_refusal, plan_follow_up, plan_resend, who_did_not_open, who_failed
from dispatch.bell import ring
from dispatch.errors import PlanRefused
from dispatch.frozen import Frozen, freeze, groups
from dispatch.models import Dispatch
from dispatch.publishing import log_planned
from web.desk.frame import desk_page, language_name
from web.desk.permissions import may_send, only
from web.desk.sending import REFUSED, begun
from web.desk.ways import ways_of


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_send)
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows how many failed; POST sends it to them again, and to those in doubt if it says so."""
    earlier = get_object_or_404(Dispatch, pk=pk)
    with_unknown = request.POST.get("unknown") == "yes"

    def plan(key: UUID) -> Dispatch:
        return plan_resend(earlier, request_key=key, user=request.user, with_unknown=with_unknown)

    def facts(frozen: Frozen) -> dict[str, Any]:
        return {
            "letters": _letters(frozen, who_failed(earlier, frozen)),
            "with_unknown": _letters(frozen, who_failed(earlier, frozen, with_unknown=True)),
        }

    return _page(request, earlier, plan, facts, template="operations/resend.html", title=_("Again to those who failed"))


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_send)
def follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows how many didn't open it; POST sends it to them under the subjects of the form."""
    earlier = get_object_or_404(Dispatch, pk=pk)
    said = ways_of(request.POST).subjects

    def plan(key: UUID) -> Dispatch:
        return plan_follow_up(earlier, subjects=said, request_key=key, user=request.user)

    def facts(frozen: Frozen) -> dict[str, Any]:
        return {
            "letters": _letters(frozen, who_did_not_open(earlier, frozen)),
            "why_not": follow_up_refusal(earlier),
            "hours": round(FOLLOW_UP_AFTER.total_seconds() / 3600),
            "subject_lines": [
                {
                    "locale": locale,
                    "language": language_name(locale),
                    "own": content.subject,
                    "other": said.get(locale, ""),
                }
                for locale, content in frozen.contents.items()
            ],
        }

    title = _("Follow-up to those who didn’t open it")
    return _page(request, earlier, plan, facts, template="operations/follow_up.html", title=title)


def _page(
    request: HttpRequest,
    earlier: Dispatch,
    plan: Callable[[UUID], Dispatch],
    facts: Callable[[Frozen], dict[str, Any]],
    *,
    template: str,
    title: str,
) -> HttpResponse:
    refused, status, key = "", 200, uuid4()
    if request.method == "POST":
        try:
            key = UUID(request.POST.get("request_key", ""))
            with transaction.atomic():
                dispatch = plan(key)
                log_planned(dispatch, user=request.user)
        except PlanRefused as error:
            refused, status = str(error), REFUSED
        except ValueError:
            refused, status = _("This confirmation is incomplete. Load the page again."), 400
        else:
            return begun(request, dispatch, rung=ring(dispatch.pk))
    context: dict[str, Any] = {"dispatch": earlier, "request_key": key, "refused": refused}
    try:
        frozen = freeze(earlier.issue_key)
        if frozen.digest != earlier.digest:
            raise PlanRefused(  # noqa: TRY301 - as `freeze` does
                _("The issue was changed after this dispatch. Only what was sent then can be sent again.")
            )
        context |= facts(frozen)
    except PlanRefused as error:
        context |= {"refused": refused or str(error), "letters": 0}
    if earlier.state in Dispatch.OPEN:
        context |= {"refused": refused or _("This dispatch hasn’t ended yet."), "letters": 0}
    crumbs = [
        (_("Operations"), reverse("circular_operations")),
        (earlier.issue_title, reverse("circular_dispatch", args=[earlier.pk])),
    ]
    return desk_page(request, template, context, title=title, icon="mail", crumbs=crumbs, status=status)


def _letters(frozen: Frozen, people: QuerySet[Any]) -> int:
    return sum(group.letters for group in groups(frozen, people))


@hooks.register("register_admin_urls")
def again_urls() -> list[URLPattern]:
    return [
        path("operations/<int:pk>/resend/", resend, name="circular_dispatch_resend"),
        path("operations/<int:pk>/follow-up/", follow_up, name="circular_dispatch_follow_up"),
    ]
