"""The dry run and the import itself: how far they are, what they came to, and starting and stopping them."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages
from wagtail.log_actions import registry

from dispatch.bell import ring_for_import
from dispatch.claim import database_now
from subscribers.importing.runs import BadFile, cancel, refused_rows, start_import
from subscribers.models import ImportRun
from web.desk.downloads import download
from web.desk.names import bulletin_titles
from web.desk.people_import.figures import MOVING, Figures, figures, grouped, guessed_rows, was_started
from web.desk.people_import.notes import note_groups
from web.desk.people_import.steps import keep_option, note, step_of, step_page
from web.desk.permissions import may_import, may_see_people, only

State = ImportRun.State


@require_safe
@never_cache
@only(may_import)
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """An import where it stands; one that waits for somebody's choice leads to that choice."""
    run = get_object_or_404(ImportRun.objects.select_related("made_by"), pk=pk)
    if run.state == State.UPLOADED:
        return redirect("circular_people_columns" if run.options else "circular_people_reading", pk)
    shown = current_figures(run)
    context: dict[str, Any] = {
        "figures": shown,
        "lead": lead(run),
        "said": said(run),
        "promise": promise(run),
        "people_url": people_url(run, request.user),
        "may_start": to_write(run) > 0,
        "start_label": start_label(run),
        "groups": [] if shown.moving else note_groups(run, request.GET),
        "names": run.options.get("header", []),
        "history": registry.get_logs_for_instance(run).select_related("user").order_by("-timestamp"),
    }
    return step_page(request, "run.html", context, run=run, shown=step_of(run))


def current_figures(run: ImportRun) -> Figures:
    waiting = None
    if run.state in MOVING and run.started_at is None:
        begun = registry.get_logs_for_instance(run).aggregate(at=Max("timestamp"))["at"]
        waiting = now() - begun if begun else None
    rows = guessed_rows(run) if run.state in MOVING and run.rows is None else None
    return figures(run, now=database_now(), rows=rows, waiting=waiting)


@require_safe
@never_cache
@only(may_import)
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The figures of one import as JSON."""
    run = get_object_or_404(ImportRun, pk=pk)
    return JsonResponse(current_figures(run).plain())


@require_POST
@only(may_import)
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin to write what the dry run showed, once for however many clicks."""
    run = get_object_or_404(ImportRun, pk=pk)
    planned = run.counts
    if run.state == State.CHECKED and not to_write(run):
        messages.warning(request, promise(run))
    elif run.state == State.CHECKED and start_import(run):
        keep_option(run, started=True)
        note(run, "start", request.user, rows=run.rows, counts=planned)
        if not ring_for_import(run.pk):
            messages.warning(request, _("Redis doesn't answer: the import begins as soon as it is back."))
    else:
        run.refresh_from_db()
        messages.warning(request, was_faster(run))
    return redirect("circular_people_run", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_import)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """GET asks, POST stops."""
    run = get_object_or_404(ImportRun, pk=pk)
    if request.method == "POST" and cancel(run):
        note(run, "cancel", request.user, position=run.position)
        messages.success(request, _("Stopped."))
    elif run.state in MOVING and request.method != "POST":
        question = (
            _("Stop the import? Who was written so far stays, and the others of the file are left out.")
            if run.state == State.RUNNING
            else _("Stop the dry run? Nothing was written.")
        )
        return step_page(request, "cancel.html", {"question": question}, run=run, shown=step_of(run))
    else:
        run.refresh_from_db()
        messages.warning(request, was_faster(run))
    return redirect("circular_people_run", pk)


@require_safe
@only(may_import)
def refused(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The refused rows as a CSV that spreadsheets read right, the reason in its last column."""
    run = get_object_or_404(ImportRun, pk=pk)
    rows = refused_rows(run)
    try:
        header = next(rows)
    except BadFile as error:
        messages.error(request, str(error))
        return redirect("circular_people_run", pk)
    note(run, "refused", request.user)
    stem = run.name.rpartition(".")[0] or run.name
    return download(chain([header], rows), f"{stem} - {_('refused')}", "csv")


def people_url(run: ImportRun, user: Any) -> str:
    """The list of the people that the import added, for who may see it; nothing where there are none."""
    if not was_started(run) or not run.counts.get("new") or not may_see_people(user):
        return ""
    return f"{reverse('circular_subscribers:index')}?brought={run.pk}"


def to_write(run: ImportRun) -> int:
    """How many people the import would add or change, as far as the check came."""
    return int(run.counts.get("new", 0)) + int(run.counts.get("changed", 0))


def lead(run: ImportRun) -> str:
    return {
        State.CHECKING: _("Every row is being checked. Nothing is written."),
        State.CHECKED: _("This is what the import would do. Nothing is written yet."),
        State.RUNNING: _("The people are being imported."),
        State.FINISHED: _("The import is done."),
        State.FAILED: _("The import has failed."),
        State.CANCELLED: _("The import was stopped."),
    }[State(run.state)]


def said(run: ImportRun) -> str:
    """The bulletin and the basis that were chosen."""
    titles = {str(key): title for key, title in bulletin_titles().items()}
    bulletin = run.options.get("bulletin", "")
    if not bulletin:
        return _("Into the directory only; nobody is subscribed to anything.")
    return _("Subscribed to “%(bulletin)s” because: %(basis)s") % {
        "bulletin": titles.get(bulletin, "?"),
        "basis": run.options.get("basis", ""),
    }


def promise(run: ImportRun) -> str:
    """What a click on “Import” would do, or why there is nothing to click on."""
    new, changed = int(run.counts.get("new", 0)), int(run.counts.get("changed", 0))
    if not new and not changed and run.counts.get("unchanged"):
        return _("All that the file says is known already: there is nothing to write.")
    if not new and not changed:
        return _("No row can be taken, so there is nothing to import. Change the columns, or mend the file.")
    people = ngettext("%s new person", "%s new people", new) % grouped(new)
    changes = ngettext("%s changed person", "%s changed people", changed) % grouped(changed)
    both = _("%(new)s and %(changed)s") % {"new": people, "changed": changes}
    who = both if new and changed else people if new else changes
    return _("%s will be written. Whoever unsubscribed or is suppressed stays so.") % who


def start_label(run: ImportRun) -> str:
    return ngettext("Import %s person", "Import %s people", to_write(run)) % grouped(to_write(run))


def was_faster(run: ImportRun) -> str:
    """What to tell the one whose click came too late: the state that it met."""
    return {
        State.UPLOADED: _("Nothing to do: its columns are to be chosen first."),
        State.CHECKING: _("Nothing to do: it is being checked."),
        State.CHECKED: _("Nothing to do: it is checked, and waits for you."),
        State.RUNNING: _("Nothing to do: it runs already."),
        State.FINISHED: _("Nothing to do: it has finished."),
        State.FAILED: _("Nothing to do: it has failed."),
        State.CANCELLED: _("Nothing to do: it was stopped already."),
    }[State(run.state)]
