"""The rows of a file, one after the other, whatever the file is like: `rows(path, reading)` never holds it whole.

Row 0 is the header. A blank row is an empty list, so that rows are numbered as a spreadsheet numbers them; what
can't be read is a `Broken` in its place, and the rows after it are read again.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from subscribers.importing.encodings import LABELS, guess_encoding
from subscribers.importing.errors import BadFile
from subscribers.importing.spreadsheet import Workbook, is_spreadsheet

LARGEST_FILE = 1 << 30  # bytes
MOST_COLUMNS = 200
MOST_ROWS = 5_000_000
LONGEST_CELL = 32_767  # characters, as in Excel
LONGEST_LINE = 1 << 20  # characters
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"}
_SAMPLE_LINES = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read. `kind` is "csv" or "xlsx"; encoding and delimiter are a CSV's, sheet is an XLSX's."""

    kind: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = ""

    def plain(self) -> dict[str, str]:
        return asdict(self)


class Broken(list[str]):
    """A row that can't be read: it has no cells, but the text that was found and a reason."""

    __slots__ = ("reason", "text")

    def __init__(self, text: str, reason: str) -> None:
        super().__init__()
        self.text = text
        self.reason = reason


def guess_reading(path: Path) -> Reading:
    """How the file seems to be meant; BadFile for what no reading makes sense of."""
    size = path.stat().st_size
    if not size:
        raise BadFile(_("The file is empty."))
    if size > LARGEST_FILE:
        raise BadFile(_("The file is larger than %d MB: divide it.") % (LARGEST_FILE >> 20))
    if is_spreadsheet(path):
        return Reading(kind="xlsx", encoding="", delimiter="", sheet=Workbook(path).sheets[0])
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"PK\x03\x04", b"{\\rtf", b"\x1f\x8b", b"\x89PNG")):
        raise BadFile(_("This is no CSV and no XLSX. Open it in a spreadsheet and save it as one of these."))
    encoding = guess_encoding(path).best
    return Reading(encoding=encoding, delimiter=guess_delimiter(path, encoding))


def checked_reading(plain: dict[str, str], path: Path) -> Reading:
    """A reading from outside, on this file; BadFile where it doesn't fit."""
    if is_spreadsheet(path):
        sheets = Workbook(path).sheets
        sheet = plain.get("sheet") or sheets[0]
        if sheet not in sheets:
            raise BadFile(_("The file has no sheet “%s”.") % sheet[:60])
        return Reading(kind="xlsx", encoding="", delimiter="", sheet=sheet)
    guessed = guess_reading(path)
    encoding = known_encoding(plain.get("encoding") or guessed.encoding)
    delimiter = plain.get("delimiter") or guess_delimiter(path, encoding)
    if delimiter not in DELIMITERS:
        raise BadFile(_("Columns are divided by a comma, a semicolon, a tab or a bar."))
    return Reading(encoding=encoding, delimiter=delimiter)


def known_encoding(name: str) -> str:
    """One of LABELS for any of an encoding's names, such as GBK; BadFile for others."""
    spelt = name.strip().casefold().replace("_", "-")
    wider = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "big5": "big5hkscs", "cp950": "big5hkscs"}
    spelt = wider.get(spelt, spelt)
    for known in LABELS:
        if spelt in (known, known.replace("_", "-")):
            return known
    try:
        found = codecs.lookup(spelt).name.replace("utf-8-sig", "utf-8").replace("iso8859-1", "cp1252")
    except LookupError:
        found = ""
    found = {"gbk": "gb18030", "gb2312": "gb18030", "big5": "big5hkscs"}.get(found, found.replace("-", "_"))
    for known in LABELS:
        if found == known.replace("-", "_"):
            return known
    raise BadFile(_("There is no encoding “%s” here.") % name[:40])


def guess_delimiter(path: Path, encoding: str) -> str:
    """The mark that divides the first lines into columns most evenly."""
    with _in_this_encoding(), _opened(path, encoding) as file:
        lines = [line for line in (file.readline(LONGEST_LINE) for _line in range(_SAMPLE_LINES)) if line]
    best, most = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        evenness = sum(width == widths[0] for width in widths) / len(widths)
        if evenness * 10 + min(widths[0], 20) / 100 > most:
            best, most = delimiter, evenness * 10 + min(widths[0], 20) / 100
    return best


def rows(path: Path, reading: Reading) -> Iterator[list[str]]:
    """Every row, the header first. BadFile where the file as a whole goes over a limit."""
    found = Workbook(path).rows(reading.sheet) if reading.kind == "xlsx" else _csv_rows(path, reading)
    with _in_this_encoding():
        for number, row in enumerate(found):
            if number > MOST_ROWS:
                raise BadFile(_("The file has more than %d rows: divide it.") % MOST_ROWS)
            yield row


@contextmanager
def _in_this_encoding() -> Iterator[None]:
    """Bytes that an encoding has nothing for are shown as such; some encodings refuse a file as a whole."""
    try:
        yield
    except UnicodeError as error:
        raise BadFile(_("The file can’t be read in this encoding: choose another.")) from error


def _opened(path: Path, encoding: str) -> io.TextIOWrapper:
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    return path.open(encoding=codec, errors="replace", newline="")


def _csv_rows(path: Path, reading: Reading) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    with _opened(path, reading.encoding) as file:
        width = 0
        again: list[str] = []  # lines that a row without an end had swallowed, the last one first
        taken: list[str] = []  # lines of the row that is being read

        ended = False

        def feed() -> Iterator[str]:
            nonlocal ended
            while line := again.pop() if again else file.readline(LONGEST_LINE):
                taken.append(line)
                yield line
            ended = True

        reader = csv.reader(feed(), delimiter=reading.delimiter)
        while True:
            problem = ""
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                problem = _("A quotation mark is not closed, or a cell is longer than 32,767 characters.")
            else:
                if ended or (len(taken) > 1 and width and len(row) != width):  # a whole row asks for no further line
                    problem = _("A quotation mark is not closed.")
                width = width or len(row)
            if problem:
                yield Broken(taken[0], problem)
                again.extend(reversed(taken[1:]))
                ended = False
                reader = csv.reader(feed(), delimiter=reading.delimiter)
            else:
                yield row
            taken.clear()
