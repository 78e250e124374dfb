"""A strict reading of a letter's HTML for the tests: elements must nest, attributes and text come out decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img", "link", "meta"})


@dataclass(frozen=True)
class Element:
    name: str
    attributes: dict[str, str]


@dataclass
class Page(HTMLParser):
    """`elements` in their order, `title`, and `body`: the body's text. AssertionError where tags don't balance."""

    source: str
    elements: list[Element] = field(default_factory=list)
    title: str = ""
    body: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self.feed(self.source)
        self.close()
        assert self._open == [], f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute: {names}"
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID, f"<{tag} /> is not empty in HTML"
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if "title" in self._open:
            self.title += data
        elif "body" in self._open and "style" not in self._open:
            self.body += data

    def all(self, name: str) -> list[Element]:
        return [element for element in self.elements if element.name == name]


def packed(text: str) -> str:
    """`text` without white space, to compare what lines break differently."""
    return "".join(text.split())
