"""Rows of cells into rows for the database: every cell read as its field has it, and what can't be is refused with why.

The checker knows no database. What it lets through goes into COPY lines as they are: every text is one printable line,
an empty cell is empty, which says "leave it as it is".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from subscribers.addresses import BadAddress, address_hasher, plain_address
from subscribers.custom_values import BadValue, FieldKind, read_value
from subscribers.importing.cells import (
    Refused,
    address_in,
    day_in,
    must_be_readable,
    one_line,
    rewritten_address,
    written_affiliations,
)
from subscribers.importing.fields import CUSTOM, folded
from subscribers.importing.harmless import restored
from subscribers.importing.reading import Broken
from subscribers.importing.seen import Seen
from subscribers.importing.words import UnknownWord, choice_word, country_code, language_code

LONGEST_NAME = 200
LONGEST_ORGANISATION = 250
LONGEST_NUMBER = 100
MOST_AFFILIATIONS = 100  # of one row
CACHED = 50_000
_BETWEEN_TOPICS = re.compile(r"[;；、\n]")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the database knows: custom fields as key -> (kind, choices), topics as folded word -> id."""

    custom: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    topics: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Batch:
    """Some rows that were checked. The lines are those of COPY, without their ends.

    people: row, email, hash, name, language, country, organisation, external id, custom fields
    organisations: number, name, external id, kind, country, tier (those that no earlier batch had)
    affiliations: row, role, programme, organisation, country, since, until
    interests: row, topic
    """

    first: int
    rows: list[list[str]]
    people: list[str] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)
    affiliations: list[str] = field(default_factory=list)
    interests: list[str] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    duplicates: list[tuple[int, str]] = field(default_factory=list)
    noted: list[tuple[int, str]] = field(default_factory=list)

    def cells(self, row: int) -> list[str]:
        """The row as it was read, by its number."""
        cells = self.rows[row - self.first]
        return [cells.text] if isinstance(cells, Broken) else cells


def said_of_duplicate() -> str:
    return _("The same address comes further up in the file.")


def said_of_duplicates() -> list[str]:
    """The same in every language: reasons are kept in that of whoever started the import."""
    found = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            found.append(said_of_duplicate())
    return found


class Checker:
    """Checks the rows of one file, in their order. `mapping` is the field of each column, or an empty text."""

    def __init__(self, mapping: Sequence[str], vocabulary: Vocabulary) -> None:
        self._mapping = list(mapping)
        self._places = {name: place for place, name in enumerate(mapping) if name}
        self._vocabulary = vocabulary
        self._seen = Seen()
        self._languages: dict[str, str] = {"": ""}
        self._countries: dict[str, str] = {"": ""}
        self._organisations: dict[object, str] = {}
        self._numbered = 0
        self._custom = [
            (place, name.removeprefix(CUSTOM), *vocabulary.custom[name.removeprefix(CUSTOM)])
            for name, place in self._places.items()
            if name.startswith(CUSTOM)
        ]

    def check(self, rows: list[list[str]], *, first: int) -> Batch:  # noqa: C901 - a call for each part would cost half its speed
        """The rows, of which the first has the number `first` in the file (the header has 1)."""
        batch = Batch(first, rows)
        places = self._places.get
        width = len(self._mapping)
        at_email = places("email", -1)
        at_name, at_language, at_country = places("name", -1), places("language", -1), places("country", -1)
        at_number = places("external_id", -1)
        at_organisation = [places(name, -1) for name in _ORGANISATION if name in self._places]
        organisations = self._organisations
        any_affiliation = "role" in self._places or "affiliations" in self._places
        at_topics = places("topics", -1)
        custom = self._custom
        languages, countries = self._languages, self._countries
        hashed_address, add_seen, add = address_hasher(), self._seen.add, batch.people.append
        name = language = country = number = organisation = extras = ""
        affiliations: list[str] = []
        interests: list[int] = []
        row = first - 1
        for cells in rows:
            row += 1
            if len(cells) != width:
                try:
                    cells = self._fitted(cells)  # noqa: PLW2901
                except Refused as error:
                    batch.refused.append((row, str(error)))
                    continue
                if not cells:
                    continue
            try:
                email = plain_address(cells[at_email])
                rewritten = ""
                if not email:
                    if not any(map(str.strip, cells)):
                        continue
                    email = address_in(cells[at_email])
                    rewritten = rewritten_address(cells[at_email])
                hashed = hashed_address(email)
                if at_name >= 0:
                    name = cells[at_name]
                    if name and not (
                        name.isascii()
                        and name.isprintable()
                        and name[0] > "'"
                        and name[-1] != " "
                        and len(name) <= LONGEST_NAME
                    ):
                        name = one_line(name, LONGEST_NAME)
                if at_language >= 0:
                    cell = cells[at_language]
                    language = languages[cell] if cell in languages else self._language(cell)
                if at_country >= 0:
                    cell = cells[at_country]
                    country = countries[cell] if cell in countries else self._country(cell)
                if at_organisation:
                    cell = cells[at_organisation[0]]
                    known = organisations.get(cell) if len(at_organisation) == 1 else None
                    organisation = known if known is not None else self._organisation(cells, batch)
                if at_number >= 0:
                    number = one_line(cells[at_number], LONGEST_NUMBER)
                if custom:
                    extras = self._custom_values(cells)
                if any_affiliation:
                    affiliations = self._affiliations(cells, batch, row)
                if at_topics >= 0:
                    interests = self._topics(cells[at_topics])
                if not add_seen(int(hashed[:16], 16)):
                    batch.duplicates.append((row, said_of_duplicate()))
                    continue
                if number and not add_seen(int(hashed_address(f"number {number}")[:16], 16)):
                    raise Refused(_("The same number elsewhere comes further up in the file."))  # noqa: TRY301
            except (Refused, BadAddress, UnknownWord, BadValue) as error:
                batch.refused.append((row, str(error)))
                continue
            line = f"{row}\t{email}\t{hashed}\t{name}\t{language}\t{country}\t{organisation}\t{number}\t{extras}"
            add(line.replace("\\", "\\\\") if "\\" in line else line)
            if rewritten:
                batch.noted.append((row, _("The address was written as “%s”.") % rewritten))
            if affiliations:
                batch.affiliations.extend(affiliations)
            if interests:
                batch.interests.extend([f"{row}\t{topic}" for topic in interests])
        return batch

    def _fitted(self, cells: list[str]) -> list[str]:
        """A row as long as the header: empty cells at the end don't count. An empty list for a blank row."""
        if isinstance(cells, Broken):
            raise Refused(cells.reason)
        width = len(self._mapping)
        used = len(cells)
        while used and not cells[used - 1].strip():
            used -= 1
        if not used:
            return []
        if used > width:
            raise Refused(_("The row has %(cells)d cells and the header %(width)d.") % {"cells": used, "width": width})
        return cells[:width] + [""] * (width - len(cells))

    def _language(self, cell: str) -> str:
        text = restored(cell).strip()
        return _kept(self._languages, cell, language_code(text) if text else "")

    def _country(self, cell: str) -> str:
        text = restored(cell).strip()
        return _kept(self._countries, cell, country_code(text) if text else "")

    def _cell(self, cells: list[str], name: str) -> str:
        place = self._places.get(name, -1)
        return cells[place] if place >= 0 else ""

    def _organisation(self, cells: list[str], batch: Batch) -> str:
        """The number of the row's organisation in this file; a new one goes into the batch."""
        given = [self._cell(cells, name) for name in _ORGANISATION]
        there = [cells[self._places[name]] for name in _ORGANISATION if name in self._places]
        key: object = there[0] if len(there) == 1 else tuple(there)
        if key in self._organisations:
            return self._organisations[key]
        name, number = one_line(given[0], LONGEST_ORGANISATION), one_line(given[1], LONGEST_NUMBER)
        kind, country, tier = (restored(cell).strip() for cell in given[2:])
        facts = (
            choice_word("organisation_kind", kind) if kind else "",
            country_code(country) if country else "",
            choice_word("organisation_tier", tier) if tier else "",
        )
        if not name and not number:
            if any(facts):
                raise Refused(_("The row has facts of an organisation, but not which."))
            return _kept(self._organisations, key, "")
        return _kept(self._organisations, key, self._number(batch, name, number, *facts))

    def _number(self, batch: Batch, *parts: str) -> str:
        self._numbered += 1
        batch.organisations.append("\t".join([str(self._numbered), *(part.replace("\\", "\\\\") for part in parts)]))
        return str(self._numbered)

    def _named_organisation(self, batch: Batch, name: str, number: str) -> str:
        """The number of an organisation that only an affiliation names."""
        key = ("affiliation", name, number)
        if not name and not number:
            return ""
        found = self._organisations.get(key)
        return (
            found
            if found is not None
            else _kept(self._organisations, key, self._number(batch, name, number, "", "", ""))
        )

    def _affiliations(self, cells: list[str], batch: Batch, row: int) -> list[str]:
        found: dict[str, str] = {}
        parts = [self._cell(cells, name) for name in _AFFILIATION]
        if any(parts[place].strip() for place in (0, 1, 4, 5)):
            if "affiliation_organisation" not in self._places:
                parts[2], organisation = "", self._organisation(cells, batch)
            else:
                organisation = ""
            if "affiliation_country" not in self._places:
                parts[3] = self._cell(cells, "country")
            self._affiliate(found, [*map(restored, parts), ""], batch, row, organisation=organisation)
        for pieces in written_affiliations(restored(self._cell(cells, "affiliations"))):
            self._affiliate(found, pieces, batch, row)
        if len(found) > MOST_AFFILIATIONS:
            raise Refused(_("The row has more than %d roles.") % MOST_AFFILIATIONS)
        return list(found.values())

    def _affiliate(
        self, found: dict[str, str], pieces: list[str], batch: Batch, row: int, *, organisation: str = ""
    ) -> None:
        role, programme, name, country, since, until, number = (piece.strip() for piece in pieces)
        if not role:
            raise Refused(_("The row has a programme or a date, but no role."))
        begins, ends = day_in(since), day_in(until)
        if begins and ends and ends < begins:
            raise Refused(_("The role ends before it begins."))
        organisation = organisation or self._named_organisation(
            batch, one_line(name, LONGEST_ORGANISATION), one_line(number, LONGEST_NUMBER)
        )
        key = "\t".join(
            [
                str(row),
                choice_word("role", role),
                choice_word("programme", programme) if programme else "",
                organisation,
                self._country(country) if country else "",
                begins,
            ]
        )
        found[key] = f"{key}\t{ends}"

    def _topics(self, cell: str) -> list[int]:
        found: dict[int, None] = {}
        for word in _BETWEEN_TOPICS.split(restored(cell)):
            if word.strip():
                topic = self._vocabulary.topics.get(folded(word))
                if topic is None:
                    raise Refused(_("There is no topic “%s”.") % word.strip()[:60])
                found[topic] = None
        return list(found)

    def _custom_values(self, cells: list[str]) -> str:
        values = {}
        for place, key, kind, choices in self._custom:
            text = restored(cells[place])
            must_be_readable(text)
            if kind == FieldKind.DATE:
                text = text.strip().removesuffix(" 00:00:00")
            try:
                value = read_value(kind, text, choices=choices)
            except BadValue as error:
                raise Refused(f"{key}: {error}") from error
            if value is not None:
                values[key] = value
        return json.dumps(values, ensure_ascii=False) if values else ""


_ORGANISATION = (
    "organisation",
    "organisation_external_id",
    "organisation_kind",
    "organisation_country",
    "organisation_tier",
)
_AFFILIATION = ("role", "programme", "affiliation_organisation", "affiliation_country", "since", "until")


def _kept(cache: dict[Any, str], key: object, value: str) -> str:
    if len(cache) >= CACHED:
        cache.clear()
    cache[key] = value
    return value
