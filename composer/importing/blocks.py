"""What a run of lines consists of: headings, paragraphs, lists, quotations, sources, links."""

from __future__ import annotations

import re
from dataclasses import dataclass

from composer.content import Line, Source
from composer.importing.bullets import Bullet, find_bullets
from composer.importing.imprints import reads_as_imprint
from composer.importing.ledger import Ledger
from composer.importing.lines import SetLine, column_width, had_room, set_off, without_edge
from composer.importing.links import continues_link, full_address, join_lines, only_link
from composer.importing.paragraphs import Passage, is_opening, split_passages
from composer.importing.sources import (
    LONGEST_SOURCE,
    closes_bracket,
    is_prefixed,
    link_label,
    opens_source,
    read_source,
)


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph. `box` is the width of the column it was set in, `unfinished` that a page broke it off.

    `spans` is the same text with the styles and links that its file gave it, or empty for a plain text.
    """

    text: str
    box: int = 0
    lines: int = 1
    unfinished: bool = False
    spans: Line = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """`spans` are the entries with their styles and links, or empty for a plain text."""

    entries: tuple[str, ...]
    ordered: bool = False
    spans: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Quotation:
    text: str
    speaker: str = ""
    spans: Line = ()


@dataclass(frozen=True, slots=True)
class Attribution:
    source: Source


@dataclass(frozen=True, slots=True)
class Address:
    """A link that stands alone on its line."""

    url: str


Block = Heading | Prose | Listing | Quotation | Attribution | Address

_RULE = re.compile(r"(?:[-=_*~—─━·.]\s?){3,}")
_MARKED_HEADING = re.compile(r"(#{1,6})\s+([^\s#].*)")
_QUOTED = re.compile(r">\s{0,3}(?=[^\s>])")
_SAID = re.compile(r"([“「\"][^”」\"]{10,600}[”」\"])\s{0,3}(?:[—–―]{1,2}|--?)\s{0,3}([^\s—–―-][^。.!?！？]{0,60})")
_SPEAKER = re.compile(r"(?:[—–―]{1,2}|--?)\s{0,3}([^\s—–―-].{0,60})")
_BOLD_HEADING = re.compile(r"\*\*([^*]{1,80})\*\*")


def read_blocks(lines: tuple[SetLine, ...], ledger: Ledger, *, indents: bool) -> list[Block]:
    """The blocks of lines that stand on one page and in one section; `indents` as in `SetText`."""
    return _BlockReader(lines, ledger, indents=indents).read()


def read_saying(text: str, ledger: Ledger) -> Quotation | None:
    """The quotation with its speaker that `text` is, such as `“…” — Ann Lee`; or None."""
    said = _SAID.fullmatch(text)
    if said is None:
        return None
    ledger.take_away(text[said.end(1) : said.start(2)])
    return Quotation(said[1], said[2])


class _BlockReader:
    """Goes through the lines once; every method takes what begins at `self.at` and moves on."""

    def __init__(self, lines: tuple[SetLine, ...], ledger: Ledger, *, indents: bool) -> None:
        self.lines = list(lines)
        self.ledger = ledger
        self.indents = indents
        self.bullets = find_bullets([line.text for line in lines])
        self.at = 0
        self.blocks: list[Block] = []

    def read(self) -> list[Block]:
        while self.at < len(self.lines):
            if not (
                self._take_rule()
                or self._take_marked_heading()
                or self._take_source()
                or self._take_address()
                or self._take_list()
                or self._take_quotation()
            ):
                self._take_prose()
        return self.blocks

    @property
    def _line(self) -> SetLine:
        return self.lines[self.at]

    def _take_rule(self) -> bool:
        if not _RULE.fullmatch(self._line.text):
            return False
        self.ledger.take_away(self._line.text)
        self.at += 1
        if self.at < len(self.lines):
            self.lines[self.at] = set_off(self._line)
        return True

    def _take_marked_heading(self) -> bool:
        text = self._line.text
        if match := _MARKED_HEADING.fullmatch(text):
            heading = match[2].rstrip("# ")
            marks = (match[1], match[2][len(heading) :])
        elif match := _BOLD_HEADING.fullmatch(text):
            heading, marks = match[1].strip(), ("****", "")
        if match is None or not heading:
            return False
        for mark in marks:
            self.ledger.take_away(mark)
        self.blocks.append(Heading(heading))
        self.at += 1
        return True

    def _take_source(self) -> bool:
        text = self._line.text
        end = self.at + 1
        if opens_source(text):
            while not closes_bracket(text) and end < len(self.lines) and end - self.at < LONGEST_SOURCE:
                if opens_source(self.lines[end].text):
                    break
                end += 1
                text = join_lines([line.text for line in self.lines[self.at : end]])
            if not closes_bracket(text):
                return False
        elif is_prefixed(text):
            end = self._end_of_address(self.at)
            if end == self.at + 1 and end < len(self.lines) and not self.lines[end].blank:
                end = self._end_of_address(end) if only_link(self.lines[end].text) else end
            text = join_lines([line.text for line in self.lines[self.at : end]])
        else:
            return False
        source = read_source(text, self.ledger)
        if source is None:
            return False
        self.blocks.append(Attribution(source))
        self.at = end
        return True

    def _take_address(self) -> bool:
        label = link_label(self._line.text)
        if not only_link(self._line.text[len(label) :].strip("<>")):
            return False
        end = self._end_of_address(self.at)
        text = join_lines([line.text for line in self.lines[self.at : end]])[len(label) :]
        link = only_link(text.strip("<>"))
        if not link:
            return False
        self.ledger.take_away(label)
        for mark in text.split(link, 1):
            self.ledger.take_away(mark)
        self.blocks.append(Address(full_address(link, self.ledger)))
        self.at = end
        return True

    def _end_of_address(self, at: int) -> int:
        """Where the lines end over which the address at the end of line `at` goes on."""
        address = self.lines[at].text.rpartition(" ")[2]
        address = address[max(0, address.find("http")) :]
        end = at + 1
        while end < len(self.lines) and end - at < LONGEST_SOURCE and address.startswith("http"):
            line = self.lines[end]
            if line.apart or end in self.bullets or not continues_link(address, line.text):
                break
            address += line.text
            end += 1
        return end

    def _take_list(self) -> bool:
        first = self._bullet_at(self.at)
        if first is None:
            return False
        entries: list[str] = []
        start = self.at
        while (bullet := self._bullet_at(self.at)) is not None and _are_alike(first, bullet):
            self.ledger.take_away(bullet.mark)
            end = self._end_of_entry(start)
            opening = without_edge(self._line, self._line.text[len(bullet.mark) :])
            entries.append(join_lines([opening.text, *(line.text for line in self.lines[self.at + 1 : end])]))
            self.at = end
            if end == len(self.lines):
                break
        self.blocks.append(Listing(tuple(entries), ordered=first.number > 0))
        return True

    def _bullet_at(self, at: int) -> Bullet | None:
        """The mark at line `at`, unless the line goes on with a sentence or is a numbered heading."""
        bullet = self.bullets.get(at)
        if bullet is None:
            return None
        line = self.lines[at]
        before = self.lines[at - 1] if at else None
        if bullet.is_dash and before is not None and not line.apart and at - 1 not in self.bullets:
            goes_on = not had_room(before, line, column_width(self.lines[max(0, at - 4) : at]))
            if goes_on and before.text[-1] not in "。！？!?.…;；:：":
                return None
        if bullet.number and line.apart and at + 1 < len(self.lines):
            after = self.lines[at + 1]
            if after.apart and at + 1 not in self.bullets and line.text[-1] not in "。.;；!?！？":
                return None
        return bullet

    def _end_of_entry(self, first: int) -> int:
        """Where the lines of the entry at `self.at` end, in a list that began at line `first`."""
        at = self.at
        while True:
            line, end = self.lines[at], at + 1
            if end == len(self.lines) or self.lines[end].apart or end in self.bullets or self._is_special(end):
                return end
            box = column_width(self.lines[max(first, at - 8) : end + 1])
            complete = line.text.rstrip("”’\"')）】》").endswith(("。", ".", ";", "；", "!", "！", "?", "？"))
            if complete and (had_room(line, self.lines[end], box) or is_opening(self.lines, end, indents=self.indents)):
                return end
            if at - first >= 2 and line.columns * 4 < box * 3 and had_room(line, self.lines[end], box):
                return end
            at = end

    def _take_quotation(self) -> bool:
        end = self.at
        texts: list[str] = []
        while end < len(self.lines) and (match := _QUOTED.match(self.lines[end].text)):
            texts.append(self.lines[end].text[match.end() :])
            self.ledger.take_away(match[0])
            end += 1
        if not texts:
            return False
        speaker = ""
        if end < len(self.lines) and (match := _SPEAKER.fullmatch(self.lines[end].text)):
            speaker = match[1]
            self.ledger.take_away(match[0][: match.start(1) - match.start()])
            end += 1
        self.blocks.append(Quotation(join_lines(texts), speaker))
        self.at = end
        return True

    def _take_prose(self) -> None:
        end = self.at + 1
        while end < len(self.lines) and not self.lines[end].apart and not self._is_special(end):
            if self._bullet_at(end) is not None:
                break
            end += 1
        before = self.lines[max(0, self.at - 8) : self.at]
        passages = split_passages(self.lines[self.at : end], before, indents=self.indents)
        leads_on = end < len(self.lines) and not self.lines[end].apart and self._bullet_at(end) is not None
        for i, passage in enumerate(passages):
            self.blocks.append(self._read_passage(passage, leads_on=leads_on and i == len(passages) - 1))
        self.at = end

    def _read_passage(self, passage: Passage, *, leads_on: bool) -> Block:
        text = join_lines([line.text for line in passage.lines])
        if (said := read_saying(text, self.ledger)) is not None:
            return said
        if passage.is_heading and not reads_as_imprint(text) and not (leads_on and text.endswith((":", "："))):
            return Heading(text)
        box = column_width(passage.lines)
        return Prose(text, box, len(passage.lines), passage.is_unfinished)

    def _is_special(self, at: int) -> bool:
        text = self.lines[at].text
        return (
            opens_source(text)
            or is_prefixed(text)
            or bool(only_link(text[len(link_label(text)) :].strip("<>")))
            or _MARKED_HEADING.fullmatch(text) is not None
            or _BOLD_HEADING.fullmatch(text) is not None
            or _RULE.fullmatch(text) is not None
            or _QUOTED.match(text) is not None
        )


def _are_alike(first: Bullet, other: Bullet) -> bool:
    return bool(first.number) == bool(other.number)
