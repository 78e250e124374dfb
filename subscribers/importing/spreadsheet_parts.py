"""The parts of an XLSX beside its sheets, each unpacked piece by piece into an XML parser, no further than allowed."""

from __future__ import annotations

import re
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from typing import IO, Any
from xml.parsers import expat

from django.utils.translation import gettext as _

from subscribers.importing.errors import BadFile

LARGEST_TEXTS = 192 << 20  # of the texts that its cells share
LARGEST_OTHER = 8 << 20  # styles, the list of sheets
LONGEST_CELL = 32_767
MOST_TEXTS = 10_000_000
LONGEST_TOKEN = 1 << 20  # bytes of XML that the parser must hold whole, such as an element with its attributes
CHUNK = 1 << 16

# Formats of dates that have a number and no words: ECMA-376 part 1, 18.8.30, and those of Chinese and Japanese Excel.
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_NO_DATE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')


class Texts:
    """The texts that cells share, one after the other in one block of bytes."""

    def __init__(self) -> None:
        self._block = bytearray()
        self._ends = array("Q", [0])

    def append(self, text: str) -> None:
        if len(self._ends) > MOST_TEXTS:
            raise BadFile(_("The spreadsheet is too large. Divide it, or save it as CSV."))
        self._block += text[: LONGEST_CELL + 1].encode("utf-8", "replace")
        self._ends.append(len(self._block))

    def __getitem__(self, place: str) -> str:
        if not (place.isascii() and place.isdigit()) or int(place) >= len(self._ends) - 1:
            raise BadFile(_("The spreadsheet is broken: a cell’s text is missing."))
        number = int(place)
        return self._block[self._ends[number] : self._ends[number + 1]].decode()


def shared_texts(bundle: zipfile.ZipFile) -> Texts:  # noqa: C901 - two handlers
    texts = Texts()
    pieces: list[str] = []
    state = {"phonetic": False}
    parser = new_parser()

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
        for _piece in fed(bundle, "xl/sharedStrings.xml", parser, limit=LARGEST_TEXTS):
            cut(pieces)
    return texts


def cut(pieces: list[str]) -> None:
    """Let go of what goes beyond the longest cell; between two pieces of XML, since one has no more than CHUNK."""
    if sum(map(len, pieces)) > LONGEST_CELL:
        pieces[:] = ["".join(pieces)[: LONGEST_CELL + 1]]


def date_styles(bundle: zipfile.ZipFile) -> frozenset[int]:
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
        parse(bundle, "xl/styles.xml", start, limit=LARGEST_OTHER)
    return frozenset(place for place, number in enumerate(formats) if _is_date(number, own))


def _is_date(number: str, own: dict[str, str]) -> bool:
    if number in own:
        return any(letter in _NO_DATE.sub("", own[number]).casefold() for letter in "ymd")
    return number.isdigit() and int(number) in _DATE_FORMATS


def relations(bundle: zipfile.ZipFile) -> dict[str, str]:
    targets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = target.removeprefix("/") if target[:1] == "/" else f"xl/{target}"

    if "xl/_rels/workbook.xml.rels" in bundle.NameToInfo:
        parse(bundle, "xl/_rels/workbook.xml.rels", start, limit=LARGEST_OTHER)
    return targets


def parse(bundle: zipfile.ZipFile, name: str, start: Callable[[str, dict[str, str]], None], *, limit: int) -> None:
    parser = new_parser()
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    for _piece in fed(bundle, name, parser, limit=limit):
        pass


def new_parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_declaration: Any) -> None:
        raise BadFile(_("The spreadsheet is broken: it declares entities."))

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def fed(bundle: zipfile.ZipFile, name: str, parser: expat.XMLParserType, *, limit: int) -> Iterator[None]:
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
                if limit - left - parser.CurrentByteIndex > LONGEST_TOKEN:
                    raise BadFile(_("The spreadsheet is too large. Divide it, or save it as CSV."))
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
