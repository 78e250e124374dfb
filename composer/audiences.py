"""The segments that an item may be meant for.

The composer doesn't know the subscribers; whoever assembles the product says here where the names of the
segments come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

Choices = Iterable[tuple[str, str]]

_source: list[Callable[[], Choices]] = []


def set_audiences(source: Callable[[], Choices]) -> None:
    """`source` returns (slug, name) of every segment, in the order to offer them."""
    _source[:] = [source]


def audience_choices() -> list[tuple[str, str]]:
    return list(_source[0]()) if _source else []
