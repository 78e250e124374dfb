"""Spreadsheets of some kilobytes that unpack to hundreds of megabytes: faults.md, row 11."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from subscribers.importing.checking import Checker, Vocabulary
from subscribers.importing.going import HEAVY, checked_batches
from subscribers.importing.reading import Reading, guess_reading, rows
from subscribers.importing.spreadsheet import Workbook
from subscribers.importing.spreadsheet_parts import LONGEST_CELL

ROOT = Path(__file__).parents[3]
LONG = 150 << 20  # characters
MOST = 100 << 20  # bytes that reading may take
READ = """
import resource, sys, django
django.setup()
from pathlib import Path
from subscribers.importing.errors import BadFile
from subscribers.importing.spreadsheet import Workbook
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    longest = max(len(cell) for row in Workbook(Path(sys.argv[1])).rows("Sheet1") for cell in row)
except BadFile:
    longest = -1
print(longest, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""
BEGIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
END = b"</row></sheetData></worksheet>"
INLINE = (BEGIN + b'<c r="A1" t="inlineStr"><is><t>', b"</t></is></c>" + END)
ATTRIBUTE = (BEGIN + b'<c r="A1" x="', b'"><v>1</v></c>' + END)
SHARED = (b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>', b"</t></si></sst>")


def inflated(folder: Path, part: str, around: tuple[bytes, bytes]) -> Path:
    """A spreadsheet whose `part` has one text of 150 million characters."""
    book = xlsxwriter.Workbook(folder / "made.xlsx")
    book.add_worksheet().write_string(0, 0, "email")
    book.close()
    path = folder / "inflated.xlsx"
    with zipfile.ZipFile(folder / "made.xlsx") as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        with new.open(part, "w", force_zip64=True) as file:
            file.write(around[0])
            for _piece in range(LONG >> 20):
                file.write(b"A" * (1 << 20))
            file.write(around[1])
    return path


@pytest.mark.parametrize(
    ("part", "around", "longest"),
    [
        ("xl/worksheets/sheet1.xml", INLINE, LONGEST_CELL + 1),
        ("xl/sharedStrings.xml", SHARED, LONGEST_CELL + 1),
        ("xl/worksheets/sheet1.xml", ATTRIBUTE, -1),
    ],
)
def test_one_huge_text_is_never_held_whole(
    part: str, around: tuple[bytes, bytes], longest: int, tmp_path: Path
) -> None:
    path = inflated(tmp_path, part, around)
    assert path.stat().st_size < 1 << 20
    child = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        check=True,
    )
    found, taken = map(int, child.stdout.split())
    assert found == longest
    assert taken < MOST


def test_long_rows_come_in_short_batches(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    text = "x" * LONGEST_CELL
    for row in range(40):
        page.write_row(row, 0, ["email", *[text] * 40] if row else ["email"])
    book.close()
    reading: Reading = guess_reading(path)
    assert Workbook(path).sheets == (reading.sheet,)
    checker = Checker(["email"], Vocabulary())
    with checked_batches(path, reading, checker, position=0) as batches:
        sizes = [(len(batch.rows), sum(len(cell) for row in batch.rows for cell in row)) for batch in batches]
    assert sum(count for count, _weight in sizes) == sum(1 for _row in rows(path, reading)) - 1
    assert all(weight < 2 * HEAVY for _count, weight in sizes)
    assert len(sizes) > 1
