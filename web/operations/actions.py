"""Pausing, resuming and cancelling a dispatch by hand. Each is a POST, and says so where somebody was faster."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin import messages
from wagtail.log_actions import log

from dispatch.bell import ring
from dispatch.control import cancel_dispatch, pause_dispatch, resume_dispatch
from dispatch.control import leave_out as leave_delivery_out
from dispatch.models import Delivery, Dispatch
from web.desk.frame import desk_page
from web.desk.permissions import may_operate, only
from web.operations.figures import counts_of

State = Dispatch.State


@require_POST
@only(may_operate)
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    done = _("Paused. Letters whose text is on the wire still end; no other leaves.")
    return _do(request, pk, pause_dispatch, "circular.dispatch.pause", done)


@require_POST
@only(may_operate)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _run_on(request, pk, _("The dispatch runs on."))


def _run_on(request: HttpRequest, pk: int, done: str) -> HttpResponse:
    response = _do(request, pk, resume_dispatch, "circular.dispatch.resume", done)
    if Dispatch.objects.filter(pk=pk, state=State.RUNNING).exists() and not ring(pk):
        messages.warning(request, _("Redis doesn't answer: the letters leave as soon as it is back."))
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_operate)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks, POST cancels."""
    if request.method == "POST":
        done = _("Cancelled. Whoever wasn't written to yet will not be.")
        return _do(request, pk, cancel_dispatch, "circular.dispatch.cancel", done)
    dispatch = get_object_or_404(Dispatch, pk=pk)
    if dispatch.state not in Dispatch.OPEN:
        messages.warning(request, was_faster(dispatch))
        return redirect("circular_dispatch", pk)
    counts = counts_of([pk])[pk]
    crumbs = [
        (_("Operations"), reverse("circular_operations")),
        (dispatch.issue_title, reverse("circular_dispatch", args=[pk])),
    ]
    waiting = counts["planned"] + counts["deferred"]
    context = {"dispatch": dispatch, "counts": counts, "waiting": waiting}
    return desk_page(request, "operations/cancel.html", context, title=_("Cancel"), icon="mail", crumbs=crumbs)


@require_POST
@only(may_operate)
def leave_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up the one delivery that was refused, and let the paused dispatch run on."""
    dispatch = get_object_or_404(Dispatch, pk=pk)
    raw = request.POST.get("delivery", "")
    delivery = Delivery.objects.filter(pk=int(raw) if raw.isdecimal() and len(raw) < 18 else 0, dispatch=dispatch)
    if not (found := delivery.first()) or not leave_delivery_out(found.pk):
        messages.warning(request, _("Nothing to do: this delivery isn’t tried again, or the dispatch isn’t paused."))
        return redirect("circular_dispatch", pk)
    log(instance=dispatch, action="circular.dispatch.leave-out", user=request.user, data={"delivery": found.pk})
    return _run_on(request, pk, _("That delivery is left out, and the dispatch runs on."))


def was_faster(dispatch: Dispatch) -> str:
    """What to tell the one whose action came too late: the state that it met."""
    return {
        State.RUNNING: _("Nothing to do: it was already running."),
        State.PAUSED: _("Nothing to do: it was already paused."),
        State.CANCELLED: _("Too late: it was already cancelled."),
        State.FINISHED: _("Too late: it had already finished."),
    }[State(dispatch.state)]


def _do(request: HttpRequest, pk: int, act: Callable[[int], bool], action: str, done: str) -> HttpResponse:
    dispatch = get_object_or_404(Dispatch, pk=pk)
    if act(pk):
        log(instance=dispatch, action=action, user=request.user)
        messages.success(request, done)
    else:
        dispatch.refresh_from_db()
        messages.warning(request, was_faster(dispatch))
    return redirect("circular_dispatch", pk)
