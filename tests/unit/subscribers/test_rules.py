from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.rules import DEEPEST, LARGEST, BadRule, check_rule

FOCAL_POINTS = {"field": "role", "in": ["national-focal-point"]}


def nested(depth: int) -> dict[str, Any]:
    rule: dict[str, Any] = FOCAL_POINTS
    for _level in range(depth - 1):
        rule = {"not": rule}
    return rule


@pytest.mark.parametrize(
    "rule",
    [
        {"all": []},
        {"any": []},
        FOCAL_POINTS,
        {"not": FOCAL_POINTS},
        {"all": [FOCAL_POINTS, {"any": [{"field": "region", "in": ["002", "142"]}, {"not": {"all": []}}]}]},
        {"field": "country", "in": ["KE", "CN"]},
        {"field": "tier", "in": ["strategic"]},
        nested(DEEPEST),
        {"any": [FOCAL_POINTS] * (LARGEST - 1)},
    ],
)
def test_a_sound_rule_passes(rule: dict[str, Any]) -> None:
    check_rule(rule)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (None, "the rule is not an object"),
        ([], "the rule is not an object"),
        ("role", "the rule is not an object"),
        ({}, "the rule has nothing: a rule is all, any, not, or field with in."),
        ({"some": []}, "the rule has some: a rule is all, any, not, or field with in."),
        ({"all": [], "any": []}, "the rule has all, any: a rule is"),
        ({"field": "role"}, "the rule has field: a rule is"),
        ({"field": "role", "in": ["partner"], "not": {}}, "the rule has field, in, not: a rule is"),
        ({"all": FOCAL_POINTS}, "the rule: “all” takes a list of rules."),
        ({"any": "everyone"}, "the rule: “any” takes a list of rules."),
        ({"all": [FOCAL_POINTS, 7]}, "the rule › all 2 is not an object"),
        ({"any": [{"not": {"all": [None]}}]}, "the rule › any 1 › not › all 1 is not an object"),
        ({"field": "password", "in": ["x"]}, "there is no field 'password'; there are role, programme, country,"),
        ({"field": "organisation__name", "in": ["x"]}, "there is no field 'organisation__name'"),
        ({"field": ["role"], "in": ["x"]}, "there is no field ['role']"),
        ({"field": "role", "in": []}, "“in” takes a list of 1 to 500 values."),
        ({"field": "role", "in": "partner"}, "“in” takes a list of 1 to 500 values."),
        ({"field": "role", "in": ["x"] * 501}, "“in” takes a list of 1 to 500 values."),
        ({"field": "role", "in": [7]}, "the values of role are texts."),
        ({"field": "tier", "in": [True]}, "the values of tier are texts."),
        ({"field": "country", "in": ["KE", "XX", "kenya"]}, "no country has the code XX, kenya."),
        ({"field": "region", "in": ["2"]}, "no region has the code 2."),
        (nested(DEEPEST + 1), "The rule is too large: at most 500 conditions, nested 20 deep."),
        ({"any": [FOCAL_POINTS] * LARGEST}, "The rule is too large"),
    ],
)
def test_a_bad_rule_says_where_and_why(rule: Any, says: str) -> None:
    with pytest.raises(BadRule) as caught:
        check_rule(rule)
    assert says in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["all", "any", "not", "field", "in", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_json_comes_it_passes_or_is_refused(rule: Any) -> None:
    with contextlib.suppress(BadRule):
        check_rule(rule)
