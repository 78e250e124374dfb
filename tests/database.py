"""Looking at the whole database at once: what a table's rows say, and whether anything changed."""

from __future__ import annotations

from django.db import connection


def tables() -> list[str]:
    return sorted(connection.introspection.table_names())


def checksum() -> dict[str, str]:
    """A digest of every table's rows."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" AS t")
            found[table] = cursor.fetchone()[0]
    return found


def tables_that_say(word: str) -> list[str]:
    """The tables in which a row holds `word` anywhere, capitals or not."""
    found = []
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{table}" AS t WHERE position(%s IN lower(t::text)) > 0)', [word.lower()]
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found
