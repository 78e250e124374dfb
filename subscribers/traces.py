"""Finding a person again where no foreign key leads to them: in the rows of imports, as they were typed."""

from __future__ import annotations

from dataclasses import dataclass

import idna
from django.db import connection
from django.db.models import QuerySet

from subscribers.models import ImportNote, Subscriber


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody's traces are known by."""

    pk: int
    email: str
    name: str
    external_id: str | None

    @classmethod
    def of(cls, subscriber: Subscriber) -> Person:
        return cls(subscriber.pk, subscriber.email, subscriber.name, subscriber.external_id)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The address as it may stand in a text: with a Unicode domain, and with one in A-labels."""
        local, _at, domain = self.email.rpartition("@")
        try:
            return tuple({self.email, f"{local}@{idna.encode(domain, uts46=True).decode()}"})
        except idna.IDNAError:
            return (self.email,)


# A row is kept as it was read, so the address may be in capitals, full-width or with invisible characters in it.
_NOTES = """
SELECT id FROM subscribers_importnote
 WHERE position(%(address)s IN lower(normalize(translate(cells::text || ' ' || reason, %(invisible)s, ''), NFKC))) > 0
"""
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


def import_notes_about(person: Person) -> QuerySet[ImportNote]:
    """What imports kept of rows with the person's address. It reads all that was kept: for an erasure or an export."""
    ids: set[int] = set()
    with connection.cursor() as cursor:
        for spelling in person.spellings:
            cursor.execute(_NOTES, {"address": spelling, "invisible": _INVISIBLE})
            ids.update(row[0] for row in cursor.fetchall())
    return ImportNote.objects.filter(pk__in=ids)
