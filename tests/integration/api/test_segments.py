"""Segments through the API: a rule written by hand is checked as one of the desk is."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from subscribers.custom_values import FieldKind
from subscribers.keys import Scope
from subscribers.models import CustomField, Segment
from subscribers.segments import matching
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


def engagement(issues: int, **fields: Any) -> dict[str, Any]:
    key = "3f0e2b1a-0000-4000-8000-000000000000"
    return {"engagement": "opened", "bulletin": key, "issues": issues, "how_many": "any", **fields}


def test_a_rule_asks_no_more_than_twenty_questions_about_engagement_and_equal_ones_count_once(crm: Any) -> None:
    many, same = [engagement(n) for n in range(1, 22)], [engagement(1)] * 400
    saved = make_segment("saved", {"any": many})

    def count(rule: Any) -> Any:
        return crm("POST", "/rules/count", {"rule": rule})

    told = count({"any": many})
    assert (told.status, "21 different questions about engagement, and may ask 20" in told.body["detail"]) == (
        422,
        True,
    )
    assert count({"segment": "saved"}).status == 422
    assert crm("PUT", "/segments/s", {"name": "S", "rule": {"any": many}}).status == 422
    assert count({"any": many[:20] + same}).body == {"count": 0}
    assert matching(saved.rule).count() == 0  # what was saved before goes on being used


def test_equal_questions_about_engagement_are_looked_up_once() -> None:
    kinds = [
        engagement(5, engagement=kind, how_many=many) for kind in ("opened", "received") for many in ("any", "all")
    ]

    def queries(rule: Any) -> int:
        with CaptureQueriesContext(connection) as made:
            matching(rule)
        return len(made)

    one = queries(engagement(5))
    assert queries({"any": [*kinds * 20, {"not": {"all": kinds * 20}}]}) == one
    assert queries({"any": [engagement(5), engagement(6)]}) == one + 1  # nothing was sent: no sendings to look for


def test_what_a_rule_says_twice_is_asked_of_the_database_once() -> None:
    once, often = ({"any": [engagement(5), KENYA] * times} for times in (1, 100))

    assert str(matching(often).query) == str(matching(once).query)


def test_a_count_has_its_time_in_all(crm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.api.segments.PATIENCE", 0.0)

    told = crm("POST", "/rules/count", {"rule": {"any": [engagement(n) for n in range(1, 9)]}})

    assert (told.status, told.body["errors"][0]["where"]) == (422, "rule")
    assert "takes too long to count" in told.body["detail"]


GUESSES = [
    {"field": "email", "starts": "ada"},
    {"field": "name", "known": True},
    {"field": "external_id", "is": "C-1"},
    {"field": "custom.note", "contains": "x"},
    {"all": [{"not": {"any": [KENYA, {"field": "email", "ends": "@example.org"}]}}]},
    {"none": [{"segment": "known"}]},
]


@pytest.mark.parametrize("guess", GUESSES)
def test_who_may_not_read_people_cannot_guess_them_by_counting(system_with: Any, crm: Any, guess: Any) -> None:
    CustomField.objects.create(key="note", label="Note", kind=FieldKind.TEXT)
    make_segment("known", {"field": "email", "is": "ada@example.org"})
    counting = system_with(Scope.SEGMENTS_READ, Scope.SEGMENTS_WRITE)

    told = counting("POST", "/rules/count", {"rule": guess})
    saved = counting("PUT", "/segments/s", {"name": "S", "rule": guess})

    assert (told.status, saved.status) == (403, 403)
    assert "people:read" in told.body["detail"]
    assert not Segment.objects.filter(slug="s").exists()
    assert crm("POST", "/rules/count", {"rule": guess}).status == 200
    assert crm("PUT", "/segments/s", {"name": "S", "rule": guess}).status == 200


def test_a_stored_count_is_told_only_to_who_could_count_it(system_with: Any, crm: Any) -> None:
    CustomField.objects.create(key="level", label="Level", kind=FieldKind.NUMBER)
    make_segment("ada", {"field": "email", "is": "ada@example.org"})
    make_segment("kenya", {"all": [KENYA, {"field": "custom.level", "least": 1}]})
    Segment.objects.update(count=1)
    counting = system_with(Scope.SEGMENTS_READ)

    def counts(system: Any) -> dict[str, int | None]:
        return {each["slug"]: each["count"] for each in system("GET", "/segments").body["segments"]}

    assert counts(counting) == {"ada": None, "kenya": 1}
    assert counts(crm) == {"ada": 1, "kenya": 1}
    assert counting("GET", "/segments/ada").body["count"] is None
    assert counting("POST", "/rules/count", {"rule": {"segment": "kenya"}}).body == {"count": 0}
