"""Two subjects: when there is a winner, and when nobody can tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.arms import FEWEST, Arm, Standing, compare


def arm(measured: int, clicked: int) -> Arm:
    return Arm(accepted=measured, measured=measured, clicked=clicked)


@pytest.mark.parametrize(
    ("a", "b", "standing", "ahead"),
    [
        (arm(500, 100), arm(500, 50), Standing.CLEAR, "a"),
        (arm(500, 50), arm(500, 100), Standing.CLEAR, "b"),
        (arm(500, 52), arm(500, 50), Standing.MAYBE_CHANCE, "a"),
        (arm(500, 50), arm(500, 50), Standing.TIE, ""),
        (arm(500, 50), arm(250, 25), Standing.TIE, ""),
        (arm(500, 10), arm(500, FEWEST - 11), Standing.TOO_FEW, ""),
        (arm(0, 0), arm(500, 100), Standing.TOO_FEW, ""),
        (arm(0, 0), arm(0, 0), Standing.TOO_FEW, ""),
        (arm(500, 500), arm(500, 500), Standing.TIE, ""),
    ],
)
def test_two_arms_stand_to_each_other_as_their_readers_clicked(a: Arm, b: Arm, standing: Standing, ahead: str) -> None:
    told = compare(a, b)
    assert (told.standing, told.ahead) == (standing, ahead)
    assert told.decides == bool(ahead)


def test_the_chance_is_that_of_the_textbook() -> None:
    assert compare(arm(200, 40), arm(200, 24)).chance == pytest.approx(0.0291, abs=0.0001)


arms = st.integers(0, 5000).flatmap(lambda n: st.integers(0, n).map(lambda clicked: arm(n, clicked)))


@given(a=arms, b=arms)
def test_who_is_called_a_and_who_b_makes_no_difference(a: Arm, b: Arm) -> None:
    one, other = compare(a, b), compare(b, a)
    assert one.standing == other.standing
    assert {one.ahead, other.ahead} in ({""}, {"a", "b"})
    assert one.chance == pytest.approx(other.chance)
    assert 0 <= one.chance <= 1
