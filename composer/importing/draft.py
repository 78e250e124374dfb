"""A draft edition as every import makes it, and the account of what was taken from its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from composer.content import Bullets, Call, Item, ItemList, Line, Quote, RichText, Section, Story
from composer.importing.characters import printed_characters
from composer.importing.document import DocPicture
from composer.importing.headings import NO_HEADING_NOTE
from composer.importing.links import TRACKED_NOTE

TITLE_NOTE = "The title and the subject were guessed: check both."


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft edition. `title` and `subject` are guesses, said again from the text, `number` what it calls its issue.

    A line of the text that was nothing but its title or number stands in `set_aside` too.
    `running_headings` holds every line that only repeated a section's heading or the masthead, `set_aside` every
    marker taken away (bullets, brackets around a source, `来源：`), `added` what the import itself put in (`https://`
    before an address without it). `pictures` are what the items' pictures name by `import:` and a digest.
    """

    title: str
    subject: str
    sections: tuple[Section, ...]
    number: str = ""
    notes: tuple[str, ...] = ()
    running_headings: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    pictures: tuple[tuple[str, DocPicture], ...] = ()

    def items(self) -> Iterator[Item]:
        for section in self.sections:
            yield from section.items


def draft_characters(draft: Draft) -> Counter[str]:
    """Every printed character that the draft took from its text, counted; spaces apart.

    For a text without loss it equals the count of the text's own characters.
    """
    found: Counter[str] = Counter()
    for kept in (*_texts(draft.sections), *draft.running_headings, *draft.set_aside):
        found.update(printed_characters(kept))
    for put_in in draft.added:
        found.subtract(printed_characters(put_in))
    return Counter({character: times for character, times in found.items() if times})


def draft_notes(title: str, number: str, sections: tuple[Section, ...], running: Iterable[str]) -> Iterator[str]:
    """What was guessed of the whole, as sentences for an editor."""
    items = [item for section in sections for item in section.items]
    if not items:
        yield "No text was found."
    elif title:
        yield TITLE_NOTE
    if number:
        yield f"“{number}” was taken for the issue's number."
    for line, times in Counter(running).items():
        often = "once" if times == 1 else f"{times} times"
        yield f"“{line}” only repeats a heading or the masthead; it was folded away {often}."
    if headless := sum(NO_HEADING_NOTE in item.notes for item in items):
        yield f"{headless} of {len(items)} items have no heading."
    if tracked := sum(TRACKED_NOTE in item.notes for item in items):
        yield f"{tracked} of {len(items)} items hold another mailer's tracked link, which identifies one reader."


def _texts(sections: tuple[Section, ...]) -> Iterator[str]:
    for section in sections:
        yield section.heading
        for item in section.items:
            yield item.heading
            yield from _rich_texts(item.body)
            if item.source is not None:
                yield item.source.name
                yield item.source.url
            if isinstance(item, ItemList):
                for entry in item.entries:
                    yield from _line_texts(entry)
            elif isinstance(item, Quote):
                yield item.speaker
            elif isinstance(item, Call):
                yield item.button
                yield item.url
            elif isinstance(item, Story) and item.picture is not None:
                yield item.picture.alt


def _rich_texts(body: RichText) -> Iterator[str]:
    for block in body:
        for line in block.entries if isinstance(block, Bullets) else (block.spans,):
            yield from _line_texts(line)


def _line_texts(line: Line) -> Iterator[str]:
    for span in line:
        yield span.text
        if span.href != span.text:
            yield span.href
