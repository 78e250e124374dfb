"""What the public archive holds: editions that were approved, of issues that were sent, of bulletins that are public.

That somebody publishes a page on the desk puts nothing in here; that somebody unpublishes it takes it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from composer.approved import approved_content, approved_heads, last_approvals
from composer.content import EditionContent
from composer.models import Approval, BulletinPage, EditionPage
from dispatch.models import Delivery, Dispatch
from web.desk.permissions import visible_editions


@dataclass(frozen=True, slots=True)
class Holding:
    """One edition in the archive. `head` has its title and dates as approved, no sections; `path` is its page's."""

    page: EditionPage
    locale: str
    head: EditionContent
    path: str


@dataclass(frozen=True, slots=True)
class Volume:
    """One issue in the archive: when it was sent and last approved, and its editions by locale."""

    key: UUID
    sent_at: datetime
    approved_at: datetime
    editions: dict[str, Holding]

    def best(self, chain: Iterable[str]) -> Holding:
        """The edition in the first of these languages that there is."""
        return next(self.editions[code] for code in (*chain, *self.editions) if code in self.editions)


@dataclass(frozen=True, slots=True)
class Shown:
    """An edition as anybody may read it: what of the approved content is for everyone."""

    page: EditionPage
    content: EditionContent
    approval: Approval


def is_public(bulletin: BulletinPage) -> bool:
    return bool(bulletin.live) and bulletin.archive == BulletinPage.Archive.PUBLIC


def sent_issues(bulletin_key: UUID) -> QuerySet[Any]:
    """(issue_key, sent_at) of the bulletin's issues with something to show, the last sent first."""
    editions = EditionPage.objects.filter(translation_key=OuterRef("issue_key"), live=True)
    approvals = Approval.objects.filter(issue_key=OuterRef("issue_key"))
    return (
        _sent()
        .filter(Exists(editions), Exists(approvals), bulletin_key=bulletin_key)
        .values_list("issue_key")
        .annotate(sent_at=Min("planned_at"))
        .order_by("-sent_at", "issue_key")
    )


def volumes(issues: Iterable[tuple[UUID, datetime]]) -> list[Volume]:
    """The issues of a slice of `sent_issues`, with the editions that anybody may read."""
    sent = dict(issues)
    approvals = last_approvals(sent)
    heads = approved_heads(approvals.values())
    editions: dict[UUID, dict[str, Holding]] = {key: {} for key in sent}
    for page in _public_pages(sent):
        key, locale = page.translation_key, page.locale.language_code
        if (key, locale) in heads:
            editions[key][locale] = Holding(page, locale, heads[key, locale], path_of(page))
    order = {code: place for place, (code, _name) in enumerate(settings.LANGUAGES)}
    return [
        Volume(
            key=key,
            sent_at=at,
            approved_at=approvals[key].approved_at,
            editions=dict(sorted(editions[key].items(), key=lambda each: order.get(each[0], len(order)))),
        )
        for key, at in sent.items()
        if editions[key]
    ]


def volume_of(page: EditionPage) -> Volume | None:
    """The issue of this edition, as far as it is in the archive."""
    found = volumes(sent_issues(page.bulletin.translation_key).filter(issue_key=page.translation_key))
    return found[0] if found else None


def shown(page: EditionPage, user: Any) -> Shown | None:
    """The edition, if it is in the archive; one of a private archive only to who works on it at the desk."""
    if not page.live or not (is_public(page.bulletin) or _works_on(page, user)):
        return None
    if not _sent().filter(issue_key=page.translation_key).exists():
        return None
    approval = last_approvals([page.translation_key]).get(page.translation_key)
    content = approved_content(approval, page) if approval else None
    return Shown(page, content.public(), approval) if content and approval else None


def path_of(page: Any) -> str:
    """A page's path on this site, without the host."""
    parts = page.get_url_parts()
    return str(parts[2]) if parts else ""


def _sent() -> QuerySet[Dispatch]:
    """Dispatches that began, and were not called off before a letter left."""
    left = Delivery.objects.filter(dispatch=OuterRef("pk"), state__in=[Delivery.State.ACCEPTED, Delivery.State.UNKNOWN])
    return Dispatch.objects.filter(~Q(state=Dispatch.State.CANCELLED) | Exists(left)).order_by()


def _public_pages(keys: Iterable[UUID]) -> Iterator[EditionPage]:
    pages = list(EditionPage.objects.filter(translation_key__in=list(keys)).live().public().select_related("locale"))
    above = {page.path[: -page.steplen] for page in pages}
    open_paths = set(
        BulletinPage.objects.filter(path__in=above, live=True, archive=BulletinPage.Archive.PUBLIC).values_list(
            "path", flat=True
        )
    )
    return (page for page in pages if page.path[: -page.steplen] in open_paths)


def _works_on(page: EditionPage, user: Any) -> bool:
    return user.is_authenticated and visible_editions(user).filter(pk=page.pk).exists()
