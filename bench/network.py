"""A network of any size, the same at each run: organisations, people, what they do, take and are interested in."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from subscribers.countries import COUNTRIES

BULLETINS = tuple(UUID(int=number) for number in (1, 2, 3))
SECTORS = ("energy", "food", "health", "housing", "textiles", "transport", "waste", "water")
TOPICS = tuple(f"topic-{number}" for number in range(1, 21))

_FIRST = (
    "Amina Carlos Chen Claire David Elena Fatou Grace Hiroshi Ingrid Ivan Jana José Kofi Li Lucía Marie Mei Mohamed "
    "Nadia Olga Paulo Peter Priya Rosa Samuel Sofia Thomas Wanjiru Zoé"
)
_LAST = (
    "Andersson Banda Costa Diallo Dubois Fernández García Haddad Ivanova Kamau Kim Kumar Lefèvre Martin Mensah Müller "
    "Nakamura Ndiaye Nguyen Okafor Petrov Rossi Santos Schmidt Silva Singh Smith Tanaka Traoré Wang Zhang"
)

# A number below `below` that hangs on nothing but the row's number and which roll of its it is.
_ROLL = """
CREATE OR REPLACE FUNCTION pg_temp.roll(number bigint, which int, below int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN ((hashint8extended(number, which) & 9223372036854775807) % below)::int;
"""

_ORGANISATIONS = """
INSERT INTO subscribers_organisation (id, name, kind, country, tier, external_id)
SELECT n, 'Organisation ' || n,
       (ARRAY['government','government','government','un','civil-society','civil-society','business','business',
              'research','research'])[1 + roll(n, 1, 10)],
       (%(countries)s::text[])[1 + least(roll(n, 2, %(count)s), roll(n, 3, %(count)s))],
       (ARRAY['strategic','full','full','full','associate','associate','associate','associate','',''])
           [1 + roll(n, 4, 10)],
       'ORG-' || n
FROM generate_series(1, greatest(10, %(size)s / 20)) AS n
"""

_SUBSCRIBERS = """
INSERT INTO subscribers_subscriber
       (id, email, address_hash, name, language, country, organisation_id, external_id, custom, created_at, changed_at)
SELECT n, email, encode(sha256(email::bytea), 'hex'),
       CASE WHEN roll(n, 1, 20) = 0 THEN ''
            ELSE (%(first)s::text[])[1 + roll(n, 2, array_length(%(first)s::text[], 1))] || ' '
                 || (%(last)s::text[])[1 + roll(n, 3, array_length(%(last)s::text[], 1))] END,
       (ARRAY['en','en','en','en','en','en','fr','fr','zh-hans','es'])[1 + roll(n, 4, 10)],
       CASE WHEN roll(n, 5, 10) = 0 THEN ''
            ELSE (%(countries)s::text[])[1 + least(roll(n, 6, %(count)s), roll(n, 7, %(count)s))] END,
       CASE WHEN roll(n, 8, 5) > 0 THEN 1 + roll(n, 9, greatest(10, %(size)s / 20)) END,
       CASE WHEN roll(n, 10, 2) = 0 THEN 'CRM-' || n END,
       jsonb_strip_nulls(jsonb_build_object(
           'sector', CASE WHEN roll(n, 11, 3) > 0 THEN (%(sectors)s::text[])[1 + roll(n, 12, 8)] END,
           'staff', CASE WHEN roll(n, 13, 2) = 0 THEN roll(n, 14, 5000) END,
           'joined', CASE WHEN roll(n, 15, 2) = 0 THEN (current_date - roll(n, 16, 3650))::text END,
           'press', CASE WHEN roll(n, 17, 4) = 0 THEN roll(n, 18, 2) = 0 END)),
       now() - make_interval(hours => roll(n, 19, 35000)), now() - make_interval(hours => roll(n, 20, 2000))
FROM (SELECT n, 'person' || n || '@' || (ARRAY['city','ministry','ngo','firm','lab'])[1 + roll(n, 21, 5)]
                || roll(n, 22, 5000) || '.example' AS email
      FROM generate_series(1, %(size)s) AS n) AS people
"""

# Two for each person on average: some have none, some have several.
_AFFILIATIONS = """
INSERT INTO subscribers_affiliation (subscriber_id, role, programme, organisation_id, country, since, until)
SELECT 1 + roll(n, 1, %(size)s),
       (ARRAY['network-member','network-member','network-member','network-member','network-member','network-member',
              'working-group-member','working-group-member','working-group-member','working-group-member','partner',
              'partner','partner','partner','programme-lead','programme-lead','programme-lead','programme-lead',
              'national-focal-point','network-member'])[1 + roll(n, 2, 20)],
       (ARRAY['public-procurement','tourism','buildings','food-systems','lifestyles','consumer-information','',''])
           [1 + roll(n, 3, 8)],
       CASE WHEN roll(n, 4, 5) > 0 THEN 1 + roll(n, 5, greatest(10, %(size)s / 20)) END,
       CASE WHEN roll(n, 6, 4) = 0 THEN ''
            ELSE (%(countries)s::text[])[1 + least(roll(n, 7, %(count)s), roll(n, 8, %(count)s))] END,
       CASE WHEN roll(n, 9, 3) > 0 THEN current_date - 1500 - roll(n, 10, 2000) END,
       CASE WHEN roll(n, 11, 3) = 0 THEN current_date + 300 - roll(n, 12, 1700) END
FROM generate_series(1, 2 * %(size)s) AS n
ON CONFLICT DO NOTHING
"""

_SUBSCRIPTIONS = """
INSERT INTO subscribers_subscription (subscriber_id, bulletin_key, state, language, frequency, changed_at)
SELECT n, bulletin,
       (ARRAY['active','active','active','active','active','active','active','unsubscribed','unsubscribed','pending'])
           [1 + roll(n, 30 + number::int, 10)],
       '', (ARRAY['every','every','every','every','every','every','every','every','weekly','monthly'])
           [1 + roll(n, 40 + number::int, 10)],
       now() - make_interval(hours => roll(n, 50 + number::int, 30000))
FROM generate_series(1, %(size)s) AS n, unnest(%(bulletins)s::uuid[]) WITH ORDINALITY AS b(bulletin, number)
WHERE roll(n, 60 + number::int, 2) = 0
"""

_INTERESTS = """
INSERT INTO subscribers_interest (subscriber_id, topic_id)
SELECT n, 1 + roll(n, 70 + k, %(topics)s)
FROM generate_series(1, %(size)s) AS n, generate_series(1, 2) AS k
WHERE roll(n, 80 + k, 3) = 0
ON CONFLICT DO NOTHING
"""

_SUPPRESSIONS = """
INSERT INTO subscribers_suppression (address_hash, reason, note, created_at)
SELECT address_hash, 'hard-bounce', '', now() FROM subscribers_subscriber WHERE roll(id, 90, 100) = 0
"""

_IDENTITIES = ("organisation", "subscriber", "topic")


def make_network(connection: Any, size: int) -> None:
    """`size` subscribers with about twice as many affiliations, in empty tables; vacuumed and analysed.

    Nothing but `size` decides what is made, but for days, which are counted from today. `connection` commits by itself.
    """
    countries = sorted(COUNTRIES)
    values = {
        "size": size,
        "countries": countries,
        "count": len(countries),
        "first": _FIRST.split(),
        "last": _LAST.split(),
        "sectors": list(SECTORS),
        "bulletins": list(BULLETINS),
        "topics": len(TOPICS),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROLL)
        cursor.execute("SET session_replication_role = replica")  # every reference is sound: none need be looked up
        _make_vocabulary(cursor)
        for statement in (_ORGANISATIONS, _SUBSCRIBERS, _AFFILIATIONS, _SUBSCRIPTIONS, _INTERESTS, _SUPPRESSIONS):
            cursor.execute(statement.replace("roll(", "pg_temp.roll("), values)
        for table in _IDENTITIES:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('subscribers_{table}', 'id'), max(id)) FROM subscribers_{table}"  # noqa: S608
            )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


def _make_vocabulary(cursor: Any) -> None:
    for number, slug in enumerate(TOPICS, 1):
        cursor.execute(
            "INSERT INTO subscribers_topic (id, slug, names, position) VALUES (%s, %s, %s, %s)",
            [number, slug, json.dumps({"en": f"Topic {number}"}), number],
        )
    for place, (key, kind, choices) in enumerate(
        [("sector", "choice", SECTORS), ("staff", "number", ()), ("joined", "date", ()), ("press", "boolean", ())]
    ):
        cursor.execute(
            "INSERT INTO subscribers_customfield (key, label, kind, choices, position) VALUES (%s, %s, %s, %s, %s)",
            [key, key.capitalize(), kind, json.dumps(list(choices)), place],
        )
