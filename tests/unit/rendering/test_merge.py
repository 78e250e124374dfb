"""Merge values: four fields, a fallback, and nothing else that looks like them."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.content import Call, EditionContent, Lead, Masthead, Paragraph, Section, Span
from composer.rendering.edition import render_edition
from composer.rendering.letter import encode_letter, join_letter
from composer.rendering.merge import (
    FIELDS,
    Merge,
    MissingValueError,
    fill_line,
    find_merges,
    marked,
    merges_in,
    slot_values,
    substituted,
)
from composer.rendering.slots import fill

BASE = "https://b.example"


def edition(text: str, *, subject: str = "News", locale: str = "en") -> EditionContent:
    lead = Lead(key="k", heading="Hello", body=(Paragraph((Span(text),)),))
    return EditionContent(locale, Masthead("Notes"), "An issue", subject, sections=(Section("", (lead,)),))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Dear {{name|colleague}},", [Merge("name", "colleague")]),
        ("{{ name }} of {{organisation | your office }}", [Merge("name"), Merge("organisation", "your office")]),
        ("{{Name|}}", [Merge("name", "")]),
        ("{{name|亲爱的 读者}}", [Merge("name", "亲爱的 读者")]),
        ("{{shoe_size}}", [Merge("shoe_size")]),
        ("{name} {{ name", []),
        ("{{name|a{b}}}", []),
        ("{{7*7}} {{name.__class__}} {% for x in y %}", []),
    ],
)
def test_what_is_a_merge_value(text: str, found: list[Merge]) -> None:
    assert list(find_merges(text)) == found


def test_an_equal_value_is_one_slot() -> None:
    content = edition("{{name|you}}, {{name|you}}, {{name|friend}}", subject="For {{name|you}}")
    assert merges_in(content) == (Merge("name", "you"), Merge("name", "friend"))


def test_an_unknown_field_stays_as_it_was_written() -> None:
    content = edition("{{shoe_size|42}}")
    assert marked(content) == (content, ())
    assert substituted(content, {"shoe_size": "43"}) == content


def test_an_address_is_never_filled() -> None:
    call = Call(key="k", button="For {{name|you}}", url="https://e.org/?who={{name|you}}")
    content = EditionContent("en", Masthead("N"), "T", "T", sections=(Section("", (call,)),))
    (item,) = substituted(content, {"name": "Wang"}).items()
    assert isinstance(item, Call)
    assert (item.button, item.url) == ("For Wang", "https://e.org/?who={{name|you}}")


@pytest.mark.parametrize(("locale", "word"), [("en", "reader"), ("fr", "lecteur"), ("zh-hans", "读者")])
def test_a_page_for_anybody_has_the_fallback_or_a_word(locale: str, word: str) -> None:
    shown = render_edition(edition("A {{name}} B {{role|friend}}", locale=locale), base_url=BASE, tracked=False)
    assert f"A {word} B friend" in shown.text
    assert f"A {word} B friend" in shown.html


def test_a_reader_without_the_value_gets_no_letter_with_a_hole() -> None:
    with pytest.raises(MissingValueError, match="no organisation"):
        slot_values([Merge("organisation")], {"name": "Wang", "organisation": " "})
    assert slot_values([Merge("organisation", "")], {})["m0"] == ""


@settings(deadline=None)  # a letter is rendered for each
@given(st.sampled_from(FIELDS), st.text(min_size=1).filter(str.strip))
def test_a_value_is_text_in_both_parts_of_a_letter_and_is_not_looked_at_again(field: str, value: str) -> None:
    value = f"x{value}{{{{name|again}}}}"
    content = edition(f"Dear {{{{{field}|you}}}},", subject=f"For {{{{{field}|you}}}}")
    rendered = render_edition(content, base_url=BASE, tracked=True)
    filled = slot_values(rendered.merges, {field: value})
    slots = dict.fromkeys(("click", "unsubscribe", "view", "pixel"), "")
    html, text = (fill(part, filled | slots) for part in (rendered.html, rendered.text))

    shown = filled["m0"]
    assert f"Dear {shown}," in text
    assert f"Dear {shown}," in unescape(html)
    assert "<" not in html.partition("Dear ")[2].partition(",")[0]
    assert fill_line(rendered.subject, filled) == f"For {shown}"
    assert not {"\n", "\r", "\ue000"} & set(shown)
    join_letter(encode_letter(rendered), filled | slots)
