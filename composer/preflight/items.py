"""The checks of items and sections: what each kind must have, and what an issue has once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from composer.content import (
    EXCEPT,
    Call,
    Contents,
    Divider,
    EditionContent,
    Event,
    Figures,
    Guide,
    Imprint,
    Item,
    Partners,
    Quote,
    Section,
    Story,
)

from .findings import Finding, FixKind, Severity, gettext_noop
from .pieces import Pieces, shorten
from .places import Place

WITHOUT_HEADING = (Quote, Imprint, Partners, Figures, Contents, Divider)
WITHOUT_SOURCE = (Imprint, Contents, Divider, Partners)
FRAME = (Imprint, Contents, Divider)
"""What stands in an issue besides its news."""

FEWEST_FOR_CONTENTS = 3

_STOP = re.compile(r"(?<![.。…])[.。]$")
_FEWEST_CAPITALS = 8


def check_items(
    content: EditionContent, pieces: Pieces, *, today: date, segments: frozenset[str] | None
) -> Iterator[Finding]:
    """Findings about each item by itself, then about the items of a section and of the edition together."""
    printed = {text.item.key for text in pieces.texts if text.item} | {shown.item.key for shown in pieces.pictures}
    printed |= {link.item.key for link in pieces.links if not link.inline}
    latest = max(today, content.published or today)
    for section in content.sections:
        yield from _section(section, content.locale)
        for item in section.items:
            yield from _heading(item, content.locale)
            if item.key not in printed and not isinstance(item, Contents | Divider):
                where = Place(content.locale, item)
                yield where.finding(
                    "item-empty",
                    Severity.WARNING,
                    gettext_noop("There is nothing in {where}. Fill it in or remove it."),
                    fix=where.fix(FixKind.REMOVE_ITEM),
                )
                continue
            yield from _parts(item, content.locale, latest)
            yield from _audience(item, content.locale, segments)
        yield from _halves(section, content.locale)
        yield from _dividers(section, content.locale)
    yield from _twice(content)
    yield from _frame(content)


def _section(section: Section, locale: str) -> Iterator[Finding]:
    where = Place(locale, None, "section", section.items[0].key if section.items else "")
    heading = section.heading.strip()
    if not section.items:
        yield where.finding(
            "section-empty",
            Severity.WARNING,
            gettext_noop("The section “{heading}” has no items. Add one or remove the section."),
            heading=shorten(heading),
        )
    if _is_shouted(heading):
        yield where.finding(
            "heading-capitals",
            Severity.NOTE,
            gettext_noop("The heading “{heading}” is in capitals, which are hard to read. Write it in small letters."),
            heading=shorten(heading),
        )


def _heading(item: Item, locale: str) -> Iterator[Finding]:
    where = Place(locale, item, "heading")
    heading = item.heading.strip()
    if not heading and not isinstance(item, WITHOUT_HEADING):
        yield where.finding(
            "heading-missing",
            Severity.WARNING,
            gettext_noop("An item has no heading: {where}. Readers skim by headings: give it one."),
        )
    if _is_shouted(heading):
        yield where.finding(
            "heading-capitals",
            Severity.NOTE,
            gettext_noop("The heading “{heading}” is in capitals, which are hard to read. Write it in small letters."),
            heading=shorten(heading),
        )
    if len(heading) > 1 and _STOP.search(heading) and not re.search(r"\b\w\.\w?\.?$", heading):
        yield where.finding(
            "heading-full-stop",
            Severity.NOTE,
            gettext_noop("The heading “{heading}” ends with a full stop. Headings go without."),
            fix=where.replacing(item.heading, heading[:-1].rstrip()),
            heading=shorten(heading),
        )


def _parts(item: Item, locale: str, latest: date) -> Iterator[Finding]:
    """What an item of its kind must have."""
    source = item.source
    if source is None or not (source.name.strip() or source.url.strip()):
        if not isinstance(item, WITHOUT_SOURCE):
            yield Place(locale, item, "source").finding(
                "source-missing",
                Severity.WARNING,
                gettext_noop("No source is named for {where}. Say where it comes from."),
            )
    elif source.published and source.published > latest:
        yield Place(locale, item, "source").finding(
            "source-date",
            Severity.WARNING,
            gettext_noop("The source of {where} has a date in the future: {day}. Correct it."),
            day=source.published.isoformat(),
        )
    if any(note.strip() for note in item.notes):
        yield Place(locale, item, "notes").finding(
            "notes-left",
            Severity.WARNING,
            gettext_noop("Something is still to be checked in {where}: “{note}”. Check it, then delete the note."),
            note=shorten(next(note for note in item.notes if note.strip()), 100),
        )
    if isinstance(item, Call | Event | Guide) and item.button.strip() and not item.url.strip():
        yield Place(locale, item, "url").finding(
            "button-without-link",
            Severity.ERROR,
            gettext_noop("The button “{button}” of {where} leads nowhere. Give it a link."),
            button=shorten(item.button),
        )
    if isinstance(item, Quote) and not item.speaker.strip():
        yield Place(locale, item, "speaker").finding(
            "speaker-missing",
            Severity.WARNING,
            gettext_noop("Nobody is named as the speaker of {where}. Say who said it."),
        )
    if isinstance(item, Figures) and any(not (f.value.strip() and f.label.strip()) for f in item.entries):
        yield Place(locale, item, "entries").finding(
            "figure-incomplete",
            Severity.WARNING,
            gettext_noop("In {where}, a figure has no number or no words saying of what. Fill it in."),
        )
    if isinstance(item, Partners) and any(not entry.name.strip() for entry in item.entries):
        yield Place(locale, item, "entries").finding(
            "partner-nameless",
            Severity.WARNING,
            gettext_noop("In {where}, a partner has no name: it is read out in place of the logo. Fill it in."),
        )


def _audience(item: Item, locale: str, segments: frozenset[str] | None) -> Iterator[Finding]:
    slug = item.audience.removeprefix(EXCEPT)
    if item.audience and segments is not None and slug not in segments:
        yield Place(locale, item, "audience").finding(
            "audience-unknown",
            Severity.ERROR,
            gettext_noop("The segment “{segment}” that {where} names doesn't exist. Choose another."),
            segment=slug,
        )


def _halves(section: Section, locale: str) -> Iterator[Finding]:
    run: list[Story] = []
    for item in [*section.items, None]:
        if isinstance(item, Story) and item.half:
            run.append(item)
            continue
        if len(run) % 2:
            where = Place(locale, run[-1], "half")
            yield where.finding(
                "half-alone",
                Severity.NOTE,
                gettext_noop(
                    "Nothing stands beside {where}, though it is set to half the width. Let it take the whole."
                ),
                fix=where.fix(FixKind.SET_WHOLE),
            )
        run = []


def _twice(content: EditionContent) -> Iterator[Finding]:
    """Two wordings for two audiences are meant: only what the same readers see twice is told."""
    headings: dict[tuple[str, str], list[tuple[Section, Item]]] = defaultdict(list)
    sources: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for section in content.sections:
        for item in section.items:
            heading = " ".join(item.heading.split()).casefold()
            headings[heading, item.audience].append((section, item))
            url = item.source.url.strip() if item.source and not isinstance(item, Quote | Figures) else ""
            sources[url, item.audience].append(item)
    told: set[str] = set()
    for (heading, _), found in headings.items():
        for (section, _first), (second, item) in pairwise(found if heading else ()):
            told.add(item.key)
            yield _same_heading(item, content.locale, in_section=section is second)
    for (url, _), items in sources.items():
        for item in items[1:] if url else ():
            if item.key not in told:
                yield Place(content.locale, item, "source").finding(
                    "item-twice",
                    Severity.WARNING,
                    gettext_noop("Another item has the same source as {where}. Is one of them there by mistake?"),
                )


def _same_heading(item: Item, locale: str, *, in_section: bool) -> Finding:
    where = Place(locale, item, "heading")
    if in_section:
        return where.finding(
            "heading-twice",
            Severity.WARNING,
            gettext_noop("Two items of one section have the same heading: {where}. Tell them apart."),
        )
    return where.finding(
        "item-twice",
        Severity.WARNING,
        gettext_noop("Two items have the same heading: {where}. Is one of them there by mistake?"),
    )


def _frame(content: EditionContent) -> Iterator[Finding]:
    items = list(content.items())
    news = sum(not isinstance(item, FRAME) for item in items)
    imprints = [item for item in items if isinstance(item, Imprint)]
    contents = [item for item in items if isinstance(item, Contents)]
    edition = Place(content.locale)
    if not news:
        yield edition.finding(
            "edition-empty", Severity.ERROR, gettext_noop("This edition has no items. Write one before sending.")
        )
    elif not imprints:
        yield edition.finding(
            "imprint-missing",
            Severity.NOTE,
            gettext_noop("This edition has no imprint: nobody says who made it. Add one."),
        )
    for imprint in imprints[1:]:
        yield Place(content.locale, imprint).finding(
            "imprint-twice", Severity.WARNING, gettext_noop("This edition has more than one imprint. Keep one.")
        )
    for number, table in enumerate(contents):
        where = Place(content.locale, table)
        if number:
            yield where.finding(
                "contents-twice",
                Severity.WARNING,
                gettext_noop("This edition has more than one table of contents. Keep one."),
                fix=where.fix(FixKind.REMOVE_ITEM),
            )
        elif news < FEWEST_FOR_CONTENTS:
            yield where.finding(
                "contents-short",
                Severity.NOTE,
                gettext_noop("An edition of {count} items needs no table of contents. Remove it."),
                fix=where.fix(FixKind.REMOVE_ITEM),
                count=news,
            )


def _dividers(section: Section, locale: str) -> Iterator[Finding]:
    for before, item in zip((None, *section.items), section.items, strict=False):
        idle = before is None or isinstance(before, Divider) or item is section.items[-1]
        if isinstance(item, Divider) and idle:
            where = Place(locale, item)
            yield where.finding(
                "divider-idle",
                Severity.NOTE,
                gettext_noop("A divider divides nothing: it stands first, last or beside another. Remove it."),
                fix=where.fix(FixKind.REMOVE_ITEM),
            )


def _is_shouted(heading: str) -> bool:
    letters = [letter for letter in heading if (letter.isalpha() and letter.isascii()) or letter.isupper()]
    return len(letters) >= _FEWEST_CAPITALS and " " in heading and heading.upper() == heading
