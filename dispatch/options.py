"""What else a sending may be asked for: a sample first, two subjects, each reader's own hour. Plain data, kept as JSON
with what waits for its time."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Literal, TypeVar

from dispatch.moments import Late

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Sample:
    """How many letters leave first: so many, or so many per cent of all."""

    size: float
    unit: Literal["percent", "letters"] = "percent"

    def letters(self, total: int) -> int:
        """Of `total` letters; at least one, at most all."""
        wanted = ceil(total * self.size / 100) if self.unit == "percent" else int(self.size)
        return min(max(wanted, 1), total)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """The hour (naive) at which each reader's own clock should stand; `zone` is for those whose country isn't known."""

    at: datetime
    zone: str
    late: Late = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`subjects` are the second ones, by locale; `sample` is then for each of the two.

    `decide_after`: the clicks on the two subjects decide then; without it, a person does.
    """

    sample: Sample | None = None
    subjects: Mapping[str, str] = field(default_factory=dict)
    decide_after: timedelta | None = None
    local: LocalTime | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        return ("a", "b") if self.subjects else ()

    def sampled(self, total: int) -> int:
        """How many of `total` letters leave first."""
        return min(self.sample.letters(total) * max(len(self.arms), 1), total) if self.sample else total

    def plain(self) -> dict[str, Any]:
        """As JSON; `of` reads it."""
        made: dict[str, Any] = {}
        if self.sample:
            made["sample"] = {"size": self.sample.size, "unit": self.sample.unit}
        if self.subjects:
            made["subjects"] = dict(self.subjects)
        if self.decide_after is not None:
            made["decide_after"] = self.decide_after.total_seconds()
        if self.local:
            made["local"] = {"at": self.local.at.isoformat(), "zone": self.local.zone, "late": self.local.late}
        return made

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Options:
        sample, local, after = plain.get("sample"), plain.get("local"), plain.get("decide_after")
        return cls(
            sample=Sample(sample["size"], sample["unit"]) if sample else None,
            subjects=dict(plain.get("subjects", {})),
            decide_after=None if after is None else timedelta(seconds=after),
            local=LocalTime(datetime.fromisoformat(local["at"]), local["zone"], local["late"]) if local else None,
        )


def quotas(sizes: Mapping[Key, int], total: int) -> dict[Key, int]:
    """`total` shared out over groups of `sizes`: each gets its share, the largest remainders what is left.

    No group gets more than it has; all of them together get `total`, or all that there is.
    """
    everyone = sum(sizes.values())
    total = min(total, everyone)
    if not total:
        return dict.fromkeys(sizes, 0)
    shares = {key: size * total // everyone for key, size in sizes.items()}
    remainders = sorted(sizes, key=lambda key: (-(sizes[key] * total % everyone), -sizes[key], str(key)))
    for key in remainders[: total - sum(shares.values())]:
        shares[key] += 1
    return shares
