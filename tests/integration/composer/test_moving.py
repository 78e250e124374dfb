"""Items between sections and issues, and a new issue from the last one's frame."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from composer.content import Contents, EditionContent, Imprint, Item, Masthead, Partner, Partners, Section, Story
from composer.frames import last_issue, next_number, start_issue
from composer.issues import issue_of
from composer.moving import MoveRefused, transfer_items
from tests.factories import edition_of, make_bulletin, make_issue, make_item

pytestmark = pytest.mark.django_db


def content(locale: str, *sections: Section) -> EditionContent:
    return EditionContent(locale, Masthead("Notes"), "An issue", "An issue", number="No. 12", sections=sections)


def headings(key: UUID, locale: str = "en") -> list[list[str]]:
    sections = issue_of(key).editions[locale].content.sections
    return [[item.heading for item in section.items] for section in sections]


def story(heading: str, key: str = "") -> Item:
    return Story(key=key or str(uuid4()), heading=heading)


def test_a_copied_item_stands_in_both_issues_in_every_language_under_one_new_key() -> None:
    bulletin, shared = make_bulletin(), str(uuid4())
    source = make_issue(
        bulletin,
        content("en", Section("News", (story("One", shared), story("Two")))),
        content("zh-hans", Section("新闻", (story("一", shared),))),
    )
    target = make_issue(
        bulletin, content("en", Section("A", (story("Old"),)), Section("B", ())), content("zh-hans", Section("甲", ()))
    )
    moved = transfer_items(source=source, target=target, keys=[shared], section=1, keep=True)

    assert (moved.items, set(moved.locales), moved.left_out) == (1, {"en", "zh-hans"}, ())
    assert headings(source) == [["One", "Two"]]
    assert headings(target) == [["Old"], ["One"]]
    assert headings(target, "zh-hans") == [["一"]]
    english, chinese = (issue_of(target).editions[code].content for code in ("en", "zh-hans"))
    (new,) = (item.key for item in english.items() if item.heading == "One")
    assert new != shared
    assert [item.key for item in chinese.items()] == [new]


def test_a_moved_item_leaves_its_section_and_keeps_its_key_within_an_issue() -> None:
    key = str(uuid4())
    issue = make_issue(make_bulletin("en"), content("en", Section("A", (story("One", key),)), Section("B", ())))
    transfer_items(source=issue, target=issue, keys=[key], section=1, keep=False)
    assert headings(issue) == [[], ["One"]]
    assert [item.key for item in issue_of(issue).editions["en"].content.items()] == [key]


def test_a_moved_item_leaves_the_issue_it_came_from() -> None:
    bulletin, key = make_bulletin("en"), str(uuid4())
    source = make_issue(bulletin, content("en", Section("A", (story("One", key), story("Two")))))
    target = make_issue(bulletin, content("en"))
    transfer_items(source=source, target=target, keys=[key], section=0, keep=False)
    assert headings(source) == [["Two"]]
    assert headings(target) == [["One"]]


def test_half_of_a_pair_takes_the_other_half_along() -> None:
    halves = tuple(Story(key=f"half-{n}", heading=f"Half {n}", half=True) for n in (1, 2))
    bulletin = make_bulletin("en")
    source = make_issue(bulletin, content("en", Section("A", halves)))
    target = make_issue(bulletin, content("en"))
    transfer_items(source=source, target=target, keys=["half-2"], section=0, keep=True)
    assert headings(target) == [["Half 1", "Half 2"]]
    assert not {"half-1", "half-2"} & {item.key for item in issue_of(target).editions["en"].content.items()}


def test_what_cannot_go_changes_nothing() -> None:
    bulletin = make_bulletin()
    source = make_issue(bulletin, content("en", Section("A", (story("One", "k"),))))
    target = make_issue(bulletin, content("zh-hans", Section("甲", ())))
    before = edition_of(source).latest_revision_id
    with pytest.raises(MoveRefused, match="no language in common"):
        transfer_items(source=source, target=target, keys=["k"], section=0, keep=False)
    with pytest.raises(MoveRefused, match="No item was chosen"):
        transfer_items(source=source, target=source, keys=[], section=0, keep=False)
    with pytest.raises(MoveRefused, match="aren't in the issue any more"):
        transfer_items(source=source, target=source, keys=["gone"], section=0, keep=False)
    assert edition_of(source).latest_revision_id == before


def test_a_new_issue_has_the_last_ones_frame_and_none_of_its_news() -> None:
    bulletin = make_bulletin()
    frame = (Contents(key="c", heading="In this issue"), make_item("News"))
    end = (Partners(key="p", entries=(Partner("UNEP"),)), Imprint(key="i", heading="Imprint"))
    made = [
        content(code, Section("Start", frame), Section("Practice", (make_item("More"),)), Section("End", end))
        for code in ("en", "zh-hans")
    ]
    last = make_issue(bulletin, *made)
    assert last_issue(bulletin) == last

    key = start_issue(bulletin, title="Next", published=date(2026, 4, 1), locales=["en", "zh-hans"], frame=last)
    for code in ("en", "zh-hans"):
        edition = issue_of(key).editions[code].content
        assert [section.heading for section in edition.sections] == ["Start", "Practice", "End"]
        assert [item.kind for item in edition.items()] == ["contents", "partners", "imprint"]
        assert (edition.title, edition.number, edition.published) == ("Next", "No. 13", date(2026, 4, 1))
    keys = [[item.key for item in issue_of(key).editions[code].content.items()] for code in ("en", "zh-hans")]
    assert keys[0] == keys[1]
    assert not set(keys[0]) & {"c", "p", "i"}


def test_a_first_issue_begins_empty() -> None:
    bulletin = make_bulletin("en")
    assert last_issue(bulletin) is None
    key = start_issue(bulletin, title="First", locales=["en"])
    assert headings(key) == []


@pytest.mark.parametrize(
    ("number", "following"),
    [
        ("No. 12", "No. 13"),
        ("2026年第3期", "2026年第4期"),
        ("2026-09", "2026-10"),
        ("No. 3, 2026", "No. 4, 2026"),
        ("2026", "2027"),
        ("", ""),
        ("Spring", "Spring"),
        ("9", "10"),
    ],
)
def test_a_number_is_counted_up_and_a_year_in_it_is_not(number: str, following: str) -> None:
    assert next_number(number) == following
