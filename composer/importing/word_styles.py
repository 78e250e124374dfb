"""What a Word file's styles say: which paragraphs are headings, which are entries of lists, what is bold."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from composer.content import Span

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_DEEPEST = 50  # styles based on one another


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    """`level` is a heading's, 0 the title's; `listed` is a list's depth and whether it is numbered."""

    name: str = ""
    level: int | None = None
    listed: tuple[int, bool] | None = None
    bold: bool = False
    italic: bool = False


class Styles:
    def __init__(self, styles: Element | None, numbering: Element | None) -> None:
        found = styles.iter("w_style") if styles is not None else ()
        self.styles = {style.get("w_styleId", ""): style for style in found}
        self.formats = _number_formats(numbering)
        self.known: dict[str, ParagraphStyle] = {}

    def of(self, properties: Element | None) -> ParagraphStyle:
        """The style of a paragraph with these properties."""
        if properties is None:
            return ParagraphStyle()
        style = self._named(value(properties, "w_pStyle"))
        level = value(properties, "w_outlineLvl")
        if style.level is None and level.isdecimal() and int(level) < 9:
            style = replace(style, level=int(level) + 1)
        numbered = properties.find("w_numPr")
        return style if numbered is None else replace(style, listed=self._listed(numbered, style.listed))

    def run(self, properties: Element, style: Span) -> Span:
        """`style` with what a run's own properties change of it."""
        for chain in self._chain(value(properties, "w_rStyle")):
            if (of_style := chain.find("w_rPr")) is not None:
                style = _styled(of_style, style)
        return _styled(properties, style)

    def _named(self, key: str) -> ParagraphStyle:
        if key not in self.known:
            self.known[key] = self._read(key)
        return self.known[key]

    def _read(self, key: str) -> ParagraphStyle:
        style = ParagraphStyle()
        character = Span("")
        for element in self._chain(key):
            name = value(element, "w_name")
            style = replace(style, name=name)
            if match := _HEADING.fullmatch(name):
                style = replace(style, level=int(match[1]))
            elif name.casefold() == "title":
                style = replace(style, level=0)
            if (paragraph := element.find("w_pPr")) is not None:
                level = value(paragraph, "w_outlineLvl")
                if level.isdecimal() and style.level is None:
                    style = replace(style, level=int(level) + 1 if int(level) < 9 else None)
                if (numbered := paragraph.find("w_numPr")) is not None:
                    style = replace(style, listed=self._listed(numbered, style.listed))
            if (run := element.find("w_rPr")) is not None:
                character = _styled(run, character)
        return replace(style, bold=character.bold, italic=character.italic)

    def _chain(self, key: str) -> list[Element]:
        """The style `key` and those it is based on, the most general first."""
        chain: list[Element] = []
        while key in self.styles and len(chain) < _DEEPEST:
            chain.insert(0, self.styles[key])
            key = value(self.styles[key], "w_basedOn")
        return chain

    def _listed(self, numbered: Element, inherited: tuple[int, bool] | None) -> tuple[int, bool] | None:
        number, depth = value(numbered, "w_numId"), value(numbered, "w_ilvl")
        at = int(depth) if depth.isdecimal() else inherited[0] if inherited else 0
        if not number:
            return (at, inherited[1]) if inherited else None
        if number == "0":
            return None
        form = self.formats.get((number, at), "bullet")
        return at, form != "bullet"


def value(parent: Element, tag: str) -> str:
    """The `val` of the child `tag`, or empty."""
    element = parent.find(tag)
    return element.get("w_val", "") if element is not None else ""


def is_on(properties: Element, tag: str) -> bool:
    element = properties.find(tag)
    return element is not None and element.get("w_val", "true").lower() not in {"0", "false", "off", "none"}


def _styled(properties: Element, style: Span) -> Span:
    if properties.find("w_b") is not None:
        style = replace(style, bold=is_on(properties, "w_b"))
    if properties.find("w_i") is not None:
        style = replace(style, italic=is_on(properties, "w_i"))
    return style


def _number_formats(numbering: Element | None) -> dict[tuple[str, int], str]:
    """For each list's id and depth how its entries are numbered: `bullet`, `decimal` …"""
    if numbering is None:
        return {}
    abstract = {
        element.get("w_abstractNumId", ""): {
            int(level.get("w_ilvl", "0")): value(level, "w_numFmt") or "decimal"
            for level in element.iter("w_lvl")
            if level.get("w_ilvl", "0").isdecimal()
        }
        for element in numbering.iter("w_abstractNum")
    }
    return {
        (number.get("w_numId", ""), depth): form
        for number in numbering.iter("w_num")
        for depth, form in abstract.get(value(number, "w_abstractNumId"), {}).items()
    }
