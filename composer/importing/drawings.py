"""What is drawn in a Word or PowerPoint file: pictures, text boxes, charts, diagrams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from composer.content import Line, Span
from composer.importing.archive import Package, Relation
from composer.importing.document import DocBlock, DocList, LeftOut
from composer.importing.ledger import Ledger
from composer.importing.pictures import read_picture, safe_name
from composer.importing.spans import one_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DIAGRAM_NOTE = "The list was a diagram: check its order."
Boxes = Callable[["Element"], Iterable[DocBlock]]
_PRINTED = {"w_t", "w_delText", "a_t", "m_t"}


class Drawings:
    """Reads drawings; `boxes` gives the blocks of a text box."""

    def __init__(self, package: Package) -> None:
        self.package = package

    def read(
        self, drawing: Element, relations: Mapping[str, Relation], boxes: Boxes, alt: str = ""
    ) -> Iterator[DocBlock]:
        alt = _description(drawing) or alt
        for element in drawing:
            match element.tag:
                case "w_txbxContent":
                    yield from boxes(element)
                case "a_blip":
                    yield from self.picture(element.get("r_embed", ""), element.get("r_link", ""), relations, alt)
                case "v_imagedata":
                    of_picture = element.get("x_title", "") or alt
                    yield from self.picture(element.get("r_id", ""), "", relations, of_picture)
                case "v_textpath":
                    yield LeftOut("a watermark or lettering", element.get("string", ""))
                case "c_chart":
                    yield from self._chart(relations.get(element.get("r_id", "")))
                case "dgm_relIds":
                    yield from self._diagram(relations.get(element.get("r_dm", "")))
                case "mc_AlternateContent":
                    first = next((form for form in element if len(form)), None)
                    if first is not None:
                        yield from self.read(first, relations, boxes, alt)
                case _:
                    own = next((_description(child) for child in element if _description(child)), "")
                    yield from self.read(element, relations, boxes, own or alt)

    def picture(self, number: str, linked: str, relations: Mapping[str, Relation], alt: str) -> Iterator[DocBlock]:
        relation = relations.get(number) or relations.get(linked)
        if relation is None:
            return
        if relation.external:
            yield LeftOut(f"a picture that is not in the file but at “{relation.target[:200]}”", alt)
            return
        data = self.package.read(relation.target)
        if data is None:
            yield LeftOut(f"the picture “{safe_name(relation.target)}” (it is missing from the file)", alt)
        elif (found := read_picture(data, name=relation.target, alt=alt)) is not None:
            yield found

    def _chart(self, relation: Relation | None) -> Iterator[DocBlock]:
        root = self.package.xml(relation.target) if relation is not None and not relation.external else None
        if root is not None:
            texts = [element.text or "" for element in root.iter() if element.tag in {"a_t", "c_v"}]
            yield LeftOut("a chart", " · ".join(filter(None, texts)))

    def _diagram(self, relation: Relation | None) -> Iterator[DocBlock]:
        root = self.package.xml(relation.target) if relation is not None and not relation.external else None
        entries: list[Line] = []
        for paragraph in root.iter("a_p") if root is not None else ():
            line = one_line([Span(element.text or "") for element in paragraph.iter("a_t")], Ledger())
            entries.extend([line] if line else [])
        if entries:
            yield DocList(tuple(entries), note=DIAGRAM_NOTE)


def texts_under(element: Element) -> str:
    """Every printed word below `element`, its paragraphs parted by spaces."""
    return " ".join(lines_under(element))


def lines_under(element: Element) -> list[str]:
    """The paragraphs below `element` as plain text, each once."""
    lines: list[str] = []
    own = "".join(_printed(element, lines)).strip()
    return [own, *lines] if own else lines


def _printed(element: Element, inner: list[str]) -> Iterator[str]:
    """The texts below `element`; those of paragraphs within it are put into `inner`."""
    for child in element:
        if child.tag in _PRINTED:
            yield child.text or ""
        elif child.tag in {"w_tab", "w_br", "w_cr", "a_br"}:
            yield " "
        elif child.tag in {"w_p", "a_p"}:
            inner.extend(lines_under(child))
        elif child.tag == "mc_AlternateContent":
            first = next((form for form in child if len(form)), None)
            if first is not None:
                yield from _printed(first, inner)
        else:
            yield from _printed(child, inner)


def _description(element: Element) -> str:
    """What somebody wrote to describe the drawing."""
    for tag in ("wp_docPr", "pic_cNvPr", "p_cNvPr"):
        found = element.find(tag)
        if found is not None and (found.get("descr") or found.get("title")):
            return " ".join((found.get("descr") or found.get("title") or "").split())
    return " ".join(element.get("alt", "").split()) if element.tag == "v_shape" else ""
