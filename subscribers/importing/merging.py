"""A batch against the directory: what each row would do, and doing it. Everything in the caller's transaction.

Who is suppressed is left alone altogether; who unsubscribed stays so; only what differs is written.
"""

# ruff: noqa: S608 - every word of these statements stands in this module
from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.backends.utils import CursorWrapper

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


def merge(  # noqa: C901 - one step after the other
    cursor: CursorWrapper, options: Options, *, write: bool, has: frozenset[str], tell: int = 0
) -> Outcome:
    """Deal with what is staged. `has` names the parts that the file has at all (its mapped fields).

    Without `write` nothing changes but temporary tables. `tell` is of how many new and changed rows to say so.
    """
    cursor.execute("SET LOCAL jit = off")
    if "organisation" in has:
        cursor.execute(_FIND_ORGANISATIONS)
    # A new table's statistics are missing or old while it grows: the planner must not scan it whole for a batch.
    cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    cursor.execute(_MATCH, {"write": write})
    cursor.execute("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")
    if has & {"affiliations", "topics"}:  # what is staged is joined with itself: the planner must know how much it is
        cursor.execute("ANALYZE import_matched (row, what); ANALYZE import_affiliations (row)")
    outcome = Outcome()
    added: set[int] = set()
    if "organisation" in has:
        cursor.execute(_MISSING_ORGANISATIONS if write else _COUNT_ORGANISATIONS)
        outcome.counts["organisations"] = cursor.rowcount if write else cursor.fetchone()[0]
        if write and outcome.counts["organisations"]:
            cursor.execute(_FIND_ORGANISATIONS)
        if write:
            cursor.execute(_COMPLETE_ORGANISATIONS)
    cursor.execute(_TOLD)
    outcome.told += cursor.fetchall()
    if options.bulletin:
        outcome.told += _kept_away(cursor, options.bulletin)
        outcome.counts["unsubscribed"] = sum(what == "unsubscribed" for _row, what, _why in outcome.told)
    if write:
        cursor.execute(_ADD, [options.language])
        cursor.execute(_CHANGE)
    if options.bulletin:
        added |= _subscribe(cursor, options, write=write)
    if "affiliations" in has:
        added |= _rows(cursor, _NEW_AFFILIATIONS)
        if write:
            cursor.execute(_AFFILIATE)
    if "topics" in has:
        added |= _rows(cursor, _NEW_INTERESTS)
        if write:
            cursor.execute(_INTEREST)
    if added:
        cursor.execute(
            "UPDATE import_matched SET what = 'changed', why = 'more' "
            "WHERE what = 'unchanged' AND row = ANY(%s::integer[])",
            [list(added)],
        )
        if write:
            cursor.execute(_TOUCH)
    if write:
        _tell_others(cursor, Webhook.Event.CHANGED, options)
    cursor.execute("SELECT what, count(*) FROM import_matched GROUP BY what")
    outcome.counts.update(dict(cursor.fetchall()))
    if tell > 0:
        cursor.execute(_EXAMPLES, [tell])
        outcome.told += cursor.fetchall()
    return outcome


def _rows(cursor: CursorWrapper, query: str, parameters: dict[str, Any] | None = None) -> set[int]:
    cursor.execute(query, parameters)
    return {row for (row,) in cursor.fetchall()}


def _kept_away(cursor: CursorWrapper, bulletin: UUID) -> list[tuple[int, str, str]]:
    cursor.execute(_KEPT_AWAY, {"bulletin": bulletin})
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
    rows = _rows(cursor, _WITHOUT_SUBSCRIPTION, parameters)
    if write:
        if options.words:
            cursor.execute(
                "INSERT INTO subscribers_consenttext (hash, text, language) VALUES (%s, %s, '') ON CONFLICT DO NOTHING",
                [options.words_hash, options.words],
            )
        cursor.execute(_SUBSCRIBE, {**parameters, "rows": list(rows)})
        _tell_others(cursor, Webhook.Event.SUBSCRIBED, options, rows=rows)
    return rows


def _tell_others(
    cursor: CursorWrapper, event: Webhook.Event, options: Options, *, rows: Collection[int] | None = None
) -> None:
    """Tell the webhooks that want it of who is new and of `rows`, or of all that changed where none are given."""
    if not wanted(event):
        return
    cursor.execute(_CONCERNED, {"changed": rows is None, "rows": list(rows or ())})
    ids = [pk for (pk,) in cursor.fetchall()]
    bulletin = options.bulletin if event is Webhook.Event.SUBSCRIBED else None
    announce(event, ids, bulletin_key=bulletin, source=options.source or "import")


_CONCERNED = """
SELECT id FROM import_matched
WHERE what = 'new' OR (%(changed)s AND what = 'changed') OR row = ANY(%(rows)s::integer[])
"""

# An organisation is known by its number elsewhere, else by its name in any case; of several the oldest is meant.
_FIND_ORGANISATIONS = """
UPDATE import_organisations AS i SET id = o.id FROM subscribers_organisation AS o
WHERE i.id IS NULL AND o.external_id = coalesce(i.external_id, i.name);
UPDATE import_organisations AS i SET id = found.id FROM (
    SELECT j.number, min(o.id) AS id FROM import_organisations AS j
    JOIN subscribers_organisation AS o ON lower(o.name) = lower(j.name)
    WHERE j.id IS NULL AND (j.external_id IS NULL OR o.external_id IS NULL) GROUP BY j.number
) AS found WHERE found.number = i.number
"""

# What isn't known yet of an organisation that is there is taken from the file; what is known stays.
_COMPLETE_ORGANISATIONS = """
UPDATE subscribers_organisation AS o SET external_id = coalesce(o.external_id, i.external_id),
    kind = coalesce(nullif(o.kind, ''), i.kind, ''), country = coalesce(nullif(o.country, ''), i.country, ''),
    tier = coalesce(nullif(o.tier, ''), i.tier, '')
FROM (
    SELECT id, min(external_id) AS external_id, min(kind) AS kind, min(country) AS country, min(tier) AS tier
    FROM import_organisations WHERE id IS NOT NULL GROUP BY id
) AS i
WHERE i.id = o.id AND (
    o.external_id IS NULL AND i.external_id IS NOT NULL OR o.kind = '' AND i.kind IS NOT NULL
    OR o.country = '' AND i.country IS NOT NULL OR o.tier = '' AND i.tier IS NOT NULL
)
"""

_USED = """
(SELECT m.organisation FROM import_matched AS m WHERE m.what IN ('new', 'changed', 'unchanged')
 UNION SELECT a.organisation FROM import_affiliations AS a JOIN import_matched AS m USING (row)
 WHERE m.what IN ('new', 'changed', 'unchanged'))
"""

_MISSING = (
    """
SELECT DISTINCT ON (coalesce('#' || i.external_id, lower(i.name)))
    coalesce(i.name, i.external_id), coalesce(i.kind, ''), coalesce(i.country, ''), coalesce(i.tier, ''), i.external_id
FROM import_organisations AS i WHERE i.id IS NULL AND i.number IN """
    + _USED
    + """
ORDER BY coalesce('#' || i.external_id, lower(i.name)), i.kind, i.number
"""
)
_MISSING_ORGANISATIONS = "INSERT INTO subscribers_organisation (name, kind, country, tier, external_id) " + _MISSING
_COUNT_ORGANISATIONS = "SELECT count(*) FROM (" + _MISSING + ") AS missing"

_MATCH = """
INSERT INTO import_matched
SELECT s.row, CASE WHEN p.id IS NULL AND %(write)s THEN nextval(
        (SELECT pg_get_serial_sequence('subscribers_subscriber', 'id'))::regclass
    ) ELSE p.id END,
    CASE
        WHEN x.reason IS NOT NULL THEN 'suppressed'
        WHEN s.external_id IS NOT NULL AND EXISTS (
            SELECT FROM subscribers_subscriber AS q WHERE q.external_id = s.external_id AND q.email <> s.email
        ) THEN 'refused'
        WHEN p.id IS NULL THEN 'new'
        WHEN s.name <> p.name OR s.language <> p.language OR s.country <> p.country
            OR (o.number IS NOT NULL AND (o.id IS NULL OR o.id IS DISTINCT FROM p.organisation_id))
            OR (s.external_id IS NOT NULL AND s.external_id IS DISTINCT FROM p.external_id)
            OR NOT p.custom @> coalesce(s.custom, '{}') THEN 'changed'
        ELSE 'unchanged'
    END,
    s.email, s.address_hash, s.name, s.language, s.country, s.organisation, s.external_id, s.custom,
    CASE WHEN x.reason IS NOT NULL THEN x.reason WHEN p.id IS NOT NULL THEN concat_ws(', ',
        CASE WHEN s.name <> p.name THEN 'name' END, CASE WHEN s.language <> p.language THEN 'language' END,
        CASE WHEN s.country <> p.country THEN 'country' END,
        CASE WHEN o.number IS NOT NULL AND (o.id IS NULL OR o.id IS DISTINCT FROM p.organisation_id)
            THEN 'organisation' END,
        CASE WHEN s.external_id IS DISTINCT FROM p.external_id AND s.external_id IS NOT NULL THEN 'external_id' END,
        CASE WHEN NOT p.custom @> coalesce(s.custom, '{}') THEN 'custom' END
    ) END
FROM import_people AS s
LEFT JOIN subscribers_subscriber AS p ON p.email = s.email
LEFT JOIN subscribers_suppression AS x ON x.address_hash = s.address_hash
LEFT JOIN import_organisations AS o ON o.number = s.organisation
"""

_TOLD = "SELECT row, what, why FROM import_matched WHERE what IN ('suppressed', 'refused')"

_ADD = """
INSERT INTO subscribers_subscriber
    (id, email, address_hash, name, language, country, organisation_id, external_id, custom)
SELECT m.id, m.email, m.address_hash, coalesce(m.name, ''), coalesce(m.language, %s), coalesce(m.country, ''), o.id,
    m.external_id, coalesce(m.custom, '{}')
FROM import_matched AS m LEFT JOIN import_organisations AS o ON o.number = m.organisation
WHERE m.what = 'new'
"""

_CHANGE = """
UPDATE subscribers_subscriber AS p SET
    name = coalesce(m.name, p.name), language = coalesce(m.language, p.language),
    country = coalesce(m.country, p.country), organisation_id = coalesce(o.id, p.organisation_id),
    external_id = coalesce(m.external_id, p.external_id), custom = p.custom || coalesce(m.custom, '{}'),
    changed_at = now()
FROM import_matched AS m LEFT JOIN import_organisations AS o ON o.number = m.organisation
WHERE m.what = 'changed' AND p.id = m.id
"""

_TOUCH = """
UPDATE subscribers_subscriber AS p SET changed_at = now()
FROM import_matched AS m WHERE m.why = 'more' AND m.what = 'changed' AND p.id = m.id
"""

# Somebody who left, or asked and never confirmed, or whose last word in the ledger is no.
_KEPT_AWAY = """
SELECT m.row, CASE t.state WHEN 'pending' THEN 'pending' ELSE 'unsubscribed' END, ''
FROM import_matched AS m
LEFT JOIN subscribers_subscription AS t ON t.subscriber_id = m.id AND t.bulletin_key = %(bulletin)s
WHERE m.what IN ('changed', 'unchanged') AND (
    t.state IN ('unsubscribed', 'pending')
    OR t.id IS NULL AND (
        SELECT NOT c.given FROM subscribers_consent AS c
        WHERE c.subscriber_id = m.id AND c.bulletin_key = %(bulletin)s AND c.purpose = 'mail' ORDER BY c.id DESC LIMIT 1
    )
)
"""

_WITHOUT_SUBSCRIPTION = """
SELECT m.row FROM import_matched AS m
LEFT JOIN subscribers_subscription AS t ON t.subscriber_id = m.id AND t.bulletin_key = %(bulletin)s
WHERE m.what IN ('changed', 'unchanged') AND t.id IS NULL AND coalesce((
    SELECT c.given FROM subscribers_consent AS c
    WHERE c.subscriber_id = m.id AND c.bulletin_key = %(bulletin)s AND c.purpose = 'mail' ORDER BY c.id DESC LIMIT 1
), true)
"""

_SUBSCRIBE = """
WITH made AS (
    INSERT INTO subscribers_subscription (subscriber_id, bulletin_key, state, language, frequency)
    SELECT m.id, %(bulletin)s, %(active)s, '', %(every)s
    FROM import_matched AS m WHERE m.what = 'new' OR m.row = ANY(%(rows)s::integer[])
    RETURNING subscriber_id
)
INSERT INTO subscribers_consent
    (subscriber_id, bulletin_key, purpose, given, basis, text_hash, language, source)
SELECT made.subscriber_id, %(bulletin)s, purpose, true, %(basis)s, %(hash)s, '', %(source)s
FROM made CROSS JOIN unnest(%(purposes)s::text[]) AS purpose
"""

_AFFILIATIONS = """
FROM import_affiliations AS a JOIN import_matched AS m USING (row)
LEFT JOIN import_organisations AS o ON o.number = a.organisation
"""

_NEW_AFFILIATIONS = (
    "SELECT DISTINCT m.row"
    + _AFFILIATIONS
    + """
WHERE m.what IN ('unchanged', 'changed') AND NOT EXISTS (
    SELECT FROM subscribers_affiliation AS b
    WHERE b.subscriber_id = m.id AND b.role = a.role AND b.programme = coalesce(a.programme, '')
    AND (b.organisation_id = o.id OR b.organisation_id IS NULL AND a.organisation IS NULL)
    AND b.country = coalesce(a.country, '') AND b.since IS NOT DISTINCT FROM a.since
    AND (a.until IS NULL OR b.until IS NOT DISTINCT FROM a.until)
)
"""
)

_AFFILIATE = (
    """
INSERT INTO subscribers_affiliation (subscriber_id, role, programme, organisation_id, country, since, until)
SELECT DISTINCT ON (m.id, a.role, a.programme, o.id, a.country, a.since)
    m.id, a.role, coalesce(a.programme, ''), o.id, coalesce(a.country, ''), a.since, a.until
"""
    + _AFFILIATIONS
    + """
WHERE m.what IN ('new', 'unchanged', 'changed')
ON CONFLICT ON CONSTRAINT affiliation_once DO UPDATE SET until = excluded.until
WHERE excluded.until IS NOT NULL AND subscribers_affiliation.until IS DISTINCT FROM excluded.until
"""
)

_NEW_INTERESTS = """
SELECT DISTINCT m.row FROM import_interests AS i JOIN import_matched AS m USING (row)
WHERE m.what IN ('unchanged', 'changed') AND NOT EXISTS (
    SELECT FROM subscribers_interest AS b WHERE b.subscriber_id = m.id AND b.topic_id = i.topic
)
"""

_INTEREST = """
INSERT INTO subscribers_interest (subscriber_id, topic_id)
SELECT m.id, i.topic FROM import_interests AS i JOIN import_matched AS m USING (row)
WHERE m.what IN ('new', 'unchanged', 'changed')
ON CONFLICT DO NOTHING
"""

_EXAMPLES = """
SELECT row, what, coalesce(why, '') FROM import_matched WHERE what IN ('new', 'changed') ORDER BY row LIMIT %s
"""
