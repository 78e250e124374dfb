"""Refusals of policy and content, seen beside the others of their dispatch: the database side of dispatch/policy.py."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from dispatch.classify import About, Verdict
from dispatch.policy import PolicyTally

# A delivery's reason is the enhanced code of its last refusal.
_TALLY = """
SELECT count(*) FILTER (WHERE reason LIKE '5.7.%%'),
       count(*) FILTER (WHERE state = 'failed' AND reason ~ '^5[.](7[.]|3[.]4$|2[.]3$|6[.])'),
       (SELECT state <> 'running' FROM dispatch_dispatch WHERE id = %(dispatch)s)
  FROM dispatch_delivery WHERE dispatch_id = %(dispatch)s AND state IN ('failed', 'deferred', 'claimed')
"""
_REFUSED_BEFORE = "SELECT id FROM dispatch_delivery WHERE id = ANY(%(ids)s) AND reason LIKE '5.7.%%'"


def settle_refusals(dispatch_id: int, verdicts: Mapping[int, Verdict]) -> dict[int, Verdict]:
    """The verdicts of one flush, by delivery, each in the light of the dispatch's others; call it before recording.

    Costs nothing where no verdict is about policy or content.
    """
    asked = [delivery for delivery, verdict in verdicts.items() if verdict.about in {About.POLICY, About.CONTENT}]
    if not asked:
        return dict(verdicts)
    with connection.cursor() as cursor:
        cursor.execute(_TALLY, {"dispatch": dispatch_id})
        row = cursor.fetchone()
        assert row is not None  # noqa: S101 - counting gives a row
        cursor.execute(_REFUSED_BEFORE, {"ids": asked})
        before = {found[0] for found in cursor.fetchall()}
    # Letters that were on the wire when the dispatch stopped are judged as those of the moment in which it did.
    tally = PolicyTally(seen=row[0], failed=row[1], pausing=bool(row[2]))
    return {
        delivery: tally.settle(verdict, refused_before=delivery in before) for delivery, verdict in verdicts.items()
    }
