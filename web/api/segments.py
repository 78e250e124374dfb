"""Segments: saved rules over people. A rule written by hand is checked as one of the desk is, or refused with why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest
from ninja import Path, Router
from psycopg.errors import QueryCanceled
from pydantic import BaseModel, Field, StringConstraints
from wagtail.log_actions import log

from subscribers.keys import Scope
from subscribers.models import Segment
from subscribers.rules import check_rule
from subscribers.segments import matching, vocabulary
from subscribers.syncing_change import LOG_ACTION
from web.api.keys import actor_of, operation
from web.api.once import in_one_go
from web.api.problems import Problem
from web.api.shapes import Line, Slug, Strict

router = Router(tags=["Segments"])

PATIENCE = 10_000  # milliseconds that a count may take

Rule = Annotated[
    dict[str, Any],
    Field(
        description="Whom it holds; the schema Rule says what a rule may be.",
        json_schema_extra={"x-rule": True},
    ),
]


class SegmentIn(Strict):
    name: Annotated[Line, StringConstraints(min_length=1, max_length=120)]
    rule: Rule
    description: Annotated[Line, StringConstraints(max_length=250)] = ""


class SegmentOut(BaseModel):
    slug: str
    name: str
    description: str
    rule: Rule
    count: Annotated[int | None, Field(description="How many it held when it was last counted.")]
    counted_at: datetime | None


class SegmentSaved(BaseModel):
    outcome: str
    segment: SegmentOut


class Segments(BaseModel):
    segments: list[SegmentOut]


class RuleIn(Strict):
    rule: Rule


class Counted(BaseModel):
    count: int


@operation(router, "GET", "/segments", Scope.SEGMENTS_READ, response=Segments)
def list_segments(request: HttpRequest) -> Any:
    """List all segments with their rules."""
    return Segments(segments=[_out(segment) for segment in Segment.objects.order_by("slug")])


@operation(router, "POST", "/rules/count", Scope.SEGMENTS_READ, response=Counted)
def count_rule(request: HttpRequest, rule: RuleIn) -> Any:
    """Count whom a rule matches now, without saving it."""
    check_rule(rule.rule, vocabulary())
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE)])
            return Counted(count=matching(rule.rule).count())
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise Problem(422, "The rule takes too long to count; make it simpler.", where="rule") from error
        raise


@operation(router, "GET", "/segments/{slug}", Scope.SEGMENTS_READ, response=SegmentOut, problems=(404,))
def get_segment(request: HttpRequest, slug: Path[Slug]) -> Any:
    """Read a segment."""
    found = Segment.objects.filter(slug=slug).first()
    if found is None:
        raise Problem(404, f"There is no segment “{slug}”.")
    return _out(found)


@operation(router, "PUT", "/segments/{slug}", Scope.SEGMENTS_WRITE, response=SegmentSaved)
def save_segment(request: HttpRequest, slug: Path[Slug], segment: SegmentIn) -> Any:
    """Make a segment, or change one. The same again changes nothing. A rule that isn't sound is refused with why."""
    return in_one_go(lambda: _saved(request, slug, segment))


def _saved(request: HttpRequest, slug: str, given: SegmentIn) -> SegmentSaved:
    # One at a time: two rules that are sound alone may make a circle together.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    found = Segment.objects.filter(slug=slug).first()
    wanted = {"name": given.name, "description": given.description, "rule": given.rule}
    if found is not None and all(getattr(found, name) == value for name, value in wanted.items()):
        return SegmentSaved(outcome="unchanged", segment=_out(found))
    segment = found or Segment(slug=slug)
    for name, value in wanted.items():
        setattr(segment, name, value)
    if not given.rule:  # a form would call it blank
        check_rule(given.rule, vocabulary())
    try:
        segment.full_clean()
    except ValidationError as error:
        name, [problem, *_more] = next(iter(error.message_dict.items()))
        raise Problem(422, problem, where=name) from error
    segment.count = segment.counted_at = None
    segment.save()
    log(instance=segment, action=LOG_ACTION, data={"token": actor_of(request).token, "fields": [], "new": not found})
    return SegmentSaved(outcome="changed" if found else "created", segment=_out(segment))


_LOCK = 0x5345474D


def _out(segment: Segment) -> SegmentOut:
    return SegmentOut(
        slug=segment.slug,
        name=segment.name,
        description=segment.description,
        rule=segment.rule,
        count=segment.count,
        counted_at=segment.counted_at,
    )
