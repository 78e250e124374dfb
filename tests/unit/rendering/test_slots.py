from __future__ import annotations

import pytest

from composer.rendering.slots import MARKER, Slot, fill, marker

LETTER = f"a{marker(Slot.CLICK)}/1 b{marker(Slot.PIXEL)}"


def test_marks_are_filled_with_their_slots_values() -> None:
    assert fill(LETTER, {Slot.CLICK: "T", Slot.PIXEL: ""}) == "aT/1 b"


def test_a_slot_without_a_value_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(KeyError):
        fill(LETTER, {Slot.CLICK: "T"})


def test_text_splits_at_marks_into_text_and_names() -> None:
    assert MARKER.split(LETTER) == ["a", "click", "/1 b", "pixel", ""]
