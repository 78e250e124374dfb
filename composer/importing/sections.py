"""The sections of a bulletin: which lines are their headings, and which lines stand under each.

A bulletin made of pages repeats a section's heading on each of them. A PDF reader finds it wherever the page
holds it: before the page's stories, between two, after the last. So a heading that runs over several pages
belongs to the whole page; one that stands once belongs to what follows it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from composer.importing.bullets import find_bullet
from composer.importing.characters import ends_sentence, printed_characters
from composer.importing.ledger import Ledger
from composer.importing.lines import SetLine, SetText, column_width, set_off
from composer.importing.links import FIND_LINK

_WIDEST = 60  # columns
_FEWEST_PAGES = 4  # on which a line is the bulletin's name
_FEWEST_REPEATS = 3  # of a heading in a text without pages
_TYPICAL = re.compile(
    r".{0,16}(?:最新进展|最新动态|最新消息|工作动态|动态|要闻|新闻|资讯|快讯|简讯|公告栏|活动预告|会议预告|通知公告)"
    r"|(?:(?:latest|recent|upcoming|other|our)\s)?(?:news|updates?|developments|events|publications|resources)"
    r"(?:\s(?:from|of|on|in|and)\s.{1,40})?"
    r"|.{1,40}\s(?:news|updates?|in brief)"
    r"|(?:dernières\s)?(?:actualités|nouvelles|événements|publications|ressources)(?:\s(?:de|des|du|sur|en|et)\s.{1,40})?",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"[一二三四五六七八九十]{1,3}、\s?\S.{0,30}")
_MARKED = re.compile(r"(#{1,6})\s+([^\s#].{0,119})")
_PAGE_NUMBER = re.compile(
    r"[-–—\s]{0,4}\d{1,3}[-–—\s]{0,4}|\d{1,3}\s?/\s?\d{1,3}|第\s?\d{1,3}\s?页(?:\s?共\s?\d{1,3}\s?页)?|(?:page|p\.)\s?\d{1,3}(?:\s?(?:of|/|sur|de)\s?\d{1,3})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of one page that stand in one section; `section` is None before the first one."""

    page: int
    section: str | None
    lines: tuple[SetLine, ...]


@dataclass(slots=True)
class Outline:
    """`headings` are the sections in order, `running` every further line that repeated one, `title` the text's own."""

    pieces: list[Piece] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    title: str = ""
    spellings: dict[str, str] = field(default_factory=dict)  # a heading's key -> the heading as it first stood


def divide_into_sections(text: SetText, ledger: Ledger, *, masthead_name: str) -> Outline:
    """The pieces of `text` in order. What names no section (the masthead's name, page numbers) is taken away."""
    pages = [list(page) for page in text.pages]
    outline = Outline()
    _take_page_furniture(pages, outline, ledger, masthead_name=masthead_name)
    marked = _marked_levels(pages)
    outline.title = _take_marked_title(pages, marked, ledger)
    times = Counter(_key(line.text) for page in pages for line in page)
    finder = _Finder(_find_names(pages, spread=text.spread), times, _section_level(marked))
    divider = _Divider(outline, finder, ledger, many=len(pages) > 1)
    for number, page in enumerate(pages):
        divider.divide(number, page)
    return outline


@dataclass(frozen=True, slots=True)
class _Finder:
    """Says which lines are headings of sections."""

    names: frozenset[str]
    times: Counter[str]
    level: str  # the marks of a Markdown section

    def find(self, line: SetLine) -> str | None:
        """The heading's text, or None."""
        if _key(line.text) in self.names:
            return line.text
        match = _MARKED.fullmatch(line.text) if self.level else None
        return match[2].rstrip("# ") if match and match[1] == self.level else None

    def is_running(self, line: SetLine) -> bool:
        return self.times[_key(line.text)] > 1


class _Divider:
    """Divides one page after the other; `section` is the one that the next page begins in."""

    def __init__(self, outline: Outline, finder: _Finder, ledger: Ledger, *, many: bool) -> None:
        self.outline = outline
        self.finder = finder
        self.ledger = ledger
        self.many = many
        self.section: str | None = None

    def divide(self, number: int, page: list[SetLine]) -> None:
        found = {i: name for i, line in enumerate(page) if (name := self.finder.find(line)) is not None}
        for i, name in found.items():
            self._enter(name, page[i].text)
        if not found:
            self._add(number, page)
        elif self._is_of_one_section(page, found):
            self.section = self._spelling(next(iter(found.values())))
            self._add(number, _without(page, set(found)))
        else:
            self._divide_at(number, page, found)

    def _is_of_one_section(self, page: list[SetLine], found: dict[int, str]) -> bool:
        """Whether the heading stands for the whole page: one that runs over pages, or below all of the text.

        The first page of an issue may hold its lead above the first section's heading.
        """
        first, more_text = min(found), _has_text(page[max(found) + 1 :])
        opens_issue = self.section is None and not self.outline.pieces and first > 0 and more_text
        runs = self.finder.is_running(page[first]) or not more_text
        return self.many and runs and not opens_issue and len({_key(name) for name in found.values()}) == 1

    def _divide_at(self, number: int, page: list[SetLine], found: dict[int, str]) -> None:
        """Cuts the page at its headings: each heads what follows it, or what stands above it if nothing follows."""
        heads_what_follows = _has_text(page[max(found) + 1 :]) or 0 in found
        start = 0
        for i, name in found.items():
            if heads_what_follows:
                self._add(number, page[start:i])
                self.section = self._spelling(name)
            else:
                self.section = self._spelling(name)
                self._add(number, page[start:i])
            start = i + 1
        self._add(number, page[start:])

    def _enter(self, name: str, line: str) -> None:
        key = _key(name)
        if key in self.outline.spellings:
            self.outline.running.append(line)
            return
        self.outline.spellings[key] = name
        self.outline.headings.append(name)
        for mark in line.split(name, 1):
            self.ledger.take_away(mark)

    def _spelling(self, name: str) -> str:
        return self.outline.spellings[_key(name)]

    def _add(self, page: int, lines: list[SetLine]) -> None:
        if lines:
            self.outline.pieces.append(Piece(page, self.section, tuple(lines)))


def _without(page: list[SetLine], taken: set[int]) -> list[SetLine]:
    return [
        set_off(line) if i - 1 in taken else line  # nothing goes on across a heading
        for i, line in enumerate(page)
        if i not in taken
    ]


def _has_text(lines: Sequence[SetLine]) -> bool:
    """Whether some line holds more than a link: a page's links are read after all of its text."""
    return any(not FIND_LINK.fullmatch(line.text) for line in lines)


def _find_names(pages: list[list[SetLine]], *, spread: bool) -> frozenset[str]:
    """The keys of the lines that are headings of sections by being repeated or by their wording."""
    on_pages: Counter[str] = Counter()
    at_edge: set[str] = set()
    for page in pages:
        on_pages.update({_key(line.text) for line in page if _may_name(line)})
        texts = [line for line in page if not FIND_LINK.fullmatch(line.text)]
        at_edge.update(_key(line.text) for line in (*texts[:1], *texts[-1:]))
    repeated = {key for key, times in on_pages.items() if times > 1 and key in at_edge}
    return frozenset(repeated | _typical_names(pages, spread=spread))


def _typical_names(pages: list[list[SetLine]], *, spread: bool) -> set[str]:
    alone: Counter[str] = Counter()
    names: set[str] = set()
    counted: set[str] = set()
    for line in _lines_alone(pages, spread=spread):
        key = _key(line.text)
        alone[key] += 1
        if _TYPICAL.fullmatch(line.text) or _is_in_capitals(line.text):
            names.add(key)
        elif _COUNTED.fullmatch(line.text):
            counted.add(key)
    if not spread:
        names.update(key for key, times in alone.items() if times >= _FEWEST_REPEATS)
    return names | (counted if len(counted) > 1 else set())


def _lines_alone(pages: list[list[SetLine]], *, spread: bool) -> Iterator[SetLine]:
    """Lines that may name a section and that no sentence leads up to."""
    for page in pages:
        last = max((i for i, line in enumerate(page) if not FIND_LINK.fullmatch(line.text)), default=0)
        for i, line in enumerate(page):
            if not _may_name(line):
                continue
            at_edge = i == 0 or (i == last and len(pages) > 1)
            if at_edge or (line.blank and not spread) or _is_complete(page[max(0, i - 5) : i]):
                yield line


def _is_complete(lines: Sequence[SetLine]) -> bool:
    """Whether the last of `lines` goes on in no further line."""
    text = lines[-1].text
    is_short = 4 * lines[-1].columns < 3 * column_width(lines)
    return is_short or ends_sentence(text) or text[-1] in ")）" or FIND_LINK.fullmatch(text) is not None


def _may_name(line: SetLine) -> bool:
    text = line.text
    return (
        4 <= line.columns <= _WIDEST
        and not ends_sentence(text)
        and text[-1] not in ",，、;；:：)）(（-/"
        and text[0] not in "(（>#|)）"
        and not any(mark in text for mark in "，。；")
        and sum(character.isalpha() for character in text) >= 2
        and not FIND_LINK.search(text)
        and find_bullet(text) is None
    )


def _is_in_capitals(text: str) -> bool:
    return text.isupper() and text.isascii() and len(text.split()) > 1 and sum(map(str.isalpha, text)) >= 8


def _marked_levels(pages: list[list[SetLine]]) -> Counter[str]:
    return Counter(match[1] for page in pages for line in page if (match := _MARKED.fullmatch(line.text)))


def _take_marked_title(pages: list[list[SetLine]], marked: Counter[str], ledger: Ledger) -> str:
    """The one Markdown heading of the highest level, where the text begins with it and has others."""
    if len(marked) < 2 or not pages or not pages[0]:
        return ""
    match = _MARKED.fullmatch(pages[0][0].text)
    highest = min(marked)
    if match is None or match[1] != highest or marked[highest] != 1:
        return ""
    ledger.take_away(pages[0].pop(0).text)
    del marked[highest]
    return match[2].rstrip("# ")


def _section_level(marked: Counter[str]) -> str:
    """The marks of a section's heading: of two levels the higher; a single level heads stories."""
    return min(marked) if len(marked) > 1 else ""


def _running_titles(pages: list[list[SetLine]]) -> set[str]:
    """The lines that stand on every page but perhaps the cover, where others are repeated too: the bulletin's name."""
    if len(pages) < _FEWEST_PAGES:
        return set()
    on_pages = Counter(key for page in pages for key in {_key(line.text) for line in page if _may_name(line)})
    without = 1 if len(pages) > _FEWEST_PAGES else 0
    always = {key for key, times in on_pages.items() if times >= len(pages) - without}
    others = any(times > 1 and key not in always for key, times in on_pages.items())
    return always if others else set()


def _take_page_furniture(pages: list[list[SetLine]], outline: Outline, ledger: Ledger, *, masthead_name: str) -> None:
    """Takes away the bulletin's name, wherever it is a line of its own, and page numbers at a page's edge."""
    mastheads = _running_titles(pages) | ({_key(masthead_name)} - {""})
    for page in pages:
        kept = []
        for i, line in enumerate(page):
            edge = len(pages) > 1 and i in (0, len(page) - 1)
            if _key(line.text) in mastheads:
                outline.running.append(line.text)
            elif edge and _PAGE_NUMBER.fullmatch(line.text):
                ledger.take_away(line.text)
            else:
                kept.append(line)
        page[:] = kept


def _key(text: str) -> str:
    """What of a heading has to agree for two lines to be the same one."""
    return printed_characters(text).casefold() if len(text) <= 2 * _WIDEST else text
