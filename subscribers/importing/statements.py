"""What PostgreSQL is told to do with a staged batch; `subscribers.importing.merging` says when."""

# ruff: noqa: S608 - every word of these statements stands in this module
from __future__ import annotations

CONCERNED = """
SELECT id FROM import_matched
WHERE what = 'new' OR (%(changed)s AND what = 'changed') OR row = ANY(%(rows)s::integer[])
"""

# An organisation is known by its number elsewhere, else by its name in any case; of several the oldest is meant.
FIND_ORGANISATIONS = """
UPDATE import_organisations AS i SET id = o.id FROM subscribers_organisation AS o
WHERE i.id IS NULL AND o.external_id = coalesce(i.external_id, i.name);
UPDATE import_organisations AS i SET id = found.id FROM (
    SELECT j.number, min(o.id) AS id FROM import_organisations AS j
    JOIN subscribers_organisation AS o ON lower(o.name) = lower(j.name)
    WHERE j.id IS NULL AND (j.external_id IS NULL OR o.external_id IS NULL) GROUP BY j.number
) AS found WHERE found.number = i.number
"""

# What isn't known yet of an organisation that is there is taken from the file; what is known stays.
COMPLETE_ORGANISATIONS = """
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
MISSING_ORGANISATIONS = "INSERT INTO subscribers_organisation (name, kind, country, tier, external_id) " + _MISSING
COUNT_ORGANISATIONS = "SELECT count(*) FROM (" + _MISSING + ") AS missing"

MATCH = """
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

TOLD = "SELECT row, what, why FROM import_matched WHERE what IN ('suppressed', 'refused')"

ADD = """
INSERT INTO subscribers_subscriber
    (id, email, address_hash, name, language, country, organisation_id, external_id, custom)
SELECT m.id, m.email, m.address_hash, coalesce(m.name, ''), coalesce(m.language, %s), coalesce(m.country, ''), o.id,
    m.external_id, coalesce(m.custom, '{}')
FROM import_matched AS m LEFT JOIN import_organisations AS o ON o.number = m.organisation
WHERE m.what = 'new'
"""

CHANGE = """
UPDATE subscribers_subscriber AS p SET
    name = coalesce(m.name, p.name), language = coalesce(m.language, p.language),
    country = coalesce(m.country, p.country), organisation_id = coalesce(o.id, p.organisation_id),
    external_id = coalesce(m.external_id, p.external_id), custom = p.custom || coalesce(m.custom, '{}'),
    changed_at = now()
FROM import_matched AS m LEFT JOIN import_organisations AS o ON o.number = m.organisation
WHERE m.what = 'changed' AND p.id = m.id
"""

TOUCH = """
UPDATE subscribers_subscriber AS p SET changed_at = now()
FROM import_matched AS m WHERE m.why = 'more' AND m.what = 'changed' AND p.id = m.id
"""

# Somebody who left, or asked and never confirmed, or whose last word in the ledger is no.
KEPT_AWAY = """
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

WITHOUT_SUBSCRIPTION = """
SELECT m.row FROM import_matched AS m
LEFT JOIN subscribers_subscription AS t ON t.subscriber_id = m.id AND t.bulletin_key = %(bulletin)s
WHERE m.what IN ('changed', 'unchanged') AND t.id IS NULL AND coalesce((
    SELECT c.given FROM subscribers_consent AS c
    WHERE c.subscriber_id = m.id AND c.bulletin_key = %(bulletin)s AND c.purpose = 'mail' ORDER BY c.id DESC LIMIT 1
), true)
"""

SUBSCRIBE = """
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

NEW_AFFILIATIONS = (
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

AFFILIATE = (
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

NEW_INTERESTS = """
SELECT DISTINCT m.row FROM import_interests AS i JOIN import_matched AS m USING (row)
WHERE m.what IN ('unchanged', 'changed') AND NOT EXISTS (
    SELECT FROM subscribers_interest AS b WHERE b.subscriber_id = m.id AND b.topic_id = i.topic
)
"""

INTEREST = """
INSERT INTO subscribers_interest (subscriber_id, topic_id)
SELECT m.id, i.topic FROM import_interests AS i JOIN import_matched AS m USING (row)
WHERE m.what IN ('new', 'unchanged', 'changed')
ON CONFLICT DO NOTHING
"""

EXAMPLES = """
SELECT row, what, coalesce(why, '') FROM import_matched WHERE what IN ('new', 'changed') ORDER BY row LIMIT %s
"""
