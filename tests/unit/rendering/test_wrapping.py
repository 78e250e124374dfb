from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.rendering.wrapping import WIDTH, columns, wrap

PIECES = ["word", "采购", "采", "，", "。", "（注）", "“言”", " ", "é", "\n", "a-b", "https://a.example/x"]
ADDRESS = "https://library.example.org/" + "a-long-path/" * 9


def test_latin_words_wrap_at_seventy_two_columns() -> None:
    lines = wrap("procurement " * 20, cjk=False)
    assert max(map(len, lines)) <= 72
    assert all(set(line.split()) == {"procurement"} for line in lines)


def test_chinese_wraps_at_thirty_six_characters() -> None:
    assert [len(line) for line in wrap("采" * 80, cjk=True)] == [36, 36, 8]


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    assert [line[:1] for line in wrap("采" * 36 + "。购", cjk=True)] == ["采", "采"]
    assert wrap("采" * 35 + "（购）", cjk=True) == ("采" * 35, "（购）")
    assert wrap("采" * 35 + "“购”", cjk=True)[1] == "“购”"


@pytest.mark.parametrize("cjk", [True, False])
def test_an_address_stays_whole_even_where_it_is_too_long(cjk: bool) -> None:
    assert ADDRESS in wrap(f"见 {ADDRESS} 一文", cjk=cjk)


def test_later_lines_hang_under_the_first() -> None:
    lines = wrap("word " * 30, cjk=False, first="1. ", rest="   ")
    assert lines[0].startswith("1. word")
    assert all(line.startswith("   word") for line in lines[1:])


def test_newlines_stay() -> None:
    assert wrap("a\nb", cjk=False) == ("a", "b")


def test_quotation_marks_are_as_wide_as_their_script() -> None:
    assert columns("“a”", cjk=False) == 3
    assert columns("“采”", cjk=True) == 6


@settings(deadline=None, database=None, max_examples=80)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join), st.booleans())
def test_wrapping_loses_nothing_and_leaves_no_line_too_wide_that_could_break(text: str, cjk: bool) -> None:
    lines = wrap(text, cjk=cjk)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert line == line.strip()
        assert columns(line, cjk=cjk) <= WIDTH or not re.search("[ 采购]", line)
