"""The third step: what each column is, which bulletin the people shall take, and how they are known to agree."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from dispatch.bell import ring_for_import
from subscribers.importing.runs import AT_REST, BadFile, BadMapping, fields, preview, set_mapping, start_check
from subscribers.models import ColumnName, ImportRun
from web.desk.names import bulletin_titles, desk_language
from web.desk.people_import.forms import ColumnsForm
from web.desk.people_import.steps import COLUMNS, keep_option, note, step_page
from web.desk.permissions import may_import, only


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_import)
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """POST takes the columns and begins the dry run."""
    run = get_object_or_404(ImportRun, pk=pk)
    if run.state not in AT_REST:
        return redirect("circular_people_run", pk)
    try:
        seen = preview(run)
    except BadFile as error:
        messages.error(request, str(error))
        return redirect("circular_people_reading", pk)
    form = ColumnsForm(
        request.POST if request.method == "POST" else None,
        columns=seen.columns,
        fields=fields(),
        mapping=run.mapping,
        remembered=_remembered([column.name for column in seen.columns]),
        initial={"language": desk_language(), **run.options},
    )
    if request.method == "POST" and form.is_valid():
        try:
            set_mapping(run, form.mapping, form.options)
        except (BadMapping, BadFile) as error:
            form.add_error(None, str(error))
        else:
            keep_option(run, header=[column.name for column in seen.columns])  # the file itself is kept for a while
            return _check(request, run)
    return step_page(
        request,
        "columns.html",
        {"form": form, "media": form.media},
        run=run,
        shown=COLUMNS,
        status=400 if form.errors else 200,
    )


def _remembered(names: list[str]) -> frozenset[str]:
    folded = [name.strip().casefold() for name in names]
    return frozenset(ColumnName.objects.filter(name__in=folded).values_list("name", flat=True))


def _check(request: HttpRequest, run: ImportRun) -> HttpResponse:
    if start_check(run):
        titles = {str(key): title for key, title in bulletin_titles().items()}
        bulletin = titles.get(run.options.get("bulletin", ""), "")
        note(run, "check", request.user, bulletin=bulletin, basis=run.options.get("basis", ""), columns=run.mapping)
        if not ring_for_import(run.pk):
            messages.warning(request, _("Redis doesn't answer: the check begins as soon as it is back."))
    return redirect("circular_people_run", run.pk)
