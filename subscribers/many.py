"""The same done to many people at once: one statement each, all of them or none.

`ids` are of subscribers, as they were found and counted; who is gone meanwhile is passed over. Each returns how many
people it changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction

from subscribers.models import Consent, Subscription, Suppression, Webhook
from subscribers.webhooks import announce

MOST = 200_000
"""People in one action: more are for an import, or for several actions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An affiliation that many people are given."""

    role: str
    programme: str = ""
    organisation_id: int | None = None
    country: str = ""
    since: date | None = None


def _run(statement: str, **values: Any) -> list[int]:
    """The ids that the statement returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


@transaction.atomic
def suppress_many(ids: Sequence[int], *, note: str) -> int:
    """Never write to them again. Who is suppressed already stays so, for the first reason."""
    return len(_run(_SUPPRESS, ids=list(ids), reason=Suppression.Reason.MANUAL.value, note=note[:200]))


_SUPPRESS = """
INSERT INTO subscribers_suppression (address_hash, reason, note)
SELECT address_hash, %(reason)s, %(note)s FROM subscribers_subscriber WHERE id = ANY(%(ids)s)
ON CONFLICT (address_hash) DO NOTHING RETURNING id
"""


@transaction.atomic
def unsubscribe_many(ids: Sequence[int], bulletin_key: UUID, *, source: str) -> int:
    """End their subscriptions to a bulletin, each with its entry in the ledger."""
    ended = _run(
        _UNSUBSCRIBE,
        ids=list(ids),
        bulletin=bulletin_key,
        ended=Subscription.State.UNSUBSCRIBED.value,
        mail=Consent.Purpose.MAIL.value,
        basis=Consent.Basis.DESK.value,
        source=source[:200],
    )
    announce(Webhook.Event.UNSUBSCRIBED, ended, bulletin_key=bulletin_key, source=source)
    return len(ended)


_UNSUBSCRIBE = """
WITH ended AS (
    UPDATE subscribers_subscription SET state = %(ended)s, changed_at = now()
     WHERE subscriber_id = ANY(%(ids)s) AND bulletin_key = %(bulletin)s AND state <> %(ended)s
    RETURNING subscriber_id
)
INSERT INTO subscribers_consent (subscriber_id, bulletin_key, purpose, given, basis, text_hash, language, source)
SELECT subscriber_id, %(bulletin)s, %(mail)s, false, %(basis)s, '', '', %(source)s FROM ended
RETURNING subscriber_id
"""


@transaction.atomic
def affiliate_many(ids: Sequence[int], held: Held, *, source: str) -> int:
    """Give them an affiliation; who holds the same today already keeps theirs."""
    made = _run(
        _AFFILIATE,
        ids=list(ids),
        role=held.role,
        programme=held.programme,
        organisation=held.organisation_id,
        country=held.country,
        since=held.since,
    )
    return _changed(made, source)


_AFFILIATE = """
INSERT INTO subscribers_affiliation (subscriber_id, role, programme, organisation_id, country, since)
SELECT id, %(role)s, %(programme)s, %(organisation)s, %(country)s, %(since)s
  FROM subscribers_subscriber AS person WHERE id = ANY(%(ids)s) AND NOT EXISTS (
      SELECT FROM subscribers_affiliation AS there
       WHERE there.subscriber_id = person.id AND there.role = %(role)s AND there.programme = %(programme)s
         AND there.organisation_id IS NOT DISTINCT FROM %(organisation)s AND there.country = %(country)s
         AND (there.since IS NULL OR there.since <= CURRENT_DATE)
         AND (there.until IS NULL OR there.until >= CURRENT_DATE))
ON CONFLICT DO NOTHING RETURNING subscriber_id
"""


@transaction.atomic
def end_affiliations_of_many(ids: Sequence[int], *, role: str, programme: str = "", last_day: date, source: str) -> int:
    """End what they hold in a role (of a programme, or of any) and that goes on beyond `last_day`."""
    ended = _run(_END, ids=list(ids), role=role, programme=programme, day=last_day)
    return _changed(sorted(set(ended)), source)


# What begins only after that day is ended on its first: it can't end before it begins.
_END = """
UPDATE subscribers_affiliation SET until = greatest(%(day)s, since)
 WHERE subscriber_id = ANY(%(ids)s) AND role = %(role)s AND (%(programme)s = '' OR programme = %(programme)s)
   AND (until IS NULL OR until > greatest(%(day)s, since))
RETURNING subscriber_id
"""


@transaction.atomic
def interest_many(ids: Sequence[int], topic_id: int, *, source: str) -> int:
    """Tick a topic for them."""
    return _changed(_run(_INTEREST, ids=list(ids), topic=topic_id), source)


_INTEREST = """
INSERT INTO subscribers_interest (subscriber_id, topic_id)
SELECT id, %(topic)s FROM subscribers_subscriber WHERE id = ANY(%(ids)s)
ON CONFLICT DO NOTHING RETURNING subscriber_id
"""


@transaction.atomic
def set_for_many(
    ids: Sequence[int], column: Literal["organisation_id", "country", "language"], value: Any, *, source: str
) -> int:
    """Set their organisation, country or language."""
    statement = _SET.format(
        column={"organisation_id": "organisation_id", "country": "country", "language": "language"}[column]
    )
    changed = _run(statement, ids=list(ids), value=value)
    announce(Webhook.Event.CHANGED, changed, source=source)
    return len(changed)


_SET = """
UPDATE subscribers_subscriber SET {column} = %(value)s, changed_at = now()
 WHERE id = ANY(%(ids)s) AND {column} IS DISTINCT FROM %(value)s
RETURNING id
"""


def _changed(ids: list[int], source: str) -> int:
    """People of whom something beside their own row changed are changed too, for who asks since when."""
    people = list(dict.fromkeys(ids))
    _run("UPDATE subscribers_subscriber SET changed_at = now() WHERE id = ANY(%(ids)s) RETURNING id", ids=people)
    announce(Webhook.Event.CHANGED, people, source=source)
    return len(people)
