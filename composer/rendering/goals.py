"""The Sustainable Development Goals as topics: goals, targets and indicators, recognised and written per language.

Pure knowledge (A/RES/70/1 for the goals and the 169 targets, A/RES/71/313 for the indicators). A topic that names
none of them is free text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from .phrases import phrases_for

MARK = "SDG "
"""What the topic of a goal, target or indicator begins with, in content of every language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """`targets` counts those with a number, `means` are the letters of those with a letter."""

    number: int
    targets: int
    means: str

    def has_target(self, name: str) -> bool:
        return name in self.means if name.isalpha() else 1 <= int(name) <= self.targets


GOALS = (
    Goal(number=1, targets=5, means="ab"),
    Goal(number=2, targets=5, means="abc"),
    Goal(number=3, targets=9, means="abcd"),
    Goal(number=4, targets=7, means="abc"),
    Goal(number=5, targets=6, means="abc"),
    Goal(number=6, targets=6, means="ab"),
    Goal(number=7, targets=3, means="ab"),
    Goal(number=8, targets=10, means="ab"),
    Goal(number=9, targets=5, means="abc"),
    Goal(number=10, targets=7, means="abc"),
    Goal(number=11, targets=7, means="abc"),
    Goal(number=12, targets=8, means="abc"),
    Goal(number=13, targets=3, means="ab"),
    Goal(number=14, targets=7, means="abc"),
    Goal(number=15, targets=9, means="abc"),
    Goal(number=16, targets=10, means="ab"),
    Goal(number=17, targets=19, means=""),
)

_MOST_INDICATORS = 5  # of one target: 3.3 has them
_NAMES = (
    r"sdgs?|odd|goals?|targets?|indicators?|objectifs?|cibles?|indicateurs?"
    r"|可持续发展目标|可持续发展具体目标|具体目标|目标|指标"
)
_TOPIC = re.compile(
    rf"(?P<name>{_NAMES})?[\s\-:]*(?P<goal>\d\d?)(?:\.(?P<target>\d\d?|[a-d])(?:\.(?P<indicator>\d))?)?",
    re.IGNORECASE,
)


def normalise_topic(text: str) -> str:
    """`text` as a topic: `SDG 12.7.1` for whatever names that indicator, else free text with its spaces tidied.

    "12.7.1", "sdg12.7.1", "ODD 12.7.1" and "可持续发展目标12.7.1" are the same. A number alone ("12") is free text.
    """
    tidy = " ".join(text.split())
    number = _number(tidy)
    return MARK + number if number else tidy


def goal_of(topic: str) -> Goal | None:
    """The goal that a topic belongs to; None for free text."""
    number = topic.startswith(MARK) and _number(topic)
    if not number or topic != MARK + number:
        return None
    return GOALS[int(number.partition(".")[0]) - 1]


@lru_cache(maxsize=1024)
def _number(tidy: str) -> str:
    """The number of the goal, target or indicator that a text names; empty where it names none."""
    found = _TOPIC.fullmatch(unicodedata.normalize("NFKC", tidy).strip().rstrip("."))
    if not found or not (found["name"] or found["target"]):
        return ""
    goal, target, indicator = int(found["goal"]), (found["target"] or "").lower(), found["indicator"]
    if not 1 <= goal <= len(GOALS):
        return ""
    parts = [str(goal)]
    if target:
        target = target.lstrip("0") or "0"
        if not GOALS[goal - 1].has_target(target):
            return ""
        parts.append(target)
    if indicator:
        if not 1 <= int(indicator) <= _MOST_INDICATORS:
            return ""
        parts.append(indicator)
    return ".".join(parts)


def topic_label(topic: str, locale: str) -> str:
    """A topic as the language of `locale` writes it: SDG 12.7.1, ODD 12.7.1, 可持续发展目标 12.7.1."""
    if goal_of(topic) is None:
        return " ".join(topic.split())
    return f"{phrases_for(locale).goal} {topic.removeprefix(MARK)}"
