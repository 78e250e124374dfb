"""The sample's segments: rules over subscribers as plain data.

A rule is `{"all": [rule, ...]}`, `{"any": [rule, ...]}`, `{"not": rule}` or the leaf
`{"field": name, "in": [value, ...]}`. An empty "all" holds for everyone. Regions are UN M49 codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

Rule = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SampleSegment:
    slug: str
    name: str
    rule: Rule


def _field(name: str, *values: str) -> Rule:
    return {"field": name, "in": list(values)}


SEGMENTS: Final[tuple[SampleSegment, ...]] = (
    SampleSegment("everyone", "Everyone", {"all": []}),
    SampleSegment("national-focal-points", "National focal points", _field("role", "national-focal-point")),
    SampleSegment(
        "members-in-africa",
        "Members in Africa",
        {"all": [_field("role", "network-member"), _field("region", "002")]},
    ),
    SampleSegment("chinese-readers", "Readers of Chinese", _field("language", "zh-hans")),
    SampleSegment("procurement-programme", "Public procurement programme", _field("programme", "public-procurement")),
    SampleSegment(
        "partners-outside-europe",
        "Partners outside Europe",
        {"all": [_field("role", "partner"), {"not": _field("region", "150")}]},
    ),
    SampleSegment(
        "programme-circle",
        "Programme leads and working groups",
        _field("role", "programme-lead", "working-group-member"),
    ),
    SampleSegment(
        "governments-asia-pacific",
        "Governments in Asia and Oceania",
        {"all": [_field("organisation_kind", "government"), _field("region", "142", "009")]},
    ),
    SampleSegment(
        "food-and-tourism",
        "Food systems or tourism, in strategic organisations",
        {
            "all": [
                {"any": [_field("programme", "food-systems"), _field("programme", "tourism")]},
                _field("tier", "strategic"),
            ]
        },
    ),
)
