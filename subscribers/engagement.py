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


_builder: list[Callable[[Engagement], Formula]] = []


def set_engagement(builder: Callable[[Engagement], Formula]) -> None:
    """`builder` says of whom an engagement is true."""
    _builder[:] = [builder]


def engaged(engagement: Engagement) -> Formula:
    """The subscribers who engaged so."""
    return _builder[0](engagement)
