"""The way of one import: a file is received, looked at, mapped, checked, imported; everything the doors need.

The desk and the command come in here alone. Whoever starts a check or an import rings a worker
(`dispatch.bell.ring_for_import`), or calls `work` themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from django.db.models import F, Func, IntegerField, Max
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from subscribers.counts import forget_counts
from subscribers.importing.checking import said_of_duplicates
from subscribers.importing.encodings import LABELS, guess_encoding
from subscribers.importing.errors import BadFile, BadImport, BadMapping
from subscribers.importing.fields import Field, guess_fields, known_fields
from subscribers.importing.harmless import harmless, restored
from subscribers.importing.keeping import keep, path_of, plain_name
from subscribers.importing.reading import DELIMITERS, Broken, Reading, checked_reading, guess_reading, rows
from subscribers.importing.spreadsheet import Workbook
from subscribers.importing.words import UnknownWord, language_code
from subscribers.importing.working import work
from subscribers.models import ColumnName, CustomField, ImportNote, ImportRun

__all__ = [
    "BadFile",
    "BadImport",
    "BadMapping",
    "Column",
    "Field",
    "Preview",
    "cancel",
    "fields",
    "preview",
    "receive",
    "refused_rows",
    "set_mapping",
    "set_reading",
    "start_check",
    "start_import",
    "work",
]

PREVIEWED = 20  # rows
SAMPLES = 4
State = ImportRun.State
AT_REST = (State.UPLOADED, State.CHECKED, State.CANCELLED, State.FAILED)
MEASURES = ("open", "click")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its name, a few of its values, and the field that it seems to be ("" for none)."""

    name: str
    samples: tuple[str, ...]
    field: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file under one reading.

    `reading` has the keys kind ("csv" or "xlsx"), encoding, delimiter, sheet. `encodings` are (name, label), those that
    can read the file first, the likeliest of them at the front; `delimiters` the same; `sheets` are names, of an XLSX
    only. `broken` says how many characters of the rows shown the encoding can't read.
    """

    reading: dict[str, str]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    encodings: tuple[tuple[str, str], ...]
    delimiters: tuple[tuple[str, str], ...]
    sheets: tuple[str, ...]
    broken: int = 0


def fields() -> list[Field]:
    """What a column can be mapped to."""
    return known_fields(_custom_labels())


def receive(file: IO[bytes], name: str, *, user: Any = None) -> ImportRun:
    """Keep an uploaded file and guess how it is read; BadFile for one that can't be."""
    kept = keep(file)
    run = ImportRun(name=plain_name(name), path=kept.name, digest=kept.digest, size=kept.size, made_by=user)
    try:
        run.reading = guess_reading(path_of(run)).plain()
        run.mapping = _guessed(_beginning(run, Reading(**run.reading)))
    except BaseException:
        path_of(run).unlink()
        raise
    run.save()
    return run


def preview(run: ImportRun, *, reading: Mapping[str, str] | None = None) -> Preview:
    """The file's beginning as the run, or `reading`, reads it; BadFile where that fails."""
    path = path_of(run)
    read = checked_reading(dict(reading), path) if reading else Reading(**run.reading)
    beginning = _beginning(run, read)
    header, body = beginning[0], beginning[1:]
    guesses = run.mapping if reading is None and len(run.mapping) == len(header) else _guessed(beginning)
    columns = tuple(
        Column(name, tuple(row[place] for row in body if place < len(row) and row[place])[:SAMPLES], guesses[place])
        for place, name in enumerate(header)
    )
    is_csv = read.kind == "csv"
    order = list(dict.fromkeys([*guess_encoding(path).encodings, *LABELS])) if is_csv else []
    return Preview(
        reading=read.plain(),
        columns=columns,
        rows=tuple(tuple(row) for row in body),
        encodings=tuple((name, LABELS[name]) for name in order),
        delimiters=tuple((mark, _(label)) for mark, label in DELIMITERS.items()) if is_csv else (),
        sheets=() if is_csv else Workbook(path).sheets,
        broken=sum(cell.count("\ufffd") for row in beginning for cell in row),
    )


def set_reading(run: ImportRun, reading: Mapping[str, str]) -> None:
    """Read the file so from now on; the mapping is guessed anew. BadFile where that fails, or the run is under way."""
    read = checked_reading(dict(reading), path_of(run))
    run.mapping = _guessed(_beginning(run, read))
    run.reading = read.plain()
    run.state = State.UPLOADED
    _save_at_rest(run, reading=run.reading, mapping=run.mapping, rows=None, state=run.state)


def set_mapping(run: ImportRun, mapping: Sequence[str], options: Mapping[str, Any]) -> None:
    """For each column its field or ""; BadMapping where they don't do. Remembered for columns of the same name.

    options: bulletin (uuid or ""), basis (how we know that they agree; needed with a bulletin), words (what they
    agreed to), measure (some of "open" and "click", where they agreed to that too), language (of new people without).
    """
    header = _beginning(run, Reading(**run.reading))[0]
    run.mapping = _checked_mapping(list(mapping), header)
    run.options = _checked_options(options)
    run.state = State.UPLOADED
    _save_at_rest(run, mapping=run.mapping, options=run.options, state=run.state)
    for name, chosen in zip(header, run.mapping, strict=True):
        word = name.strip().casefold()[:120]
        if word:
            ColumnName.objects.update_or_create(name=word, defaults={"field": chosen})


def start_check(run: ImportRun) -> bool:
    """A dry run from the first row; False if the run is under way or done."""
    return _start(run, State.CHECKING)


def start_import(run: ImportRun) -> bool:
    """Import from the first row; False if the run is under way or done."""
    return _start(run, State.RUNNING)


def cancel(run: ImportRun) -> bool:
    """Stop after the batch that is being written; False if there is nothing to stop."""
    had_written = run.state == State.RUNNING
    stopped = ImportRun.objects.filter(pk=run.pk, state__in=(State.CHECKING, State.RUNNING)).update(
        state=State.CANCELLED, finished_at=Now(), lease=None, leased_until=None
    )
    run.refresh_from_db()
    if stopped and had_written:
        forget_counts()
    return bool(stopped)


def refused_rows(run: ImportRun) -> Iterator[list[str]]:
    """The refused rows with the header first and the reason behind their columns, safe to open in a spreadsheet.

    Imported again as it is, nothing of it is taken: who came twice isn't in it, since the second row would overwrite
    the first, and cells beyond the header's stand in columns without a name, for which a row is refused.
    """
    header = _beginning(run, Reading(**run.reading))[0]
    reason = _("reason")
    width = len(header)
    found = ImportNote.objects.filter(run=run, refused=True).exclude(reason__in=said_of_duplicates())
    length = Func(F("cells"), function="jsonb_array_length", output_field=IntegerField())
    more = max((found.aggregate(most=Max(length))["most"] or 0) - width, 0)
    yield [*map(harmless, header), reason, *[""] * more]
    found = found.order_by("row", "pk")
    for cells, why in found.values_list("cells", "reason").iterator(chunk_size=2_000):
        row = [harmless(restored(str(cell))) for cell in cells]
        row += [""] * (width + more - len(row))
        yield [*row[:width], why, *row[width:]]


def _start(run: ImportRun, state: State) -> bool:
    if "email" not in run.mapping:
        return False
    started = ImportRun.objects.filter(pk=run.pk, state__in=AT_REST).update(
        state=state,
        options={**run.options, "taken": {}, "spoken": get_language() or ""},
        position=0,
        counts={},
        error="",
        failures=0,
        started_at=None,
        finished_at=None,
        lease=None,
        leased_until=None,
    )
    if started:
        ImportNote.objects.filter(run=run).delete()
    run.refresh_from_db()
    return bool(started)


def _save_at_rest(run: ImportRun, **values: Any) -> None:
    if not ImportRun.objects.filter(pk=run.pk, state__in=AT_REST).update(**values):
        raise BadFile(_("This import is under way or done: it can’t be changed any more."))


def _beginning(run: ImportRun, reading: Reading) -> list[list[str]]:
    """The header and the first rows; BadFile without a header."""
    found = rows(path_of(run), reading)
    header = next(found, [])
    if isinstance(header, Broken) or not any(cell.strip() for cell in header):
        raise BadFile(_("The first row must hold the names of the columns."))
    if any("\0" in cell for cell in header):
        raise BadFile(_("This is no CSV and no XLSX. Open it in a spreadsheet and save it as one of these."))
    while header and not header[-1].strip():
        header = header[:-1]
    body = [[restored(cell) for cell in row] or [row.text] if isinstance(row, Broken) else row
            for row in itertools.islice(found, PREVIEWED)]  # fmt: skip
    return [[name.strip() for name in header], *body]


def _guessed(beginning: Sequence[Sequence[str]]) -> list[str]:
    header = beginning[0]
    words = [name.strip().casefold()[:120] for name in header]
    remembered = dict(ColumnName.objects.filter(name__in=words).values_list("name", "field"))
    return guess_fields(header, beginning[1:], remembered=remembered, custom=_custom_labels())


def _custom_labels() -> dict[str, str]:
    return dict(CustomField.objects.values_list("key", "label"))


def _checked_mapping(mapping: list[str], header: Sequence[str]) -> list[str]:
    if len(mapping) != len(header):
        raise BadMapping(_("The file has %(columns)d columns, and fields were given for %(fields)d.")
                         % {"columns": len(header), "fields": len(mapping)})  # fmt: skip
    labels = {field.name: field.label for field in fields()}
    for chosen in mapping:
        if chosen and chosen not in labels:
            raise BadMapping(_("There is no field “%s”.") % chosen[:60])
        if chosen and mapping.count(chosen) > 1:
            raise BadMapping(_("“%s” is chosen for two columns.") % labels[chosen])
    if "email" not in mapping:
        raise BadMapping(_("Choose the column with the addresses."))
    used = set(mapping)
    if used & {"programme", "since", "until", "affiliation_organisation", "affiliation_country"} and "role" not in used:
        raise BadMapping(_("A programme or a date needs a column with the role too."))
    return mapping


def _checked_options(options: Mapping[str, Any]) -> dict[str, Any]:
    bulletin = str(options.get("bulletin") or "")
    basis = str(options.get("basis") or "").strip()
    measure = [str(purpose) for purpose in options.get("measure") or ()]
    if bulletin:
        try:
            bulletin = str(UUID(bulletin))
        except ValueError:
            raise BadMapping(_("There is no such bulletin.")) from None
        if not basis:
            raise BadMapping(_("Say how you know that these people agree to be written to."))
    if any(purpose not in MEASURES for purpose in measure):
        raise BadMapping(_("Opens and clicks can be measured, nothing else."))
    if measure and not bulletin:
        raise BadMapping(_("Measuring goes with a bulletin: choose one."))
    try:
        language = language_code(str(options.get("language") or "en"))
    except UnknownWord as error:
        raise BadMapping(str(error)) from error
    words = str(options.get("words") or "").strip()
    return {"bulletin": bulletin, "basis": basis, "words": words, "measure": measure, "language": language}
