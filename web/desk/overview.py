"""What the page of an issue shows: its editions, the notes still to check, and how its approval stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from wagtail.models import Revision

from composer.extract import extract
from composer.issues import Edition, Issue, issue_of
from composer.models import Approval
from web.desk.frame import language_name
from web.desk.permissions import visible_editions


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """One language of an issue. `changed`: since the last approval; `compare_url` shows what, where it can."""

    edition: Edition
    code: str
    language: str
    items: int
    to_check: int
    changed: bool
    may_edit: bool
    compare_url: str


@dataclass(frozen=True, slots=True)
class OpenNote:
    """What an importer was unsure of in one item; `url` opens the item in the editor."""

    language: str
    section: str
    heading: str
    lines: tuple[str, ...]
    url: str


def visible_issue(key: UUID, user: Any) -> Issue:
    """The issue, if `user` may see an edition of it; else 404."""
    if not visible_editions(user).filter(translation_key=key).exists():
        raise Http404
    return issue_of(key)


def edition_facts(issue: Issue, last: Approval | None, user: Any) -> list[EditionFacts]:
    """`last` is the latest approval, whether it holds or not."""
    facts = []
    for code, edition in issue.editions.items():
        before = last.revisions.get(code) if last else None
        changed = last is not None and _differs(edition, before)
        facts.append(
            EditionFacts(
                edition=edition,
                code=code,
                language=language_name(code),
                items=sum(1 for _item in edition.content.items()),
                to_check=sum(1 for item in edition.content.items() if item.notes),
                changed=changed,
                may_edit=edition.page.permissions_for_user(user).can_edit(),
                compare_url=_compare_url(edition, before) if changed else "",
            )
        )
    return facts


def open_notes(issue: Issue) -> list[OpenNote]:
    """The items of all editions that have notes, in reading order."""
    return [note for edition in issue.editions.values() for note in _notes(edition)]


def _notes(edition: Edition) -> Iterator[OpenNote]:
    address = reverse("wagtailadmin_pages:edit", args=[edition.page.pk])
    for section in edition.content.sections:
        for item in section.items:
            if item.notes:
                yield OpenNote(
                    language=language_name(edition.content.locale),
                    section=section.heading,
                    heading=item.heading,
                    lines=item.notes,
                    url=f"{address}#block-{item.key}-section",
                )


def _differs(edition: Edition, before: int | None) -> bool:
    if before == edition.revision_id:
        return False
    revision = Revision.objects.filter(pk=before).first() if before else None
    if revision is None:
        return True
    return extract(revision.as_object(), bulletin=edition.page.bulletin).digest() != edition.content.digest()


def _compare_url(edition: Edition, before: int | None) -> str:
    if not before or not Revision.objects.filter(pk=before).exists():
        return ""
    return reverse("wagtailadmin_pages:revisions_compare", args=[edition.page.pk, before, edition.revision_id])
