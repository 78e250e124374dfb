"""A Word file (.docx): its text in order, and what stands beside it: notes, comments, boxes, headers, deletions.

Read directly from its parts, for what a converter drops without a word is what an editor misses later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from composer.content import Line, Span
from composer.importing.archive import Package
from composer.importing.document import DocBlock, DocHeading, DocList, DocText, Document, LeftOut
from composer.importing.drawings import Drawings, lines_under, texts_under
from composer.importing.errors import ImportRefused
from composer.importing.ledger import Ledger
from composer.importing.spans import one_line, split_lines, text_of
from composer.importing.tables import read_table
from composer.importing.word_styles import Styles, is_on

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

INNER_LIST_NOTE = "An inner list was joined with the list around it."
_HYPERLINK = re.compile(r'\s*HYPERLINK\s+(?:\\[a-z]\s+)*"([^"]*)"', re.IGNORECASE)
_CONTENTS = re.compile(r"toc \d|table of figures", re.IGNORECASE)
_MARKS = {"w_br": "\n", "w_cr": "\n", "w_tab": " ", "w_ptab": " "}
_REFERENCES = {
    "w_footnoteReference": "footnote",
    "w_endnoteReference": "endnote",
    "w_commentReference": "comment",
}
_UNSEEN = {"w_pPr", "w_rPr", "w_tblPr", "w_trPr", "w_tcPr", "w_tblGrid", "w_sectPr", "w_sdtPr", "w_sdtEndPr"}


def read_word(data: bytes, *, name: str) -> Document:
    """The document; ImportRefused for a file that is damaged, locked or too large."""
    package = Package(data, name=name)
    main = package.main_part()
    root = package.xml(main) if main else None
    body = root.find("w_body") if root is not None else None
    if body is None:
        raise ImportRefused(f"{name} is no Word document: it holds no text part. Save it as .docx and try again.")
    return _Reader(package, main).read(body)


class _Reader:
    """Goes through the body once. `aside` gathers what hangs on the paragraph being read, to stand after it."""

    def __init__(self, package: Package, main: str) -> None:
        self.package = package
        self.relations = package.relations(main)
        self.ledger = Ledger()
        self.styles = Styles(self._part("styles"), self._part("numbering"))
        self.drawings = Drawings(package)
        self.notes = {kind: _by_id(self._part(f"{kind}s"), f"w_{kind}") for kind in ("footnote", "endnote", "comment")}
        self.seen: set[tuple[str, str]] = set()
        self.aside: list[DocBlock] = []
        self.fields: list[list[str]] = []  # of the fields around: what each does, and the address it leads to
        self.in_code = 0  # how many of them have not come to what they print
        self.running: list[str] = []
        self.marks = 0

    def read(self, body: Element) -> Document:
        blocks = _gather_lists(list(self._blocks(body)))
        blocks.extend(self._never_referred_to())
        headers = self._headers(body)
        notes = ["The table of contents was left out: the letter makes its own."] if self.running else []
        return Document(
            tuple(blocks),
            notes=tuple(notes),
            running=(*self.running, *headers),
            set_aside=tuple(self.ledger.set_aside),
            added=tuple(self.ledger.added),
        )

    def _part(self, kind: str) -> Element | None:
        path = next((relation.target for relation in self.relations.values() if relation.kind == kind), "")
        return self.package.xml(path) if path else None

    def _blocks(self, parent: Element) -> Iterator[DocBlock]:
        for element in parent:
            match element.tag:
                case "w_p":
                    yield from self._paragraph(element)
                case "w_tbl":
                    yield from self._table(element)
                case "w_altChunk":
                    yield LeftOut("another file that was embedded here")
                case "w_del" | "w_moveFrom":
                    yield from self._deleted(element)
                case "mc_AlternateContent":
                    yield from self._blocks(_chosen(element))
                case tag if tag not in _UNSEEN:
                    yield from self._blocks(element)

    def _table(self, table: Element) -> Iterator[DocBlock]:
        rows = [[_gather_lists(list(self._blocks(cell))) for cell in _cells(row)] for row in _rows(table)]
        yield from read_table(rows)

    def _paragraph(self, paragraph: Element) -> Iterator[DocBlock]:
        outer, self.aside = self.aside, []
        properties = paragraph.find("w_pPr")
        style = self.styles.of(properties)
        spans = list(self._inline(paragraph, Span("", bold=style.bold, italic=style.italic)))
        aside, self.aside = self.aside, outer
        if _CONTENTS.fullmatch(style.name):
            if text := text_of(one_line(spans, self.ledger)):
                self.running.append(text)
        elif style.level is not None:
            if line := one_line(spans, self.ledger):
                yield DocHeading(style.level, line)
        elif style.listed is not None:
            if line := one_line(spans, self.ledger):
                depth, ordered = style.listed
                yield DocList((line,), ordered=ordered, note=INNER_LIST_NOTE if depth else "")
        else:
            for line in split_lines(spans, self.ledger):
                yield DocText(line)
        yield from aside

    def _inline(self, parent: Element, style: Span) -> Iterator[Span]:
        for element in parent:
            match element.tag:
                case "w_r":
                    yield from self._run(element, style)
                case "w_hyperlink":
                    relation = self.relations.get(element.get("r_id", ""))
                    href = relation.target if relation is not None and relation.external else ""
                    anchor = element.get("w_anchor", "")
                    yield from self._inline(
                        element, replace(style, href=f"{href}#{anchor}" if href and anchor else href or style.href)
                    )
                case "w_fldSimple":
                    yield from self._inline(element, replace(style, href=_address(element.get("w_instr", ""), style)))
                case "w_del" | "w_moveFrom":
                    self.aside.extend(self._deleted(element))
                case "mc_AlternateContent":
                    yield from self._inline(_chosen(element), style)
                case "m_t":
                    yield replace(style, text=element.text or "")
                case tag if tag not in _UNSEEN:
                    yield from self._inline(element, style)

    def _deleted(self, element: Element) -> Iterator[LeftOut]:
        if text := texts_under(element):
            yield LeftOut("deleted text", text)

    def _run(self, run: Element, style: Span) -> Iterator[Span]:
        properties = run.find("w_rPr")
        if properties is not None:
            style = self.styles.run(properties, style)
            if is_on(properties, "w_vanish") or is_on(properties, "w_specVanish"):
                if text := texts_under(run):
                    self.aside.append(LeftOut("hidden text", text))
                return
        yield from self._pieces(run, style)

    def _pieces(self, run: Element, style: Span) -> Iterator[Span]:
        for element in run:
            tag = element.tag
            if tag in {"w_t", "m_t"} and self.in_code:
                self.aside.append(LeftOut("the code of a field", element.text or ""))
            elif tag in {"w_t", "m_t"}:
                yield replace(style, text=element.text or "", href=style.href or self._field_address())
            elif tag in _MARKS:
                yield replace(style, text=_MARKS[tag])
            elif tag in _REFERENCES:
                yield from self._refer(_REFERENCES[tag], element.get("w_id", ""), style)
            elif tag in {"w_drawing", "w_pict", "w_object"}:
                self.aside.extend(self.drawings.read(element, self.relations, self._blocks))
            elif tag == "mc_AlternateContent":
                yield from self._pieces(_chosen(element), style)
            else:
                yield from self._rare(element, style)

    def _rare(self, element: Element, style: Span) -> Iterator[Span]:
        """What few texts have: deleted words, fields, symbols, small words above others."""
        match element.tag:
            case "w_delText":
                self.aside.append(LeftOut("deleted text", element.text or ""))
            case "w_noBreakHyphen":
                yield replace(style, text=self.ledger.add("-"))
            case "w_sym":
                yield replace(style, text=self.ledger.add(_symbol(element.get("w_char", ""))))
            case "w_fldChar":
                self._field(element.get("w_fldCharType", ""))
            case "w_instrText":
                if self.fields:
                    self.fields[-1][0] += element.text or ""
            case "w_ruby":
                for part in ("w_rubyBase", "w_rt"):
                    if (found := element.find(part)) is not None:
                        yield from self._inline(found, style)

    def _field(self, kind: str) -> None:
        """Follows a field: `begin`, its code, `separate`, what it prints, `end`."""
        if kind == "begin":
            self.fields.append(["", ""])
            self.in_code += 1
        elif kind == "separate" and self.fields and self.in_code:
            self.fields[-1][1] = _address(self.fields[-1][0], Span(""))
            self.in_code -= 1
            self.fields[-1].append("printed")
        elif kind == "end" and self.fields and len(self.fields.pop()) == 2:
            self.in_code -= 1

    def _field_address(self) -> str:
        return next((field[1] for field in reversed(self.fields) if field[1]), "")

    def _refer(self, kind: str, number: str, style: Span) -> Iterator[Span]:
        note = self.notes[kind].get(number)
        if note is None or (kind, number) in self.seen:
            return
        self.seen.add((kind, number))
        if kind == "comment":
            who = note.get("w_author", "")
            self.aside.append(LeftOut(f"a comment by {who}" if who else "a comment", texts_under(note)))
            return
        self.marks += 1
        mark = f"[{self.marks}]"
        outer, self.aside = self.aside, []
        found = list(self._blocks(note))
        inner, self.aside = self.aside, outer
        lines = [block for block in found if isinstance(block, DocText)]
        for i, block in enumerate(found):
            first = bool(lines) and block is lines[0]
            if isinstance(block, DocText):
                opening: Line = (Span(self.ledger.add(mark) + " "),) if first else ()
                self.aside.append(replace(block, line=(*opening, *block.line), foot=True))
            else:
                self.aside.append(found[i])
        self.aside.extend(inner)
        if lines:
            yield replace(style, text=self.ledger.add(mark))

    def _never_referred_to(self) -> Iterator[LeftOut]:
        """Notes and comments that nothing in the text refers to."""
        for kind, notes in self.notes.items():
            for number, note in notes.items():
                text = texts_under(note) if (kind, number) not in self.seen else ""
                if text and "eparat" not in note.get("w_type", ""):
                    yield LeftOut(f"a {kind} without a place", text)

    def _headers(self, body: Element) -> list[str]:
        """The lines of the pages' headers and footers, each once for every header that has it."""
        lines: list[str] = []
        used = {
            element.get("r_id", "")
            for element in body.iter()
            if element.tag in {"w_headerReference", "w_footerReference"}
        }
        for number, relation in self.relations.items():
            if relation.kind in {"header", "footer"} and number in used:
                root = self.package.xml(relation.target)
                lines.extend(lines_under(root) if root is not None else ())
        return lines


def _rows(parent: Element) -> Iterator[Element]:
    for element in parent:
        if element.tag == "w_tr":
            yield element
        elif element.tag not in _UNSEEN and element.tag != "w_tbl":
            yield from _rows(element)


def _cells(parent: Element) -> Iterator[Element]:
    for element in parent:
        if element.tag == "w_tc":
            yield element
        elif element.tag not in _UNSEEN and element.tag != "w_tbl":
            yield from _cells(element)


def _chosen(element: Element) -> Element:
    """Of several forms of the same content the one to read: the first, and never two."""
    choice = element.find("mc_Choice")
    fallback = element.find("mc_Fallback")
    if choice is not None and len(choice):
        return choice
    return fallback if fallback is not None else element


def _by_id(root: Element | None, tag: str) -> dict[str, Element]:
    return {element.get("w_id", ""): element for element in root.iter(tag)} if root is not None else {}


def _address(code: str, style: Span) -> str:
    match = _HYPERLINK.match(code)
    return match[1] if match else style.href


def _symbol(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""


def _gather_lists(blocks: list[DocBlock]) -> list[DocBlock]:
    """Entries that follow each other as one list; what hung on an entry stands after the list."""
    gathered: list[DocBlock] = []
    late: list[DocBlock] = []
    for block in blocks:
        last = gathered[-1] if gathered else None
        if isinstance(block, DocList) and isinstance(last, DocList) and block.ordered == last.ordered:
            gathered[-1] = replace(last, entries=(*last.entries, *block.entries), note=last.note or block.note)
        elif isinstance(last, DocList) and isinstance(block, LeftOut | DocText) and getattr(block, "foot", True):
            late.append(block)
        else:
            gathered.extend([*late, block])
            late = []
    return [*gathered, *late]
