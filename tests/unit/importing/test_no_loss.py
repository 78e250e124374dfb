"""Every character of a text stands once in its draft, whatever the text."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.content import Call, Imprint, Lead, plain_text
from composer.importing.characters import printed_characters, width
from composer.importing.draft import Draft, draft_characters
from composer.importing.text import read_bulletin

BULLETINS = Path(__file__).resolve().parents[4] / "shared" / "bulletins"
MARKERS = [
    *("\n", "\n\n", "\n\n\n", "\f", " ", "  ", "\u3000", "\t", "\r\n", "\u2028", "\x85", "\x1c"),
    *("• ", "※ ", "- ", "* ", "1. ", "2. ", "3、", "①", "# ", "## ", "> ", "—— ", "---", "===", "**", "**粗**"),
    *("（", "）", "(", ")", "(摘自", "（摘自：", "来源：", "Source: ", "(Source: ", "原文链接：", "“", "”"),
    *("https://example.org/x", "https://example.org/y-", "www.example.org", "a@example.org", "http://"),
    *("[x](https://example.org)", "[https://a.cn](https://a.cn)", "<https://example.org>"),
    *(
        "第1页",
        "3",
        "最新进展",
        "合作伙伴最新进展",
        "NEWS FROM US",
        "采购",
        "目标。",
        "呼吁：",
        "简报内容来源于",
        "第3期",
    ),
    *("\ue000", "\ue001", "\x00", "\ufeff", "word", "Word two.", "，", "。", "；", "菲 律 宾 怡 朗", "（ EX ）"),
]


def characters(text: str) -> Counter[str]:
    return Counter(printed_characters(text))


def assert_nothing_lost(text: str, draft: Draft) -> None:
    found, expected = draft_characters(draft), characters(text)
    assert found == expected, f"lost {expected - found}, too many {found - expected}"


@pytest.mark.skipif(not BULLETINS.is_dir(), reason="the two real bulletins are not beside the repository")
@pytest.mark.parametrize(
    ("name", "sections"),
    [
        ("2020-11.zh-hans.txt", ["", "SPP计划最新进展", "合作伙伴最新进展"]),
        ("2021-07.zh-hans.txt", ["", "同一个地球网络最新进展", "SPP计划最新进展", "合作伙伴最新进展", ""]),
    ],
)
def test_a_real_bulletin_loses_no_character(name: str, sections: list[str]) -> None:
    text = (BULLETINS / name).read_text(encoding="utf-8")
    draft = read_bulletin(text, locale="zh-hans")
    assert_nothing_lost(text, draft)
    assert [section.heading for section in draft.sections] == sections
    items = [item for section in draft.sections for item in section.items]
    assert sum(isinstance(item, Lead) for item in items) == 1
    assert any(isinstance(item, Call | Imprint) for item in items)
    assert all(item.body or not item.source for item in items if not hasattr(item, "entries"))


@settings(deadline=None)
@given(st.text(), st.sampled_from(["", "word", "最新进展"]))
def test_any_text_is_read_without_loss(text: str, masthead_name: str) -> None:
    assert_nothing_lost(text, read_bulletin(text, locale="zh-hans", masthead_name=masthead_name))


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.lists(st.sampled_from(MARKERS), max_size=50).map("".join),
        st.lists(st.one_of(st.sampled_from(MARKERS), st.text(max_size=4)), max_size=40).map("\n\n".join),
    )
)
def test_any_mixture_of_markers_is_read_without_loss(text: str) -> None:
    draft = read_bulletin(text, locale="en")
    assert_nothing_lost(text, draft)
    assert not {"\ue000", "\ue001", "\x00"} & set(repr(draft.sections))


@dataclass(frozen=True)
class Told:
    """One invented story, as the text it is made into and what must be found again."""

    heading: str
    paragraphs: tuple[str, ...]
    bullets: tuple[str, ...]
    source: str
    link: str


CHINESE = "采购网络成员城市报告指南清单家具食堂纸张循环减少浪费目标国际机构合作项目"
ENGLISH = [
    "cities",
    "buy",
    "furniture",
    "that",
    "can",
    "be",
    "repaired",
    "and",
    "the",
    "guide",
    "tells",
    "members",
    "how",
]
chinese_words = st.text(alphabet=CHINESE, min_size=3, max_size=14)
chinese_sentences = st.lists(chinese_words, min_size=2, max_size=7).map(lambda words: "，".join(words) + "。")
english_sentences = st.lists(st.sampled_from(ENGLISH), min_size=4, max_size=30).map(
    lambda w: " ".join(w).capitalize() + "."
)
links = st.from_regex(r"https://example\.org/[a-z]{2,8}(-[a-z]{2,8}){0,6}/", fullmatch=True)


def stories(sentences: st.SearchStrategy[str], headings: st.SearchStrategy[str], word: str) -> st.SearchStrategy[Told]:
    paragraphs = st.lists(st.lists(sentences, min_size=1, max_size=3).map("".join), min_size=1, max_size=3).map(tuple)
    return st.builds(
        Told,
        heading=st.one_of(st.just(""), headings),
        paragraphs=paragraphs,
        bullets=st.lists(sentences, max_size=3).map(tuple),
        source=st.one_of(st.just(""), links.map(lambda link: f"({word} Example {link})")),
        link=st.one_of(st.just(""), links),
    )


chinese_stories = stories(chinese_sentences, chinese_words, "摘自")
english_stories = stories(
    english_sentences.map(lambda s: s + " "), english_sentences.map(lambda s: s[:40].strip(" .")), "Source:"
)


def wrap(text: str, columns: int, *, indent: int) -> list[str]:
    if " " in text and text.isascii():
        return textwrap.wrap(text, columns, break_on_hyphens=True)
    lines, room = [""], columns - indent
    for character in text:
        if width(lines[-1] + character) > room:
            lines.append("")
            room = columns
        lines[-1] += character
    return lines


def set_page(told: list[Told], section: str, columns: int, *, trailing: bool, indent: int) -> list[str]:
    lines: list[str] = []
    for story in told:
        heading = wrap(story.heading, columns, indent=0) if story.heading else []
        body = [line for paragraph in story.paragraphs for line in wrap(paragraph.strip(), columns, indent=indent)]
        body += [line for bullet in story.bullets for line in wrap("• " + bullet.strip(), columns, indent=0)]
        body += wrap(story.source, columns, indent=0) if story.source else []
        lines += [*body, *heading] if trailing else [*heading, *body]
    lines += [story.link for story in told if story.link]
    return [*lines, section] if trailing else [section, *lines]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_generated_bulletin_is_read_in_order_without_loss(data: st.DataObject) -> None:
    sections = data.draw(st.sampled_from([["甲方最新进展", "乙方最新进展"], ["Network news", "Partner news"]]))
    told = chinese_stories if "甲" in sections[0] else english_stories
    spread = data.draw(st.booleans())
    page_end = data.draw(st.sampled_from(["\n\n\n\n", "\n\n\f"]))
    pages: list[str] = []
    for section in sections:
        for _ in range(data.draw(st.integers(1, 3))):
            page = set_page(
                data.draw(st.lists(told, min_size=1, max_size=3)),
                section,
                data.draw(st.sampled_from([28, 36, 68])),
                trailing=data.draw(st.booleans()),
                indent=data.draw(st.sampled_from([0, 4])),
            )
            pages.append(("\n\n" if spread else "\n").join(page))
    text = page_end.join(pages)
    draft = read_bulletin(text, locale="zh-hans" if "甲" in sections[0] else "en")
    assert_nothing_lost(text, draft)
    if spread or "\f" in page_end:  # else nothing tells a page's end, nor a heading there from another below it
        assert [section.heading for section in draft.sections if section.heading in sections] == sections


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(chinese_stories, english_stories), max_size=5, unique_by=lambda story: story.heading))
def test_stories_of_an_ordinary_text_keep_their_order(told: list[Told]) -> None:
    text = "\n\n".join(
        "\n\n".join([*([story.heading] if story.heading else []), *(p.strip() for p in story.paragraphs)])
        for story in told
    )
    draft = read_bulletin(text, locale="en")
    assert_nothing_lost(text, draft)
    bodies = "".join(plain_text(item.body) for section in draft.sections for item in section.items)
    expected = "".join(p for story in told for p in story.paragraphs)
    assert printed_characters(bodies) == printed_characters(expected)
