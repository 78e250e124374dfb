"""An issue: the editions, one a language, that share a translation key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from composer.content import EditionContent
from composer.extract import extract
from composer.models import BulletinPage, EditionPage


class NoSuchIssue(LookupError):
    """No edition has this key."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One language of an issue: its page, and its latest revision's content (None: the page has no revision yet)."""

    page: EditionPage
    revision_id: int | None
    content: EditionContent


@dataclass(frozen=True, slots=True)
class Issue:
    """`editions` by locale, in the order of the bulletin's fallback chain, then by code."""

    key: UUID
    bulletin: BulletinPage
    editions: dict[str, Edition]

    @property
    def title(self) -> str:
        return next(iter(self.editions.values())).content.title

    def contents(self) -> dict[str, EditionContent]:
        return {locale: edition.content for locale, edition in self.editions.items()}

    def digest(self) -> str:
        return digest_of(self.contents())


def digest_of(contents: dict[str, EditionContent]) -> str:
    """SHA-256 in hex over all editions of an issue."""
    lines = (f"{locale} {contents[locale].digest()}\n" for locale in sorted(contents))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def issue_of(key: UUID) -> Issue:
    """The issue as its latest revisions have it; NoSuchIssue if no page has that key."""
    pages = list(EditionPage.objects.filter(translation_key=key).select_related("locale", "latest_revision"))
    if not pages:
        raise NoSuchIssue(f"There is no issue {key}.")
    editions = {page.locale.language_code: latest_edition(page) for page in pages}
    chain = pages[0].bulletin.fallback_chain()
    order = sorted(editions, key=lambda code: (chain.index(code) if code in chain else len(chain), code))
    return Issue(key=key, bulletin=editions[order[0]].page.bulletin, editions={code: editions[code] for code in order})


def latest_edition(page: EditionPage) -> Edition:
    revision = page.latest_revision
    latest = revision.as_object() if revision else page
    return Edition(
        page=page, revision_id=revision.pk if revision else None, content=extract(latest, bulletin=page.bulletin)
    )
