"""Segments: saved rules over people. A rule written by hand is checked as one of the desk is, or refused with why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest
from ninja import Path, Router
from pydantic import BaseModel, Field, StringConstraints
from wagtail.log_actions import log

from subscribers.counts import counted
from subscribers.custom_values import FieldKind
from subscribers.keys import Scope
from subscribers.models import Segment
from subscribers.patience import TooSlow, patience
from subscribers.rule_fields import CUSTOM
from subscribers.rules import BadRule, Vocabulary, check_rule, fields_asked
from subscribers.segments import matching, vocabulary
from subscribers.syncing_change import LOG_ACTION
from web.api.keys import actor_of, operation, token_of
from web.api.once import in_one_go
from web.api.problems import Problem
from web.api.shapes import Line, Slug, Strict

router = Router(tags=["Segments"])

PATIENCE = 10.0  # seconds that a count may take with all that it needs
DETAILS = frozenset({"email", "name", "external_id"})
"""By which somebody could be guessed, as by the texts of custom fields."""

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
    count: Annotated[
        int | None, Field(description="How many it held when it was last counted; null if never, or not to be told.")
    ]
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
    """List all segments with their rules. A count that could tell of one person needs `people:read` besides."""
    known = vocabulary()
    return Segments(segments=[_out(request, segment, known) for segment in Segment.objects.order_by("slug")])


@operation(router, "POST", "/rules/count", Scope.SEGMENTS_READ, response=Counted)
def count_rule(request: HttpRequest, rule: RuleIn) -> Any:
    """Count whom a rule matches now, without saving it.

    A rule that asks about the email, name, external_id or a text of a custom field needs `people:read` besides.
    """
    known = vocabulary()
    check_rule(rule.rule, known)
    _must_see_details(request, rule.rule, known)
    try:
        with patience(PATIENCE):
            return Counted(count=counted(matching(rule.rule)))
    except TooSlow as error:
        raise Problem(422, "The rule takes too long to count; make it simpler.", where="rule") from error


@operation(router, "GET", "/segments/{slug}", Scope.SEGMENTS_READ, response=SegmentOut, problems=(404,))
def get_segment(request: HttpRequest, slug: Path[Slug]) -> Any:
    """Read a segment. A count that could tell of one person needs `people:read` besides."""
    found = Segment.objects.filter(slug=slug).first()
    if found is None:
        raise Problem(404, f"There is no segment “{slug}”.")
    return _out(request, found, vocabulary())


@operation(router, "PUT", "/segments/{slug}", Scope.SEGMENTS_WRITE, response=SegmentSaved)
def save_segment(request: HttpRequest, slug: Path[Slug], segment: SegmentIn) -> Any:
    """Make a segment, or change one. The same again changes nothing. A rule that isn't sound is refused with why.

    A rule that asks about the email, name, external_id or a text of a custom field needs `people:read` besides.
    """
    return in_one_go(lambda: _saved(request, slug, segment))


def _saved(request: HttpRequest, slug: str, given: SegmentIn) -> SegmentSaved:
    # One at a time: two rules that are sound alone may make a circle together.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    found = Segment.objects.filter(slug=slug).first()
    wanted = {"name": given.name, "description": given.description, "rule": given.rule}
    if found is not None and all(getattr(found, name) == value for name, value in wanted.items()):
        return SegmentSaved(outcome="unchanged", segment=_out(request, found, vocabulary()))
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
    known = vocabulary()
    _must_see_details(request, given.rule, known)
    segment.count = segment.counted_at = None
    segment.save()
    log(instance=segment, action=LOG_ACTION, data={"token": actor_of(request).token, "fields": [], "new": not found})
    return SegmentSaved(outcome="changed" if found else "created", segment=_out(request, segment, known))


_LOCK = 0x5345474D


def _must_see_details(request: HttpRequest, rule: Any, known: Vocabulary) -> None:
    """403 where a count of the rule would let somebody without `people:read` guess who is here, letter by letter."""
    if not _sees_people(request) and (asked := _details_asked(rule, known)):
        named = ", ".join(sorted(asked))
        message = f"A rule that asks about {named} needs the scope {Scope.PEOPLE_READ.value} besides."
        raise Problem(403, message, where="rule")


def _sees_people(request: HttpRequest) -> bool:
    return Scope.PEOPLE_READ in token_of(request).scopes


def _details_asked(rule: Any, known: Vocabulary) -> frozenset[str]:
    texts = {CUSTOM + key for key, custom in known.custom.items() if custom.kind == FieldKind.TEXT}
    return fields_asked(rule, known) & (DETAILS | texts)


def _tells_of_nobody(rule: Any, known: Vocabulary) -> bool:
    try:
        check_rule(rule, known)
    except BadRule:
        return False
    return not _details_asked(rule, known)


def _out(request: HttpRequest, segment: Segment, known: Vocabulary) -> SegmentOut:
    told = _sees_people(request) or _tells_of_nobody(segment.rule, known)
    return SegmentOut(
        slug=segment.slug,
        name=segment.name,
        description=segment.description,
        rule=segment.rule,
        count=segment.count if told else None,
        counted_at=segment.counted_at if told else None,
    )
