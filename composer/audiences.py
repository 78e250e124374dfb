"""The segments that an item may be meant for.

The composer doesn't know the subscribers; whoever assembles the product says here where the names of the
segments come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.utils.translation import gettext as _

from composer.content import EXCEPT

Choices = Iterable[tuple[str, str]]

Rules = dict[str, Any]

_source: list[Callable[[], Choices]] = []
_rules: list[Callable[[frozenset[str]], Rules]] = []
_held: ContextVar[list[tuple[str, str]] | None] = ContextVar("held audiences", default=None)


def set_audiences(source: Callable[[], Choices], *, rules: Callable[[frozenset[str]], Rules]) -> None:
    """`source` returns (slug, name) of every segment, in the order to offer them; `rules` those of some, by slug."""
    _source[:] = [source]
    _rules[:] = [rules]


def audience_rules(slugs: frozenset[str]) -> Rules:
    """Who is meant by each of these segments now, as plain data: an approval is for these people too."""
    return _rules[0](slugs) if _rules and slugs else {}


@contextmanager
def audiences_held() -> Iterator[None]:
    """The segments' names are asked for once in this block, however many items a form has to choose one for."""
    token = _held.set(audience_choices())
    try:
        yield
    finally:
        _held.reset(token)


def audience_choices() -> list[tuple[str, str]]:
    """(slug, name) of every segment."""
    held = _held.get()
    if held is not None:
        return list(held)
    return list(_source[0]()) if _source else []


def grouped_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """What an item's audience may be: one segment, or everyone but one."""
    segments = audience_choices()
    if not segments:
        return []
    return [
        (_("Only for"), segments),
        (_("For everyone but"), [(EXCEPT + slug, _("Not %s") % name) for slug, name in segments]),
    ]


def audience_name(audience: str) -> str:
    """An item's audience in words; the slug itself where its segment is gone, empty for everyone."""
    slug = audience.removeprefix(EXCEPT)
    name = dict(audience_choices()).get(slug, slug)
    return _("everyone but %s") % name if audience.startswith(EXCEPT) else name
