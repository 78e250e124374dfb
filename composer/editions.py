"""How each language of an issue stands: complete, incomplete, stale or missing.

One edition is the source: the one that wagtail-localize translates from, or else the first in the bulletin's order of
languages. Every other is held against it, item by item where their items have the same keys, else by number.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from wagtail.models import Revision
from wagtail_localize.models import StringSegment, Translation

from composer.content import EditionContent, Item
from composer.extract import extract
from composer.issues import Edition, Issue
from composer.models import BulletinPage

OWN_FIELDS = ""  # among keys of items: the edition's own title, subject, preheader, number, date and headings
_ITEM_PATH = re.compile(r"body\.[^.]+\.items\.(?P<item>[^.]+)(?:\.stories\.(?P<half>[^.]+))?")


class State(StrEnum):
    COMPLETE = "complete"
    STALE = "stale"
    INCOMPLETE = "incomplete"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One language of an issue. Keys are those of items; OWN_FIELDS stands for the edition's own words.

    `source` is the locale of the edition that this one follows, empty for the source itself. `done` of `total` texts
    are translated where wagtail-localize keeps it (`translation`); `unsaved`: not all of that is in the edition yet.
    `lacking` are items of the source that this one hasn't; `short` is (section, how many items fewer) where the two
    have items of their own. `stale` changed in the source since.
    """

    locale: str
    exists: bool = True
    bulletin_exists: bool = True
    source: str = ""
    translation: int | None = None
    done: int = 0
    total: int = 0
    untranslated: tuple[str, ...] = ()
    unsaved: bool = False
    lacking: tuple[str, ...] = ()
    short: tuple[tuple[str, int], ...] = ()
    stale: tuple[str, ...] = ()
    empty: bool = False

    @property
    def state(self) -> State:
        if not self.exists:
            return State.MISSING
        if self.done < self.total or self.lacking or self.short or self.empty:
            return State.INCOMPLETE
        return State.STALE if self.stale or self.unsaved else State.COMPLETE


def standings(issue: Issue) -> list[Standing]:
    """Every language of the issue and its bulletin, in the bulletin's order of languages, then by code."""
    translations = {
        translation.target_locale.language_code: translation
        for translation in Translation.objects.filter(source__object_id=issue.key, enabled=True)
        .select_related("source__locale", "target_locale")
        .order_by("pk")
    }
    pages = {page.locale.language_code for page in _bulletins(issue)}
    source = _source(issue, translations.values())
    chain = issue.bulletin.fallback_chain()
    known = {*chain, *pages, *issue.editions}
    order = sorted(known, key=lambda code: (chain.index(code) if code in chain else len(chain), code))
    found = []
    for code in order:
        edition = issue.editions.get(code)
        if edition is None:
            found.append(Standing(locale=code, exists=False, bulletin_exists=code in pages, source=source))
        elif code == source:
            found.append(Standing(locale=code, empty=not _has_items(edition.content)))
        elif code in translations:
            found.append(_translated(issue, edition, translations[code]))
        else:
            found.append(_independent(issue.editions[source], edition))
    return found


def changed(before: EditionContent, now: EditionContent) -> tuple[str, ...]:
    """The keys of items that came, went or say something else `now`, in reading order; OWN_FIELDS first."""
    old, new = _by_key(before), _by_key(now)
    keys = [key for key, item in new.items() if old.get(key) != item]
    keys += [key for key in old if key not in new]
    return ((OWN_FIELDS,) if _own_words(before) != _own_words(now) else ()) + tuple(keys)


def lacking(source: EditionContent, target: EditionContent) -> tuple[str, ...]:
    """The keys of `source`'s items that `target` hasn't; nothing where they share none and can't be compared so."""
    has = _by_key(target)
    keys = tuple(_by_key(source))
    return tuple(key for key in keys if key not in has) if any(key in has for key in keys) else ()


def short(source: EditionContent, target: EditionContent) -> tuple[tuple[str, int], ...]:
    """(heading, how many items fewer) of `source`'s sections, where the two have items with keys of their own."""
    has = _by_key(target)
    if any(key in has for key in _by_key(source)):
        return ()
    counts = [len(section.items) for section in target.sections]
    counts += [0] * (len(source.sections) - len(counts))
    missing = ((part.heading, len(part.items) - count) for part, count in zip(source.sections, counts, strict=False))
    return tuple((heading, number) for heading, number in missing if number > 0)


def item_key(path: str) -> str:
    """The key of the item that a translator's text belongs to (wagtail-localize's path); OWN_FIELDS if to none."""
    match = _ITEM_PATH.match(path)
    return (match["half"] or match["item"]) if match else OWN_FIELDS


def _source(issue: Issue, translations: Iterable[Translation]) -> str:
    for translation in translations:
        code: str = translation.source.locale.language_code
        if code in issue.editions:
            return code
    return next(iter(issue.editions))


def _translated(issue: Issue, edition: Edition, translation: Translation) -> Standing:
    """An edition that wagtail-localize makes of its source as that was when it was last taken over."""
    source = translation.source.locale.language_code
    segments = StringSegment.objects.filter(source=translation.source).order_by("order")
    texts = list(segments.annotate_translation(translation.target_locale).values_list("context__path", "translation"))
    open_keys = dict.fromkeys(item_key(path) for path, translated in texts if translated is None)
    made = translation.source.get_ephemeral_translated_instance(translation.target_locale, fallback=True)
    taken = extract(translation.source.as_instance(), bulletin=_bulletin(issue, source))
    latest = issue.editions[source].content if source in issue.editions else taken
    return Standing(
        locale=edition.content.locale,
        source=source,
        translation=translation.pk,
        done=sum(1 for _path, translated in texts if translated is not None),
        total=len(texts),
        untranslated=tuple(open_keys),
        unsaved=extract(made, bulletin=edition.page.bulletin).digest() != edition.content.digest(),
        stale=changed(taken, latest),
        empty=not _has_items(edition.content),
    )


def _independent(source: Edition, edition: Edition) -> Standing:
    """An edition that somebody writes by hand: stale is what changed in the source after it was last saved."""
    return Standing(
        locale=edition.content.locale,
        source=source.content.locale,
        lacking=lacking(source.content, edition.content),
        short=short(source.content, edition.content),
        stale=changed(_content_when_saved(source, edition), source.content),
        empty=not _has_items(edition.content),
    )


def _content_when_saved(source: Edition, edition: Edition) -> EditionContent:
    """The source as it was when `edition` was last saved, or, if it is younger, as it was first."""
    revisions = Revision.objects.for_instance(source.page).order_by("created_at", "pk")
    saved_at = edition.page.latest_revision_created_at
    before = revisions.filter(created_at__lte=saved_at).last() if saved_at else None
    then = before or revisions.first()
    if then is None or then.pk == source.revision_id:
        return source.content
    return extract(then.as_object(), bulletin=source.page.bulletin)


def _bulletins(issue: Issue) -> list[BulletinPage]:
    pages = BulletinPage.objects.filter(translation_key=issue.bulletin.translation_key)
    return list(pages.select_related("locale"))


def _bulletin(issue: Issue, code: str) -> BulletinPage:
    return next((page for page in _bulletins(issue) if page.locale.language_code == code), issue.bulletin)


def _by_key(content: EditionContent) -> dict[str, Item]:
    return {item.key: dataclasses.replace(item, notes=()) for item in content.items()}


def _own_words(content: EditionContent) -> tuple[object, ...]:
    headings = tuple(section.heading for section in content.sections)
    return (content.title, content.subject, content.preheader, content.number, content.published, headings)


def _has_items(content: EditionContent) -> bool:
    return any(True for _item in content.items())
