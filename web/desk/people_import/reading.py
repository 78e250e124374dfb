"""The second step: how the file is read, seen by its first rows in every encoding that it may be in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from subscribers.importing.runs import AT_REST, BadFile, Preview, preview, set_reading
from subscribers.models import ImportRun
from web.desk.people_import.steps import READING, note, step_page
from web.desk.permissions import may_import, only

MOST_LOOKS = 5
ROWS_OF_A_LOOK = 3
CELLS_OF_A_LOOK = 6
KEYS = ("encoding", "delimiter", "sheet")


@dataclass(frozen=True, slots=True)
class Look:
    """The first rows as they read in one encoding."""

    encoding: str
    label: str
    rows: tuple[tuple[str, ...], ...]
    broken: bool
    chosen: bool
    guessed: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Something else that decides how the file is read."""

    name: str
    label: str
    value: str
    choices: tuple[tuple[str, str], ...]


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_import)
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    """POST takes a reading: with `again` the page is shown anew, else the columns are next."""
    run = get_object_or_404(ImportRun, pk=pk)
    if run.state not in AT_REST:
        return redirect("circular_people_run", pk)
    refused = ""
    if request.method == "POST":
        given = {key: request.POST[key] for key in KEYS if key in request.POST}
        if request.POST.get("encoding-other", run.reading.get("encoding")) != run.reading.get("encoding"):
            given["encoding"] = request.POST["encoding-other"]
        try:
            if given and any(run.reading.get(key) != value for key, value in given.items()):
                set_reading(run, {**run.reading, **given})
                note(run, "reading", request.user, **given)
        except BadFile as error:
            refused = str(error)
        except UnicodeError:
            refused = _("The file can’t be read so. Choose another of the ways in which it may be written.")
        else:
            return redirect("circular_people_reading" if "again" in request.POST else "circular_people_columns", pk)
    context: dict[str, Any] = {"refused": refused}
    try:
        seen = preview(run)
    except BadFile as error:
        context |= {"refused": refused or str(error), "looks": [], "parts": []}
    else:
        context |= {"preview": seen, "rows": numbered(seen), "looks": looks(run, seen), "parts": parts(seen)}
        context["certain"] = seen.reading.get("encoding", "").startswith("utf") and not seen.broken
    return step_page(request, "reading.html", context, run=run, shown=READING, status=400 if refused else 200)


def numbered(seen: Preview) -> list[tuple[int, tuple[str, ...]]]:
    """The rows as a spreadsheet counts them, the names of the columns being row 1."""
    return list(enumerate(seen.rows, start=2))


def looks(run: ImportRun, seen: Preview) -> list[Look]:
    """The readings among which one chooses by looking: the likeliest first, none twice that look the same."""
    chosen = seen.reading.get("encoding", "")
    likely = [pair for place, pair in enumerate(seen.encodings) if place < MOST_LOOKS or pair[0] == chosen]
    made: list[Look] = []
    shown: set[tuple[tuple[str, ...], ...]] = set()
    for encoding, label in sorted(likely, key=lambda pair: pair[0] != chosen):
        try:
            other = seen if encoding == chosen else preview(run, reading={**seen.reading, "encoding": encoding})
        except (BadFile, UnicodeError):
            continue
        whole = (tuple(column.name for column in other.columns), *other.rows)
        if whole in shown or (other.broken and encoding != chosen):
            continue
        shown.add(whole)
        guessed = encoding == seen.encodings[0][0]
        made.append(Look(encoding, label, _telling(whole), other.broken > 0, encoding == chosen, guessed))
    order = [encoding for encoding, _label in seen.encodings]
    return sorted(made, key=lambda look: order.index(look.encoding))


def _telling(every: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The rows by which one sees whether letters are right: those with others than ASCII, if there are any."""
    strange = [row for row in every if any(not cell.isascii() for cell in row)]
    shown = (strange or list(every))[:ROWS_OF_A_LOOK]
    return tuple(_strange_first(row)[:CELLS_OF_A_LOOK] for row in shown)


def _strange_first(row: tuple[str, ...]) -> tuple[str, ...]:
    """At most a line of cells; in a wide row those that tell something come first."""
    filled = tuple(cell for cell in row if cell)
    if len(filled) <= CELLS_OF_A_LOOK:
        return filled
    return tuple(sorted(filled, key=lambda cell: cell.isascii()))


def parts(seen: Preview) -> list[Part]:
    now = seen.reading
    made = []
    if len(seen.encodings) > 1:
        made.append(Part("encoding-other", _("Written in"), now.get("encoding", ""), seen.encodings))
    if len(seen.delimiters) > 1:
        made.append(Part("delimiter", _("Between the cells is"), now.get("delimiter", ""), seen.delimiters))
    if len(seen.sheets) > 1:
        sheets = tuple((name, name) for name in seen.sheets)
        made.append(Part("sheet", _("Sheet"), now.get("sheet", ""), sheets))
    return made
