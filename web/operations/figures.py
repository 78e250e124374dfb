"""The figures of dispatches as plain data: for the pages that show them first and the polls that renew them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from dispatch.claim import database_now
from dispatch.lately import Lately
from dispatch.models import Delivery, Dispatch, Event
from dispatch.progress import BIG, Progress, counts_by_state, duration, glance
from web.operations.standing import standing
from web.operations.wording import duration_words, rate_words

State = Delivery.State

IN_ORDER = (
    State.ACCEPTED,
    State.CLAIMED,
    State.PLANNED,
    State.DEFERRED,
    State.UNKNOWN,
    State.FAILED,
    State.BOUNCED,
    State.COMPLAINED,
    State.EXCLUDED,
)
"""As the bar has them: what is done, what is to do, what went wrong, who was left out."""

TO_DO = (State.PLANNED, State.CLAIMED, State.DEFERRED)
TROUBLE = (State.FAILED, State.UNKNOWN, State.BOUNCED, State.COMPLAINED)

NARROWEST = 0.6  # per cent of the bar: one failure in ten thousand is seen


@dataclass(frozen=True, slots=True)
class Part:
    """One state's share of the bar; `start` and `width` in per cent."""

    state: str
    label: str
    count: int
    start: float
    width: float


def counts_of(dispatch_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """The deliveries of each dispatch by state, in one query."""
    counts = {dispatch_id: dict.fromkeys(State.values, 0) for dispatch_id in dispatch_ids}
    deliveries = Delivery.objects.filter(dispatch_id__in=counts).order_by()
    for dispatch_id, state, count in deliveries.values_list("dispatch_id", "state").annotate(n=Count("*")):
        counts[dispatch_id][state] = count
    return counts


_seen: Lately[dict[str, int]] = Lately()


def settled_counts(dispatches: Sequence[Dispatch]) -> dict[int, dict[str, int]]:
    """The counts of dispatches that have ended; those of the big ones may be some seconds old."""
    small = [dispatch.pk for dispatch in dispatches if dispatch.audience_size < BIG]
    counts = counts_of(small)
    for dispatch in dispatches:
        if dispatch.audience_size >= BIG:
            key = (dispatch.pk, dispatch.finished_at)
            counts[dispatch.pk] = _seen.see(key, lambda pk=dispatch.pk: counts_by_state(pk))  # type: ignore[misc]
    return counts


def parts(counts: dict[str, int]) -> list[Part]:
    """The counts as parts of a bar that together fill it; a state with any delivery can be seen."""
    total = sum(counts.values())
    shares = (
        {state: max(counts[state] / total * 100, NARROWEST) if counts[state] else 0.0 for state in IN_ORDER}
        if total
        else {}
    )
    scale = 100 / sum(shares.values()) if shares else 0.0
    made, start = [], 0.0
    for state in IN_ORDER:
        width = shares.get(state, 0.0) * scale
        made.append(Part(str(state), str(state.label), counts[state], round(start, 3), round(width, 3)))
        start += width
    return made


def settled_progress(dispatches: Sequence[Dispatch]) -> dict[int, Progress]:
    """The progress of dispatches that have ended, in one query for all of them."""
    counts = settled_counts(dispatches)
    now = database_now()
    return {
        dispatch.pk: Progress(
            state=dispatch.state,
            counts=counts[dispatch.pk],
            audience=dispatch.audience_size,
            open=sum(counts[dispatch.pk][state] for state in TO_DO),
            rate=0.0,
            left=None,
            variants=0,
            seconds=duration(dispatch, now).total_seconds(),
        )
        for dispatch in dispatches
    }


def progress_by_id(dispatches: Sequence[Dispatch]) -> dict[int, Progress]:
    """The progress of each: read closely where it still moves, in one query for all the others."""
    still = [dispatch for dispatch in dispatches if dispatch.state not in Dispatch.OPEN]
    moving = {dispatch.pk: glance(dispatch) for dispatch in dispatches if dispatch.state in Dispatch.OPEN}
    return (settled_progress(still) if still else {}) | moving


def figures(dispatch: Dispatch, progress: Progress) -> dict[str, Any]:
    """What a page shows of one dispatch, in numbers and in the words of the user's language; all of it fits JSON."""
    total = sum(progress.counts.values())
    leased = progress.counts[State.CLAIMED]
    stands = standing(dispatch, progress)
    return {
        "id": dispatch.pk,
        "url": reverse("circular_dispatch", args=[dispatch.pk]),
        "title": dispatch.issue_title,
        "audience_name": dispatch.audience_name,
        "state": dispatch.state,
        "state_label": str(Dispatch.State(dispatch.state).label),
        "reason": dispatch.state_reason,
        "counts": progress.counts,
        "parts": [
            {"state": part.state, "label": part.label, "count": part.count, "start": part.start, "width": part.width}
            for part in parts(progress.counts)
        ],
        "audience": progress.audience,
        "sum": total,
        "balanced": total == progress.audience,
        "done": total - sum(progress.counts[state] for state in TO_DO),
        "trouble": sum(progress.counts[state] for state in TROUBLE),
        "doubts": progress.counts[State.UNKNOWN],
        "open": progress.open,
        "is_open": dispatch.state in Dispatch.OPEN or leased > 0,
        "moving": stands.pop("moving"),
        "standing": stands,
        "rate": round(progress.rate, 2),
        "rate_text": rate_words(progress.rate),
        "left_text": duration_words(progress.left),
        "planned_text": date_format(localtime(dispatch.planned_at), "SHORT_DATETIME_FORMAT"),
        "by": (dispatch.planned_by.get_full_name() or dispatch.planned_by.get_username())
        if dispatch.planned_by
        else "",
        "elapsed_text": duration_words(timedelta(seconds=progress.seconds)),
    }


def blank() -> dict[str, Any]:
    """The shape of `figures` with nothing in it: the row that a poll fills for a dispatch begun meanwhile."""
    return {
        "parts": parts(dict.fromkeys(State.values, 0)),
        "state": Dispatch.State.RUNNING,
        "moving": True,
        "is_open": True,
        "standing": {"doing": "", "tone": "good", "words": "", "notes": []},
    }


def reactions(dispatch: Dispatch) -> dict[str, int]:
    """The events of a dispatch by kind, those without any included."""
    rows = Event.objects.filter(dispatch=dispatch).order_by().values_list("kind").annotate(n=Count("*"))
    return dict.fromkeys(Event.Kind.values, 0) | {str(kind): count for kind, count in rows}
