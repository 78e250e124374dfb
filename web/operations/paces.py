"""The paces on the desk: how fast letters may leave, where each rule stands, and what rests after refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail import hooks
from wagtail.log_actions import log

from dispatch.claim import database_now
from dispatch.models import PaceRule, PaceState
from dispatch.pace import NO_LIMITS, Limits, family_of, members_of
from dispatch.pacing import ALL, Pace, end_rest, limits_of, read_paces
from web.desk.frame import desk_page
from web.desk.permissions import may_set_paces, only
from web.operations.pace_form import LIMITING, PaceForm
from web.operations.pace_words import limit_words, sent_words, standing_words

ICON = "history"
END_REST = "circular.pace.end_rest"


@dataclass(frozen=True, slots=True)
class Line:
    """One pace as the list shows it. `pk` is None where a domain rests and no rule speaks of it."""

    pk: int | None
    name: str
    domain: str
    also: tuple[str, ...]
    allows: str
    tone: str
    stands: str
    why: str
    refusals: int
    sent: str


@require_safe
@never_cache
@only(may_set_paces)
def paces(request: HttpRequest) -> HttpResponse:
    """Every rule with where it stands, and every domain that rests without one."""
    now, found = database_now(), read_paces()[1]
    keys = dict(PaceRule.objects.values_list("domain", "pk"))
    reasons = dict(PaceState.objects.filter(domain__in=found).values_list("domain", "rest_reason"))
    lines = [
        _line(domain, pace, keys.get(domain), why=reasons.get(domain, ""), now=now)
        for domain, pace in sorted(found.items())
    ]
    context = {
        "rules": [line for line in lines if line.pk is not None],
        "resting": [line for line in lines if line.pk is None and line.tone == "rests"],
    }
    new = (_("New pace"), reverse("circular_pace_new"), "plus")
    return desk_page(
        request, "operations/paces.html", context, title=_("Pace"), icon=ICON, crumbs=_crumbs()[:1], buttons=[new]
    )


def _line(domain: str, pace: Pace, pk: int | None, *, why: str, now: datetime) -> Line:
    limits, standing = pace.limits or NO_LIMITS, pace.standing
    tone, stands = standing_words(limits, standing, now=now)
    return Line(
        pk=pk,
        name=name_of(domain),
        domain=domain,
        also=tuple(member for member in members_of(domain) if member != domain),
        allows=limit_words(limits, now=now),
        tone=tone,
        stands=stands,
        why=why if tone == "rests" else "",
        refusals=standing.refusals,
        sent=sent_words(limits, standing, now=now) if pace.limits else "",
    )


def name_of(domain: str) -> str:
    return domain or _("All letters")


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_set_paces)
def pace_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make a rule, or change one."""
    rule = get_object_or_404(PaceRule, pk=pk) if pk is not None else None
    form = PaceForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        log(instance=saved, action="wagtail.edit" if rule else "wagtail.create", user=request.user)
        messages.success(request, _("Saved. It holds within a second, for letters on their way to leave as well."))
        return redirect("circular_paces")
    title = _("Pace of “%s”") % name_of(rule.domain) if rule else _("New pace")
    sentence = limit_words(limits_of(rule), now=database_now()) if rule else ""
    context = {"form": form, "rule": rule, "sentence": sentence}
    return desk_page(request, "operations/pace.html", context, title=title, icon=ICON, crumbs=_crumbs())


@require_POST
@only(may_set_paces)
def sentence(request: HttpRequest) -> HttpResponse:
    """`{"sentence"}`: the filled-in form in words, or nothing while it is not complete. Nothing is kept."""
    form = PaceForm(request.POST)
    valid = form.is_valid() or not form.errors.keys() - {"domain", "__all__"}
    limits: Limits = form.limits() if valid else NO_LIMITS
    limiting = any(form.cleaned_data.get(name) is not None for name in LIMITING)
    words = limit_words(limits, now=database_now()) if valid and limiting else ""
    also = form.shared_with()
    if words and also:
        words += " " + _("It holds for %s as well: the same servers take their mail.") % ", ".join(also)
    return JsonResponse({"sentence": words})


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_set_paces)
def delete_pace(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks, POST deletes."""
    rule = get_object_or_404(PaceRule, pk=pk)
    if request.method == "POST":
        log(instance=rule, action="wagtail.delete", user=request.user, deleted=True)
        rule.delete()
        messages.success(request, _("Deleted: this limit holds no longer."))
        return redirect("circular_paces")
    context = {"rule": rule, "name": name_of(rule.domain), "sentence": limit_words(limits_of(rule), now=database_now())}
    return desk_page(request, "operations/pace_delete.html", context, title=_("Delete"), icon=ICON, crumbs=_crumbs())


@require_POST
@only(may_set_paces)
def end_the_rest(request: HttpRequest) -> HttpResponse:
    """Let what rests be tried again at once."""
    domain = family_of(request.POST.get("domain", ALL))
    if "\0" not in domain and end_rest(domain):
        log(instance=PaceState.objects.get(domain=domain), action=END_REST, user=request.user)
        messages.success(request, _("The rest of “%s” is over: letters leave again.") % name_of(domain))
    else:
        messages.warning(request, _("Nothing to do: it doesn’t rest any more."))
    return redirect("circular_paces")


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Operations"), reverse("circular_operations")), (_("Pace"), reverse("circular_paces"))]


@hooks.register("register_admin_urls")
def pace_urls() -> list[URLPattern]:
    return [
        path("operations/paces/", paces, name="circular_paces"),
        path("operations/paces/new/", pace_page, name="circular_pace_new"),
        path("operations/paces/sentence/", sentence, name="circular_pace_sentence"),
        path("operations/paces/rest/", end_the_rest, name="circular_pace_end_rest"),
        path("operations/paces/<int:pk>/", pace_page, name="circular_pace"),
        path("operations/paces/<int:pk>/delete/", delete_pace, name="circular_pace_delete"),
    ]


@hooks.register("register_log_actions")
def pace_log_actions(actions: Any) -> None:
    actions.register_action(END_REST, gettext_lazy("End a rest"), gettext_lazy("Ended the rest"))
