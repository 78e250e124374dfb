"""Saying what became of letters in doubt: one of them, or all of a dispatch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods
from wagtail import hooks
from wagtail.admin import messages
from wagtail.log_actions import LogFormatter

from dispatch.bell import ring
from dispatch.doubts import ACTION, Answer, DoubtRefused, may_leave_again, settle_all, settle_one
from dispatch.models import Delivery, Dispatch
from web.desk.frame import desk_page
from web.desk.permissions import may_operate, only
from web.operations.deliveries import number

UNKNOWN = Delivery.State.UNKNOWN


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_operate)
def doubts(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks about all that are in doubt. POST settles them, or the one that `delivery` names."""
    dispatch = get_object_or_404(Dispatch, pk=pk)
    if request.method == "POST":
        return _settle(request, dispatch)
    held = Delivery.objects.filter(dispatch=dispatch, state=UNKNOWN)
    seen = held.aggregate(last=Max("changed_at"))["last"]
    if seen is None:
        messages.warning(request, _("No delivery of this dispatch is in doubt."))
        return redirect("circular_dispatch", pk)
    context = {
        "dispatch": dispatch,
        "count": held.filter(changed_at__lte=seen).count(),
        "due": held.filter(changed_at__lte=seen, due_at__isnull=False).count(),
        "seen": seen.isoformat(),
        "why_not_again": may_leave_again(dispatch),
    }
    crumbs = [
        (_("Operations"), reverse("circular_operations")),
        (dispatch.issue_title, reverse("circular_dispatch", args=[pk])),
    ]
    title = _("Letters in doubt")
    return desk_page(request, "operations/doubts.html", context, title=title, icon="help", crumbs=crumbs)


def _settle(request: HttpRequest, dispatch: Dispatch) -> HttpResponse:
    answer = next((each for each in Answer if each == request.POST.get("answer")), None)
    one = number(request.POST.get("delivery", ""))
    seen = _moment(request.POST.get("seen", ""))
    if answer is None or not (one or seen):
        messages.warning(request, _("Nothing was said about it. Choose what became of the letters."))
        return _back(request, dispatch)
    try:
        if one:
            attempts = number(request.POST.get("attempts", ""))
            count = int(settle_one(dispatch.pk, one, answer, attempts=min(attempts, 32767), user=request.user))
        else:
            assert seen is not None  # noqa: S101 - it was looked at above
            count = settle_all(dispatch.pk, answer, before=seen, user=request.user)
    except DoubtRefused as error:
        messages.error(request, str(error))
        return _back(request, dispatch)
    if not count:
        messages.warning(request, _("Nothing to do: somebody was faster, or a server’s answer came after all."))
        return _back(request, dispatch)
    messages.success(request, done(answer, count))
    if answer is Answer.AGAIN and not ring(dispatch.pk):
        messages.warning(request, _("Redis doesn't answer: the letters leave as soon as it is back."))
    return _back(request, dispatch)


def done(answer: Answer, count: int) -> str:
    """What was done, in a sentence."""
    sentences = {
        Answer.ARRIVED: ngettext("%s letter counts as accepted now.", "%s letters count as accepted now.", count),
        Answer.AGAIN: ngettext(
            "%s letter leaves once more, with the same Message-ID.",
            "%s letters leave once more, with the same Message-IDs.",
            count,
        ),
        Answer.LEAVE: ngettext(
            "%s letter is left in doubt and counts as failed. It isn’t sent again.",
            "%s letters are left in doubt and count as failed. They aren’t sent again.",
            count,
        ),
    }
    return sentences[answer] % localize(count)


def _moment(words: str) -> datetime | None:
    try:
        found = parse_datetime(words)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _back(request: HttpRequest, dispatch: Dispatch) -> HttpResponse:
    """To the list that it was said in, else to the dispatch."""
    here = request.POST.get("here", "")
    if here and url_has_allowed_host_and_scheme(here, allowed_hosts={request.get_host()}):
        return redirect(here)
    return redirect("circular_dispatch", dispatch.pk)


@hooks.register("register_log_actions")
def doubt_log_action(actions: Any) -> None:
    @actions.register_action(ACTION)
    class DoubtFormatter(LogFormatter):
        label = gettext_lazy("Settle letters in doubt")

        def format_message(self, entry: Any) -> str:
            answer = next((each for each in Answer if each == entry.data.get("answer")), None)
            if answer is None:
                return str(self.label)
            said = {Answer.ARRIVED: _("arrived"), Answer.AGAIN: _("once more"), Answer.LEAVE: _("left in doubt")}
            count = entry.data.get("count", 0)
            told = ngettext(
                "Settled %(n)s letter in doubt: %(what)s", "Settled %(n)s letters in doubt: %(what)s", count
            )
            return str(format_html("{}", told % {"n": localize(count), "what": said[answer]}))
