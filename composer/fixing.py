"""A finding's fix, made by one click: the latest draft gets a new revision with the change, and a way back.

What `composer.preflight.fixes` does to plain content is done here to an edition's blocks as Wagtail stores them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.images import get_image_model
from wagtail.log_actions import log
from wagtail_localize.models import Translation

from composer.blocks import PAIR
from composer.models import EditionPage
from composer.preflight.findings import Finding, Fix, FixKind
from composer.preflight.fixes import replace_text
from composer.rawblocks import RawBlock, items_of, latest, put_sections, raw_sections
from composer.storedtext import replace_hrefs, replace_words

ACTION = "circular.fix"
OWN_FIELDS = ("title", "subject", "preheader", "number")
_WORDS = {"source": ("name", "licence"), "figures": ("value", "label"), "partners": ("name",)}
_PICTURES = ("picture", "cover")


class FixRefused(Exception):
    """Nothing was changed; the message says why."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """How many findings were mended; the revisions before and after, to compare and to go back."""

    count: int
    before: int | None
    after: int


def is_fixable(finding: Finding) -> bool:
    """Whether `fix_findings` can mend it: it stands in the edition, not on the bulletin's page."""
    fix = finding.fix
    return fix is not None and bool(fix.item_key or fix.field == "section" or fix.field in OWN_FIELDS)


def is_translated(page: EditionPage) -> bool:
    """Whether the edition is made from a translation, which would undo what is changed in the edition itself."""
    return bool(
        Translation.objects.filter(
            source__object_id=page.translation_key, target_locale=page.locale, enabled=True
        ).exists()
    )


@transaction.atomic
def fix_findings(page: EditionPage, findings: Sequence[Finding], *, user: Any) -> Fixed:
    """Mend `findings`, which were just found in the latest draft of `page`, in one new revision.

    FixRefused if `user` may not edit the page, or nothing of it could be changed.
    """
    page = EditionPage.objects.select_for_update(of=("self",)).select_related("latest_revision").get(pk=page.pk)
    _hold_to_permission(page, user)
    draft = latest(page)
    sections = raw_sections(draft)
    done = [finding for finding in findings if finding.fix and _apply(draft, sections, finding.fix)]
    if not done:
        raise FixRefused(_("Nothing was changed: the text isn't as it was when it was checked. Look at it again."))
    put_sections(draft, sections)
    before = page.latest_revision_id
    after = draft.save_revision(user=user)
    data = {"findings": [{"check": each.check, "finding": each.sentence} for each in done]}
    log(instance=draft, action=ACTION, user=user, revision=after, content_changed=True, data=data)
    return Fixed(len(done), before, after.pk)


def _hold_to_permission(page: EditionPage, user: Any) -> None:
    tester = page.permissions_for_user(user)
    if not tester.can_edit():
        raise FixRefused(_("You may not edit “%s”.") % page.title)
    if tester.page_locked():
        raise FixRefused(_("“%s” is locked: somebody is at work on it, or it awaits approval.") % page.title)
    if is_translated(page):
        raise FixRefused(_("“%s” is made from its translation. Correct it there.") % page.title)


def _apply(page: EditionPage, sections: list[RawBlock], fix: Fix) -> bool:
    """Whether `fix` changed anything."""
    if not fix.item_key:
        return _in_sections(sections, fix) if fix.field == "section" else _in_page(page, fix)
    return True in [_in_items(items_of(section), fix) for section in sections]


def _in_page(page: EditionPage, fix: Fix) -> bool:
    if fix.field not in OWN_FIELDS or fix.kind is not FixKind.REPLACE_TEXT:
        return False
    old = getattr(page, fix.field) or (page.title if fix.field == "subject" else "")
    new = replace_text(old, fix.old, fix.new)
    setattr(page, fix.field, new)
    return bool(new != old)


def _in_sections(sections: list[RawBlock], fix: Fix) -> bool:
    return True in [_set(section["value"], "heading", fix) for section in sections]


def _in_items(items: list[RawBlock], fix: Fix) -> bool:
    for place, item in enumerate(items):
        halves = item["value"].get("stories", []) if item["type"] == PAIR else []
        if item.get("id") == fix.item_key and not halves:
            if fix.kind is FixKind.REMOVE_ITEM:
                del items[place]
                return True
            return _in_item(item["type"], item["value"], fix)
        for half in halves:
            if half.get("id") != fix.item_key:
                continue
            if fix.kind is FixKind.SET_WHOLE:
                items[place : place + 1] = map(_whole, halves)
                return True
            if fix.kind is FixKind.REMOVE_ITEM:
                items[place : place + 1] = [_whole(other) for other in halves if other is not half]
                return True
            return _in_item("story", half["value"], fix)
    return False


def _whole(half: RawBlock) -> RawBlock:
    """A half of a pair as a story that takes the whole width."""
    return {"type": "story", "value": {**half["value"], "picture_place": "above"}, "id": half["id"]}


def _in_item(kind: str, value: dict[str, Any], fix: Fix) -> bool:
    if fix.kind in {FixKind.REPLACE_URL, FixKind.STRIP_PARAMETERS}:
        return _in_addresses(kind, value, fix)
    if fix.kind is not FixKind.REPLACE_TEXT or fix.field not in value:
        return False
    if fix.field == "body":
        return _set_rich(value, "body", fix)
    if fix.field == "entries":
        return True in [_in_entry(kind, entry, fix) for entry in value["entries"]]
    if fix.field == "source":
        return True in [_set(value["source"], name, fix) for name in _WORDS["source"]]
    if fix.field in _PICTURES:
        return _in_description(value[fix.field], fix)
    return _set(value, fix.field, fix)


def _in_entry(kind: str, entry: RawBlock, fix: Fix) -> bool:
    if kind == "list":
        return _set_rich(entry, "value", fix)
    return True in [_set(entry["value"], name, fix) for name in _WORDS.get(kind, ())]


def _in_description(picture: dict[str, Any] | None, fix: Fix) -> bool:
    """A picture without words of its own is described by those of the library, which stay as they are."""
    if not picture:
        return False
    old = picture.get("alt_text") or ""
    if not old:
        image = get_image_model().objects.filter(pk=picture.get("image")).first()
        old = image.description if image else ""
    picture["alt_text"] = replace_text(old, fix.old, fix.new)
    return bool(picture["alt_text"] != old)


def _in_addresses(kind: str, value: dict[str, Any], fix: Fix) -> bool:
    entries = value.get("entries") or []
    return True in [
        _set_address(value, fix),
        _set_address(value.get("source"), fix),
        _set_rich(value, "body", fix),
        *(_set_rich(entry, "value", fix) if kind == "list" else _set_address(entry["value"], fix) for entry in entries),
    ]


def _set_address(holder: Any, fix: Fix) -> bool:
    if not isinstance(holder, dict) or (holder.get("url") or "").strip() != fix.old.strip():
        return False
    holder["url"] = fix.new
    return True


def _set(holder: dict[str, Any], name: str, fix: Fix) -> bool:
    old = holder.get(name)
    if not isinstance(old, str):
        return False
    holder[name] = replace_text(old, fix.old, fix.new)
    return bool(holder[name] != old)


def _set_rich(holder: dict[str, Any], name: str, fix: Fix) -> bool:
    old = holder.get(name)
    if not isinstance(old, str):
        return False
    holder[name] = (
        replace_words(old, fix.old, fix.new)
        if fix.kind is FixKind.REPLACE_TEXT
        else replace_hrefs(old, fix.old, fix.new)
    )
    return bool(holder[name] != old)
