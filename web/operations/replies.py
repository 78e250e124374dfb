"""What the servers said: refusals by code, and the latest attempts of a dispatch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy

from dispatch.models import Attempt, Delivery, Dispatch

ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@(?=[\w-]+\.)")
MOST_GROUPS = 20
RECENT = 12

REASONS = {
    "suppressed": gettext_lazy("suppressed"),
    "unsubscribed": gettext_lazy("unsubscribed before the letter left"),
    "erased": gettext_lazy("erased before the letter left"),
    "cancelled": gettext_lazy("not written to before the dispatch was cancelled"),
    "no item for them": gettext_lazy("no item is meant for them"),
    "frequency": gettext_lazy("wanted at most one issue in that time, and had one"),
}
"""Why a delivery is excluded, in a person's words."""

_GROUPS = """
SELECT d.state, d.reason, coalesce(a.stage, ''), a.code, coalesce(a.enhanced, ''), count(*),
       coalesce((array_agg(a.reply ORDER BY a.id DESC))[1], ''), max(d.changed_at), min(d.due_at)
  FROM dispatch_delivery AS d
  LEFT JOIN LATERAL (SELECT t.id, t.stage, t.code, t.enhanced, t.reply FROM dispatch_attempt AS t
                      WHERE t.delivery_id = d.id ORDER BY t.id DESC LIMIT 1) AS a ON true
 WHERE d.dispatch_id = %s AND d.state IN ('failed', 'deferred', 'unknown')
 GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC, 8 DESC LIMIT %s
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
    stage: str
    code: int | None
    enhanced: str
    count: int
    words: str
    last_at: datetime
    next_at: datetime | None


def reply_groups(dispatch: Dispatch) -> list[ReplyGroup]:
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, [dispatch.pk, MOST_GROUPS])
        rows = cursor.fetchall()
    return [ReplyGroup(row[0], str(Delivery.State(row[0]).label), *row[1:]) for row in rows]


def excluded_by_reason(dispatch: Dispatch) -> list[tuple[str, int]]:
    """Why deliveries were left out, the most frequent first."""
    excluded = Delivery.objects.filter(dispatch=dispatch, state=Delivery.State.EXCLUDED).order_by()
    rows = excluded.values_list("reason").annotate(n=Count("id")).order_by("-n", "reason")
    return [(str(REASONS.get(reason, reason)), count) for reason, count in rows]


def recent_attempts(dispatch: Dispatch) -> QuerySet[Attempt]:
    """The latest attempts, the newest first. They name deliveries, never addresses."""
    return Attempt.objects.filter(delivery__dispatch=dispatch).select_related("delivery").order_by("-pk")[:RECENT]
