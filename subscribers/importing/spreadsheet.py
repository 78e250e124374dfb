"""The rows of an XLSX, in bounded memory: its XML is read as it unpacks, and limits are checked before it does.

An XLSX is a zip of XML files. What it says of itself (how large a sheet is, where its last cell stands) is not
believed further than it can be held to: zipfile unpacks no more than the directory declares, and that is limited.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from django.utils.translation import gettext as _

from subscribers.importing.errors import BadFile

LARGEST_SHEET = 768 << 20  # bytes of XML
LARGEST_TEXTS = 192 << 20  # of the texts that its cells share
LARGEST_OTHER = 8 << 20  # styles, the list of sheets
MOST_ENTRIES = 5_000
MOST_COLUMNS = 200
LAST_ROW = 1_048_576
LONGEST_CELL = 32_767
CHUNK = 1 << 16

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PLACE = re.compile(r"([A-Z]{1,7})(\d{1,12})\Z").match
# Formats of dates that have a number and no words: ECMA-376 part 1, 18.8.30, and those of Chinese and Japanese Excel.
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NO_DATE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')


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
            targets = _relations(bundle)
            book = _Book()
            _parse(bundle, "xl/workbook.xml", book.start, limit=LARGEST_OTHER)
            self._since_1904 = book.since_1904
            self._sheets = {
                name: targets[key] for name, key in book.sheets if targets.get(key, "") in bundle.NameToInfo
            }
            self._dates = _date_styles(bundle)
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
            reader = _Sheet(_shared_texts(bundle), self._dates, since_1904=self._since_1904)
            number = 0
            for _piece in _fed(bundle, self._sheets[sheet], reader.parser, limit=LARGEST_SHEET):
                for place, cells in reader.done:
                    while number < place - 1:
                        number += 1
                        yield []
                    number = place
                    yield cells
                reader.done.clear()

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

    def __init__(self, texts: _Texts, dates: frozenset[int], *, since_1904: bool) -> None:
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
        self.parser = _new_parser()
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


class _Texts:
    """The texts that cells share, one after the other in one block of bytes."""

    def __init__(self) -> None:
        self._block = bytearray()
        self._ends = array("Q", [0])

    def append(self, text: str) -> None:
        self._block += text[: LONGEST_CELL + 1].encode("utf-8", "replace")
        self._ends.append(len(self._block))

    def __getitem__(self, place: str) -> str:
        if not (place.isascii() and place.isdigit()) or int(place) >= len(self._ends) - 1:
            raise BadFile(_("The spreadsheet is broken: a cell’s text is missing."))
        number = int(place)
        return self._block[self._ends[number] : self._ends[number + 1]].decode()


def _shared_texts(bundle: zipfile.ZipFile) -> _Texts:  # noqa: C901 - two handlers
    texts = _Texts()
    pieces: list[str] = []
    state = {"phonetic": False}
    parser = _new_parser()

    def start(tag: str, _attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "si":
            pieces.clear()
        elif tag == "rPh":
            state["phonetic"] = True
        elif tag == "t" and not state["phonetic"]:
            parser.CharacterDataHandler = pieces.append

    def end(tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "si":
            texts.append("".join(pieces))
        elif tag == "t":
            parser.CharacterDataHandler = None
        elif tag == "rPh":
            state["phonetic"] = False

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    if "xl/sharedStrings.xml" in bundle.NameToInfo:
        for _piece in _fed(bundle, "xl/sharedStrings.xml", parser, limit=LARGEST_TEXTS):
            pass
    return texts


def _date_styles(bundle: zipfile.ZipFile) -> frozenset[int]:
    """The numbers of the styles under which a number is a date."""
    own: dict[str, str] = {}
    formats: list[str] = []
    inside = {"cellXfs": False}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            own[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag in ("cellXfs", "cellStyleXfs"):
            inside["cellXfs"] = tag == "cellXfs"
        elif tag == "xf" and inside["cellXfs"]:
            formats.append(attributes.get("numFmtId", ""))

    if "xl/styles.xml" in bundle.NameToInfo:
        _parse(bundle, "xl/styles.xml", start, limit=LARGEST_OTHER)
    return frozenset(place for place, number in enumerate(formats) if _is_date(number, own))


def _is_date(number: str, own: dict[str, str]) -> bool:
    if number in own:
        return any(letter in _NO_DATE.sub("", own[number]).casefold() for letter in "ymd")
    return number.isdigit() and int(number) in _DATE_FORMATS


def _relations(bundle: zipfile.ZipFile) -> dict[str, str]:
    targets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = target.removeprefix("/") if target[:1] == "/" else f"xl/{target}"

    if "xl/_rels/workbook.xml.rels" in bundle.NameToInfo:
        _parse(bundle, "xl/_rels/workbook.xml.rels", start, limit=LARGEST_OTHER)
    return targets


def _parse(bundle: zipfile.ZipFile, name: str, start: Callable[[str, dict[str, str]], None], *, limit: int) -> None:
    parser = _new_parser()
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    for _piece in _fed(bundle, name, parser, limit=limit):
        pass


def _new_parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_declaration: Any) -> None:
        raise BadFile(_("The spreadsheet is broken: it declares entities."))

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _fed(bundle: zipfile.ZipFile, name: str, parser: expat.XMLParserType, *, limit: int) -> Iterator[None]:
    """Feed the parser with a part of the bundle, piece by piece."""
    info = bundle.NameToInfo[name]
    if info.file_size > limit:
        raise BadFile(
            _("The spreadsheet is too large: unpacked, “%(part)s” has %(size)d MB. Divide it, or save it as CSV.")
            % {"part": name.rpartition("/")[2], "size": info.file_size >> 20}
        )
    try:
        with bundle.open(info) as part:
            left = limit
            while piece := _read(part):
                left -= len(piece)
                if left < 0:
                    raise BadFile(_("The spreadsheet is too large. Divide it, or save it as CSV."))
                parser.Parse(piece, False)
                yield
            parser.Parse(b"", True)
            yield
    except (
        expat.ExpatError,
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
    ) as error:
        raise BadFile(
            _("The spreadsheet is broken or has a password: open it in a spreadsheet program and save it anew.")
        ) from error


def _read(part: IO[bytes]) -> bytes:
    return part.read(CHUNK)
