"""Which of two subjects readers clicked more, and whether that can be told at all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

FEWEST = 20
"""Readers who clicked, in both arms together, below which nobody is to read anything out of it."""

SURE = 0.05
"""The chance, if both subjects were as good, of a difference as large as this one, below which it counts as one."""


@dataclass(frozen=True, slots=True)
class Arm:
    """What came of one subject. Of the `accepted` letters, `measured` are of readers who consent to it."""

    accepted: int
    measured: int
    clicked: int

    @property
    def rate(self) -> float:
        return self.clicked / self.measured if self.measured else 0.0


class Standing(StrEnum):
    """How the two stand to each other."""

    TOO_FEW = "too few"
    TIE = "tie"
    MAYBE_CHANCE = "maybe chance"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`ahead` is the arm with the higher rate, '' where neither has or too few clicked."""

    standing: Standing
    ahead: str
    chance: float

    @property
    def decides(self) -> bool:
        """Whether a machine may choose. Where the difference may be chance it still may: it does no harm."""
        return bool(self.ahead)


def compare(a: Arm, b: Arm) -> Comparison:
    """A test of two proportions (pooled, two-sided) behind a floor."""
    chance = _chance(a, b)
    if a.clicked + b.clicked < FEWEST or not (a.measured and b.measured):
        return Comparison(Standing.TOO_FEW, "", chance)
    if a.rate == b.rate:
        return Comparison(Standing.TIE, "", chance)
    ahead = "a" if a.rate > b.rate else "b"
    return Comparison(Standing.CLEAR if chance < SURE else Standing.MAYBE_CHANCE, ahead, chance)


def _chance(a: Arm, b: Arm) -> float:
    if not (a.measured and b.measured):
        return 1.0
    pooled = (a.clicked + b.clicked) / (a.measured + b.measured)
    spread = sqrt(pooled * (1 - pooled) * (1 / a.measured + 1 / b.measured))
    if not spread:
        return 1.0
    return 2 * (1 - NormalDist().cdf(abs(a.rate - b.rate) / spread))
