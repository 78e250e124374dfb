"""Who engaged with a bulletin's letters.

The subscribers don't know of dispatches; whoever does says here how they are found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from subscribers.formula import Formula


@dataclass(frozen=True, slots=True)
class Engagement:
    """Of the last `issues` issues of a bulletin that were sent: what (`kind`), and `how_many` of those received."""

    kind: str
    bulletin_key: UUID
    issues: int
    how_many: str

    @classmethod
    def of(cls, rule: dict[str, Any]) -> Engagement:
        return cls(rule["engagement"], UUID(rule["bulletin"]), rule["issues"], rule["how_many"])


Builder = Callable[[Engagement], Formula]
"""Says of whom an engagement is true."""

_makers: list[Callable[[], Builder]] = []


def set_engagement(make: Callable[[], Builder]) -> None:
    """`make` makes a builder for one rule: it asks for nothing twice, so it isn't to be kept for another."""
    _makers[:] = [make]


def engagement_builder() -> Builder:
    """A builder for one rule."""
    return _makers[0]()
