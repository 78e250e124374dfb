"""Deciding about the rest after a sample, by hand. Each is a POST, and says so where somebody was faster."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail import hooks
from wagtail.admin import messages
from wagtail.log_actions import log

from dispatch import waves
from dispatch.bell import ring
from dispatch.models import Dispatch
from web.desk.permissions import may_operate, only
from web.operations.actions import leave_out


@require_POST
@only(may_operate)
def open_rest(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the rest leave, with the subject that was chosen where two were tried."""
    dispatch = get_object_or_404(Dispatch, pk=pk)
    winner = request.POST.get("winner", "")
    tried = dispatch.variants.exclude(other_subjects={}).exists()
    if winner not in ({"a", "b"} if tried else {""}):
        messages.error(request, _("Say which subject the rest is to bear."))
    elif waves.open_next(pk, winner=winner):
        log(instance=dispatch, action="circular.dispatch.open", user=request.user, data={"winner": winner})
        dispatch.refresh_from_db()
        if dispatch.state == Dispatch.State.PAUSED:
            messages.success(request, _("Chosen. The rest leaves when the dispatch is resumed."))
        else:
            messages.success(request, _("The rest leaves."))
        if dispatch.state == Dispatch.State.RUNNING and not ring(pk):
            messages.warning(request, _("Redis doesn't answer: the letters leave as soon as it is back."))
    else:
        messages.warning(request, _was_faster(dispatch))
    return redirect("circular_dispatch", pk)


@require_POST
@only(may_operate)
def cancel_rest(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave out everybody who isn't in the sample."""
    dispatch = get_object_or_404(Dispatch, pk=pk)
    if waves.cancel_rest(pk):
        log(instance=dispatch, action="circular.dispatch.cancel-rest", user=request.user)
        messages.success(request, _("Cancelled. Whoever isn’t in the sample will not be written to."))
    else:
        messages.warning(request, _was_faster(dispatch))
    return redirect("circular_dispatch", pk)


def _was_faster(dispatch: Dispatch) -> str:
    dispatch.refresh_from_db()
    if dispatch.state not in Dispatch.OPEN:
        return _("Too late: this dispatch has ended.")
    if dispatch.wave:
        return _("Nothing to do: the rest was already sent on its way.")
    return _("Too late: the rest was already cancelled.")


@hooks.register("register_admin_urls")
def wave_urls() -> list[URLPattern]:
    return [
        path("operations/<int:pk>/open-rest/", open_rest, name="circular_dispatch_open_rest"),
        path("operations/<int:pk>/cancel-rest/", cancel_rest, name="circular_dispatch_cancel_rest"),
        path("operations/<int:pk>/leave-out/", leave_out, name="circular_dispatch_leave_out"),
    ]


@hooks.register("register_log_actions")
def wave_log_actions(actions: Any) -> None:
    for name, label, message in (
        ("open", gettext_lazy("Send the rest"), gettext_lazy("Sent the rest after the sample")),
        ("cancel-rest", gettext_lazy("Cancel the rest"), gettext_lazy("Cancelled the rest after the sample")),
        ("leave-out", gettext_lazy("Leave a delivery out"), gettext_lazy("Left a refused delivery out, and resumed")),
    ):
        actions.register_action(f"circular.dispatch.{name}", label, message)
