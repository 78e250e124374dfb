"""A PowerPoint file (.pptx): each slide's title heads its text; what the speaker said goes to the notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from composer.content import Line, Span
from composer.importing.archive import Package, Relation
from composer.importing.document import DocBlock, DocHeading, DocList, DocText, Document, LeftOut
from composer.importing.drawings import Drawings, lines_under, texts_under
from composer.importing.errors import ImportRefused
from composer.importing.ledger import Ledger
from composer.importing.spans import join_spans, one_line, split_lines, text_of
from composer.importing.tables import read_table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_SLIDES = 300
_TITLES = {"title", "ctrTitle"}
_FURNITURE = {"ftr", "dt", "sldNum", "hdr"}
_BULLETED = {"body", "obj", ""}  # kinds of placeholders whose paragraphs have bullets unless they say otherwise


def read_slides(data: bytes, *, name: str) -> Document:
    """The document; ImportRefused for a file that is damaged, locked, too large, or has more than 300 slides."""
    package = Package(data, name=name)
    main = package.main_part()
    root = package.xml(main) if main else None
    if root is None or root.find("p_sldIdLst") is None:
        raise ImportRefused(f"{name} holds no slides: choose a presentation with some text.")
    return _Reader(package, main).read(root)


class _Reader:
    def __init__(self, package: Package, main: str) -> None:
        self.package = package
        self.relations = package.relations(main)
        self.drawings = Drawings(package)
        self.ledger = Ledger()
        self.running: list[str] = []
        self.title = ""  # of the slide before
        self.parts: dict[str, Relation] = {}  # what the slide being read refers to

    def read(self, root: Element) -> Document:
        slides = list(root.iter("p_sldId"))
        if len(slides) > MOST_SLIDES:
            raise ImportRefused(
                f"{self.package.name} has {len(slides)} slides, and at most {MOST_SLIDES} are read: "
                "save the issue's own slides as a file."
            )
        sections = _section_starts(root)
        blocks: list[DocBlock] = []
        for number, slide in enumerate(slides):
            if heading := sections.get(slide.get("id", "")):
                blocks.append(DocHeading(1, (Span(self.ledger.add(heading)),)))
            relation = self.relations.get(slide.get("r_id", ""))
            part = self.package.xml(relation.target) if relation is not None and not relation.external else None
            if relation is not None and part is not None:
                blocks.extend(self._slide(part, relation.target, number=number + 1))
        return Document(
            tuple(blocks),
            running=tuple(self.running),
            set_aside=tuple(self.ledger.set_aside),
            added=tuple(self.ledger.added),
        )

    def _slide(self, slide: Element, path: str, *, number: int) -> Iterator[DocBlock]:
        self.parts = self.package.relations(path)
        tree = slide.find("p_cSld/p_spTree")
        if slide.get("show", "1") in {"0", "false"}:
            yield LeftOut(f"slide {number}, which is hidden:", texts_under(slide))
        elif tree is not None:
            yield from self._titles(tree, number=number)
            yield from self._shapes(tree)
        yield from self._beside_slide(number)

    def _beside_slide(self, number: int) -> Iterator[LeftOut]:
        """The speaker's notes and the comments."""
        for relation in self.parts.values():
            if relation.external or relation.kind not in {"notesSlide", "comments"}:
                continue
            root = self.package.xml(relation.target)
            if root is None:
                continue
            if relation.kind == "notesSlide":
                shapes = [shape for shape in root.iter("p_sp") if _placeholder(shape) not in {*_FURNITURE, "sldImg"}]
                text = " ".join(texts_under(shape) for shape in shapes)
                what = f"the notes to slide {number}"
            else:
                text = " ".join(element.text or "" for element in root.iter("p_text")) or texts_under(root)
                what = f"a comment on slide {number}"
            if text.strip():
                yield LeftOut(what, text)

    def _titles(self, tree: Element, *, number: int) -> Iterator[DocBlock]:
        for shape in tree.iter("p_sp"):
            kind = _placeholder(shape)
            if kind not in _TITLES:
                continue
            line = join_spans([line for paragraph in _paragraphs(shape) for line in self._lines(paragraph)])
            text = text_of(line)
            if text and text == self.title and kind == "title":
                self.running.append(text)
            elif text:
                opens = number == 1 and kind == "ctrTitle"
                level = 0 if opens else 1 if self._opens_section() else 2
                yield DocHeading(level, line)
            self.title = text or self.title

    def _opens_section(self) -> bool:
        """Whether the slide's layout is that of a section's first slide."""
        for relation in self.parts.values():
            if relation.kind == "slideLayout" and not relation.external:
                layout = self.package.xml(relation.target)
                return layout is not None and layout.get("type") == "secHead"
        return False

    def _shapes(self, parent: Element) -> Iterator[DocBlock]:
        for shape in parent:
            match shape.tag:
                case "p_sp":
                    yield from self._shape(shape)
                case "p_grpSp":
                    yield from self._shapes(shape)
                case "p_graphicFrame":
                    table = shape.find("a_graphic/a_graphicData/a_tbl")
                    yield from self._table(table) if table is not None else self._drawing(shape)
                case "p_pic" | "p_cxnSp" | "p_contentPart":
                    yield from self._drawing(shape)
                case "mc_AlternateContent":
                    first = next((form for form in shape if len(form)), None)
                    if first is not None:
                        yield from self._shapes(first)

    def _shape(self, shape: Element) -> Iterator[DocBlock]:
        kind = _placeholder(shape)
        if kind in _TITLES:
            return
        if kind in _FURNITURE:
            self.running.extend(lines_under(shape))
            return
        if shape.find("p_spPr/a_blipFill") is not None:
            yield from self._drawing(shape)
        entries: list[Line] = []
        ordered = False
        for paragraph in _paragraphs(shape):
            lines = self._lines(paragraph)
            numbered = _bullet(paragraph)
            is_entry = numbered is not None if kind is None else numbered is not False and kind in _BULLETED
            if entries and (not is_entry or (numbered == "number") is not ordered):
                yield DocList(tuple(entries), ordered=ordered)
                entries = []
            if is_entry and numbered is not False:
                ordered = numbered == "number"
                entries.extend([join_spans(lines)] if lines else [])
            else:
                yield from (DocText(line) for line in lines)
        if entries:
            only = len(entries) == 1 and kind is not None and not ordered
            yield DocText(entries[0]) if only else DocList(tuple(entries), ordered=ordered)

    def _table(self, table: Element) -> Iterator[DocBlock]:
        rows = [
            [
                [DocText(line) for paragraph in cell.iter("a_p") for line in self._lines(paragraph)]
                for cell in row.iter("a_tc")
            ]
            for row in table.iter("a_tr")
        ]
        yield from read_table(rows)

    def _drawing(self, shape: Element) -> Iterator[DocBlock]:
        properties = next((found for found in shape.iter("p_cNvPr")), None)
        alt = (properties.get("descr") or "") if properties is not None else ""
        yield from self.drawings.read(shape, self.parts, lambda _box: (), " ".join(alt.split()))

    def _lines(self, paragraph: Element) -> list[Line]:
        return split_lines(self._spans(paragraph), self.ledger)

    def _spans(self, parent: Element) -> Iterator[Span]:
        for element in parent:
            if element.tag in {"a_r", "a_fld"}:
                text = "".join(found.text or "" for found in element.findall("a_t"))
                yield replace(self._style(element.find("a_rPr")), text=text.replace("\v", "\n"))
            elif element.tag == "a_br":
                yield Span("\n")
            elif element.tag in {"m_t", "a_t"}:
                yield Span(element.text or "")
            elif element.tag == "mc_AlternateContent":
                first = next((form for form in element if len(form)), None)
                yield from self._spans(first) if first is not None else ()
            elif element.tag not in {"a_pPr", "a_endParaRPr"}:
                yield from self._spans(element)

    def _style(self, properties: Element | None) -> Span:
        if properties is None:
            return Span("")
        link = properties.find("a_hlinkClick")
        relation = self.parts.get(link.get("r_id", "")) if link is not None else None
        href = relation.target if relation is not None and relation.external else ""
        return Span(
            "", bold=properties.get("b") in {"1", "true"}, italic=properties.get("i") in {"1", "true"}, href=href
        )


def _paragraphs(shape: Element) -> list[Element]:
    body = shape.find("p_txBody")
    return body.findall("a_p") if body is not None else []


def _placeholder(shape: Element) -> str | None:
    """The kind of placeholder that a shape is, None where it is none."""
    found = shape.find("p_nvSpPr/p_nvPr/p_ph")
    return found.get("type", "") if found is not None else None


def _bullet(paragraph: Element) -> str | bool | None:
    """`number` or `mark` where a paragraph says that it has one, False where it says it has none, None for neither."""
    properties = paragraph.find("a_pPr")
    if properties is None:
        return None
    if properties.find("a_buNone") is not None:
        return False
    if properties.find("a_buAutoNum") is not None:
        return "number"
    return "mark" if properties.find("a_buChar") is not None or properties.find("a_buBlip") is not None else None


def _section_starts(root: Element) -> dict[str, str]:
    """The names of the presentation's sections, by the id of their first slide; nothing for a single one."""
    found: dict[str, str] = {}
    for section in root.iter("p14_section"):
        first = next(section.iter("p14_sldId"), None)
        if first is not None:
            found[first.get("id", "")] = _one_text(section.get("name", ""))
    return found if len(found) > 1 else {}


def _one_text(text: str) -> str:
    return text_of(one_line([Span(text)], Ledger()))
