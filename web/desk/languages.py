"""The languages of an issue on its page: how each edition stands, who gets it, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from composer.editions import OWN_FIELDS, Standing, standings
from composer.issues import Issue
from composer.models import BulletinPage
from web.desk.frame import language_name
from web.desk.overview import EditionFacts
from web.desk.readers import Readers, readers_of
from web.desk.translating import bulletin_url, may_translate, translate_url

MOST_NAMED = 5  # items by name; more are counted


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """One language. `facts` is None where it has no edition. `readers` get this edition, or, where it is missing,
    would if it were there. `unfinished` and `changed` name items; the rest are so many `more`.
    """

    code: str
    language: str
    standing: Standing
    facts: EditionFacts | None
    source: str
    readers: tuple[Readers, ...]
    count: int
    unfinished: tuple[str, ...]
    unfinished_more: int
    changed: tuple[str, ...]
    changed_more: int
    translate_url: str
    bulletin_url: str
    fewer: int

    @property
    def own_count(self) -> int:
        return sum(line.count for line in self.readers if line.own)

    @property
    def by_fallback(self) -> tuple[Readers, ...]:
        return tuple(line for line in self.readers if not line.own)


def language_rows(issue: Issue, facts: list[EditionFacts], user: Any) -> list[LanguageRow]:
    by_code = {each.code: each for each in facts}
    readers = readers_of(issue.bulletin.translation_key, issue.editions, issue.bulletin.fallback_chain())
    translates = may_translate(user)
    pages = {
        page.locale.language_code: page
        for page in BulletinPage.objects.filter(translation_key=issue.bulletin.translation_key).select_related("locale")
    }
    return [
        _row(issue, standing, by_code.get(standing.locale), readers, pages, translates=translates)
        for standing in standings(issue)
    ]


def _row(
    issue: Issue,
    standing: Standing,
    facts: EditionFacts | None,
    readers: list[Readers],
    pages: dict[str, BulletinPage],
    *,
    translates: bool,
) -> LanguageRow:
    code = standing.locale
    if standing.exists:
        mine = tuple(line for line in readers if line.locale == code)
    else:
        mine = tuple(line for line in readers if line.language.lower() == code)
    unfinished = _names(issue, standing.source, (*standing.untranslated, *standing.lacking))
    changed = _names(issue, standing.source, standing.stale)
    source = issue.editions.get(standing.source)
    can_begin = translates and not standing.exists and source is not None
    return LanguageRow(
        code=code,
        language=language_name(code),
        standing=standing,
        facts=facts,
        source=language_name(standing.source) if standing.source else "",
        readers=mine,
        count=sum(line.count for line in mine),
        unfinished=unfinished[:MOST_NAMED],
        unfinished_more=max(len(unfinished) - MOST_NAMED, 0),
        changed=changed[:MOST_NAMED],
        changed_more=max(len(changed) - MOST_NAMED, 0),
        translate_url=translate_url(source.page, code) if can_begin and source and standing.bulletin_exists else "",
        bulletin_url=_bulletin_url(pages, standing) if can_begin and not standing.bulletin_exists else "",
        fewer=sum(number for _heading, number in standing.short),
    )


def _bulletin_url(pages: dict[str, BulletinPage], standing: Standing) -> str:
    page = pages.get(standing.source) or next(iter(pages.values()), None)
    return bulletin_url(page.pk, standing.locale) if page is not None else ""


def _names(issue: Issue, source: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Headings of items by their keys; empty for one without a heading, and for the edition's own words."""
    edition = issue.editions.get(source)
    headings = {item.key: item.heading for item in edition.content.items()} if edition else {}
    return tuple(headings.get(key, "") if key != OWN_FIELDS else "" for key in keys)
