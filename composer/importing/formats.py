"""Which format a file is in, by its content and its name; and the reader for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from composer.importing.archive import Package
from composer.importing.decoding import decode
from composer.importing.document import Document
from composer.importing.errors import ImportRefused

LARGEST_UPLOAD = 40_000_000  # bytes of one file
SUFFIXES = (".txt", ".md", ".html", ".docx", ".pptx", ".pdf")
_SAME = {".htm": ".html", ".markdown": ".md", ".text": ".txt", ".xhtml": ".html"}
_NAMES = {
    ".docx": "a Word document",
    ".pptx": "a PowerPoint presentation",
    ".pdf": "a PDF",
    ".xlsx": "an Excel workbook",
}
_OLD = {
    ".doc": "an old Word file: open it in Word or LibreOffice, save it as .docx",
    ".dot": "an old Word file: open it in Word or LibreOffice, save it as .docx",
    ".ppt": "an old PowerPoint file: open it in PowerPoint or LibreOffice, save it as .pptx",
    ".pps": "an old PowerPoint file: open it in PowerPoint or LibreOffice, save it as .pptx",
    ".xls": "an Excel workbook: copy its cells into a Word document, save that as .docx",
    ".xlsx": "an Excel workbook: copy its cells into a Word document, save that as .docx",
    ".odt": "an OpenDocument text: open it and save it as .docx",
    ".odp": "an OpenDocument presentation: open it and save it as .pptx",
    ".rtf": "a Rich Text file: open it and save it as .docx",
    ".pages": "a Pages file: export it as .docx",
    ".key": "a Keynote file: export it as .pptx",
    ".docm": "a Word document with macros: save it as .docx",
    ".pptm": "a PowerPoint presentation with macros: save it as .pptx",
}
_MAIN_PARTS = {"word/": ".docx", "ppt/": ".pptx", "xl/": ".xlsx"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Source:
    """A file or a paste to be read: `suffix` is one of `SUFFIXES`."""

    data: bytes
    name: str
    suffix: str

    @property
    def is_plain(self) -> bool:
        return self.suffix == ".txt"


def identify(data: bytes, *, name: str) -> Source:
    """The file with its format; ImportRefused for one that is none of ours, or not what its name says."""
    if len(data) > LARGEST_UPLOAD:
        raise ImportRefused(
            f"{name} has {len(data) / 1e6:.0f} MB, and at most {LARGEST_UPLOAD // 10**6} are taken: "
            "make its pictures smaller, or take it apart."
        )
    if not data.strip():
        raise ImportRefused(f"{name} is empty: choose one that holds the issue's text.")
    suffix = suffix_of(name)
    if data.startswith(_OLE) and _LOCKED in data:
        raise ImportRefused(f"{name} is locked with a password: open it, remove the password, save it and try again.")
    if suffix in _OLD:
        raise ImportRefused(f"{name} is {_OLD[suffix]} and try again.")
    if suffix not in SUFFIXES:
        raise ImportRefused(f"{name} is not read: choose a file of the kinds {', '.join(SUFFIXES)}.")
    found = _kind_of(data, name)
    if found != suffix and (found or suffix in _NAMES):
        raise _misnamed(data, name=name, suffix=suffix, found=found)
    return Source(data, name, suffix)


def _misnamed(data: bytes, *, name: str, suffix: str, found: str) -> ImportRefused:
    if data.startswith(_OLE):
        return ImportRefused(f"{name} is an old Word or PowerPoint file: open it, save it as {suffix} and try again.")
    if not found:
        return ImportRefused(f"{name} is not {_NAMES[suffix]}, though it is named so: check where it came from.")
    if found == ".xlsx":
        return ImportRefused(f"{name} is {_OLD['.xlsx']} and try again.")
    return ImportRefused(f"{name} is {_NAMES[found]}, though it is named {suffix}: name it {found} and try again.")


def suffix_of(name: str) -> str:
    """The last suffix of a file's name in lower case, its commonest spelling."""
    match = re.search(r"\.[A-Za-z0-9]{1,10}$", name)
    suffix = match[0].lower() if match else ""
    return _SAME.get(suffix, suffix)


def read_document(source: Source) -> Document:
    """The document; ImportRefused with a sentence for a file that can't be read. Not for plain texts."""
    return _READERS[source.suffix](source)


def _kind_of(data: bytes, name: str) -> str:
    """The format that the content itself tells, or empty for a text."""
    if b"%PDF-" in data[:1024]:
        return ".pdf"
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ""
    main = Package(data, name=name).main_part()
    return next((kind for folder, kind in _MAIN_PARTS.items() if main.startswith(folder)), "")


def _word(source: Source) -> Document:
    from composer.importing.word import read_word

    return read_word(source.data, name=source.name)


def _slides(source: Source) -> Document:
    from composer.importing.slides import read_slides

    return read_slides(source.data, name=source.name)


def _printed(source: Source) -> Document:
    from composer.importing.printed import read_printed

    return read_printed(source.data, name=source.name)


def _page(source: Source) -> Document:
    from composer.importing.page import read_page

    return read_page(decode(source.data, name=source.name).text, name=source.name)


def _markdown(source: Source) -> Document:
    from composer.importing.markdown import read_markdown

    return read_markdown(decode(source.data, name=source.name).text, name=source.name)


_READERS: dict[str, Callable[[Source], Document]] = {
    ".docx": _word,
    ".pptx": _slides,
    ".pdf": _printed,
    ".html": _page,
    ".md": _markdown,
}
