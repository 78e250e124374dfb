"""The way that a file of people goes on the desk: which steps there are, and on which one an import stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from subscribers.importing.runs import AT_REST
from subscribers.models import ImportRun
from web.desk.frame import desk_page
from web.desk.people_import.figures import was_started

State = ImportRun.State
ICON = "upload"
FILE, READING, COLUMNS, CHECK, IMPORT = range(1, 6)


@dataclass(frozen=True, slots=True)
class Step:
    """`url` only where one can go there from the step that is shown."""

    label: str
    url: str
    current: bool
    done: bool


def steps(run: ImportRun, *, shown: int) -> list[Step]:
    """The five steps with `shown` the one that the page is about."""
    open_again = run.state in AT_REST
    reached = step_of(run)
    ways = {
        READING: reverse("circular_people_reading", args=[run.pk]),
        COLUMNS: reverse("circular_people_columns", args=[run.pk]),
    }
    labels = {
        FILE: _("File"),
        READING: _("How it is read"),
        COLUMNS: _("Columns"),
        CHECK: _("Dry run"),
        IMPORT: _("Import"),
    }
    return [
        Step(
            label=label,
            url=ways.get(number, "") if open_again and number < max(reached, shown) and number != shown else "",
            current=number == shown,
            done=number < shown or run.state == State.FINISHED,
        )
        for number, label in labels.items()
    ]


def step_of(run: ImportRun) -> int:
    """The step that waits for somebody, or that the import ended in."""
    match State(run.state):
        case State.UPLOADED:
            return COLUMNS if run.options else READING
        case State.CHECKING | State.CHECKED:
            return CHECK
        case State.RUNNING | State.FINISHED:
            return IMPORT
    return IMPORT if was_started(run) else CHECK


def step_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    run: ImportRun,
    shown: int,
    buttons: Sequence[tuple[str, str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    """Render the template of one step, in the desk's frame."""
    crumbs = [(_("Import people"), reverse("circular_people_imports"))]
    return desk_page(
        request,
        f"web/desk/people_import/{template}",
        {"run": run, "steps": steps(run, shown=shown), **context},
        title=run.name,
        icon=ICON,
        crumbs=crumbs,
        buttons=buttons,
        status=status,
    )


def note(run: ImportRun, action: str, user: Any, **data: Any) -> None:
    """Write into the audit log what `user` did with the import."""
    log(instance=run, action=f"circular.people_import.{action}", user=user, data=data or None)


def keep_option(run: ImportRun, **options: Any) -> None:
    """Note something with the import's options that the desk needs to know later."""
    run.options = {**run.options, **options}
    ImportRun.objects.filter(pk=run.pk).update(options=run.options)
