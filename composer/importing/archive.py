"""The zip archive that a Word or PowerPoint file is, opened within limits; nothing is ever unpacked to disk."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from composer.importing.errors import ImportRefused

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_ENTRIES = 5_000
MOST_UNPACKED = 200_000_000  # bytes of all entries together
LARGEST_PART = 20_000_000  # bytes of one part in XML
_HIGHEST_RATIO = 200  # a text in XML packs to a tenth, seldom to a fiftieth
_RATIO_FROM = 10_000_000  # bytes; a small part may be all alike

_SHORT = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "p",
    "http://purl.oclc.org/ooxml/presentationml/main": "p",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "wp",
    "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": "wp",
    "http://schemas.openxmlformats.org/drawingml/2006/picture": "pic",
    "http://purl.oclc.org/ooxml/drawingml/picture": "pic",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://purl.oclc.org/ooxml/drawingml/chart": "c",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    "http://purl.oclc.org/ooxml/drawingml/diagram": "dgm",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.microsoft.com/office/powerpoint/2010/main": "p14",
    "urn:schemas-microsoft-com:vml": "v",
    "http://www.w3.org/XML/1998/namespace": "xml",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part refers to: another part's path, or an address outside."""

    kind: str  # the last word of its type: `image`, `hyperlink`, `footnotes`
    target: str
    external: bool


class Package:
    """The parts of one file. Raises ImportRefused for one that is damaged, locked, or made to exhaust a reader."""

    def __init__(self, data: bytes, *, name: str) -> None:
        self.name = name
        self.unpacked = 0
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise self._damaged() from error
        entries = self.zip.infolist()
        if len(entries) > MOST_ENTRIES:
            raise ImportRefused(f"{name} holds {len(entries):,} parts, and at most {MOST_ENTRIES:,} are read.")
        for entry in entries:
            self._check(entry)
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
            raise self._too_large()
        self.paths = {entry.filename: entry for entry in entries}

    def main_part(self) -> str:
        """The path of the part that everything starts from, or empty: this is no Office file."""
        try:
            relations = self.relations("")
        except ImportRefused:
            return ""
        return next((relation.target for relation in relations.values() if relation.kind == "officeDocument"), "")

    def read(self, path: str, *, limit: int = MOST_UNPACKED) -> bytes | None:
        """The bytes of the part at `path`; None where there is none."""
        entry = self.paths.get(path)
        if entry is None:
            return None
        if entry.file_size > limit:
            raise self._too_large()
        try:
            with self.zip.open(entry) as file:
                data = file.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError) as error:
            raise self._damaged() from error
        self.unpacked += len(data)
        if len(data) > limit or self.unpacked > MOST_UNPACKED:
            raise self._too_large()
        return data

    def xml(self, path: str) -> Element | None:
        """The part at `path` parsed, its names short: `w_p` for a paragraph of a Word text."""
        data = self.read(path, limit=LARGEST_PART)
        if data is None:
            return None
        try:
            root: Element = defusedxml.ElementTree.fromstring(data, forbid_dtd=True)
        except DefusedXmlException as error:
            raise ImportRefused(
                f"{self.name} declares XML entities, as no Word or PowerPoint file does: it is not read."
            ) from error
        except (SyntaxError, ValueError, LookupError) as error:
            raise self._damaged() from error
        for element in root.iter():
            element.tag = _short(element.tag)
            if element.attrib:
                element.attrib = {_short(key): value for key, value in element.attrib.items()}
        return root

    def relations(self, path: str) -> dict[str, Relation]:
        """What the part at `path` refers to, by id."""
        folder, file = posixpath.split(path)
        root = self.xml(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: dict[str, Relation] = {}
        for element in root if root is not None else ():
            target, external = element.get("Target", ""), element.get("TargetMode") == "External"
            if not external:
                joined = posixpath.join("/", folder, unquote(target) if "%" in target else target)
                target = posixpath.normpath(joined).lstrip("/")
            found[element.get("Id", "")] = Relation(element.get("Type", "").rpartition("/")[2], target, external)
        return found

    def _check(self, entry: zipfile.ZipInfo) -> None:
        path = entry.filename.replace("\\", "/")
        if path.startswith("/") or ".." in path.split("/") or ":" in path[:3]:
            raise ImportRefused(
                f"{self.name} holds a part that would be written outside of it (“{path[:80]}”): it is not read. "
                "Ask its author for another copy."
            )
        if entry.flag_bits & 1:
            raise ImportRefused(f"{self.name} is locked with a password: unlock it, save it and try again.")
        bomb = entry.file_size > _RATIO_FROM and entry.file_size > _HIGHEST_RATIO * max(1, entry.compress_size)
        if bomb:
            raise self._too_large()
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self._damaged()

    def _damaged(self) -> ImportRefused:
        return ImportRefused(
            f"{self.name} is damaged and can't be opened: open it where it was written, save it again and try that."
        )

    def _too_large(self) -> ImportRefused:
        return ImportRefused(
            f"{self.name} unpacks to more than is read ({MOST_UNPACKED // 10**6} MB in all, "
            f"{LARGEST_PART // 10**6} MB of text): take only the issue's own text and pictures."
        )


@lru_cache(maxsize=4096)
def _short(name: str) -> str:
    if not isinstance(name, str) or name[:1] != "{":
        return name
    space, _, local = name[1:].partition("}")
    return f"{_SHORT[space]}_{local}" if space in _SHORT else f"x_{local}"
