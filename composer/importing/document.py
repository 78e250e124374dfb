"""What a file of any format is read into: headings, text, lists, tables and pictures in their order.

Every reader makes this one structure, and one module (`assemble`) makes the draft of it. Addresses of links
are as they stood in the file: nothing here is trusted yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from composer.content import Line


@dataclass(frozen=True, slots=True)
class DocHeading:
    """`level` counts from 1; 0 is the title of the whole. `guessed` says from what, or is empty."""

    level: int
    line: Line
    guessed: str = ""


@dataclass(frozen=True, slots=True)
class DocText:
    """A paragraph. `foot` is true for a footnote, which goes to the end of its item; `note` is for its item."""

    line: Line
    foot: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class DocList:
    entries: tuple[Line, ...]
    ordered: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class DocQuote:
    line: Line


@dataclass(frozen=True, slots=True)
class DocTable:
    """`rows` hold cells; the first row is the header where there is one."""

    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class DocPicture:
    """A picture in a format that the library takes; `alt` is what the file gave for a description, or empty."""

    data: bytes
    name: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What stands in the file, but not for its readers: `what` says what it was, `text` is all of it."""

    what: str
    text: str = ""


DocBlock = DocHeading | DocText | DocList | DocQuote | DocTable | DocPicture | LeftOut


@dataclass(frozen=True, slots=True)
class Document:
    """One file. `running` are lines that only repeat on its pages, `set_aside` and `added` as in a `Ledger`."""

    blocks: tuple[DocBlock, ...]
    notes: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
