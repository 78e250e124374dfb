"""Beginning an issue, moving its items, and the matrix of its variants, on the desk."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from composer.content import Story
from composer.issues import issue_of
from composer.models import EditionPage
from subscribers.models import Role, Suppression
from tests.factories import (
    edition_of,
    make_bulletin,
    make_content,
    make_issue,
    make_item,
    make_segment,
    make_subscriber,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user())
    return client


def headings(key: Any, locale: str = "en") -> list[str]:
    return [item.heading for item in issue_of(key).editions[locale].content.items()]


def test_a_new_issue_begins_with_the_last_ones_frame_in_each_chosen_language(desk: Client) -> None:
    bulletin = make_bulletin()
    make_issue(bulletin, make_content("en", title="March"), make_content("zh-hans", title="三月"))
    page = desk.get(reverse("circular_issue_start")).content.decode()
    assert "The frame of “March”" in page

    posted = {"title": "April <b>", "published": "2026-04-01", "locales": ["en", "zh-hans"], "begin": "frame"}
    answer = desk.post(reverse("circular_issue_start"), posted)
    key = EditionPage.objects.filter(title="April <b>").values_list("translation_key", flat=True)[0]
    assert answer.headers["Location"] == reverse("circular_issue", args=[key])
    contents = issue_of(key).contents()
    assert set(contents) == {"en", "zh-hans"}
    assert [section.heading for section in contents["en"].sections] == ["News"]
    assert not list(contents["en"].items())


def test_an_issue_in_one_language_leads_straight_to_its_editor(desk: Client) -> None:
    make_bulletin("en")
    posted = {"title": "First", "locales": ["en"], "begin": "empty"}
    answer = desk.post(reverse("circular_issue_start"), posted)
    page = EditionPage.objects.get()
    assert answer.headers["Location"] == reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert not page.live


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"title": "", "locales": ["en"], "begin": "empty"}, "This field is required"),
        ({"title": "A\nB", "locales": ["en"], "begin": "empty"}, "One line only"),
        ({"title": "A", "locales": [], "begin": "empty"}, "This field is required"),
        ({"title": "A", "locales": ["xx"], "begin": "empty"}, "not one of the available choices"),
        ({"title": "A", "locales": ["en"], "begin": "frame"}, "not one of the available choices"),
    ],
)
def test_a_beginning_that_makes_no_sense_makes_nothing(desk: Client, posted: dict[str, Any], sentence: str) -> None:
    make_bulletin("en")
    pages = Page.objects.count()
    assert sentence in desk.post(reverse("circular_issue_start"), posted).content.decode()
    assert Page.objects.count() == pages


def test_who_may_not_add_an_issue_cannot_begin_one(client: Client) -> None:
    make_bulletin("en")
    client.force_login(make_user("limited", superuser=False))
    assert client.get(reverse("circular_issue_start")).status_code in {302, 403}


def test_chosen_items_are_copied_to_another_issue(desk: Client) -> None:
    bulletin = make_bulletin("en")
    one, other = (Story(key=str(uuid4()), heading=heading) for heading in ("One", "Other"))
    source = make_issue(bulletin, make_content("en", one, other, title="Source"))
    target = make_issue(bulletin, make_content("en", make_item("Old"), title="Target"))
    url = reverse("circular_issue_items", args=[source])
    page = desk.get(url, {"to": str(target)}).content.decode()
    assert "One" in page
    assert "Target · Procurement Notes" in page

    posted = {"to": str(target), "section": "0", "item": [one.key], "act": "copy"}
    assert desk.post(url, posted).headers["Location"] == reverse("circular_issue", args=[target])
    assert (headings(source), headings(target)) == (["One", "Other"], ["Old", "One"])
    assert desk.post(url, posted | {"act": "move"}).status_code == 302
    assert (headings(source), headings(target)) == (["Other"], ["Old", "One", "One"])


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"section": "0"}, "No item was chosen."),
        ({"section": "x", "item": ["k"]}, "Choose the section"),
        ({"section": "0", "item": ["gone"]}, "aren&#x27;t in the issue any more"),
    ],
)
def test_a_refused_move_says_why_and_changes_nothing(desk: Client, posted: dict[str, Any], sentence: str) -> None:
    key = make_issue(make_bulletin("en"), make_content("en", Story(key="k", heading="One")))
    before = edition_of(key).latest_revision_id
    assert sentence in desk.post(reverse("circular_issue_items", args=[key]), posted).content.decode()
    assert edition_of(key).latest_revision_id == before


def test_a_locked_issue_keeps_its_items(desk: Client) -> None:
    key = make_issue(make_bulletin("en"), make_content("en", Story(key="k", heading="One")))
    other = make_user("other")
    EditionPage.objects.update(locked=True, locked_by=other)
    posted = {"section": "0", "item": ["k"], "act": "move"}
    page = desk.post(reverse("circular_issue_items", args=[key]), posted).content.decode()
    assert "is locked" in page


def test_the_matrix_says_who_gets_which_letter_and_what_it_weighs(desk: Client) -> None:
    bulletin = make_bulletin()
    make_segment("partners", {"field": "role", "in": ["partner"]}, name="Partners <i>")
    make_subscriber(bulletin, role=Role.PARTNER)
    for _person in range(3):
        make_subscriber(bulletin)
    Suppression.objects.create(address_hash=make_subscriber(bulletin, language="zh-hans").address_hash)
    key = make_issue(
        bulletin,
        make_content("en", make_item("For all"), make_item("Only partners", audience="partners")),
        make_content("zh-hans", make_item("给大家")),
    )
    answer = desk.get(reverse("circular_issue_variants", args=[key]))
    columns, rows = answer.context["columns"], answer.context["rows"]
    assert [(column.locale, column.audiences, column.letters) for column in columns] == [
        ("en", (), 3),
        ("en", ("Partners <i>",), 1),
        ("zh-hans", (), 0),
    ]
    assert all(5 < column.kilobytes < 30 for column in columns)
    assert [(row.heading, row.audience, row.seen) for row in rows] == [
        ("Only partners", "Partners <i>", (False, True, None))
    ]
    page = answer.content.decode()
    assert "Partners &lt;i&gt;" in page
    assert "Partners <i>" not in page


def test_the_matrix_of_an_issue_whose_segment_is_gone_says_so(desk: Client) -> None:
    bulletin = make_bulletin("en")
    make_subscriber(bulletin)
    key = make_issue(bulletin, make_content("en", make_item("For nobody", audience="gone")))
    answer = desk.get(reverse("circular_issue_variants", args=[key]))
    assert answer.status_code == 200
    assert "gone" in answer.context["trouble"]


def test_the_matrix_of_a_bulletin_that_nobody_takes_is_empty(desk: Client) -> None:
    key = make_issue(make_bulletin("en"), make_content("en"))
    assert (
        "Nobody there takes the bulletin" in desk.get(reverse("circular_issue_variants", args=[key])).content.decode()
    )
