"""What a measurement is, and how it is told: a table for people, JSON for machines."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

OUTPUT = Path(".circular/bench.json")


@dataclass(frozen=True, slots=True)
class Measure:
    """One value beside the best that the same machine could do in the same run, its `ceiling`.

    `ratio` is the value in ceilings. `target` is a promise in `unit`; `holds` says whether it was kept, and is true
    where nothing was promised.
    """

    name: str
    value: float
    unit: str
    ceiling: float | None = None
    ratio: float | None = None
    target: float | None = None
    holds: bool = True


def at_most(
    name: str, value: float, unit: str, *, ceiling: float | None = None, target: float | None = None
) -> Measure:
    """A measure that should be small: a time."""
    return _measure(name, value, unit, ceiling, target, holds=target is None or value <= target)


def at_least(
    name: str, value: float, unit: str, *, ceiling: float | None = None, target: float | None = None
) -> Measure:
    """A measure that should be large: a rate."""
    return _measure(name, value, unit, ceiling, target, holds=target is None or value >= target)


def _measure(
    name: str, value: float, unit: str, ceiling: float | None, target: float | None, *, holds: bool
) -> Measure:
    return Measure(
        name,
        round(value, 3),
        unit,
        None if ceiling is None else round(ceiling, 3),
        None if not ceiling else round(value / ceiling, 2),
        target,
        holds,
    )


def medians_ms(
    act: Callable[[T], object], ceiling: Callable[[], object], prepare: Callable[[], T], *, turns: int
) -> tuple[float, float]:
    """The median times of `act`, on something new each turn, and of `ceiling`, turn about, in milliseconds.

    Of this thread's computing: what else the machine does meanwhile doesn't count, nor does making the new thing. Two
    turns come before the first that counts.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(-2, turns):
        thing = prepare()
        start = time.thread_time()
        act(thing)
        between = time.thread_time()
        ceiling()
        end = time.thread_time()
        if turn >= 0:
            times[0].append((between - start) * 1000)
            times[1].append((end - between) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


def table(measures: Sequence[Measure]) -> str:
    """The measures in columns."""
    heads = ("measure", "value", "ceiling", "ratio", "target", "")
    rows = [
        (
            measure.name,
            f"{_number(measure.value)} {measure.unit}",
            _number(measure.ceiling),
            _number(measure.ratio),
            _number(measure.target),
            "" if measure.target is None else "holds" if measure.holds else "MISSED",
        )
        for measure in measures
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(pairs))
        for pairs in (tuple(zip(row, widths, strict=True)) for row in (heads, *rows))
    )
    return "\n".join(line.rstrip() for line in lines)


def save(measures: Sequence[Measure], path: Path = OUTPUT) -> None:
    """Writes the measures as a list of objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(measure) for measure in measures], indent=1, ensure_ascii=False) + "\n")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    digits = 0 if value == 0 or abs(value) >= 1000 else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"
