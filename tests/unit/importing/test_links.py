"""Addresses are joined, trimmed and told from tracked ones."""

from __future__ import annotations

import pytest

from composer.importing.links import join_lines, only_link, trim_link
from composer.preflight.trackers import is_tracked


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["三月，十个", "城市"], "三月，十个城市"),
        (["ten", "cities"], "ten cities"),
        (["re-", "use"], "re-use"),
        (["称为", "SPP", "计划"], "称为SPP计划"),
        (["目标“", "SPP”"], "目标“SPP”"),
        (["SPP“同", "一个”"], "SPP“同一个”"),
        (["see https://example.org/a-", "b/c-", "d/)"], "see https://example.org/a-b/c-d/)"),
        (["https://example.org/t/abc", "def-1/g/)"], "https://example.org/t/abcdef-1/g/)"),
        (["https://example.org/a", "https://example.org/b"], "https://example.org/a https://example.org/b"),
        (["https://example.org/", "Next story"], "https://example.org/ Next story"),
        (["see https://example.org/page", "and/or another"], "see https://example.org/page and/or another"),
    ],
)
def test_hard_wrapped_lines_are_joined(lines: list[str], joined: str) -> None:
    assert join_lines(lines) == joined


@pytest.mark.parametrize(
    ("url", "tracked"),
    [
        ("https://mail.example.org/t/y-l-abcdefgh-ijklmnop-t/", True),
        ("https://mail.example.org/t/y-l-abcdefgh-ijklmnop-n/", True),
        ("https://example.us19.list-manage.com/track/click?u=1&id=2&e=3", True),
        ("https://u1.ct.example.net/ls/click?upn=abc", True),
        ("https://www.example.org/t/topic", False),
        ("https://example.org/resource/a-guide-for-buyers", False),
    ],
)
def test_other_mailers_tracked_links_are_known(url: str, tracked: bool) -> None:
    assert is_tracked(url) is tracked


@pytest.mark.parametrize(
    ("link", "trimmed"),
    [
        ("https://example.org/a.", "https://example.org/a"),
        ("https://example.org/a)", "https://example.org/a"),
        ("https://example.org/a_(b)", "https://example.org/a_(b)"),
        ("https://example.org/a),", "https://example.org/a"),
    ],
)
def test_the_sentence_s_punctuation_is_no_part_of_a_link(link: str, trimmed: str) -> None:
    assert trim_link(link) == trimmed


@pytest.mark.parametrize(
    ("line", "link"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("www.example.org", "www.example.org"),
        ("https://example.org/a.", ""),
        ("see https://example.org/a", ""),
    ],
)
def test_a_line_that_is_only_a_link_is_known(line: str, link: str) -> None:
    assert only_link(line) == link
