"""What is shown of a file and of an import: the rows that tell an encoding, and reasons with their counts."""

from __future__ import annotations

import heapq
import itertools
from pathlib import Path

from django.db.models import CharField, Count, F, Func, Min, QuerySet, Value

from subscribers.importing.reading import Reading, rows
from subscribers.models import ImportNote

LOOKED_AT = 50_000  # rows
WIDEST = 60  # characters of a cell


def telling_rows(path: Path, reading: Reading, *, most: int) -> list[tuple[int, list[str]]]:
    """The rows with the most letters outside ASCII, by their number, as this reading has them."""
    found = enumerate(itertools.islice(rows(path, reading), LOOKED_AT), start=1)
    weighed = ((_letters(cells), -number, cells) for number, cells in found)
    best = heapq.nlargest(most, (row for row in weighed if row[0]), key=lambda row: row[:2])
    return sorted((-number, [_shown(cell) for cell in cells]) for _letters, number, cells in best)


def reason_kind() -> Func:
    """The reason without what it quotes: “There is no country “Frnce”.” and the same of others are one."""
    return Func(
        F("reason"),
        Value("[“«][^”»]*[”»]"),
        Value("“…”"),
        Value("g"),
        function="regexp_replace",
        output_field=CharField(),
    )


def by_reason(notes: QuerySet[ImportNote]) -> list[tuple[str, int]]:
    """Each kind of reason and how many rows have it, the commonest first."""
    kinds = notes.annotate(kind=reason_kind()).order_by().values_list("kind")
    counted = kinds.annotate(n=Count("id"), first=Min("row")).order_by("-n", "first")
    return [(row[0], row[1]) for row in counted]


def _letters(cells: list[str]) -> int:
    return sum(ord(letter) > 0x7F for cell in cells if not cell.isascii() for letter in cell)


def _shown(cell: str) -> str:
    return "".join(letter if letter.isprintable() else "␀" for letter in cell[:WIDEST])
