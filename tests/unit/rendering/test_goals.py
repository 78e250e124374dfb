from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.rendering.goals import GOALS, goal_of, normalise_topic, topic_label


def test_there_are_seventeen_goals_and_a_hundred_and_sixty_nine_targets() -> None:
    assert [goal.number for goal in GOALS] == list(range(1, 18))
    assert sum(goal.targets + len(goal.means) for goal in GOALS) == 169


@pytest.mark.parametrize(
    "text",
    [
        "12.7.1",
        "sdg12.7.1",
        "SDG 12.7.1",
        "  SDG  12.7.1 ",
        "sdg-12.7.1",
        "ODD 12.7.1",
        "Indicator 12.7.1",
        "可持续发展目标12.7.1",
        "可持续发展目标 12.7.1",
        "ＳＤＧ１２．７．１",
        "SDG: 12.7.1.",
    ],
)
def test_whatever_names_an_indicator_is_the_same_topic(text: str) -> None:
    assert normalise_topic(text) == "SDG 12.7.1"


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("可持续发展目标12", "SDG 12"),
        ("Goal 5", "SDG 5"),
        ("12.A", "SDG 12.a"),
        ("cible 8.b", "SDG 8.b"),
        ("17.19", "SDG 17.19"),
    ],
)
def test_goals_and_targets_are_recognised(text: str, topic: str) -> None:
    assert normalise_topic(text) == topic


@pytest.mark.parametrize(
    "text",
    ["12", "SDG 18", "SDG 0", "12.9", "3.e", "17.a", "12.7.0", "12.7.9", "Food", "version 12.7.1", "12.7 million", ""],
)
def test_what_names_no_goal_is_free_text(text: str) -> None:
    assert normalise_topic(text) == text
    assert goal_of(text) is None
    assert topic_label(text, "zh-hans") == text


@given(st.text(max_size=30))
def test_recognising_a_topic_twice_changes_nothing(text: str) -> None:
    assert normalise_topic(normalise_topic(text)) == normalise_topic(text)


@pytest.mark.parametrize(
    ("locale", "label"),
    [("en", "SDG 12.7.1"), ("fr-ca", "ODD 12.7.1"), ("zh-hans", "可持续发展目标 12.7.1"), ("sw", "SDG 12.7.1")],
)
def test_a_goal_is_written_as_the_language_writes_it(locale: str, label: str) -> None:
    assert topic_label("SDG 12.7.1", locale) == label
