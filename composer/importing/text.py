"""A bulletin's text, as a person wrote it or a PDF reader extracted it, read into a draft edition.

Nothing is lost: every character of the text stands once in the draft, or among what was set aside or folded
away. What was guessed is said in notes, for an editor to check.
"""

from __future__ import annotations

import hashlib

from composer.content import Item, Lead, Section
from composer.importing.blocks import Block, Prose, read_blocks
from composer.importing.characters import clean_text
from composer.importing.draft import Draft, draft_notes
from composer.importing.errors import ImportRefused
from composer.importing.headings import place_in_order, place_on_pages
from composer.importing.items import ItemMaker
from composer.importing.ledger import Ledger
from composer.importing.lines import SetText, read_lines
from composer.importing.parts import Part, Placed, PlacedHeading, continue_over_page, gather_parts, split_imprint
from composer.importing.sections import Outline, divide_into_sections
from composer.importing.titles import guess_title, reads_as_number

LARGEST_TEXT = 5_000_000  # bytes of a file, and characters of a text


def read_bulletin(text: str, *, locale: str, masthead_name: str = "") -> Draft:
    """The draft that `text` makes; `locale` is its language code, `masthead_name` the bulletin's own name in it.

    Raises ImportRefused for a text of more than 5 million characters, and for nothing else.
    """
    if len(text) > LARGEST_TEXT:
        raise ImportRefused(
            f"The text has {len(text):,} characters, and a bulletin has at most {LARGEST_TEXT:,}: "
            "take only the issue's own text."
        )
    ledger = Ledger()
    cleaned, removed = clean_text(text)
    ledger.take_away(removed)
    set_text = read_lines(cleaned)
    outline = divide_into_sections(set_text, ledger, masthead_name=masthead_name)
    placed = _read_parts(set_text, outline, ledger)
    number = _take_number(placed, ledger)
    title = outline.title or _take_title(placed, ledger)
    parts = _without_lone_headings(placed)
    imprint = split_imprint(parts)
    maker = ItemMaker(ledger, seed=hashlib.sha256(cleaned.encode()).hexdigest())
    sections = _make_sections(parts, imprint, outline, maker)
    title = title or guess_title(sections, locale=locale) or masthead_name
    return Draft(
        title=title,
        subject=title,
        sections=sections,
        number=number,
        notes=tuple(draft_notes(title, number, sections, outline.running)),
        running_headings=tuple(outline.running),
        set_aside=tuple(ledger.set_aside),
        added=tuple(ledger.added),
    )


def _read_parts(text: SetText, outline: Outline, ledger: Ledger) -> list[Placed]:
    """The parts of the whole text in order, with their headings, and the headings that have no text."""
    blocks: dict[int, list[tuple[str | None, Block]]] = {}
    for piece in outline.pieces:
        found = read_blocks(piece.lines, ledger, indents=text.indents)
        blocks.setdefault(piece.page, []).extend((piece.section, block) for block in found)
    pages: list[list[Placed]] = []
    before: Part | None = None
    for of_page in blocks.values():
        placed = gather_parts(of_page, ledger, spread=text.spread)
        continue_over_page(before, placed)
        if placed:
            before = placed[-1] if isinstance(placed[-1], Part) else None
            pages.append(placed)
    if text.spread or len(text.pages) > 1:
        place_on_pages(pages)
        return [element for page in pages for element in page]
    return place_in_order([element for page in pages for element in page])


def _take_number(placed: list[Placed], ledger: Ledger) -> str:
    """Takes a heading at the beginning that is the issue's number or date."""
    for i, element in enumerate(placed[:3]):
        text = element.text if isinstance(element, PlacedHeading) else element.heading
        if text and element.section is None and reads_as_number(text):
            if isinstance(element, Part):
                element.heading = ""
            else:
                placed.pop(i)
            ledger.take_away(text)
            return text
    return ""


def _take_title(placed: list[Placed], ledger: Ledger) -> str:
    """Takes a heading without a text of its own that opens the issue: the title of the whole."""
    if len(placed) < 2 or not isinstance(first := placed[0], PlacedHeading) or first.section is not None:
        return ""
    placed.pop(0)
    ledger.take_away(first.text)
    return first.text


def _without_lone_headings(placed: list[Placed]) -> list[Part]:
    """The parts, where a heading without a text is a part with no body, or the last words of the text before it."""
    parts: list[Part] = []
    for i, element in enumerate(placed):
        if isinstance(element, Part):
            parts.append(element)
        elif i == len(placed) - 1 and parts and parts[-1].section == element.section and parts[-1].source is None:
            parts[-1].body.append(Prose(element.text))
        else:
            parts.append(Part(element.section, heading=element.text))
    return parts


def _make_sections(parts: list[Part], imprint: Part | None, outline: Outline, maker: ItemMaker) -> tuple[Section, ...]:
    """The opening without a heading, then the sections in their order, then the imprint."""
    items: dict[str | None, list[Item]] = {None: []}
    items.update((heading, []) for heading in outline.headings)
    for part in parts:
        leads = part.section is None and bool(part.body) and not any(isinstance(item, Lead) for item in items[None])
        items[part.section].append(maker.make(part, leads=leads))
    sections = [
        Section(heading or "", tuple(found)) for heading, found in items.items() if heading is not None or found
    ]
    if imprint is not None:
        sections.append(Section("", (maker.make(imprint, is_imprint=True),)))
    return tuple(sections)
