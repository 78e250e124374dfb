"""A batch against the directory: what each row would do, and doing it. Everything in the caller's transaction.

Who is suppressed is left alone altogether; who unsubscribed stays so; only what differs is written.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from subscribers.importing.statements import (
    ADD,
    AFFILIATE,
    CHANGE,
    COMPLETE_ORGANISATIONS,
    CONCERNED,
    COUNT_ORGANISATIONS,
    EXAMPLES,
    FIND_ORGANISATIONS,
    INTEREST,
    KEPT_AWAY,
    MATCH,
    MISSING_ORGANISATIONS,
    NEW_AFFILIATIONS,
    NEW_INTERESTS,
    SUBSCRIBE,
    TOLD,
    TOUCH,
    WITHOUT_SUBSCRIPTION,
)
from subscribers.models import Consent, Subscription, Webhook
from subscribers.webhooks import announce, wanted

NEW, CHANGED, UNCHANGED, SUPPRESSED, REFUSED = "new", "changed", "unchanged", "suppressed", "refused"


@dataclass(frozen=True, slots=True)
class Options:
    """What an import does besides the fields. `source` and `words` go into the ledger with each new subscription."""

    bulletin: UUID | None = None
    source: str = ""
    words: str = ""
    measure: tuple[str, ...] = ()
    language: str = "en"

    @property
    def words_hash(self) -> str:
        return hashlib.sha256(self.words.encode()).hexdigest() if self.words else ""


@dataclass(slots=True)
class Outcome:
    """What became of a batch: how many rows came to what, and (row, what, why) for those of which something is said."""

    counts: Counter[str] = field(default_factory=Counter)
    told: list[tuple[int, str, str]] = field(default_factory=list)


# A new table's statistics are missing or old while it grows: the planner must not scan it whole for a batch. And row by
# row the staged order is kept, which is that of the addresses: neighbours stand on one page of their index.
_STEP_BY_STEP = "SET LOCAL jit = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
_AS_IT_LIKES = "SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on"


def merge(  # noqa: C901 - one step after the other
    cursor: CursorWrapper, options: Options, *, write: bool, has: frozenset[str], tell: int = 0
) -> Outcome:
    """Deal with what is staged. `has` names the parts that the file has at all (its mapped fields).

    Without `write` nothing changes but temporary tables. `tell` is of how many new and changed rows to say so.
    """
    if "organisation" in has:
        cursor.execute(FIND_ORGANISATIONS)
    cursor.execute(_STEP_BY_STEP)
    cursor.execute(MATCH, {"write": write})
    cursor.execute(_AS_IT_LIKES)
    if has & {"affiliations", "topics"}:  # what is staged is joined with itself: the planner must know how much it is
        cursor.execute("ANALYZE import_matched (row, what); ANALYZE import_affiliations (row)")
    outcome = Outcome()
    added: set[int] = set()
    if "organisation" in has:
        cursor.execute(MISSING_ORGANISATIONS if write else COUNT_ORGANISATIONS)
        outcome.counts["organisations"] = cursor.rowcount if write else cursor.fetchone()[0]
        if write and outcome.counts["organisations"]:
            cursor.execute(FIND_ORGANISATIONS)
        if write:
            cursor.execute(COMPLETE_ORGANISATIONS)
    cursor.execute(TOLD)
    outcome.told += cursor.fetchall()
    if options.bulletin:
        outcome.told += _kept_away(cursor, options.bulletin)
        outcome.counts["unsubscribed"] = sum(what == "unsubscribed" for _row, what, _why in outcome.told)
    if write:
        cursor.execute(_STEP_BY_STEP)
        cursor.execute(ADD, [options.language])
        cursor.execute(CHANGE)
        cursor.execute(_AS_IT_LIKES)
    if options.bulletin:
        added |= _subscribe(cursor, options, write=write)
    if "affiliations" in has:
        added |= _rows(cursor, NEW_AFFILIATIONS)
        if write:
            cursor.execute(AFFILIATE)
    if "topics" in has:
        added |= _rows(cursor, NEW_INTERESTS)
        if write:
            cursor.execute(INTEREST)
    if added:
        cursor.execute(
            "UPDATE import_matched SET what = 'changed', why = 'more' "
            "WHERE what = 'unchanged' AND row = ANY(%s::integer[])",
            [list(added)],
        )
        if write:
            cursor.execute(TOUCH)
    if write:
        _tell_others(cursor, Webhook.Event.CHANGED, options)
    cursor.execute("SELECT what, count(*) FROM import_matched GROUP BY what")
    outcome.counts.update(dict(cursor.fetchall()))
    if tell > 0:
        cursor.execute(EXAMPLES, [tell])
        outcome.told += cursor.fetchall()
    return outcome


def _rows(cursor: CursorWrapper, query: str, parameters: dict[str, Any] | None = None) -> set[int]:
    cursor.execute(query, parameters)
    return {row for (row,) in cursor.fetchall()}


def _kept_away(cursor: CursorWrapper, bulletin: UUID) -> list[tuple[int, str, str]]:
    cursor.execute(KEPT_AWAY, {"bulletin": bulletin})
    return list(cursor.fetchall())


def _subscribe(cursor: CursorWrapper, options: Options, *, write: bool) -> set[int]:
    """Active subscriptions for those who have none; the rows of people who were known before."""
    parameters: dict[str, Any] = {
        "bulletin": options.bulletin,
        "active": Subscription.State.ACTIVE,
        "every": Subscription.Frequency.EVERY,
        "purposes": [Consent.Purpose.MAIL, *options.measure],
        "basis": Consent.Basis.IMPORT,
        "hash": options.words_hash,
        "source": options.source[:200],
    }
    rows = _rows(cursor, WITHOUT_SUBSCRIPTION, parameters)
    if write:
        if options.words:
            cursor.execute(
                "INSERT INTO subscribers_consenttext (hash, text, language) VALUES (%s, %s, '') ON CONFLICT DO NOTHING",
                [options.words_hash, options.words],
            )
        cursor.execute(SUBSCRIBE, {**parameters, "rows": list(rows)})
        _tell_others(cursor, Webhook.Event.SUBSCRIBED, options, rows=rows)
    return rows


def _tell_others(
    cursor: CursorWrapper, event: Webhook.Event, options: Options, *, rows: Collection[int] | None = None
) -> None:
    """Tell the webhooks that want it of who is new and of `rows`, or of all that changed where none are given."""
    if not wanted(event):
        return
    cursor.execute(CONCERNED, {"changed": rows is None, "rows": list(rows or ())})
    ids = [pk for (pk,) in cursor.fetchall()]
    bulletin = options.bulletin if event is Webhook.Event.SUBSCRIBED else None
    announce(event, ids, bulletin_key=bulletin, source=options.source or "import")
