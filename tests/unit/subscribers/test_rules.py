"""Which rules are sound, and what is said of those that aren't."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.rules import (
    DEEPEST,
    LARGEST,
    BadRule,
    Custom,
    CycleError,
    Vocabulary,
    check_rule,
    expanded,
    fields,
    rule_schema,
    segments_named,
    segments_within,
)

FOCAL_POINTS = {"field": "role", "in": ["national-focal-point"]}
BULLETIN = "8f14e45f-ceea-467f-a0e6-1c2d3e4f5a6b"
OPENED = {"engagement": "opened", "bulletin": BULLETIN, "issues": 3, "how_many": "none"}
KNOWN = Vocabulary(
    custom={
        "sector": Custom("choice", ("energy", "water"), "Sector"),
        "staff": Custom("number"),
        "joined": Custom("date"),
        "press": Custom("boolean"),
        "note": Custom("text"),
    },
    segments={
        "leads": {"field": "role", "in": ["programme-lead"]},
        "africa": {"field": "region", "in": ["002"]},
        "african-leads": {"all": [{"segment": "leads"}, {"segment": "africa"}]},
        "hen": {"any": [{"segment": "egg"}]},
        "egg": {"not": {"segment": "hen"}},
        "spoilt": {"field": "custom.gone", "known": True},
    },
    topics=frozenset({"food", "tourism"}),
    choices={"role": frozenset({"national-focal-point", "programme-lead", "partner"}), "tier": frozenset({"full"})},
)


def nested(depth: int) -> dict[str, Any]:
    rule: dict[str, Any] = FOCAL_POINTS
    for _level in range(depth - 1):
        rule = {"not": rule}
    return rule


def affiliation(**keys: Any) -> dict[str, Any]:
    return {"affiliation": keys}


@pytest.mark.parametrize(
    "rule",
    [
        {"all": []},
        {"any": []},
        {"none": []},
        FOCAL_POINTS,
        {"not": FOCAL_POINTS},
        {"all": [FOCAL_POINTS, {"any": [{"field": "region", "in": ["002", "142"]}, {"not": {"all": []}}]}]},
        {"field": "country", "in": ["KE", "CN"]},
        {"field": "country", "known": False},
        {"field": "tier", "in": ["full"]},
        {"field": "programme", "in": ["any, since none are known here"]},
        {"field": "organisation", "in": ["7", "123456789012345678"]},
        {"field": "topic", "in": ["food"]},
        {"field": "bulletin", "in": [BULLETIN, BULLETIN.upper()]},
        {"field": "name", "contains": "100 % 采购\u3000_"},
        {"field": "email", "ends": ".example"},
        {"field": "created", "before": "0001-01-01"},
        {"field": "subscribed", "older_days": 36_500},
        {"field": "suppressed", "is": False},
        {"field": "custom.sector", "in": ["water"]},
        {"field": "custom.staff", "least": -(10**15)},
        {"field": "custom.staff", "is": 0.5},
        {"field": "custom.joined", "from": "2024-02-29"},
        {"field": "custom.press", "is": True},
        {"field": "custom.note", "starts": "a"},
        affiliation(role=["partner"], programme=["tourism"], country=["KE"], region=["002"], when="past"),
        affiliation(organisation=["7"], organisation_kind=["un"], tier=["full"]),
        OPENED,
        {"segment": "african-leads"},
        {"none": [{"segment": "leads"}, {"segment": "leads"}]},
        nested(DEEPEST),
        {"any": [FOCAL_POINTS] * (LARGEST - 1)},
        {"any": [{"segment": "leads"}] * (LARGEST - 1)},
    ],
)
def test_a_sound_rule_passes(rule: dict[str, Any]) -> None:
    check_rule(rule, KNOWN)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (None, "the rule is not an object"),
        ([], "the rule is not an object"),
        ("role", "the rule is not an object"),
        ({}, "the rule has nothing: a rule is one of all, any, none,"),
        ({1: [], "all": []}, "the rule has a key that is no text"),
        ({"some": []}, "the rule has some: a rule is one of"),
        ({"all": [], "any": []}, "the rule has all, any: a rule is"),
        ({"a" * 10**6: 1}, f"the rule has {'a' * 40}: a rule"),
        ({"all": {}}, "the rule: “all” takes a list of rules."),
        ({"none": None}, "the rule: “none” takes a list of rules."),
        ({"all": [FOCAL_POINTS, {"any": [7]}]}, "the rule › all 2 › any 1 is not an object"),
        ({"not": {"not": []}}, "the rule › not › not is not an object"),
        # fields
        ({"field": "role"}, "“role” takes exactly one of in; it has nothing."),
        ({"field": "role", "in": ["partner"], "not": {}}, "“role” takes exactly one of in; it has in, not."),
        ({"field": "role", "contains": "x"}, "“role” takes exactly one of in; it has contains."),
        ({"field": "password", "in": ["x"]}, "the rule: there is no field “password”; there are role, programme,"),
        ({"field": "organisation__name", "in": ["x"]}, "there is no field “organisation__name”"),
        ({"field": "address_hash", "is": "x"}, "there is no field “address_hash”"),
        ({"field": "id) OR 1=1 --", "is": "x"}, "there is no field “id) OR 1=1 --”"),
        ({"field": "\x00\ud800", "is": "x"}, r"there is no field “\x00\ud800”"),
        ({"field": ["role"], "in": ["x"]}, "there is no field “something that is no text”"),
        ({"field": "custom.gone", "known": True}, "there is no field “custom.gone”"),
        ({"field": "custom", "known": True}, "there is no field “custom”"),
        # lists of codes
        ({"field": "role", "in": []}, "“in” takes a list of 1 to 500 values."),
        ({"field": "role", "in": "partner"}, "“in” takes a list of 1 to 500 values."),
        ({"field": "role", "in": ["x"] * 501}, "“in” takes a list of 1 to 500 values."),
        ({"field": "role", "in": [7]}, "the values of role are texts."),
        ({"field": "tier", "in": [True]}, "the values of tier are texts."),
        ({"field": "role", "in": ["dictator"]}, "no role has the code dictator."),
        ({"field": "language", "in": [""]}, "takes a text that isn’t empty"),
        ({"field": "language", "in": ["e\x00"]}, "without control characters"),
        ({"field": "language", "in": ["\udc00"]}, "halves of characters"),
        ({"field": "language", "in": ["x" * 201]}, "at most 200 characters"),
        ({"field": "country", "in": ["KE", "XX", "kenya"]}, "no country has the code XX, kenya."),
        ({"field": "region", "in": ["2"]}, "no region has the code 2."),
        ({"field": "organisation", "in": ["0"]}, "no organisation has the code 0."),
        ({"field": "organisation", "in": ["٧"]}, "no organisation has the code ٧."),
        ({"field": "organisation", "in": ["9" * 19]}, "no organisation has the code"),
        ({"field": "bulletin", "in": ["notes"]}, "no bulletin has the code notes."),
        ({"field": "topic", "in": ["golf"]}, "no topic has the code golf."),
        ({"field": "custom.sector", "in": ["golf"]}, "no custom.sector has the code golf."),
        # texts, days, numbers
        ({"field": "name", "contains": ""}, "“known” asks whether there is one"),
        ({"field": "name", "is": 7}, "“is” takes a text."),
        ({"field": "email", "known": True}, "“email” takes exactly one of contains, is, starts, ends"),
        ({"field": "email", "is": "a\nb"}, "without control characters"),
        ({"field": "created", "before": "2026-02-30"}, "“before” takes a day such as 2026-03-05."),
        ({"field": "created", "from": "2026-3-5"}, "“from” takes a day"),
        ({"field": "created", "from": "2026-03-05T00:00"}, "“from” takes a day"),
        ({"field": "created", "from": "２０２６-０３-０５"}, "“from” takes a day"),
        ({"field": "created", "from": 20260305}, "“from” takes a day"),
        ({"field": "created", "within_days": 0}, "a number of days from 1 to 36500."),
        ({"field": "created", "within_days": True}, "a number of days"),
        ({"field": "created", "within_days": 3.0}, "a number of days"),
        ({"field": "created", "older_days": 10**400}, "a number of days"),
        ({"field": "suppressed", "is": 1}, "takes true or false"),
        ({"field": "custom.press", "is": "yes"}, "takes true or false"),
        ({"field": "custom.press", "known": None}, "“known” takes true or false."),
        ({"field": "custom.staff", "least": "7"}, "“least” takes a number"),
        ({"field": "custom.staff", "least": True}, "“least” takes a number"),
        ({"field": "custom.staff", "most": 10**400}, "“most” takes a number of at most 1000000000000000."),
        ({"field": "custom.staff", "most": -(10**15) - 1}, "“most” takes a number"),
        ({"field": "custom.staff", "is": float("nan")}, "“is” takes a number"),
        ({"field": "custom.staff", "is": float("-inf")}, "“is” takes a number"),
        # affiliations
        (affiliation(), "the rule › affiliation: at least one of role, programme,"),
        (affiliation(when="past"), "at least one of role,"),
        (affiliation(role=["partner"], when="soon"), "“when” is one of current, past, any."),
        (affiliation(role=["partner"], when=["past"]), "“when” is one of"),
        (affiliation(role=["dictator"]), "the rule › affiliation › role: no role has the code dictator."),
        (affiliation(role="partner"), "the rule › affiliation › role: “in” takes a list"),
        (affiliation(rôle=["partner"]), "there is no “rôle”; there are role,"),
        ({"affiliation": []}, "is not an object"),
        ({"affiliation": {1: 2}}, "is not an object"),
        ({"affiliation": {"role": ["partner"]}, "field": "role"}, "takes exactly one of in; it has affiliation."),
        # engagement
        ({"engagement": "opened"}, "takes exactly bulletin, issues and how_many besides."),
        ({**OPENED, "engagement": "read"}, "“engagement” is one of received, opened, clicked."),
        ({**OPENED, "engagement": {}}, "“engagement” is one of"),
        ({**OPENED, "how_many": 3}, "“how_many” is one of none, any, all."),
        ({**OPENED, "issues": 0}, "“issues” takes a whole number from 1 to 50."),
        ({**OPENED, "issues": True}, "“issues” takes a whole number"),
        ({**OPENED, "issues": 3.0}, "“issues” takes a whole number"),
        ({**OPENED, "issues": 10**400}, "“issues” takes a whole number"),
        ({**OPENED, "bulletin": "notes"}, "no bulletin has the key notes."),
        ({**OPENED, "bulletin": 7}, "“bulletin” takes a text."),
        ({**OPENED, "all": []}, "takes exactly bulletin"),
        # segments
        ({"segment": "nobody-made-it"}, "the rule: there is no segment “nobody-made-it”."),
        ({"segment": 7}, "takes the short name of a segment"),
        ({"segment": ["leads"]}, "takes the short name of a segment"),
        ({"all": [{"segment": "spoilt"}]}, "the rule › all 1 › “spoilt”: there is no field “custom.gone”"),
        ({"segment": "hen"}, "a segment can’t be part of itself: hen → egg → hen."),
        # size
        (nested(DEEPEST + 1), "The rule is too large: at most 500 conditions, nested 20 deep."),
        ({"any": [FOCAL_POINTS] * LARGEST}, "The rule is too large"),
        ({"any": [{"segment": "african-leads"}] * 200}, "nested 20 deep. (with the segment “"),
    ],
)
def test_a_bad_rule_says_where_and_why(rule: Any, says: str) -> None:
    with pytest.raises(BadRule) as caught:
        check_rule(rule, KNOWN)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 600
    assert str(caught.value).encode()  # no half of a character: it is to be shown


def test_a_rule_of_a_hundred_thousand_brackets_is_refused() -> None:
    rule: Any = []
    for _level in range(100_000):
        rule = {"not": rule}
    with pytest.raises(BadRule, match="too large"):
        check_rule(rule, KNOWN)
    while isinstance(rule, dict):  # level by level: Python's own way to forget it is recursive
        rule = rule.pop("not")


def test_segments_that_double_at_each_step_are_refused_at_once() -> None:
    segments: dict[str, Any] = {"s0": FOCAL_POINTS}
    for number in range(1, 19):
        segments[f"s{number}"] = {"all": [{"segment": f"s{number - 1}"}] * 2}
    with pytest.raises(BadRule, match="too large"):
        check_rule({"segment": "s18"}, Vocabulary(segments=segments))


@pytest.mark.parametrize("rule", [{"segment": "mine"}, {"all": [{"none": [{"segment": "theirs"}]}]}])
def test_a_segment_does_not_come_to_be_within_itself(rule: dict[str, Any]) -> None:
    known = Vocabulary(segments={"mine": rule, "theirs": {"any": [{"segment": "mine"}]}})
    with pytest.raises(CycleError, match=r"mine → (theirs → )?mine"):
        check_rule(rule, known, of="mine")


def test_a_segment_stands_in_the_place_of_its_name() -> None:
    rule = {"all": [{"none": [{"segment": "african-leads"}]}, {"not": {"segment": "africa"}}, OPENED]}
    leads, africa = KNOWN.segments["leads"], KNOWN.segments["africa"]
    assert expanded(rule, KNOWN) == {"all": [{"none": [{"all": [leads, africa]}]}, {"not": africa}, OPENED]}
    assert segments_named(rule) == {"african-leads", "africa"}
    assert segments_within(rule, KNOWN) == {"african-leads", "africa", "leads"}


def test_a_rule_without_segments_is_its_own_expansion() -> None:
    rule = {"any": [FOCAL_POINTS, affiliation(role=["partner"]), OPENED, {"none": []}]}
    assert expanded(rule, KNOWN) == rule


def test_the_fields_are_those_of_every_network_and_its_own() -> None:
    known = fields(KNOWN)
    assert known["topic"].codes == frozenset({"food", "tourism"})
    assert known["role"].codes == KNOWN.choices["role"]
    assert known["programme"].codes is None
    assert (known["custom.sector"].label, known["custom.sector"].codes) == ("Sector", frozenset({"energy", "water"}))
    assert known["custom.staff"].ops == ("is", "least", "most", "known")
    assert [name for name, field in known.items() if field.is_custom] == [f"custom.{key}" for key in KNOWN.custom]


WORDS = st.sampled_from(
    "all any none not field in is known segment affiliation engagement bulletin issues how_many role when before least "
    f"custom.staff created leads x {BULLETIN}".split()
)


@pytest.mark.parametrize(
    "rule",
    [
        {"all": [FOCAL_POINTS, {"any": [{"field": "region", "in": ["002"]}, {"not": {"none": []}}]}]},
        {"field": "custom.staff", "is": 0.5},
        {"field": "custom.sector", "in": ["water"]},
        {"field": "created", "within_days": 3},
        affiliation(role=["partner"], when="past"),
        {"all": [OPENED, {"segment": "leads"}]},
    ],
)
def test_the_schema_takes_sound_rules(rule: dict[str, Any]) -> None:
    assert jsonschema_rs.is_valid(rule_schema(), rule)


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"all": [], "any": []},
        {"field": "password", "in": ["x"]},
        {"field": "country", "in": ["XX"]},
        affiliation(when="past"),
        {**OPENED, "issues": 0},
    ],
)
def test_the_schema_refuses_what_is_no_rule(rule: dict[str, Any]) -> None:
    assert not jsonschema_rs.is_valid(rule_schema(), rule)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)


@given(JSON)
def test_whatever_json_comes_it_passes_or_is_refused(rule: Any) -> None:
    with contextlib.suppress(BadRule):
        check_rule(rule, KNOWN)
        json.dumps(expanded(rule, KNOWN), allow_nan=False)


@given(JSON, WORDS, WORDS)
def test_whatever_a_segment_holds_nothing_else_breaks(rule: Any, one: str, other: str) -> None:
    known = Vocabulary(segments={one: rule, other: {"segment": one}})
    assert one in segments_within({"segment": other}, known)
    with contextlib.suppress(BadRule):
        check_rule({"segment": other}, known, of="mine")
