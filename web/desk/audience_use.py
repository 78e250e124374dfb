"""What uses a segment: items of issues, other segments, and the dispatches that went out with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from wagtail.models import Revision

from composer.content import EXCEPT
from composer.models import EditionPage
from dispatch.models import Dispatch
from subscribers.models import Segment
from subscribers.rules import segments_named

MOST_DISPATCHES = 20  # on the segment's page


@dataclass(frozen=True, slots=True)
class Uses:
    """What would be broken without the segment. Dispatches are no part of it: they have the rule of their time."""

    editions: list[EditionPage]
    segments: list[Segment]

    def __bool__(self) -> bool:
        return bool(self.editions or self.segments)


@dataclass(frozen=True, slots=True)
class PastUse:
    """A dispatch that used the segment, with its name, rule and size as they were when it was planned."""

    dispatch: Dispatch
    planned_at: datetime
    name: str
    rule: dict[str, Any]
    size: int | None


def uses_of(slug: str) -> Uses:
    """The editions with an item for the segment or for everyone but it, and the segments that name it themselves."""
    return Uses(editions_for(slug), [each for each in Segment.objects.all() if slug in segments_named(each.rule)])


def past_uses(slug: str) -> list[PastUse]:
    """The newest dispatches in which the segment had a part."""
    found = Dispatch.objects.filter(segments__has_key=slug).order_by("-planned_at")[:MOST_DISPATCHES]
    return [
        PastUse(
            dispatch,
            dispatch.planned_at,
            name=frozen.get("name", slug),
            rule=frozen.get("rule", {}),
            size=frozen.get("size"),
        )
        for dispatch in found
        for frozen in [dispatch.segments[slug]]
    ]


def editions_for(slug: str) -> list[EditionPage]:
    """The editions whose latest revision, or whose page where it has none, has an item for the segment `slug`."""
    latest = Revision.objects.filter(pk=OuterRef("latest_revision_id"))
    pages: QuerySet[EditionPage] = EditionPage.objects.annotate(
        latest_body=Subquery(latest.annotate(body=KeyTextTransform("body", "content")).values("body")[:1])
    )
    # The slug's letters somewhere in the text: a first sieve, in the database. Then each body is read.
    candidates = pages.filter(Q(latest_body__contains=slug) | Q(latest_revision=None)).select_related("locale")
    return [page for page in candidates.order_by("title", "pk") if _names_audience(_body_of(page), slug)]


def _body_of(page: Any) -> Any:
    return json.loads(page.latest_body) if page.latest_body is not None else list(page.body.raw_data)


def _names_audience(block: Any, slug: str) -> bool:
    """Whether anywhere in the raw blocks an `audience` is `slug`, or everyone but it."""
    if isinstance(block, dict):
        return block.get("audience") in {slug, EXCEPT + slug} or any(
            _names_audience(each, slug) for each in block.values()
        )
    return isinstance(block, list) and any(_names_audience(each, slug) for each in block)
