"""The checks of an edition take whatever an editor writes."""

from __future__ import annotations

import dataclasses
import time as clock
from datetime import date, time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from composer.content import (
    ITEM_KINDS,
    Bullets,
    EditionContent,
    Figure,
    Item,
    Masthead,
    Paragraph,
    Partner,
    Picture,
    Section,
    Source,
    Span,
)
from composer.preflight.edition import check_edition
from composer.preflight.facts import EditionFacts, EditionState, LinkResult, LinkStatus, MissingValue, PictureFacts
from composer.preflight.findings import Fix, FixKind, Severity, blocks, by_severity
from composer.preflight.fixes import apply_fix
from composer.preflight.issue import check_issue
from composer.preflight.pieces import take_apart

from .clean import CITIES, TODAY, append_text, clean_case

ODD = (
    "", " ", "\n", "{{name}}", "{{", "}}{x}", "{0}", "{where}", "%s %(x)s", "<b>x</b>", "&nbsp;&amp;", "https://", "http://[::1",
    "//x", "javascript:x", "mailto:", "https://xn--80ak6aa92e.com/", "https://user:pw@x.example/", "http://2130706433/",
    "https://eur.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example", "https://urldefense.com/v3/__x__;!!",
    "https://a.example/?utm_source=1#x", "Ã©â€™", "\ufffd", "\ud800", "\ue000click\ue001", "\u200b", "字,字  字 ，",
    "(字)", "，",     "Monday 31 February 2026", "2026年13月40日（星期一）",
    "999999999999999999999万", "一二三四五六七八九十百千万亿" * 3, "１２", "٣",
    "TODO", "[insert]", "!!!", "RE: X", "x" * 500, "IMG_1.jpg", "Image of", "≈" * 40,
)  # fmt: skip
texts = st.one_of(st.sampled_from(ODD), st.text(max_size=40))
spans = st.builds(Span, texts, bold=st.booleans(), href=texts)
lines = st.lists(spans, max_size=3).map(tuple)
rich = st.lists(
    st.one_of(st.builds(Paragraph, lines), st.builds(Bullets, st.lists(lines, max_size=2).map(tuple))), max_size=3
).map(tuple)
days = st.one_of(st.none(), st.dates(), st.sampled_from([date.min, date.max]))
times = st.one_of(st.none(), st.builds(time, st.integers(0, 23), st.integers(0, 59)))
pictures = st.builds(Picture, texts, texts, st.integers(-5, 5000), st.integers(-5, 5000))
sources = st.one_of(st.none(), st.builds(Source, texts, texts, days, texts))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "key": st.sampled_from("abcdef"),
    "body": rich,
    "source": sources,
    "topics": st.lists(texts, max_size=2).map(tuple),
    "notes": st.lists(texts, max_size=2).map(tuple),
    "picture": st.one_of(st.none(), pictures),
    "cover": st.one_of(st.none(), pictures),
    "picture_place": st.sampled_from(["above", "left", "right"]),
    "half": st.booleans(),
    "calendar": st.booleans(),
    "deadline": days,
    "day": days,
    "last_day": days,
    "start": times,
    "end": times,
}
ENTRIES: dict[str, st.SearchStrategy[Any]] = {
    "list": lines,
    "figures": st.builds(Figure, texts, texts),
    "partners": st.builds(Partner, texts, texts, st.one_of(st.none(), pictures)),
}


def _item(kind: type[Item]) -> st.SearchStrategy[Item]:
    fields = {field.name: FIELDS.get(field.name, texts) for field in dataclasses.fields(kind)}
    if "entries" in fields:
        fields["entries"] = st.lists(ENTRIES[kind.kind], max_size=3).map(tuple)
    return st.builds(kind, **fields)


items = st.one_of(*map(_item, ITEM_KINDS.values()))
sections = st.builds(Section, texts, st.lists(items, max_size=3).map(tuple))
editions = st.builds(
    EditionContent,
    locale=st.sampled_from(["en", "fr", "zh-hans", "zh-hant", "ja", "ar", "x"]),
    masthead=st.builds(Masthead, texts, texts, texts, texts, texts),
    title=texts,
    subject=texts,
    preheader=texts,
    number=texts,
    published=days,
    sections=st.lists(sections, max_size=2).map(tuple),
)
statuses = st.sampled_from(list(LinkStatus))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(editions, st.dates(date(1990, 1, 1), date(2100, 1, 1)), statuses, texts)
def test_no_content_makes_the_checks_fail_and_no_fix_does(
    content: EditionContent, today: date, status: LinkStatus, final: str
) -> None:
    pieces = take_apart(content)
    facts = EditionFacts(
        links=tuple(LinkResult(url=link.url, status=status, final_url=final, https=True) for link in pieces.links),
        pictures=tuple(PictureFacts(url=shown.picture.url, bytes=10**6, format=final) for shown in pieces.pictures),
        missing=(MissingValue(field="name", people=(final,), count=3),),
        segments=frozenset({"x"}),
        desk=("https://desk.example/",),
    )
    fixed = content
    for finding in check_edition(content, today=today, facts=facts):
        assert finding.sentence
        assert len(finding.id) == 16
        if finding.fix is not None:
            fixed = apply_fix(fixed, finding.fix)
    check_edition(fixed, today=today, facts=facts)


def test_long_and_hostile_text_is_checked_in_time_that_grows_with_its_length() -> None:
    """A pattern that tries every split of these would take minutes."""
    content = clean_case().contents["en"]
    for text in (
        "x" * 40_000,
        "a@" * 20_000,
        "一万" * 20_000,
        "hundred million " * 2_000,
        "**a" * 13_000,
        "<a " * 13_000,
    ):
        hostile = append_text(clean_case(), "en", CITIES, text).contents["en"]
        began = clock.process_time()
        check_edition(hostile, today=TODAY)
        check_issue({"en": content, "zh-hans": hostile})
        assert clock.process_time() - began < 5


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(editions, editions)
def test_no_two_editions_make_the_comparison_fail(first: EditionContent, second: EditionContent) -> None:
    states = (EditionState(locale="en", stale=("a",), untranslated=("b",)), EditionState(locale="pt", exists=False))
    for finding in check_issue({"en": first, "zh-hans": second}, original="en", states=states):
        assert finding.sentence


def test_an_edition_compared_with_itself_has_no_differences() -> None:
    content = clean_case().contents["en"]
    assert check_issue({"en": content, "en-gb": dataclasses.replace(content, locale="en-gb")}) == []


def test_a_finding_keeps_its_id_while_the_edition_is_unchanged() -> None:
    content = dataclasses.replace(clean_case().contents["en"], subject="")
    first, second = (check_edition(content, today=TODAY) for _ in range(2))
    assert [finding.id for finding in first] == [finding.id for finding in second] != []


def test_errors_block_and_come_first() -> None:
    content = dataclasses.replace(clean_case().contents["en"], preheader="long words " * 20, subject="")
    findings = by_severity(check_edition(content, today=TODAY))
    assert blocks(findings)
    assert [finding.severity for finding in findings] == [Severity.ERROR, Severity.WARNING]
    assert not blocks(findings[1:])


def test_a_tracked_link_in_the_right_item_is_replaced_and_no_other() -> None:
    content = clean_case().contents["en"]
    old = "https://cities.example.org/accord/method"
    fixed = apply_fix(content, Fix(kind=FixKind.REPLACE_URL, item_key=CITIES, old=old, new="https://new.example.org/"))
    changed = [a.key for a, b in zip(content.items(), fixed.items(), strict=True) if a != b]
    assert changed == [CITIES]
    assert "https://new.example.org/" in {link.url for link in take_apart(fixed).links}
