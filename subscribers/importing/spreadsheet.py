"""The rows of an XLSX, in bounded memory: its XML is read as it unpacks, and limits are checked before it does.

An XLSX is a zip of XML files. What it says of itself (how large a sheet is, where its last cell stands) is not
believed further than it can be held to: zipfile unpacks no more than the directory declares, and that is limited.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.utils.translation import gettext as _

from subscribers.importing.errors import BadFile
from subscribers.importing.spreadsheet_parts import (
    LARGEST_OTHER,
    LONGEST_CELL,
    Texts,
    cut,
    date_styles,
    fed,
    new_parser,
    parse,
    relations,
    shared_texts,
)

LARGEST_SHEET = 768 << 20  # bytes of XML
MOST_ENTRIES = 5_000
MOST_COLUMNS = 200
LAST_ROW = 1_048_576

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PLACE = re.compile(r"([A-Z]{1,7})(\d{1,12})\Z").match


def is_spreadsheet(path: Path) -> bool:
    """Whether the file is a zip with a workbook in it."""
    try:
        with zipfile.ZipFile(path) as bundle:
            return "xl/workbook.xml" in bundle.NameToInfo
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


class Workbook:
    """An XLSX file; BadFile for one that is broken or goes over a limit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._bundle() as bundle:
            if len(bundle.infolist()) > MOST_ENTRIES:
                raise BadFile(_("The spreadsheet is made of too many parts."))
            targets = relations(bundle)
            book = _Book()
            parse(bundle, "xl/workbook.xml", book.start, limit=LARGEST_OTHER)
            self._since_1904 = book.since_1904
            self._sheets = {
                name: targets[key] for name, key in book.sheets if targets.get(key, "") in bundle.NameToInfo
            }
            self._dates = date_styles(bundle)
            if not self._sheets:
                raise BadFile(_("The spreadsheet has no sheet."))

    @property
    def sheets(self) -> tuple[str, ...]:
        return tuple(self._sheets)

    def rows(self, sheet: str) -> Iterator[list[str]]:
        """Its cells as texts, dates as 2026-03-05. Rows that were left out are empty lists."""
        if sheet not in self._sheets:
            raise BadFile(_("The file has no sheet “%s”.") % sheet[:60])
        with self._bundle() as bundle:
            reader = _Sheet(shared_texts(bundle), self._dates, since_1904=self._since_1904)
            number = 0
            for _piece in fed(bundle, self._sheets[sheet], reader.parser, limit=LARGEST_SHEET):
                for place, cells in reader.done:
                    while number < place - 1:
                        number += 1
                        yield []
                    number = place
                    yield cells
                reader.done.clear()
                reader.cut()

    def _bundle(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self._path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise BadFile(_("The spreadsheet is broken: open it in a spreadsheet program and save it anew.")) from error


class _Book:
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.since_1904 = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet" and len(self.sheets) < MOST_ENTRIES:
            key = next((text for name, text in attributes.items() if name.endswith(":id") or name == "id"), "")
            self.sheets.append((attributes.get("name", ""), key))
        elif tag == "workbookPr":
            self.since_1904 = attributes.get("date1904", "0") in ("1", "true")


class _Sheet:
    """Makes rows of what the parser tells; `done` are (number, cells)."""

    def __init__(self, texts: Texts, dates: frozenset[int], *, since_1904: bool) -> None:
        self.done: list[tuple[int, list[str]]] = []
        self._texts = texts
        self._dates = dates
        self._day_zero = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - days have no zone
        self._cells: list[str] = []
        self._row = 0
        self._column = 0
        self._kind = ""
        self._style = ""
        self._value: list[str] = []
        self._phonetic = False
        self._columns: dict[str, int] = {}
        self.parser = new_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            place = attributes.get("r")
            self._column = self._column_of(place) if place else len(self._cells)
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._value.clear()
        elif tag in ("v", "t"):
            if not self._phonetic:
                self.parser.CharacterDataHandler = self._value.append
        elif tag == "row":
            number = attributes.get("r", "")
            if number and not (number.isascii() and number.isdigit() and len(number) < 13):
                raise BadFile(_("The spreadsheet is broken: it has a row “%s”.") % number[:20])
            self._row = int(number) if number else self._row + 1
            if not 0 < self._row <= LAST_ROW:
                raise BadFile(_("The spreadsheet has more than 1,048,576 rows."))
            self._cells = []
        elif tag == "rPh":
            self._phonetic = True

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            text = self._text()
            if text:
                if self._column >= MOST_COLUMNS:
                    raise BadFile(_("The sheet has more than %d columns.") % MOST_COLUMNS)
                cells = self._cells
                while len(cells) < self._column:
                    cells.append("")
                if len(cells) == self._column:
                    cells.append(text)
        elif tag in ("v", "t"):
            self.parser.CharacterDataHandler = None
        elif tag == "row":
            if self.done and self.done[-1][0] >= self._row:
                raise BadFile(_("The spreadsheet is broken: row %d comes twice.") % self._row)
            self.done.append((self._row, self._cells))
        elif tag == "rPh":
            self._phonetic = False

    def cut(self) -> None:
        """Keep a cell that isn't at its end within bounds."""
        cut(self._value)

    def _column_of(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        number = self._columns.get(letters)
        if number is None:
            number = 0
            for letter in letters[:8]:
                if not "A" <= letter <= "Z":
                    raise BadFile(_("The spreadsheet is broken: it has a cell “%s”.") % place[:20])
                number = number * 26 + ord(letter) - 64
            number -= 1
            if len(self._columns) < 20_000:
                self._columns[letters] = number
        return number

    def _text(self) -> str:
        raw = "".join(self._value)
        if not raw:
            return ""
        match self._kind:
            case "s":
                return self._texts[raw]
            case "n":
                return self._number(raw)
            case "b":
                return {"1": "yes", "0": "no"}.get(raw, raw)
            case "d":
                return raw.removesuffix("T00:00:00")
        return raw[: LONGEST_CELL + 1]

    def _number(self, raw: str) -> str:
        if raw.isdigit() and raw.isascii() and not (self._style and self._dates):
            return raw
        try:
            number = float(raw)
        except ValueError:
            return raw
        if self._style.isdigit() and int(self._style) in self._dates and 0 <= number < 2_958_466:
            moment = self._day_zero + timedelta(days=number)
            return moment.date().isoformat() if number == int(number) else moment.isoformat(" ", "seconds")
        return str(int(number)) if number.is_integer() and abs(number) < 10**15 else repr(number)
