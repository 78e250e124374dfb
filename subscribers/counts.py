"""How many subscribers segments have, kept beside them: counting afresh takes a while in a large network."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from subscribers.models import Segment, Subscriber
from subscribers.rules import BadRule
from subscribers.segments import matching

logger = logging.getLogger(__name__)

FRESH = timedelta(minutes=10)
LONGEST = 20.0  # seconds for one run

# PostgreSQL believes that another process for a query costs almost nothing. It has to map the shared memory anew, page
# by page, and short counts took up to twice the computing with one: only for the longer ones.
_FEW_WORKERS = "SET LOCAL parallel_setup_cost = 10000"


def counted(people: QuerySet[Subscriber]) -> int:
    """How many they are now: `people` are whom a rule matches."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FEW_WORKERS)
        return people.count()


def recount(segment: Segment) -> int | None:
    """Count the segment's people now and keep it; None if its rule can't be used any more."""
    try:
        count = counted(matching(segment.rule))
    except BadRule as error:
        logger.warning("segment %s can't be counted: %s", segment.pk, error)
        count = None
    # Only for the rule that was counted: it may have been changed meanwhile.
    Segment.objects.filter(pk=segment.pk, rule=segment.rule).update(count=count, counted_at=Now())
    segment.refresh_from_db(fields=["count", "counted_at"])
    return count


def forget_counts() -> None:
    """Have all segments counted anew by the next `recount_stale`: much has changed at once."""
    Segment.objects.filter(counted_at__isnull=False).update(counted_at=None)


def recount_stale(*, longest: float = LONGEST) -> int:
    """Recount what wasn't for a while, the oldest first, for some seconds; returns how many segments were counted."""
    began = time.monotonic()
    stale = Segment.objects.filter(Q(counted_at=None) | Q(counted_at__lt=Now() - FRESH))
    done = 0
    for segment in stale.order_by(F("counted_at").asc(nulls_first=True), "pk"):
        if time.monotonic() - began > longest:
            break
        recount(segment)
        done += 1
    return done
