"""The public archive: what was approved and sent, for everybody; never a draft, by whatever door."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries
from wagtail.models import PageViewRestriction

from composer.content import EditionContent
from composer.models import Approval, BulletinPage, EditionPage
from dispatch.models import Delivery, Dispatch
from dispatch.tokens import Purpose, make_token
from tests.factories import (
    approve,
    edition_of,
    make_bulletin,
    make_content,
    make_dispatch,
    make_issue,
    make_item,
    make_sent_issue,
    make_user,
)

pytestmark = pytest.mark.django_db


def read(client: Client, path: str, status: int = 200, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == status, path
    return response.content.decode()


def path_to(key: UUID, locale: str = "en") -> str:
    page = edition_of(key, locale)
    return f"/{locale}/notes/{page.slug}/"


def retitle(key: UUID, title: str, *, publish: bool) -> EditionPage:
    page = edition_of(key)
    page.title = title
    revision = page.save_revision()
    if publish:
        revision.publish()
    return page


def private(bulletin: BulletinPage) -> None:
    for page in BulletinPage.objects.filter(translation_key=bulletin.translation_key):
        page.archive = BulletinPage.Archive.PRIVATE
        page.save_revision().publish()


def test_publishing_a_page_on_the_desk_makes_nothing_public(client: Client) -> None:
    key = make_issue(make_bulletin())
    edition_of(key).save_revision().publish()
    assert "This link doesn’t work" in read(client, path_to(key), 404)
    assert "The first issue" not in read(client, "/en/")
    assert "The first issue" not in read(client, "/en/notes/")


def test_an_approved_issue_is_not_public_before_it_was_sent(client: Client) -> None:
    key = make_issue(make_bulletin())
    approve(key)
    edition_of(key).save_revision().publish()
    read(client, path_to(key), 404)


def test_a_sent_issue_can_be_read_by_anybody(client: Client) -> None:
    key = make_sent_issue(make_bulletin(), make_content(title="Issue 1"))
    page = read(client, path_to(key))
    assert "Something happened." in page
    assert '<main id="letter">' in page
    assert "<script" not in page
    assert "/c/" not in page
    assert "/u/" not in page
    assert "Issue 1" in read(client, "/en/notes/")


def test_the_page_of_an_edition_runs_no_script_and_may_be_indexed(client: Client) -> None:
    response = client.get(path_to(make_sent_issue(make_bulletin())))
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"]
    assert "X-Robots-Tag" not in response
    assert response["Content-Language"] == "en"


def test_what_is_published_without_approval_stays_out_of_the_archive(client: Client) -> None:
    key = make_sent_issue(make_bulletin(), make_content(title="As approved"))
    page = retitle(key, "Nobody approved this", publish=True)
    page.preheader = "nor this"
    page.body = page.body.stream_block.to_python([])
    page.save_revision().publish()
    for path in (path_to(key), "/en/", "/en/notes/"):
        shown = read(client, path)
        assert "As approved" in shown
        assert "Nobody approved this" not in shown
        assert "nor this" not in shown
    assert "Something happened." in read(client, path_to(key))


def test_a_correction_shows_as_soon_as_it_is_approved(client: Client) -> None:
    key = make_sent_issue(make_bulletin(), make_content(title="With a slpi"))
    retitle(key, "With a slip", publish=False)
    assert "With a slpi" in read(client, path_to(key))
    approve(key)
    assert "With a slip" in read(client, path_to(key))
    assert "With a slip" in read(client, "/en/notes/")


def test_an_unpublished_edition_leaves_the_archive(client: Client) -> None:
    key = make_sent_issue(make_bulletin(), make_content(title="Withdrawn"))
    edition_of(key).unpublish()
    read(client, path_to(key), 404)
    assert "Withdrawn" not in read(client, "/en/notes/")


def test_a_dispatch_that_was_cancelled_before_a_letter_left_shows_nothing(client: Client) -> None:
    key = make_sent_issue(make_bulletin())
    Dispatch.objects.update(state=Dispatch.State.CANCELLED)
    read(client, path_to(key), 404)
    Delivery.objects.update(state=Delivery.State.ACCEPTED, due_at=None)
    read(client, path_to(key))


@pytest.mark.parametrize("audience", ["members", "not:members"])
def test_an_item_with_an_audience_is_on_no_public_page(client: Client, audience: str) -> None:
    from tests.factories import make_segment

    make_segment("members")
    secret = make_item("Secret heading", audience=audience, text="Secret text", url="https://secret.example/x")
    key = make_sent_issue(make_bulletin(), make_content("en", make_item("Open"), secret))
    shown = read(client, path_to(key)) + read(client, "/en/") + read(client, "/en/notes/")
    assert "Open" in shown
    assert "secret" not in shown.lower()


def test_a_translation_that_nobody_approved_is_not_offered(client: Client) -> None:
    bulletin = make_bulletin()
    key = make_sent_issue(bulletin, make_content(title="Issue 1"))
    from composer.drafts import save_edition

    page = save_edition(
        make_content("zh-hans", title="未批准"), bulletin=bulletin.get_translations().get().specific, issue_key=key
    )
    page.save_revision().publish()
    assert "未批准" not in read(client, "/zh-hans/notes/")
    assert 'hreflang="zh-hans"' not in read(client, path_to(key))
    read(client, path_to(key, "zh-hans"), 404)


def two_languages() -> tuple[EditionContent, EditionContent]:
    return make_content(title="Issue 1"), make_content("zh-hans", title="第一期")


def test_an_issue_is_listed_in_the_pages_language_with_links_to_its_others(client: Client) -> None:
    key = make_sent_issue(make_bulletin(), *two_languages())
    page = read(client, "/zh-hans/notes/")
    assert f'<a href="{path_to(key, "zh-hans")}">第一期</a>' in page.replace("%E7%AC%AC%E4%B8%80%E6%9C%9F", "第一期")
    assert f'<a href="{path_to(key)}" hreflang="en" lang="en" aria-label="English: Issue 1">English</a>' in page


def test_an_issue_without_the_pages_language_is_listed_in_another_and_says_so(client: Client) -> None:
    key = make_sent_issue(make_bulletin(), make_content(title="Issue 1"))
    page = read(client, "/zh-hans/notes/")
    assert f'<a href="{path_to(key)}" lang="en" hreflang="en">Issue 1</a>' in page


def test_the_bar_leads_to_the_other_language_the_feed_and_the_bulletin(client: Client) -> None:
    bulletin = make_bulletin()
    page = read(client, path_to(make_sent_issue(bulletin, *two_languages())))
    assert 'hreflang="zh-hans" lang="zh-hans">简体中文</a>' in page
    assert '<a href="/en/notes/">← Procurement Notes</a>' in page
    assert f'href="/archive/{bulletin.translation_key}/en.atom"' in page
    assert page.count("<main") == page.count("</main>") == 1


def test_a_hundred_issues_come_in_pages(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    bulletin = make_bulletin("en")
    first = make_sent_issue(bulletin, make_content(title="Issue 0"))
    del first
    for number in range(1, 31):
        key = make_issue(bulletin, make_content(title=f"Issue {number}"))
        approve(key)
        edition_of(key).latest_revision.publish()
        sent(key, bulletin)
    with django_assert_max_num_queries(45):
        page = read(client, "/en/notes/")
    assert "Issue 30" in page
    assert ">Issue 5<" not in page
    assert "Page 1 of 2" in page
    older = read(client, "/en/notes/?page=2")
    assert ">Issue 5<" in older
    assert "?page=1" in older
    assert "All 31 issues" in read(client, "/en/")
    read(client, "/en/notes/?page=nonsense")


def sent(key: UUID, bulletin: BulletinPage) -> None:
    """The row of a dispatch, without readers."""
    Dispatch.objects.create(
        bulletin_key=bulletin.translation_key,
        issue_key=key,
        issue_title="x",
        digest="",
        audience_name="x",
        audience_rule={},
        state=Dispatch.State.FINISHED,
        unknown_policy="retry",
        sender_address="a@b.example",
        sender_names={},
        list_name="x",
        list_slug="x",
        message_key=b"x",
    )


def test_a_private_archive_lists_nothing_and_shows_nobody_anything(client: Client) -> None:
    bulletin = make_bulletin()
    key = make_sent_issue(bulletin, make_content(title="Internal"))
    private(bulletin)
    assert "Internal" not in read(client, "/en/")
    assert "Procurement Notes" not in read(client, "/en/")
    for path in ("/en/notes/", path_to(key), f"/archive/issues/{key}/en.pdf"):
        assert "This link doesn’t work" in read(client, path, 404)
    read(client, f"/archive/{bulletin.translation_key}/en.atom", 404)


def test_who_works_on_a_private_bulletin_sees_its_editions_and_no_one_indexes_them(client: Client) -> None:
    bulletin = make_bulletin()
    key = make_sent_issue(bulletin, make_content(title="Internal"))
    private(bulletin)
    client.force_login(make_user())
    response = client.get(path_to(key))
    assert "Internal" in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Cache-Control"] == "no-store"
    assert "en.atom" not in response.content.decode()
    assert "This archive is private" in read(client, "/en/notes/")
    client.force_login(make_user("nobody", superuser=False))
    read(client, path_to(key), 404)


def test_a_page_that_the_desk_protects_is_in_no_list_feed_or_pdf(client: Client) -> None:
    bulletin = make_bulletin()
    key = make_sent_issue(bulletin, make_content(title="Behind a door"))
    login = PageViewRestriction.LOGIN
    PageViewRestriction.objects.create(page=edition_of(key).page_ptr, restriction_type=login)
    assert client.get(path_to(key)).status_code == 302
    read(client, f"/archive/issues/{key}/en.pdf", 404)
    shown = read(client, "/en/") + read(client, "/en/notes/")
    assert "Behind a door" not in shown + read(client, f"/archive/{bulletin.translation_key}/en.atom")
    client.force_login(make_user())
    response = client.get(path_to(key))
    assert "Behind a door" in response.content.decode()
    assert "public" not in response["Cache-Control"]


def test_a_readers_own_letter_can_be_seen_in_a_private_archive_too(client: Client) -> None:
    bulletin = make_bulletin()
    delivery = Delivery.objects.get(dispatch=make_dispatch(bulletin, people=1))
    private(bulletin)
    response = client.get(f"/v/{make_token(Purpose.VIEW, delivery.pk)}")
    assert "Something happened." in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "@media print" in response.content.decode()


def test_a_bulletins_stable_address_leads_to_its_archive_in_the_readers_language(client: Client) -> None:
    bulletin = make_bulletin()
    answer = client.get(f"/archive/{bulletin.translation_key}/", headers={"accept-language": "zh-CN"})
    assert (answer.status_code, answer["Location"]) == (302, "/zh-hans/notes/")


def test_a_reader_is_named_nowhere_in_the_archive(client: Client) -> None:
    content = replace(make_content(title="For {{name|everybody}}"), published=date(2026, 3, 1))
    key = make_sent_issue(make_bulletin(), content)
    for path in ("/en/notes/", path_to(key)):
        page = read(client, path)
        assert "For everybody" in page
        assert "{{" not in page


def test_markup_in_a_title_is_inert_on_every_page(client: Client) -> None:
    key = make_sent_issue(make_bulletin(), make_content(title="<img src=x onerror=alert(1)>"))
    for path in ("/en/", "/en/notes/", path_to(key)):
        assert "<img src=x" not in read(client, path)


@pytest.mark.parametrize("path", ["/en/", "/en/notes/"])
def test_a_page_with_no_issue_says_so(client: Client, path: str) -> None:
    make_bulletin()
    assert "No issue has been published in this language yet." in read(client, path)


def test_the_desks_preview_of_a_page_is_untouched_by_the_archives_rules(rf: RequestFactory) -> None:
    page = edition_of(make_issue(make_bulletin()))
    assert "Something happened." in page.serve_preview(rf.get("/"), "letter").content.decode()


def test_the_foot_and_the_theme_stay_as_they_were_approved(client: Client) -> None:
    bulletin = make_bulletin("en")
    key = make_sent_issue(bulletin, make_content("en", make_item("A story")))
    bulletin.refresh_from_db()
    bulletin.postal_address = "Unapproved Street"
    bulletin.theme = "harbour"
    bulletin.save_revision().publish()
    answer = client.get(edition_of(key).url)
    assert answer.status_code == 200
    assert "Unapproved Street" not in answer.content.decode()
    assert "1 Example Street" in answer.content.decode()
    assert "#0b3a53" not in answer.content.decode()  # Harbour's band


def test_a_theme_that_is_gone_takes_no_archive_down(client: Client) -> None:
    key = make_sent_issue(make_bulletin("en"), make_content("en", make_item("A story")))
    approval = Approval.objects.get()
    approval.mastheads["en"]["theme"] = "gone"
    approval.save()
    answer = client.get(edition_of(key).url)
    assert (answer.status_code, b"A story" in answer.content) == (200, True)
