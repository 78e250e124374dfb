"""The directory as a CSV or an XLSX, in columns that the import reads back; row by row, in bounded memory.

Cells that a spreadsheet would take for a formula get an apostrophe, which the import takes off again.
"""

from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from subscribers.importing.cells import written_affiliation
from subscribers.importing.fields import CUSTOM
from subscribers.importing.harmless import harmless
from subscribers.models import Affiliation, CustomField, Interest, Segment, Subscriber, Subscription
from subscribers.segments import matching

CHUNK = 2_000
LAST_ROW = 1_048_576  # of an XLSX
FIXED = (
    "email",
    "name",
    "language",
    "country",
    "external_id",
    "organisation",
    "organisation_external_id",
    "organisation_kind",
    "organisation_country",
    "organisation_tier",
    "affiliations",
    "topics",
)


def people_of(segment: str) -> QuerySet[Subscriber]:
    """The people of a segment by its short name, or everybody for ""; LookupError if there is no such segment."""
    if not segment:
        return Subscriber.objects.all()
    found = Segment.objects.filter(slug=segment).first()
    if found is None:
        raise LookupError(_("There is no segment “%s”.") % segment)
    return matching(found.rule)


def custom_keys() -> list[str]:
    """The keys of the custom fields, each a column."""
    return list(CustomField.objects.values_list("key", flat=True))


def header(custom: Sequence[str]) -> list[str]:
    """The columns' names, which the import knows."""
    return [*FIXED, *(CUSTOM + key for key in custom), "subscriptions"]


def people_rows(
    people: QuerySet[Subscriber], *, custom: Sequence[str], bulletins: Mapping[str, str]
) -> Iterator[list[str]]:
    """A row for each person, as the texts are: whoever writes them into a file makes them `harmless`.

    `bulletins` is key -> name for the column of subscriptions, which the import leaves out: a subscription needs a
    basis of its own. With a server-side cursor, so that a million people fit.
    """
    chosen = people.select_related("organisation").order_by("pk")
    for block in _blocks(chosen.iterator(chunk_size=CHUNK)):
        ids = [person.pk for person in block]
        affiliations, topics, subscriptions = _affiliations(ids), _topics(ids), _subscriptions(ids, bulletins)
        for person in block:
            yield [
                *_own(person),
                "; ".join(affiliations.get(person.pk, ())),
                "; ".join(topics.get(person.pk, ())),
                *(_value(person.custom.get(key)) for key in custom),
                "; ".join(subscriptions.get(person.pk, ())),
            ]


def exported_rows(people: QuerySet[Subscriber], *, bulletins: Mapping[str, str] | None = None) -> Iterator[list[str]]:
    """The header and the rows of a file, every cell harmless."""
    custom = custom_keys()
    rows = people_rows(people, custom=custom, bulletins=bulletins or {})
    for row in itertools.chain([header(custom)], rows):
        yield [harmless(cell) for cell in row]


def write_people(
    path: Path, people: QuerySet[Subscriber], *, bom: bool = False, bulletins: Mapping[str, str] | None = None
) -> int:
    """Write a file of the kind that its name says, XLSX or else CSV; how many people it has."""
    rows = exported_rows(people, bulletins=bulletins)
    with path.open("wb") as file:
        if path.suffix.casefold() == ".xlsx":
            return write_xlsx(file, rows)
        count = -1
        for piece in csv_pieces(rows, bom=bom):
            file.write(piece)
            count += piece.count(b"\r\n")
    return count


def csv_pieces(rows: Iterable[Sequence[str]], *, bom: bool = False) -> Iterator[bytes]:
    """The rows as the bytes of a CSV in UTF-8, a line a piece: fit for a streaming response."""
    line = _Line()
    writer = csv.writer(line)
    mark = "\ufeff" if bom else ""
    for row in rows:
        writer.writerow([cell.replace("\r\n", "\n").replace("\r", "\n").replace("\n", " ") for cell in row])
        yield (mark + line.text).encode()
        mark = ""


def write_xlsx(file: IO[bytes], rows: Iterable[Sequence[str]]) -> int:
    """The rows as an XLSX, a further sheet where one is full; how many there are without the header."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet, number, count = book.add_worksheet(), 0, -1
    names: Sequence[str] = ()
    for row in rows:
        names = names or row
        if number == LAST_ROW:
            sheet, number = book.add_worksheet(), 0
            _write_row(sheet, number, names)
            number += 1
        _write_row(sheet, number, row)
        number += 1
        count += 1
    book.close()
    return count


class _Line:
    """Where csv.writer writes its line."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def _write_row(sheet: Any, number: int, row: Sequence[str]) -> None:
    for column, cell in enumerate(row):
        if cell:
            sheet.write_string(number, column, cell)


def _blocks(people: Iterator[Subscriber]) -> Iterator[list[Subscriber]]:
    block: list[Subscriber] = []
    for person in people:
        block.append(person)
        if len(block) == CHUNK:
            yield block
            block = []
    if block:
        yield block


def _own(person: Subscriber) -> list[str]:
    of = person.organisation
    return [
        person.email,
        person.name,
        person.language,
        person.country,
        person.external_id or "",
        *((of.name, of.external_id or "", of.kind, of.country, of.tier) if of else [""] * 5),
    ]


def _affiliations(ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for each in Affiliation.objects.filter(subscriber__in=ids).select_related("organisation").order_by("pk"):
        of = each.organisation
        since, until = (day.isoformat() if day else "" for day in (each.since, each.until))
        name, number = (of.name, of.external_id or "") if of else ("", "")
        found[each.subscriber_id].append(
            written_affiliation([each.role, each.programme, name, each.country, since, until, number])
        )
    return found


def _topics(ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    pairs = Interest.objects.filter(subscriber__in=ids).order_by("topic__slug").values_list("subscriber", "topic__slug")
    for person, slug in pairs:
        found[person].append(slug)
    return found


def _subscriptions(ids: Sequence[int], bulletins: Mapping[str, str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows = Subscription.objects.filter(subscriber__in=ids).order_by("pk")
    for person, key, state in rows.values_list("subscriber", "bulletin_key", "state"):
        found[person].append(f"{bulletins.get(str(key), key)}: {state}")
    return found


def _value(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
    return str(value)
