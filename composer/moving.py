"""Items on their way from one section or issue to another, in all languages at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from composer.models import EditionPage
from composer.rawblocks import (
    Keys,
    RawBlock,
    blocks_with,
    items_of,
    latest,
    put_sections,
    raw_sections,
    with_new_keys,
)


class MoveRefused(Exception):
    """The items can't go there; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How many items went, in which languages, and in which of the source's languages nothing could go."""

    items: int
    locales: tuple[str, ...]
    left_out: tuple[str, ...]


@transaction.atomic
def transfer_items(
    *, source: UUID, target: UUID, keys: Iterable[str], section: int, keep: bool, user: Any = None
) -> Moved:
    """Copy (`keep`) or move the items with `keys` from one issue to the end of the `section`-th of another.

    In each language that both issues have; an edition with fewer sections takes them into its last one. Copies
    have keys of their own, the same in every language. Each edition gets one new revision. Moving within an issue
    keeps the keys.
    """
    wanted = set(keys)
    sources, targets = _editions(source), _editions(target)
    names = Keys()
    moved: dict[str, int] = {}
    for locale, page in sources.items():
        into = page if source == target else targets.get(locale)
        if into is None:
            continue
        sections = raw_sections(page)
        found = [item for _place, item in blocks_with(sections, wanted)]
        if not found:
            continue
        if not keep:
            _take_out(sections, found)
        goal = sections if into is page else raw_sections(into)
        _put(goal, [with_new_keys(item, names) for item in found] if keep or into is not page else found, section)
        _save(into, goal, user)
        if not keep and into is not page:
            _save(page, sections, user)
        moved[locale] = len(found)
    if not moved:
        raise MoveRefused(_why_not(sources, targets, wanted))
    return Moved(max(moved.values()), tuple(moved), tuple(sorted(set(sources) - set(moved))))


def _editions(key: UUID) -> dict[str, EditionPage]:
    pages = EditionPage.objects.filter(translation_key=key).select_related("locale", "latest_revision")
    found = {page.locale.language_code: latest(page) for page in pages}
    if not found:
        raise MoveRefused("This issue doesn't exist any more.")
    return found


def _take_out(sections: list[RawBlock], gone: list[RawBlock]) -> None:
    for section in sections:
        section["value"]["items"] = [item for item in items_of(section) if not any(item is each for each in gone)]


def _put(sections: list[RawBlock], items: list[RawBlock], place: int) -> None:
    if not sections:
        sections.append({"type": "section", "value": {"heading": "", "items": []}})
    items_of(sections[min(max(place, 0), len(sections) - 1)]).extend(items)


def _save(page: EditionPage, sections: list[RawBlock], user: Any) -> None:
    put_sections(page, sections)
    page.save_revision(user=user, log_action=True)


def _why_not(sources: dict[str, EditionPage], targets: dict[str, EditionPage], wanted: set[str]) -> str:
    if not wanted:
        return "No item was chosen."
    if not set(sources) & set(targets):
        return f"The two issues have no language in common: {', '.join(sources)} and {', '.join(targets)}."
    return "The items aren't in the issue any more. Look at it again."
