"""What was approved of an issue, for its readers: never a draft, whatever the desk has saved or published since.

The last approval of an issue counts: its revisions, and the name, the foot and the theme that they had from the
bulletin when they were approved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from wagtail.models import Revision

from composer.content import EditionContent, Event, Masthead
from composer.extract import extract
from composer.models import Approval, EditionPage
from composer.rendering.merge import substituted
from composer.rendering.printable import printable


@dataclass(frozen=True, slots=True)
class ApprovedEvent:
    """An event as it was approved in one language; `at` is when."""

    event: Event
    locale: str
    at: datetime


def last_approvals(keys: Iterable[UUID]) -> dict[UUID, Approval]:
    """The last approval of each of these issues that has one."""
    found = Approval.objects.filter(issue_key__in=list(keys))
    found = found.order_by("issue_key", "-approved_at", "-pk").distinct("issue_key")
    return {approval.issue_key: approval for approval in found}


def approved_content(approval: Approval, edition: EditionPage) -> EditionContent | None:
    """The content of `edition` as `approval` has it, all items; None if it was not among what was approved."""
    revision = Revision.objects.filter(pk=approval.revisions.get(edition.locale.language_code, 0)).first()
    if revision is None:
        return None
    content = extract(revision.as_object(), bulletin=edition.bulletin)
    kept = approval.mastheads.get(edition.locale.language_code)
    return _readable(replace(content, masthead=Masthead(**kept)) if kept else content)


def approved_heads(approvals: Iterable[Approval]) -> dict[tuple[UUID, str], EditionContent]:
    """What stands above an edition's text (title, preheader, number, date), by issue and locale; no sections."""
    wanted = {
        revision_id: (approval.issue_key, locale)
        for approval in approvals
        for locale, revision_id in approval.revisions.items()
    }
    fields = [f"content__{name}" for name in ("title", "subject", "preheader", "number", "published")]
    heads = {}
    for pk, title, subject, preheader, number, day in Revision.objects.filter(pk__in=wanted).values_list("pk", *fields):
        key, locale = wanted[pk]
        heads[key, locale] = _readable(
            EditionContent(
                locale=locale,
                masthead=Masthead(""),
                title=title or "",
                subject=subject or title or "",
                preheader=preheader or "",
                number=number or "",
                published=date.fromisoformat(day) if day else None,
            )
        )
    return heads


def approved_event(key: UUID, languages: Iterable[str] = ()) -> ApprovedEvent | None:
    """The event with this key, as it was last approved, in the first of `languages` that there is.

    Without any of them it comes in a language of the issue.
    """
    found = _approvals_with(str(key))
    if not found:
        return None
    newest, at = found[0][0], found[0][1]
    revisions = {locale: revision_id for approval, _at, locale, revision_id in found if approval == newest}
    order = [code for code in languages if code in revisions] + sorted(revisions)
    for locale in dict.fromkeys(order):
        event = _event_in(revisions[locale], str(key))
        if event is not None:
            return ApprovedEvent(event, locale, at)
    return None


def _approvals_with(key: str) -> list[tuple[int, datetime, str, int]]:
    """(approval, when, locale, revision) where the revision's sections hold this key; the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.approved_at, r.key, v.id"
            " FROM composer_approval a CROSS JOIN LATERAL jsonb_each_text(a.revisions) r"
            " JOIN wagtailcore_revision v ON v.id = r.value::bigint"
            " WHERE strpos(v.content->>'body', %s) > 0"
            " ORDER BY a.approved_at DESC, a.id DESC, r.key",
            [f'"{key}"'],
        )
        rows: list[tuple[int, datetime, str, int]] = cursor.fetchall()
        return rows


def _event_in(revision_id: int, key: str) -> Event | None:
    page: EditionPage = Revision.objects.get(pk=revision_id).as_object()
    content = _readable(extract(page))
    return next((item for item in content.items() if isinstance(item, Event) and item.key == key), None)


def _readable(content: EditionContent) -> EditionContent:
    """Without what is no text, and with words for anybody where a letter would name its reader."""
    return printable(substituted(content, {}))
