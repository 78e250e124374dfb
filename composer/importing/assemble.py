"""A document of any format made into a draft edition: sections, items, pictures, and notes of what was guessed.

The same rule as for a plain text: every character stands in the draft, or among what was set aside or folded away.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from composer.content import Item, Lead, Line, Section, Span
from composer.importing.blocks import Address, Listing, Prose, Quotation, read_saying
from composer.importing.characters import clean_text, printed_characters, width
from composer.importing.document import (
    DocBlock,
    DocHeading,
    DocList,
    DocPicture,
    DocQuote,
    DocTable,
    DocText,
    Document,
    LeftOut,
)
from composer.importing.draft import Draft, draft_notes
from composer.importing.items import ItemMaker
from composer.importing.ledger import Ledger
from composer.importing.links import web_address
from composer.importing.parts import Part, split_imprint
from composer.importing.pieces import Piece, PieceMaker
from composer.importing.ranks import LONGEST_HEADING, Ranks, gather_bullets, guess_headings, rank_headings, take_title
from composer.importing.sources import closes_bracket, is_prefixed, opens_source, read_source, split_source
from composer.importing.spans import text_of
from composer.importing.titles import guess_title, reads_as_number

TABLE_NOTE = "It was a table: each entry is a row."
FOOTNOTE_NOTE = "A footnote stands as a paragraph at the end."
_BETWEEN_CELLS = "·"
_WIDEST_INTRODUCTION = 120  # columns of the paragraph that leads up to a table
_NUMBER_WITHIN = 4  # blocks from the beginning


def assemble(document: Document, *, locale: str, masthead_name: str = "") -> Draft:
    """The draft that `document` makes; `locale` and `masthead_name` as for a plain text."""
    ledger = Ledger(list(document.set_aside), list(document.added))
    assembler = _Assembler(ledger, running=list(document.running), masthead_name=masthead_name)
    assembler.take_all(document.blocks)
    sections, pictures = assembler.make(seed=_digest(document))
    title = text_of(assembler.title.line) if assembler.title else ""
    title = title or guess_title(sections, locale=locale) or masthead_name
    return Draft(
        title=title,
        subject=title,
        sections=sections,
        number=assembler.number,
        notes=(
            *draft_notes(title, assembler.number, sections, assembler.running),
            *document.notes,
            *assembler.loose_notes,
        ),
        running_headings=tuple(assembler.running),
        set_aside=tuple(ledger.set_aside),
        added=tuple(ledger.added),
        pictures=tuple(pictures.items()),
    )


class _Assembler:
    """Takes one block after the other into the piece that is open."""

    def __init__(self, ledger: Ledger, *, running: list[str], masthead_name: str) -> None:
        self.ledger = ledger
        self.running = running
        self.masthead = printed_characters(masthead_name).casefold()
        self.sections: list[tuple[str, list[Piece]]] = [("", [])]
        self.open: Piece | None = None
        self.parted = False  # whether a table closed the piece that a paragraph would continue
        self.title: DocHeading | None = None
        self.number = ""
        self.waiting: list[str] = []  # notes for the first piece to come
        self.addresses: list[str] = []
        self.loose_notes: list[str] = []

    def take_all(self, blocks: tuple[DocBlock, ...]) -> None:
        rest = self._without_masthead(_joined(blocks))
        self.title, rest = take_title(rest)
        rest = self._without_number(rest)
        if self.title is not None:
            self.ledger.take_away(text_of(self.title.line))
            self.addresses.extend(self._heading_addresses(self.title.line))
        rest = guess_headings(gather_bullets(rest, self.ledger))
        ranks = rank_headings(rest)
        for block in rest:
            if isinstance(block, DocHeading):
                self._heading(block, ranks)
            elif isinstance(block, LeftOut):
                self._leave_out(block)
            elif isinstance(block, DocPicture):
                self._continue().pictures.append(block)
            else:
                self._take(block)
        if self.addresses:
            self._begin()
        self.loose_notes.extend(self.waiting)
        self._settle()

    def make(self, *, seed: str) -> tuple[tuple[Section, ...], dict[str, DocPicture]]:
        """The sections with their items, and the pictures by their names in them."""
        pieces = [piece for _heading, found in self.sections for piece in found]
        parts = [piece.part for piece in pieces]
        imprint = split_imprint(parts)
        left = {id(part) for part in parts}
        maker = PieceMaker(ItemMaker(self.ledger, seed=seed))
        made: list[Section] = []
        for number, (heading, found) in enumerate(self.sections):
            items: list[Item] = []
            for piece in found:
                if id(piece.part) in left:
                    leads = number == 0 and not any(isinstance(item, Lead) for item in items)
                    items.extend(maker.make(piece, leads=leads))
            if items or heading:
                made.append(Section(heading, tuple(items)))
        if imprint is not None:
            merged = [piece for piece in pieces if id(piece.part) not in left]
            made.append(Section("", tuple(maker.make_imprint(imprint, merged))))
        return tuple(made), maker.pictures

    def _without_masthead(self, blocks: list[DocBlock]) -> list[DocBlock]:
        kept: list[DocBlock] = []
        for block in blocks:
            text = text_of(block.line) if isinstance(block, DocHeading | DocText) else ""
            plain = isinstance(block, DocHeading | DocText) and not any(span.href for span in block.line)
            if self.masthead and plain and printed_characters(text).casefold() == self.masthead:
                self.running.append(text)
            else:
                kept.append(block)
        return kept

    def _without_number(self, blocks: list[DocBlock]) -> list[DocBlock]:
        for i, block in enumerate(blocks[:_NUMBER_WITHIN]):
            if not isinstance(block, DocHeading | DocText) or any(span.href for span in block.line):
                continue
            if reads_as_number(text := text_of(block.line)):
                self.number = text
                self.ledger.take_away(text)
                return blocks[:i] + blocks[i + 1 :]
        return blocks

    def _heading(self, heading: DocHeading, ranks: Ranks) -> None:
        text = text_of(heading.line)
        opens_section = ranks.opens_section(heading)
        if len(text) > LONGEST_HEADING or not (opens_section or ranks.opens_item(heading)):
            self._prose(tuple(replace(span, bold=True) for span in heading.line))
        elif opens_section:
            self._enter_section(heading, text)
        else:
            self._begin(heading=text, guessed=heading.guessed, line=heading.line)

    def _take(self, block: DocText | DocList | DocQuote | DocTable) -> None:
        match block:
            case DocText():
                self._text(block)
            case DocList():
                self._list(block)
            case DocQuote():
                self._quote(block)
            case DocTable():
                self._table(block)

    def _enter_section(self, heading: DocHeading, text: str) -> None:
        self._settle()
        self.sections.append((text, []))
        self.open, self.parted = None, False
        self.addresses.extend(self._heading_addresses(heading.line))

    def _begin(self, *, heading: str = "", guessed: str = "", line: Line = (), goes_on: bool = False) -> Piece:
        self._settle()
        piece = Piece(Part(None, heading=heading, goes_on=goes_on))
        self.sections[-1][1].append(piece)
        self.open, self.parted = piece, False
        if guessed:
            piece.part.note(f"The heading was guessed from {guessed}.")
        for note in self.waiting:
            piece.part.note(note)
        self.waiting = []
        addresses = [*self.addresses, *self._heading_addresses(line)]
        piece.part.body.extend(Address(address) for address in addresses)
        self.addresses = []
        return piece

    def _continue(self) -> Piece:
        """The piece that a block without a heading belongs to."""
        return self.open or self._begin(goes_on=self.parted)

    def _settle(self) -> None:
        """Completes the piece that was open: its footnotes stand at its end."""
        if self.open is not None and self.open.feet:
            self.open.part.body.extend(self.open.feet)
            self.open.feet = []
            self.open.part.note(FOOTNOTE_NOTE)

    def _heading_addresses(self, line: Line) -> list[str]:
        """The addresses that a heading led to: an item's heading is no link, so they stand below it."""
        found: list[str] = []
        for span in line:
            href, address = span.href, web_address(span.href)
            if href == span.text:
                continue
            if address in {"", *found}:
                self.ledger.take_away(href)
                continue
            if address != href:
                self.ledger.take_away(href)
                self.ledger.add(address)
            found.append(address)
        return found

    def _text(self, block: DocText) -> None:
        piece = self._continue()
        if block.note:
            piece.part.note(block.note)
        line = self._linked(block.line, piece)
        if block.foot:
            piece.feet.append(Prose(text_of(line), spans=line))
        elif len(line) == 1 and not line[0].href and (said := read_saying(line[0].text, self.ledger)) is not None:
            piece.part.body.append(said)
        elif not self._take_source(piece, line):
            self._prose(line)

    def _prose(self, line: Line) -> None:
        piece = self._continue()
        line = self._linked(line, piece)
        if piece.part.source is None:
            line = self._split_source(piece, line)
        piece.part.body.append(Prose(text_of(line), spans=line))

    def _list(self, block: DocList) -> None:
        piece = self._continue()
        if block.note:
            piece.part.note(block.note)
        lines = tuple(self._linked(entry, piece) for entry in block.entries)
        piece.part.body.append(Listing(tuple(map(text_of, lines)), ordered=block.ordered, spans=lines))

    def _quote(self, block: DocQuote) -> None:
        piece = self._continue()
        line = self._linked(block.line, piece)
        piece.part.body.append(Quotation(text_of(line), spans=line))

    def _table(self, block: DocTable) -> None:
        piece = self._continue()
        if not _leads_up(piece):
            piece = self._begin(goes_on=True)
        rows = tuple(self._row(row, piece) for row in block.rows)
        piece.part.is_table = True
        piece.part.note(TABLE_NOTE)
        piece.part.body.append(Listing(tuple(map(text_of, rows)), spans=rows))
        self._settle()
        self.open, self.parted = None, True

    def _row(self, cells: tuple[Line, ...], piece: Piece) -> Line:
        row: list[Span] = []
        for cell in cells:
            if cell and row:
                row.append(Span(f" {self.ledger.add(_BETWEEN_CELLS)} "))
            row.extend(self._linked(cell, piece))
        return tuple(row)

    def _leave_out(self, block: LeftOut) -> None:
        text, removed = clean_text(" ".join(block.text.split()))
        self.ledger.take_away(text + removed)
        note = f"Left out: {block.what} “{text}”." if text else f"Left out: {block.what}."
        pieces = self.sections[-1][1]
        if self.open is not None:
            self.open.part.note(note)
        elif pieces:
            pieces[-1].part.note(note)
        else:
            self.waiting.append(note)

    def _linked(self, line: Line, piece: Piece) -> Line:
        """`line` with the addresses that a letter can hold; the others are text, with a note."""
        checked: list[Span] = []
        for span in line:
            href, address = span.href, web_address(span.href)
            if href and not address and not href.startswith("#"):
                piece.part.note(f"A link was left out, for it leads to no whole address: “{href[:100]}”.")
            if address != href:
                self.ledger.take_away("" if href == span.text else href)
                self.ledger.add(address)
            checked.append(replace(span, href=address))
        return tuple(checked)

    def _take_source(self, piece: Piece, line: Line) -> bool:
        """Takes a paragraph that only names the item's source."""
        text = text_of(line)
        if piece.part.source is not None or not (piece.part.body or piece.part.heading):
            return False
        if not (opens_source(text) and closes_bracket(text)) and not is_prefixed(text):
            return False
        return self._attribute(piece, text, line)

    def _attribute(self, piece: Piece, text: str, line: Line) -> bool:
        trial = Ledger()
        source = read_source(text, trial)
        hrefs = list(dict.fromkeys(span.href for span in line if span.href))
        if source is None or len(source.name) > LONGEST_HEADING or len(hrefs) > 1:
            return False
        if hrefs and source.url not in {"", hrefs[0]}:
            return False
        piece.part.attribute(replace(source, url=source.url or (hrefs[0] if hrefs else "")))
        if hrefs:  # the address stands once in the source, however many spans led to it
            spare = sum(span.href not in {"", span.text} for span in line) - (not source.url)
            for _ in range(spare):
                self.ledger.take_away(hrefs[0])
            if spare < 0:
                self.ledger.add(hrefs[0])
        self.ledger.set_aside.extend(trial.set_aside)
        self.ledger.added.extend(trial.added)
        return True

    def _split_source(self, piece: Piece, line: Line) -> Line:
        """`line` without the bracket at its end that names its source."""
        text = text_of(line)
        rest, source = split_source(text, Ledger())
        if source is None:
            return line
        kept = next((i for i, (a, b) in enumerate(zip(text, rest, strict=False)) if a != b), len(rest))
        tail = rest[kept:]
        named = _cut(line, kept, len(text) - len(tail))
        cuts_span = len(_cut(line, 0, kept)) + len(_cut(line, kept, len(text))) > len(line)
        if cuts_span and any(span.href for span in named):
            return line
        if not self._attribute(piece, text_of(named).strip(), named):
            return line
        return (*_cut(line, 0, kept), *([Span(tail)] if tail else []))


def _joined(blocks: tuple[DocBlock, ...]) -> list[DocBlock]:
    """The blocks, where what was left out in pieces is one."""
    joined: list[DocBlock] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if isinstance(block, LeftOut) and isinstance(last, LeftOut) and block.what == last.what and block.text:
            joined[-1] = LeftOut(block.what, f"{last.text} {block.text}")
        else:
            joined.append(block)
    return joined


def _leads_up(piece: Piece) -> bool:
    """Whether the piece holds no more than words that announce a table."""
    body = piece.part.body
    if len(body) > 1 or piece.part.is_table:
        return False
    return not body or (isinstance(body[0], Prose) and width(body[0].text) <= _WIDEST_INTRODUCTION)


def _cut(line: Line, start: int, end: int) -> Line:
    """The characters `start` to `end` of `line`."""
    kept: list[Span] = []
    at = 0
    for span in line:
        text = span.text[max(0, start - at) : max(0, end - at)]
        kept.extend([replace(span, text=text)] if text else [])
        at += len(span.text)
    return tuple(kept)


def _digest(document: Document) -> str:
    """What the keys of the items are made from: the text, so that the same file makes the same keys."""
    digest = hashlib.sha256()
    for block in document.blocks:
        shown = replace(block, data=b"") if isinstance(block, DocPicture) else block
        digest.update(repr(shown).encode("utf-8", "replace"))
    return digest.hexdigest()
