"""Which heading belongs to which text.

On a page of columns a heading is read before its text, after it, or among another story's. What helps: whether
the page's first or last text is a heading, and which words a heading shares with the texts around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from composer.importing.characters import terms
from composer.importing.parts import Part, Placed, PlacedHeading

AFTER_NOTE = "The heading was guessed: it stood after its text."
APART_NOTE = "The heading was guessed: it stood apart from its text."
BETWEEN_NOTE = "The heading was guessed: it stood between two texts."
NO_HEADING_NOTE = "No heading was found: write one."
NO_TEXT_NOTE = "No text was found for this heading."

_MATCHED = 1.0
_ADJACENT = 0.3
_AS_ELSEWHERE = 0.3
_BEFORE = 0.1
_WORDS_SHARED = 1.6
_ENOUGH_SHARED = 0.5  # for a heading that does not stand next to its text
_MOST_PAIRS = 2500
_READ = 3000  # characters of a text


@dataclass(frozen=True, slots=True)
class _Pair:
    heading: int
    part: int
    score: float


def place_in_order(placed: Sequence[Placed]) -> list[Placed]:
    """Gives every heading to the text right after it: the way of a text that is no page of columns."""
    rest: list[Placed] = []
    for i, element in enumerate(placed):
        after = placed[i + 1] if i + 1 < len(placed) else None
        if isinstance(element, PlacedHeading) and isinstance(after, Part) and after.section == element.section:
            after.heading = element.text
        else:
            rest.append(element)
    return rest


def place_on_pages(pages: list[list[Placed]]) -> None:
    """Gives the headings of every page to its texts; a heading that found none stays where it stood."""
    _move_lone_headings(pages)
    own = [_direction(page) for page in pages]
    for number, page in enumerate(pages):
        if len(page) ** 2 > 4 * _MOST_PAIRS:
            page[:] = place_in_order(page)
        else:
            _place_on_page(page, own[number], own[number] or _nearest(own, number) or 1)


def shared_words(heading: str, text: str) -> float:
    """Which part of the heading's words the text has, 0 to 1."""
    words = terms(heading)
    return len(words & terms(text[:_READ])) / len(words) if words else 0.0


def _direction(page: Sequence[Placed]) -> int:
    """1 where the page's headings stand before their texts, -1 where after, 0 where it does not tell."""
    if len(page) < 2:
        return 0
    first, last = (isinstance(element, PlacedHeading) for element in (page[0], page[-1]))
    return int(first) - int(last)


def _nearest(directions: Sequence[int], number: int) -> int:
    told = [i for i in range(max(0, number - 20), min(len(directions), number + 20)) if directions[i]]
    return directions[min(told, key=lambda i: abs(i - number))] if told else 0


def _move_lone_headings(pages: list[list[Placed]]) -> None:
    """A page that holds but a heading gives it to the page before or after, whichever it shares more words with."""
    for number, page in enumerate(pages):
        if len(page) != 1 or not isinstance(lone := page[0], PlacedHeading):
            continue
        before = pages[number - 1][-1:] if number else []
        after = pages[number + 1][:1] if number + 1 < len(pages) else []
        scores = [shared_words(lone.text, e.text()) if isinstance(e, Part) else -1.0 for e in (*before, *after)]
        if before and scores[0] > (scores[1] if after else -1.0):
            pages[number - 1].append(lone)
        elif after:
            pages[number + 1].insert(0, lone)
        else:
            continue
        page.clear()


def _place_on_page(page: list[Placed], own: int, direction: int) -> None:
    given = _best_pairs(page, direction)
    for heading, part in given:
        element, target = page[heading], page[part]
        if not isinstance(element, PlacedHeading) or not isinstance(target, Part):
            continue
        target.heading = element.text
        if abs(heading - part) > 1 or element.section != target.section:
            target.note(APART_NOTE)
        elif part < heading:
            target.note(AFTER_NOTE)
        elif own != 1 and heading > 0:
            target.note(BETWEEN_NOTE)
    taken = {heading for heading, _ in given}
    page[:] = [element for i, element in enumerate(page) if i not in taken]


def _best_pairs(page: Sequence[Placed], direction: int) -> list[tuple[int, int]]:
    """The pairs of headings and texts, in the order of both, that fit best in all."""
    headings = [i for i, element in enumerate(page) if isinstance(element, PlacedHeading)]
    parts = [i for i, element in enumerate(page) if isinstance(element, Part)]
    best: list[list[tuple[float, tuple[tuple[int, int], ...]]]] = [[(0.0, ())] * (len(parts) + 1)]
    for i in headings:
        row = [best[-1][0]]
        for column, j in enumerate(parts, 1):
            options = [row[-1], best[-1][column]]
            score = _score(page, i, j, direction)
            if score > 0:
                total, pairs = best[-1][column - 1]
                options.append((total + score, (*pairs, (i, j))))
            row.append(max(options, key=lambda option: option[0]))
        best.append(row)
    return list(best[-1][-1][1])


def _score(page: Sequence[Placed], heading: int, part: int, direction: int) -> float:
    """How well they fit; 0 where they cannot belong together."""
    element, target = page[heading], page[part]
    if not isinstance(element, PlacedHeading) or not isinstance(target, Part):
        return 0.0
    if abs(heading - part) > 4:
        return 0.0
    shared = shared_words(element.text, target.text())
    if abs(heading - part) > 1 or element.section != target.section:
        other_section = element.section != target.section and target.section is not None
        return 0.0 if other_section or shared < _ENOUGH_SHARED else _MATCHED + _WORDS_SHARED * shared
    here = 1 if heading < part else -1
    as_elsewhere = _AS_ELSEWHERE if here == direction else 0.0
    return _MATCHED + _ADJACENT + as_elsewhere + (_BEFORE if here == 1 else 0.0) + _WORDS_SHARED * shared
