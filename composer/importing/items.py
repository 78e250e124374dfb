"""Parts made into items: of which kind each is, and its text as spans."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence

from composer.content import Bullets, Call, Imprint, Item, ItemList, Lead, Line, Paragraph, Quote, RichText, Story
from composer.importing.blocks import Address, Listing, Prose, Quotation
from composer.importing.characters import width
from composer.importing.headings import NO_HEADING_NOTE, NO_TEXT_NOTE
from composer.importing.ledger import Ledger
from composer.importing.links import TRACKED_NOTE, link_addresses, read_spans
from composer.importing.parts import Part
from composer.preflight.trackers import is_tracked

SEVERAL_NOTE = "It may hold more than one story: no heading parts its paragraphs."
CALL_NOTE = "It was taken for a call for action: check its kind."
_CALL = re.compile(
    r"呼吁|号召|倡议|行动起来|call(?:s|ed|ing)? (?:for|to|on|upon)\b|take action|appel à|appelle à", re.IGNORECASE
)
_WIDEST_INTRODUCTION = 120  # columns
_SEVERAL = 5  # paragraphs
_KEYS = uuid.UUID("6f2d3a52-5c1c-5d0e-9a3b-6d0c1f2e7b44")


class ItemMaker:
    """Makes items; their keys are the same whenever the same text is read."""

    def __init__(self, ledger: Ledger, *, seed: str) -> None:
        self.ledger = ledger
        self.seed = seed
        self.made = 0

    def make(self, part: Part, *, leads: bool = False, is_imprint: bool = False) -> Item:
        """The item for `part`: the issue's lead, its imprint, or what its own shape says."""
        if is_imprint:
            return Imprint(key=self._key(), heading=part.heading, body=self._body(part), source=part.source)
        if leads:
            return self._with_notes(part, Lead)
        if (quote := self._quote(part)) is not None:
            return quote
        if part.is_table:
            return self._list(part, next(block for block in part.body if isinstance(block, Listing)))
        lists = [block for block in part.body if isinstance(block, Listing)]
        introduction = [block for block in part.body if not isinstance(block, Listing)]
        if lists and _CALL.search(part.heading + " ".join(b.text for b in introduction if isinstance(b, Prose))[:2000]):
            part.note(CALL_NOTE)
            return self._with_notes(part, Call)
        if len(lists) == 1 and part.body[-1] is lists[0] and _is_short(introduction) and not lists[0].ordered:
            return self._list(part, lists[0])
        return self._with_notes(part, Story)

    def _key(self) -> str:
        self.made += 1
        return str(uuid.uuid5(_KEYS, f"{self.seed}/{self.made}"))

    def _with_notes(self, part: Part, kind: type[Lead | Story | Call]) -> Item:
        body = self._body(part)
        return kind(
            key=self._key(), heading=part.heading, body=body, source=part.source, notes=_notes(part, _lines(body))
        )

    def _list(self, part: Part, listing: Listing) -> ItemList:
        introduction = Part(part.section, body=[block for block in part.body if block is not listing])
        body = self._body(introduction)
        entries = self._entries(listing)
        notes = _notes(part, [*_lines(body), *entries])
        return ItemList(
            key=self._key(), heading=part.heading, body=body, source=part.source, entries=entries, notes=notes
        )

    def _quote(self, part: Part) -> Quote | None:
        """A quotation with its speaker, where the part is nothing else."""
        if len(part.body) != 1:
            return None
        block = part.body[0]
        if not isinstance(block, Quotation):
            return None
        body = (Paragraph(self._line(block)),)
        notes = _notes(part, _lines(body), needs_heading=False)
        return Quote(
            key=self._key(), heading=part.heading, body=body, source=part.source, speaker=block.speaker, notes=notes
        )

    def _body(self, part: Part) -> RichText:
        body: list[Paragraph | Bullets] = []
        for block in part.body:
            match block:
                case Listing():
                    body.append(Bullets(self._entries(block), ordered=block.ordered))
                case Address():
                    body.append(Paragraph(read_spans(block.url, self.ledger)))
                case Prose():
                    body.append(Paragraph(self._line(block)))
                case Quotation():
                    body.append(Paragraph(self._line(block)))
                    if block.speaker:
                        body.append(Paragraph(read_spans(block.speaker, self.ledger)))
        return tuple(body)

    def _line(self, block: Prose | Quotation) -> Line:
        return link_addresses(block.spans, self.ledger) if block.spans else read_spans(block.text, self.ledger)

    def _entries(self, listing: Listing) -> tuple[Line, ...]:
        if listing.spans:
            return tuple(link_addresses(line, self.ledger) for line in listing.spans)
        return tuple(read_spans(entry, self.ledger) for entry in listing.entries)


def _is_short(introduction: Sequence[Prose | Quotation | Address]) -> bool:
    """Whether all that stands before a list only leads up to it."""
    if len(introduction) != 1:
        return not introduction
    block = introduction[0]
    return isinstance(block, Prose) and (block.text.endswith((":", "：")) or width(block.text) <= _WIDEST_INTRODUCTION)


def _lines(body: RichText) -> list[Line]:
    lines: list[Line] = []
    for block in body:
        lines.extend([block.spans] if isinstance(block, Paragraph) else block.entries)
    return lines


def _notes(part: Part, lines: list[Line], *, needs_heading: bool = True) -> tuple[str, ...]:
    notes = list(part.notes)
    if needs_heading and not part.heading and not part.goes_on:
        notes.insert(0, NO_HEADING_NOTE)
        if sum(isinstance(block, Prose) for block in part.body) >= _SEVERAL:
            notes.insert(1, SEVERAL_NOTE)
    if not part.body:
        notes.append(NO_TEXT_NOTE)
    if TRACKED_NOTE not in notes and any(is_tracked(address) for address in _addresses(lines)):
        notes.append(TRACKED_NOTE)
    return tuple(notes)


def _addresses(lines: list[Line]) -> Iterator[str]:
    return (span.href for line in lines for span in line if span.href)
