"""Which codes occur among subscribers, without reading all of them."""

from __future__ import annotations

from typing import Literal

from django.db import connection

# From each value to the next through the column's index: as many steps as there are values.
_NEXT = """
WITH RECURSIVE used AS (
    (SELECT {column} AS code FROM subscribers_subscriber ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM subscribers_subscriber WHERE {column} > used.code ORDER BY {column} LIMIT 1)
      FROM used WHERE used.code IS NOT NULL
)
SELECT code FROM used WHERE code <> ''
"""


def used_codes(column: Literal["country", "language"]) -> list[str]:
    """The countries or languages that some subscriber has, in the order of their codes; not the empty one."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT.format(column=column))
        return [code for (code,) in cursor.fetchall()]
