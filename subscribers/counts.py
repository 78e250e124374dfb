"""How many subscribers segments have, kept beside them: counting afresh takes a while in a large network."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from subscribers.models import Segment
from subscribers.rules import BadRule
from subscribers.segments import matching

logger = logging.getLogger(__name__)

FRESH = timedelta(minutes=10)
LONGEST = 20.0  # seconds for one run


def recount(segment: Segment) -> int | None:
    """Count the segment's people now and keep it; None if its rule can't be used any more."""
    try:
        count = matching(segment.rule).count()
    except BadRule as error:
        logger.warning("segment %s can't be counted: %s", segment.pk, error)
        count = None
    # Only for the rule that was counted: it may have been changed meanwhile.
    Segment.objects.filter(pk=segment.pk, rule=segment.rule).update(count=count, counted_at=Now())
    segment.refresh_from_db(fields=["count", "counted_at"])
    return count


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
