"""The sample's segments: rules over subscribers as plain data.

`subscribers.rules` says what a rule may hold. An empty "all" holds for everyone. Regions are UN M49 codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

BULLETIN_KEY = uuid5(NAMESPACE_URL, "https://circular.example/sample/bulletin")

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
    SampleSegment(
        "focal-points-africa",
        "National focal points in Africa",
        {"affiliation": {"role": ["national-focal-point"], "region": ["002"]}},
    ),
    SampleSegment(
        "former-programme-leads",
        "Former programme leads",
        {"affiliation": {"role": ["programme-lead"], "when": "past"}},
    ),
    SampleSegment(
        "core-network",
        "The core: focal points, programme leads, working groups, without partners",
        {
            "all": [
                {"any": [{"segment": "national-focal-points"}, {"segment": "programme-circle"}]},
                {"none": [_field("role", "partner")]},
            ]
        },
    ),
    SampleSegment(
        "speakers-on-reuse",
        "Speakers on the circular economy or repair",
        {"all": [{"field": "custom.speaker", "is": True}, _field("topic", "circular-economy", "repair")]},
    ),
    SampleSegment(
        "not-opened-lately",
        "Opened none of the last three issues",
        {"engagement": "opened", "bulletin": str(BULLETIN_KEY), "issues": 3, "how_many": "none"},
    ),
)
