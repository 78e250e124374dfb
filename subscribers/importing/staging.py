"""The tables of one import's connection: temporary, so that nothing of them outlives it nor goes into the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.backends.utils import CursorWrapper

from subscribers.importing.checking import Batch

# In COPY's text form an empty cell is NULL here: "leave it as it is".
_TABLES = """
DROP TABLE IF EXISTS
    pg_temp.import_people, pg_temp.import_matched, pg_temp.import_organisations, pg_temp.import_affiliations,
    pg_temp.import_interests;
CREATE TEMPORARY TABLE import_people (
    row integer, email text, address_hash text, name text, language text, country text, organisation integer,
    external_id text, custom jsonb
);
CREATE TEMPORARY TABLE import_matched (
    row integer, id bigint, what text, email text, address_hash text, name text, language text, country text,
    organisation integer, external_id text, custom jsonb, why text
);
CREATE TEMPORARY TABLE import_organisations (
    number integer PRIMARY KEY, name text, external_id text, kind text, country text, tier text, id bigint
);
CREATE TEMPORARY TABLE import_affiliations (
    row integer, role text, programme text, organisation integer, country text, since date, until date
);
CREATE TEMPORARY TABLE import_interests (row integer, topic bigint);
"""


def make_tables(cursor: CursorWrapper) -> None:
    cursor.execute(_TABLES)


def stage(cursor: CursorWrapper, batch: Batch) -> None:
    """Put what the checker let through into the tables."""
    cursor.execute("TRUNCATE import_people, import_matched, import_affiliations, import_interests")
    _copy(cursor, "import_people", batch.people)
    _copy(cursor, "import_organisations (number, name, external_id, kind, country, tier)", batch.organisations)
    _copy(cursor, "import_affiliations", batch.affiliations)
    _copy(cursor, "import_interests", batch.interests)


def _copy(cursor: CursorWrapper, table: str, lines: Sequence[str]) -> None:
    if lines:
        with cursor.copy(f"COPY {table} FROM STDIN (NULL '')") as copy:
            copy.write(("\n".join(lines) + "\n").encode())


def add_notes(cursor: CursorWrapper, run_id: int, notes: Iterable[tuple[int, bool, str, str]]) -> None:
    """Notes as (row, refused, reason, cells as JSON)."""
    with cursor.copy("COPY subscribers_importnote (run_id, row, refused, reason, cells) FROM STDIN") as copy:
        for row, refused, reason, cells in notes:
            copy.write_row((run_id, row, refused, reason[:300], cells))
