"""The bulletins that readers may choose, each as its page in their language has it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from composer.models import BulletinPage

OPEN = BulletinPage.SignUp.OPEN


def bulletin_to_join(key: UUID, language: str) -> BulletinPage | None:
    """The bulletin as it is called in `language`, else as its first page has it; None if one can't sign up for it."""
    pages = list(BulletinPage.objects.live().filter(translation_key=key).select_related("locale").order_by("pk"))
    page = _in(language, pages)
    return page if page is not None and any(each.sign_up == OPEN for each in pages[:1]) else None


def bulletins_to_choose(language: str, *, taken: Collection[UUID]) -> list[BulletinPage]:
    """Those that one may sign up for, and those of `taken`, by their titles in `language`."""
    by_key: dict[UUID, list[BulletinPage]] = {}
    for page in BulletinPage.objects.select_related("locale").order_by("pk"):
        by_key.setdefault(page.translation_key, []).append(page)
    chosen = []
    for key, pages in by_key.items():
        public = [page for page in pages if page.live]
        if key in taken or (public and public[0].sign_up == OPEN):
            found = _in(language, public or pages)
            if found is not None:
                chosen.append(found)
    return sorted(chosen, key=lambda page: page.title.casefold())


def languages_of(key: UUID) -> list[str]:
    """The codes of the languages that a bulletin comes in."""
    pages = BulletinPage.objects.live().filter(translation_key=key).order_by("pk")
    return list(pages.values_list("locale__language_code", flat=True))


def _in(language: str, pages: Iterable[BulletinPage]) -> BulletinPage | None:
    found = list(pages)
    return next((page for page in found if page.locale.language_code == language), found[0] if found else None)
