"""What the servers said: refusals by code, and the latest attempts of a dispatch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count

from dispatch.lately import Lately
from dispatch.models import Attempt, Delivery, Dispatch
from dispatch.progress import BIG
from web.operations.wording import reason_words

ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@(?=[\w-]+\.)")
MOST_GROUPS = 20
RECENT = 12
SAMPLE = 2_000  # attempts of any dispatch

# Of a bounce, the report's words count: its letter had been accepted.
_GROUPS = """
SELECT d.state, d.reason, CASE WHEN f.id IS NULL THEN coalesce(a.stage, '') ELSE '' END,
       CASE WHEN f.id IS NULL THEN a.code END, coalesce(f.enhanced, a.enhanced, ''), count(*),
       coalesce((array_agg(coalesce(f.words, a.reply) ORDER BY coalesce(f.id, 0) DESC, a.id DESC))[1], ''),
       max(d.changed_at), min(d.due_at)
  FROM dispatch_delivery AS d
  LEFT JOIN LATERAL (SELECT t.id, t.stage, t.code, t.enhanced, t.reply FROM dispatch_attempt AS t
                      WHERE t.delivery_id = d.id ORDER BY t.id DESC LIMIT 1) AS a ON true
  LEFT JOIN LATERAL (SELECT b.id, b.enhanced, b.words FROM dispatch_feedback AS b
                      WHERE b.delivery_id = d.id AND d.state = 'bounced' ORDER BY b.id DESC LIMIT 1) AS f ON true
 WHERE d.dispatch_id = %s AND d.state IN ('failed', 'deferred', 'unknown', 'bounced')
 GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC, 8 DESC LIMIT %s
"""


_RECENT = """
SELECT a.id FROM (SELECT id, delivery_id FROM dispatch_attempt ORDER BY id DESC LIMIT %(sample)s) AS a
  JOIN dispatch_delivery AS d ON d.id = a.delivery_id AND d.dispatch_id = %(dispatch)s
 ORDER BY a.id DESC LIMIT %(recent)s
"""


def without_addresses(words: str) -> str:
    """A server's words with the names before the @ left out: servers like to repeat whom they refuse."""
    return ADDRESS.sub("…@", words)


@dataclass(frozen=True, slots=True)
class ReplyGroup:
    """Deliveries that are failed, deferred or in doubt for the same reason, with the latest words of a server."""

    state: str
    state_label: str
    reason: str
    reason_words: str
    stage: str
    code: int | None
    enhanced: str
    count: int
    words: str
    last_at: datetime
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Replies:
    """What a dispatch's page tells of its servers. `attempts` are the latest, the newest first."""

    groups: list[ReplyGroup]
    attempts: list[Attempt]


_seen: Lately[Replies] = Lately()


def replies(dispatch: Dispatch) -> Replies:
    """Of a big dispatch they may be some seconds old."""
    if dispatch.audience_size < BIG:
        return _look(dispatch)
    return _seen.see(dispatch.pk, lambda: _look(dispatch))


def excluded_by_reason(dispatch: Dispatch) -> list[tuple[str, str, int]]:
    """Why deliveries were left out (reason, in words, how many), the most frequent first."""
    excluded = Delivery.objects.filter(dispatch=dispatch, state=Delivery.State.EXCLUDED).order_by()
    rows = excluded.values_list("reason").annotate(n=Count("*")).order_by("-n", "reason")
    return [(reason, reason_words(reason), count) for reason, count in rows]


def _look(dispatch: Dispatch) -> Replies:
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, [dispatch.pk, MOST_GROUPS])
        rows = cursor.fetchall()
        # The dispatch's own among the last attempts of all: to look for those of one long ended would take long.
        cursor.execute(_RECENT, {"dispatch": dispatch.pk, "sample": SAMPLE, "recent": RECENT})
        recent = [row[0] for row in cursor.fetchall()]
    groups = [
        ReplyGroup(row[0], str(Delivery.State(row[0]).label), row[1], reason_words(row[1]), *row[2:]) for row in rows
    ]
    return Replies(groups, list(Attempt.objects.filter(pk__in=recent).order_by("-pk")))
