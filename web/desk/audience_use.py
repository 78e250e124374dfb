"""Where a segment is the audience of an item."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from wagtail.models import Revision

from composer.content import EXCEPT
from composer.models import EditionPage


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
