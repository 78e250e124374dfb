"""What the archive's pages list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import template
from django.core.paginator import Page as Slice
from django.core.paginator import Paginator

from composer.models import BulletinPage, HomePage
from web.holdings import Holding, Volume, path_of, sent_issues, volumes

PER_PAGE = 25
LATEST = 5

register = template.Library()


@dataclass(frozen=True, slots=True)
class Line:
    """An issue in a list: the edition that suits the page's reader, and the others."""

    volume: Volume
    edition: Holding
    others: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A slice of a bulletin's issues, the last sent first; `total` counts them all."""

    lines: list[Line]
    slice: Slice[Any]
    total: int


@register.simple_tag
def issues_of(bulletin: BulletinPage, number: str | None = None) -> Shelf:
    """The issues on page `number` of a bulletin's archive."""
    return _shelf(bulletin, number, PER_PAGE)


@register.simple_tag
def latest_issues_of(bulletin: BulletinPage) -> Shelf:
    return _shelf(bulletin, None, LATEST)


@register.simple_tag
def public_bulletins(home: HomePage) -> Iterator[BulletinPage]:
    """The bulletins of this language whose archive is public."""
    public = BulletinPage.objects.child_of(home).live().public().filter(archive=BulletinPage.Archive.PUBLIC)
    yield from public.order_by("title")


@register.simple_tag
def page_path(page: Any) -> str:
    return path_of(page)


def _shelf(bulletin: BulletinPage, number: str | None, size: int) -> Shelf:
    pages = Paginator(sent_issues(bulletin.translation_key), size)
    chosen = pages.get_page(number)
    chain = [bulletin.locale.language_code, *bulletin.fallback_chain()]
    return Shelf([_line(volume, chain) for volume in volumes(_pairs(chosen))], chosen, pages.count)


def _line(volume: Volume, chain: list[str]) -> Line:
    best = volume.best(chain)
    return Line(volume, best, tuple(each for each in volume.editions.values() if each is not best))


def _pairs(slice_of_issues: Slice[Any]) -> list[tuple[UUID, Any]]:
    return list(slice_of_issues)
