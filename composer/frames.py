"""A new issue from the frame of the last one: its languages, sections, imprint, partners, and nothing of its news."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, QuerySet

from composer.drafts import free_slug
from composer.models import BulletinPage, EditionPage
from composer.rawblocks import Keys, RawBlock, items_of, latest, put_sections, raw_sections, with_new_keys

FRAME_KINDS = frozenset({"contents", "partners", "imprint", "divider"})
"""The items that stay from issue to issue."""

_LAST_NUMBER = re.compile(r"\d+(?!.*\d)")


def last_issue(bulletin: BulletinPage) -> UUID | None:
    """The key of the bulletin's newest issue, in whatever languages; None before the first one."""
    newest = editions_of(bulletin).order_by(F("published").desc(nulls_last=True), "-pk").first()
    return newest.translation_key if newest else None


def editions_of(bulletin: BulletinPage) -> QuerySet[EditionPage]:
    """The editions below the bulletin's pages in all languages."""
    found = EditionPage.objects.none()
    for page in bulletin.get_translations(inclusive=True):
        found = found | EditionPage.objects.child_of(page)
    return found


def next_number(number: str) -> str:
    """`number` with its last digits counted up: "No. 12" to "No. 13", "2026年第3期" to "2026年第4期"."""
    return _LAST_NUMBER.sub(lambda found: str(int(found[0]) + 1).zfill(len(found[0])), number, count=1)


@transaction.atomic
def start_issue(
    bulletin: BulletinPage,
    *,
    title: str,
    published: date | None = None,
    locales: Sequence[str],
    frame: UUID | None = None,
    user: Any = None,
) -> UUID:
    """Make drafts of a new issue in each of `locales`; returns its key.

    `frame` is the issue whose sections, imprint, partners, contents and dividers they begin with, in the same
    language where it has that one. `bulletin` has a page in each of the languages.
    """
    issue_key = uuid4()
    keys = Keys()
    patterns = {page.locale.language_code: latest(page) for page in _patterns(frame)}
    parents = {page.locale.language_code: page for page in bulletin.get_translations(inclusive=True).specific()}
    for locale in locales:
        parent, pattern = parents[locale], patterns.get(locale)
        page = EditionPage(
            title=title,
            slug=free_slug(parent, title),
            number=next_number(pattern.number) if pattern else "",
            published=published,
            locale=parent.locale,
            translation_key=issue_key,
            live=False,
            owner=user,
        )
        put_sections(page, [_frame(section, keys) for section in raw_sections(pattern)] if pattern else [])
        parent.add_child(instance=page)
        page.save_revision(user=user, log_action=True)
    return issue_key


def _patterns(frame: UUID | None) -> QuerySet[EditionPage]:
    pages = EditionPage.objects.select_related("locale", "latest_revision")
    return pages.filter(translation_key=frame) if frame else pages.none()


def _frame(section: RawBlock, keys: Keys) -> RawBlock:
    kept = with_new_keys(section, keys)
    kept["value"]["items"] = [item for item in items_of(kept) if item["type"] in FRAME_KINDS]
    return kept
