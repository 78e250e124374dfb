"""Segments through the API: a rule written by hand is checked as one of the desk is."""

from __future__ import annotations

from typing import Any

import pytest

from subscribers.models import Segment
from tests.factories import make_bulletin, make_segment, make_subscriber

pytestmark = pytest.mark.django_db

KENYA = {"field": "country", "in": ["KE"]}


def nested(depth: int) -> dict[str, Any]:
    rule: dict[str, Any] = KENYA
    for _level in range(depth):
        rule = {"all": [rule]}
    return rule


# Fault 42: a rule written by hand. What it holds, and what the refusal speaks of.
BAD_RULES: list[tuple[Any, str]] = [
    ({"field": "country", "in": ["KE'); DROP TABLE subscribers_subscriber; --"]}, "country"),
    ({"field": "country; DELETE FROM auth_user", "in": ["KE"]}, "no field"),
    ({"field": "organisation__subscribers__email", "in": ["x"]}, "no field"),
    ({"field": "address_hash", "is": "x"}, "no field"),
    ({"field": "consents__source", "contains": "x"}, "no field"),
    ({"field": "custom.salary", "least": 1}, "no field"),
    ({"field": "custom.'; --", "is": "x"}, "no field"),
    ({"field": "name", "regex": "(a+)+$"}, "regex"),
    ({"field": "name", "is": {"__class__": "x"}}, "takes a text"),
    ({"field": "name", "is": "x" * 201}, "200"),
    ({"field": "country", "in": ["KE"] * 501}, "500"),
    ({"field": "country", "in": []}, "1 to 500"),
    ({"field": ["country"], "in": ["KE"]}, "field"),
    ({"all": [KENYA] * 501}, "500"),
    (nested(25), "20"),
    (nested(200), "20"),
    ({"all": KENYA}, "all"),
    ({"all": [KENYA], "any": [KENYA]}, "the rule"),
    ({"segment": "no-such"}, "no-such"),
    ({"segment": "itself"}, "itself"),
    ({"segment": "outer"}, "itself"),
    ({"affiliation": {"when": "current"}}, "affiliation"),
    ({"affiliation": {"password": ["x"]}}, "password"),
    ({"engagement": "opened", "bulletin": "x", "issues": 1, "how_many": "any"}, "bulletin"),
    ({}, "the rule"),
    ({"sql": "1=1"}, "sql"),
]


@pytest.mark.parametrize(("rule", "words"), BAD_RULES)
def test_a_rule_that_is_not_sound_is_refused_with_the_reason(crm: Any, rule: Any, words: str) -> None:
    make_segment("outer", {"segment": "itself"}) if rule == {"segment": "outer"} else None
    told = crm("PUT", "/segments/itself", {"name": "S", "rule": rule})
    counted = crm("POST", "/rules/count", {"rule": rule})

    assert (told.status, told.body["errors"][0]["where"]) == (422, "rule"), told.body
    assert words in told.body["detail"], told.body["detail"]
    assert counted.status == 422
    assert not Segment.objects.filter(slug="itself").exists()


@pytest.mark.parametrize("rule", [None, "all", 5, [KENYA]])
def test_a_rule_that_is_no_object_is_refused(crm: Any, rule: Any) -> None:
    assert crm("PUT", "/segments/s", {"name": "S", "rule": rule}).status == 422


def test_a_segment_is_made_changed_read_and_the_same_again_changes_nothing(crm: Any) -> None:
    given = {"name": "Kenya", "description": "All there", "rule": KENYA}

    first, again = crm("PUT", "/segments/kenya", given), crm("PUT", "/segments/kenya", given)
    changed = crm("PUT", "/segments/kenya", {**given, "rule": {"not": KENYA}})

    assert [told.body["outcome"] for told in (first, again, changed)] == ["created", "unchanged", "changed"]
    assert crm("GET", "/segments/kenya").body["rule"] == {"not": KENYA}
    assert [each["slug"] for each in crm("GET", "/segments").body["segments"]] == ["kenya"]
    assert crm("GET", "/segments/nowhere").status == 404


def test_a_rule_is_counted_without_being_kept(crm: Any) -> None:
    make_subscriber(country="KE")
    make_subscriber(country="FR")

    assert crm("POST", "/rules/count", {"rule": KENYA}).body == {"count": 1}
    assert crm("POST", "/rules/count", {"rule": {"all": []}}).body == {"count": 2}
    assert not Segment.objects.exists()


def test_the_vocabulary_names_what_the_rest_is_said_in(crm: Any) -> None:
    key = str(make_bulletin().translation_key)

    words = crm("GET", "/vocabulary").body

    assert {"code": "network-member", "name": "Network member"} in words["roles"]
    assert words["bulletins"] == [{"key": key, "names": {"en": "Procurement Notes", "zh-hans": "采购通讯"}}]
