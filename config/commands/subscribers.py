"""`circular subscribers import | export`: the people of the directory from a file, and into one."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from config.instance import servers

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from subscribers.models import ImportNote, ImportRun

BAR = 24
COUNTS = ("new", "changed", "unchanged", "unsubscribed", "suppressed", "duplicate", "refused", "organisations")
SHOWN = 10  # rows on a terminal
TELLING = 3  # rows with letters outside ASCII
SLICE = 1.0  # seconds between two lines of progress


class Wrong(Exception):
    """The command can't do what was asked; the message says why."""


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    with servers():
        import django

        django.setup()
        from django.db.utils import ProgrammingError

        from subscribers.importing.errors import BadImport

        try:
            return int(options.act(options))
        except ProgrammingError as error:
            if not _lacks_a_table(error):
                raise
            print(
                "circular subscribers: The database isn't set up, or belongs to an earlier version: "
                "run `circular migrate` first.",
                file=sys.stderr,
            )
            return 1
        except (Wrong, BadImport) as error:
            print(f"circular subscribers: {error}", file=sys.stderr)
            return 1
        except OSError as error:
            print(f"circular subscribers: {error.filename}: {error.strerror}.", file=sys.stderr)
            return 1


def _lacks_a_table(error: BaseException) -> bool:
    from psycopg.errors import UndefinedColumn, UndefinedTable

    return isinstance(error.__cause__, (UndefinedTable, UndefinedColumn))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="circular subscribers", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="import | export")
    come = commands.add_parser("import", help="people from a CSV or an XLSX")
    come.set_defaults(act=_import)
    come.add_argument("file", type=Path, nargs="?", help="a .csv or .xlsx; its first row names the columns")
    come.add_argument("--bulletin", default="", metavar="SLUG", help="subscribe new people to this bulletin")
    come.add_argument("--basis", default="", help="how it is known that they agree; goes into the ledger")
    come.add_argument("--words", default="", help="the words that they agreed to, for the ledger")
    come.add_argument("--measure", default="", metavar="open,click", help="what they agreed to have measured too")
    come.add_argument(
        "--map", action="append", default=[], metavar="COLUMN=FIELD", help="a column's field; may be repeated"
    )
    come.add_argument("--encoding", default="", help="if the guess is wrong: utf-8, gb18030, big5, windows-1252, …")
    come.add_argument("--delimiter", default="", help="if the guess is wrong: , ; | or tab")
    come.add_argument("--sheet", default="", help="of an XLSX; else its first")
    come.add_argument("--language", default="en", help="of new people whose row names none")
    come.add_argument("--check", action="store_true", help="say what would happen; change nothing")
    come.add_argument("--refused", type=Path, metavar="FILE.csv", help="where the refused rows go, to be mended")
    come.add_argument("--resume", type=int, metavar="NUMBER", help="go on with an import that was interrupted")
    go = commands.add_parser("export", help="people into a CSV or an XLSX")
    go.set_defaults(act=_export)
    go.add_argument("file", type=Path, help="a .csv or .xlsx to write")
    go.add_argument("--segment", default="", metavar="SLUG", help="only these people")
    go.add_argument("--bom", action="store_true", help="a mark at the CSV's beginning, by which Excel knows UTF-8")
    return parser


def _import(options: argparse.Namespace) -> int:
    from subscribers.importing import runs
    from subscribers.models import ImportRun

    if options.resume:
        found = ImportRun.objects.filter(pk=options.resume).first()
        if found is None:
            raise Wrong(f"There is no import {options.resume}.")
        run = found
    elif options.file is None:
        raise Wrong("Name a file, or --resume with the number of an import.")
    else:
        run = _received(options)
        if not (runs.start_check(run) if options.check else runs.start_import(run)):
            raise Wrong("The import could not be started.")
    _follow(run)
    return _tell(run, options.refused)


def _received(options: argparse.Namespace) -> ImportRun:
    from subscribers.importing import runs

    with options.file.open("rb") as file:
        run = runs.receive(file, options.file.name)
    if options.encoding or options.delimiter or options.sheet:
        asked = {"encoding": options.encoding, "delimiter": options.delimiter, "sheet": options.sheet}
        asked["delimiter"] = {"tab": "\t", "\\t": "\t"}.get(asked["delimiter"], asked["delimiter"])
        runs.set_reading(run, {key: value for key, value in asked.items() if value})
    names = [column.name for column in runs.preview(run).columns]
    mapping = _mapping(names, run.mapping, options.map)
    reading = run.reading
    how = (
        f"sheet “{reading['sheet']}”"
        if reading["kind"] == "xlsx"
        else f"{reading['encoding']}, {reading['delimiter']!r}"
    )
    print(f"{run.name}: {how}. This is import {run.pk}.")
    for name, field in zip(names, mapping, strict=True):
        print(f"  {name} → {field or 'left out'}")
    if reading["kind"] == "csv":
        _show_letters(run, path=options.file, may_write=options.check or bool(options.encoding))
    runs.set_mapping(
        run,
        mapping,
        {
            "bulletin": _bulletin(options.bulletin),
            "basis": options.basis,
            "words": options.words,
            "measure": [word.strip() for word in options.measure.split(",") if word.strip()],
            "language": options.language,
        },
    )
    return run


def _show_letters(run: ImportRun, *, path: Path, may_write: bool) -> None:
    """The rows by which a wrong encoding is seen; Wrong where it was only guessed and the import would write."""
    from subscribers.importing.encodings import guess_encoding
    from subscribers.importing.reading import Reading
    from subscribers.importing.telling import telling_rows

    told = telling_rows(path, Reading(**run.reading), most=TELLING)
    for number, cells in told:
        print(f"  row {number} is read as: {' | '.join(cells)}")
    guess = guess_encoding(path)
    if guess.certain or may_write or not told:
        return
    # Nothing was written, and nobody goes on with it.
    from subscribers.importing.keeping import path_of

    path_of(run).unlink(missing_ok=True)
    run.delete()
    raise Wrong(
        f"The encoding isn't certain. If these rows are right, add --encoding {run.reading['encoding']}; "
        f"else it may be one of: {', '.join(guess.encodings[1:6])}. Nothing was imported."
    )


def _mapping(names: list[str], guessed: list[str], asked: list[str]) -> list[str]:
    mapping = list(guessed)
    for pair in asked:
        name, equals, field = pair.rpartition("=")
        place = next((at for at, known in enumerate(names) if known.casefold() == name.strip().casefold()), None)
        if not equals or place is None:
            raise Wrong(f"--map {pair}: expected a column of the file, = and a field; columns: {', '.join(names)}.")
        if field and field in mapping:
            mapping[mapping.index(field)] = ""
        mapping[place] = field.strip()
    return mapping


def _bulletin(slug: str) -> str:
    from composer.models import BulletinPage

    if not slug:
        return ""
    page = BulletinPage.objects.filter(slug=slug).first()
    if page is None:
        known = ", ".join(sorted(set(BulletinPage.objects.values_list("slug", flat=True)))) or "none yet"
        raise Wrong(f"There is no bulletin {slug}; there are: {known}.")
    return str(page.translation_key)


def _follow(run: ImportRun) -> None:
    """Work until it is done, with a line of progress on a terminal; a worker that had it already is waited for."""
    from subscribers.importing.runs import work
    from subscribers.importing.working import MOVING

    shows = sys.stderr.isatty()
    started, before = time.monotonic(), run.position
    while run.state in MOVING:
        if not work(run.pk, progress=lambda position: _show(run, position, started, before) if shows else None):
            run.refresh_from_db()
            if run.state in MOVING:
                time.sleep(SLICE)  # somebody else's lease
        run.refresh_from_db()
    if shows:
        print(file=sys.stderr)


def _show(run: ImportRun, position: int, started: float, before: int) -> None:
    rate = (position - before) / max(time.monotonic() - started, 0.001)
    bar = ""
    if run.rows:
        done = min(position / run.rows, 1)
        bar = f"[{'#' * round(done * BAR):<{BAR}}] {done:4.0%} "
    print(f"\r{bar}{position:,} rows, {rate:,.0f} a second ", end="", file=sys.stderr, flush=True)


def _tell(run: ImportRun, refused: Path | None) -> int:
    from subscribers.models import ImportNote, ImportRun

    words = [f"{run.counts[name]:,} {name}" for name in COUNTS if run.counts.get(name)]
    print(f"{run.get_state_display()}: {run.position:,} rows; {', '.join(words) or 'nothing to do'}.")
    notes = ImportNote.objects.filter(run=run)
    _list_notes("Refused", notes.filter(refused=True))
    _list_notes("The other rows" if run.state == ImportRun.State.CHECKED else "Kept", notes.filter(refused=False))
    if refused is not None:
        _write_refused(run, refused)
    if run.state == ImportRun.State.FAILED:
        print(f"circular subscribers: {run.error}", file=sys.stderr)
        return 1
    return 0


def _list_notes(heading: str, notes: QuerySet[ImportNote]) -> None:
    """By reason with counts, then row by row."""
    from subscribers.importing.telling import by_reason

    if not (total := notes.count()):
        return
    print(f"{heading}, by reason:")
    reasons = by_reason(notes)
    for reason, count in reasons[:SHOWN]:
        print(f"  {count:,} × {reason}")
    if len(reasons) > SHOWN:
        print(f"  … and {len(reasons) - SHOWN:,} other reasons")
    for note in notes.order_by("row", "pk")[:SHOWN]:
        print(f"  row {note.row}: {note.reason}")
    if total > SHOWN:
        print(f"  … and {total - SHOWN:,} more rows")


def _write_refused(run: ImportRun, path: Path) -> None:
    import csv

    from subscribers.importing.runs import refused_rows

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(refused_rows(run))
    print(f"The refused rows are in {path}: mend them there and import that file.")


def _export(options: argparse.Namespace) -> int:
    from subscribers.exporting import people_of, write_people

    try:
        people = people_of(options.segment)
    except LookupError as error:
        raise Wrong(str(error.args[0])) from error
    count = write_people(options.file, people, bom=options.bom, bulletins=_bulletin_names())
    print(f"{count:,} people are in {options.file}.")
    return 0


def _bulletin_names() -> dict[str, str]:
    from composer.models import BulletinPage

    return {str(key): slug for key, slug in BulletinPage.objects.values_list("translation_key", "slug")}
