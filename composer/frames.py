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

_NUMBER = re.compile(r"\d+")
_YEAR = re.compile(r"(19|20)\d\d")


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


def next_number(number: str, *, year: int | None = None) -> str:
    """`number` counted up: "No. 12" to "No. 13", "No. 3, 2026" to "No. 4, 2026", "2026年第3期" to "2026年第4期".

    A year in it is kept, or becomes `year`, with which numbers that name their year begin at 1 again.
    """
    years = {found.start() for found in _NUMBER.finditer(number) if _YEAR.fullmatch(found[0])}
    counted = [found.start() for found in _NUMBER.finditer(number) if found.start() not in years]
    if not counted and years:  # "2026" alone counts the years
        counted, years = [max(years)], set()
    turned = bool(year and years and any(int(number[place : place + 4]) != year for place in years))

    def following(found: re.Match[str]) -> str:
        if found.start() in years:
            return str(year or found[0])
        if found.start() != counted[-1]:
            return found[0]
        return ("1" if turned else str(int(found[0]) + 1)).zfill(len(found[0]))

    return _NUMBER.sub(following, number)


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
            number=next_number(pattern.number, year=published.year if published else None) if pattern else "",
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
