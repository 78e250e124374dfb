"""The parts of a page that become items: which paragraphs, lists, sources and links belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from composer.content import Source
from composer.importing.blocks import Address, Attribution, Block, Heading, Listing, Prose, Quotation
from composer.importing.imprints import reads_as_imprint
from composer.importing.ledger import Ledger
from composer.importing.links import TRACKED_NOTE, join_lines
from composer.importing.sources import split_source
from composer.preflight.trackers import is_tracked

SHARED_LINKS_NOTE = "The link was guessed: the page's links stood together after its texts."
LAST_LINK_NOTE = "The link was guessed: it stood at the end of a page with several texts."
_LAST_PARTS = 3  # among which an imprint may begin
_LAST_BLOCKS = 4


@dataclass(slots=True)
class Part:
    """What becomes one item."""

    section: str | None
    body: list[Prose | Listing | Quotation | Address] = field(default_factory=list)
    heading: str = ""
    source: Source | None = None
    notes: list[str] = field(default_factory=list)
    is_table: bool = False
    goes_on: bool = False  # the item before it was parted in two, so it needs no heading

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def attribute(self, source: Source) -> None:
        self.source = source
        if is_tracked(source.url):
            self.note(TRACKED_NOTE)

    def text(self) -> str:
        """What the part says, for comparison with a heading."""
        texts: list[str] = []
        for block in self.body:
            texts.extend(
                block.entries
                if isinstance(block, Listing)
                else [block.url if isinstance(block, Address) else block.text]
            )
        return " ".join(texts)


@dataclass(frozen=True, slots=True)
class PlacedHeading:
    """A heading where it stood, in the section it stood in."""

    section: str | None
    text: str


Placed = Part | PlacedHeading


def gather_parts(blocks: Sequence[tuple[str | None, Block]], ledger: Ledger, *, spread: bool) -> list[Placed]:
    """The parts and headings of one page in order, from its blocks, each with its section."""
    gatherer = _Gatherer(ledger, spread=spread)
    for section, block in blocks:
        gatherer.take(section, block)
    gatherer.share_links()
    return gatherer.placed


class _Gatherer:
    def __init__(self, ledger: Ledger, *, spread: bool) -> None:
        self.ledger = ledger
        self.spread = spread
        self.placed: list[Placed] = []
        self.open: Part | None = None  # the part that a further paragraph continues
        self.links: list[str] = []
        self.since_links: list[Part] = []  # the parts that links below them may belong to

    def take(self, section: str | None, block: Block) -> None:
        if self.open is not None and self.open.section != section:
            self.open = None
        if isinstance(block, Address):
            self._take_address(block)
            return
        self.share_links()
        match block:
            case Heading():
                self.placed.append(PlacedHeading(section, block.text))
                self.open = None
            case Attribution():
                self._take_source(section, block.source)
            case Quotation():
                self._take_quotation(section, block)
            case Listing():
                (self.open or self._begin(section)).body.append(block)
            case Prose():
                self._take_prose(section, block)

    def _begin(self, section: str | None) -> Part:
        self.open = Part(section)
        self.placed.append(self.open)
        self.since_links.append(self.open)
        return self.open

    def _take_prose(self, section: str | None, prose: Prose) -> None:
        part = self.open
        if part is None or (self.spread and _is_other_column(part, prose)):
            part = self._begin(section)
        text, source = split_source(prose.text, self.ledger)
        part.body.append(replace(prose, text=text))
        if source is not None:
            self._take_source(section, source)

    def _take_quotation(self, section: str | None, quotation: Quotation) -> None:
        """A quotation whose speaker is named stands for itself; any other is a paragraph of its story."""
        part = None if quotation.speaker else self.open
        (part or self._begin(section)).body.append(quotation)
        if quotation.speaker:
            self.open = None

    def _take_source(self, section: str | None, source: Source) -> None:
        part = next((placed for placed in reversed(self.placed) if isinstance(placed, Part)), None)
        if part is None or part.section != section or part.source is not None:
            part = self._begin(section)
        part.attribute(source)
        self.open = None

    def _take_address(self, address: Address) -> None:
        part = self.open
        if part is not None and not self.links and part.body and _leads_to_link(part.body[-1]):
            part.body.append(address)
            return
        self.links.append(address.url)
        self.open = None

    def share_links(self) -> None:
        """Gives the links that stood together to the parts above them."""
        links, self.links = self.links, []
        if not links:
            return
        without = [part for part in self.since_links if part.source is None]
        if len(links) > 1 and len(links) == len(without):
            for part, link in zip(without, links, strict=True):
                part.attribute(Source(url=link))
                part.note(SHARED_LINKS_NOTE)
        else:
            self._give_to_last(without, links)
        self.since_links = []

    def _give_to_last(self, without: list[Part], links: list[str]) -> None:
        parts = [placed for placed in self.placed if isinstance(placed, Part)]
        part = without[-1] if without else parts[-1] if parts else self._begin(None)
        self.open = None
        if part.source is None:
            part.attribute(Source(url=links.pop(0)))
            if len(without) > 1 and self.spread:
                part.note(LAST_LINK_NOTE)
        if links:
            part.body.extend(map(Address, links))
            part.note("Several links stood after the text: keep those that belong to it.")


def _leads_to_link(block: Prose | Listing | Quotation | Address) -> bool:
    return isinstance(block, Address) or (isinstance(block, Prose) and block.text.endswith((":", "：")))


def _is_other_column(part: Part, prose: Prose) -> bool:
    """Whether `prose` was set in a column of another width than `part`: on a page, another story."""
    boxes = [block.box for block in part.body if isinstance(block, Prose) and block.lines > 1]
    if not boxes or prose.lines < 2:
        return False
    box = max(boxes)
    return abs(box - prose.box) > max(6, max(box, prose.box) // 5)


def continue_over_page(before: Part | None, placed: list[Placed]) -> None:
    """Joins the paragraph that a page's end broke off with the rest of it at the head of the next page."""
    if before is None or before.source is not None or not before.body or not placed:
        return
    last, first = before.body[-1], placed[0]
    if not isinstance(last, Prose) or not last.unfinished or not isinstance(first, Part):
        return
    if first.section != before.section or not first.body or not isinstance(rest := first.body[0], Prose):
        return
    text = join_lines([last.text, rest.text])
    before.body[-1] = Prose(text, last.box, last.lines + rest.lines, rest.unfinished)
    before.body.extend(first.body[1:])
    if first.source is not None:
        before.attribute(first.source)
    for sentence in first.notes:
        before.note(sentence)
    before.note("Its text went on over the end of a page: check where it was joined.")
    placed.pop(0)


def split_imprint(parts: list[Part]) -> Part | None:
    """Takes the imprint off the end of an issue's parts, if there is one."""
    for i in range(len(parts) - 1, max(-1, len(parts) - 1 - _LAST_PARTS), -1):
        part = parts[i]
        if not part.heading and part.body and _is_imprint(part.body[0]):
            rest = parts[i + 1 :]
            if any(other.heading for other in rest):
                continue
            del parts[i:]
            return _merge(part, rest)
    if not parts:
        return None
    last = parts[-1]
    for i in range(max(1, len(last.body) - _LAST_BLOCKS), len(last.body)):
        if _is_imprint(last.body[i]):
            imprint = Part(None, body=last.body[i:])
            del last.body[i:]
            return imprint
    return None


def _is_imprint(block: object) -> bool:
    return isinstance(block, Prose) and reads_as_imprint(block.text)


def _merge(part: Part, others: list[Part]) -> Part:
    """`part` with the parts that followed it; their sources become paragraphs."""
    for other in others:
        part.body.extend(other.body)
        if other.source and part.source is None:
            part.source = other.source
        elif other.source:
            part.body.extend(Prose(text) for text in (other.source.name, other.source.url) if text)
    return part
