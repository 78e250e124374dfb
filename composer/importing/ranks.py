"""Which headings of a document open sections, which open items, and which only part an item's text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from composer.content import Line
from composer.importing.bullets import find_bullets
from composer.importing.characters import ends_sentence, width
from composer.importing.document import DocBlock, DocHeading, DocList, DocPicture, DocText, LeftOut
from composer.importing.ledger import Ledger
from composer.importing.spans import is_bold, text_of, without_start

LONGEST_HEADING = 250  # characters, as the desk takes them
_WIDEST_GUESS = 100  # columns of a heading known only by its bold type


@dataclass(frozen=True, slots=True)
class Ranks:
    """`section` and `item` are levels, 0 for none; deeper headings belong to an item's text."""

    section: int
    item: int

    def opens_section(self, heading: DocHeading) -> bool:
        return heading.level <= self.section

    def opens_item(self, heading: DocHeading) -> bool:
        return heading.level <= self.item


def rank_headings(blocks: Sequence[DocBlock]) -> Ranks:
    """The highest level opens sections where most of its headings are followed by a deeper one; else it opens items."""
    levels = sorted({block.level for block in blocks if isinstance(block, DocHeading)})
    if len(levels) < 2:
        return Ranks(0, levels[0] if levels else 0)
    heard = [block for block in blocks if not isinstance(block, DocPicture | LeftOut)]
    top = [i for i, block in enumerate(heard) if isinstance(block, DocHeading) and block.level == levels[0]]
    leading = sum(
        isinstance(after, DocHeading) and after.level > levels[0] for i in top for after in heard[i + 1 : i + 2]
    )
    return Ranks(levels[0], levels[1]) if 2 * leading >= len(top) else Ranks(0, levels[0])


def take_title(blocks: Sequence[DocBlock]) -> tuple[DocHeading | None, list[DocBlock]]:
    """The title of the whole, and the rest: what the file calls so, or a lone highest heading at its beginning."""
    titles = [block for block in blocks if isinstance(block, DocHeading) and block.level == 0]
    if titles:
        rest = [block for block in blocks if block is not titles[0]]
        return titles[0], [replace(b, level=1) if isinstance(b, DocHeading) and b.level == 0 else b for b in rest]
    headings = [block for block in blocks if isinstance(block, DocHeading)]
    first = next((block for block in blocks if not isinstance(block, DocPicture | LeftOut)), None)
    levels = [heading.level for heading in headings]
    if (
        isinstance(first, DocHeading)
        and first.level == min(levels)
        and levels.count(first.level) == 1
        and len(levels) > 2
    ):
        return first, [block for block in blocks if block is not first]
    return None, list(blocks)


def guess_headings(blocks: Sequence[DocBlock]) -> list[DocBlock]:
    """In a document without headings, short bold paragraphs before others are taken for them."""
    if any(isinstance(block, DocHeading) and block.level for block in blocks):
        return list(blocks)
    guessed: list[DocBlock] = []
    for i, block in enumerate(blocks):
        after = next((b for b in blocks[i + 1 : i + 4] if not isinstance(b, DocPicture | LeftOut)), None)
        if isinstance(block, DocText) and _may_head(block) and isinstance(after, DocText | DocList):
            is_text = not isinstance(after, DocText) or not is_bold(after.line)
            guessed.append(DocHeading(1, block.line, guessed="its bold type") if is_text else block)
        else:
            guessed.append(block)
    return guessed


def _may_head(block: DocText) -> bool:
    text = text_of(block.line)
    plain = not block.foot and not ends_sentence(text) and not text.endswith((":", "：", ",", "，"))
    return plain and is_bold(block.line) and width(text) <= _WIDEST_GUESS


def gather_bullets(blocks: Sequence[DocBlock], ledger: Ledger) -> list[DocBlock]:
    """Paragraphs that somebody began with bullets or numbers of their own, as lists."""
    gathered: list[DocBlock] = []
    run: list[DocText] = []
    for block in blocks:
        if isinstance(block, DocText) and not block.foot:
            run.append(block)
        else:
            gathered.extend([*_lists_of(run, ledger), block])
            run = []
    return [*gathered, *_lists_of(run, ledger)]


def _lists_of(run: Sequence[DocText], ledger: Ledger) -> Iterator[DocBlock]:
    bullets = find_bullets([text_of(block.line) for block in run])
    entries: list[Line] = []
    ordered = False
    for i, block in enumerate(run):
        bullet = bullets.get(i)
        if entries and (bullet is None or bool(bullet.number) is not ordered):
            yield DocList(tuple(entries), ordered=ordered)
            entries = []
        if bullet is None:
            yield block
            continue
        ledger.take_away(bullet.mark)
        ordered = bool(bullet.number)
        entries.append(without_start(block.line, len(bullet.mark)))
    if entries:
        yield DocList(tuple(entries), ordered=ordered)
