"""The Atom feed of a bulletin's archive, read as a feed reader would (RFC 4287)."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import Settings

from composer.content import EditionContent, Paragraph, Section, Span, Story
from composer.models import BulletinPage
from tests.factories import (
    approve,
    edition_of,
    make_bulletin,
    make_content,
    make_issue,
    make_item,
    make_segment,
    make_sent_issue,
)

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def feed_path(bulletin: BulletinPage, locale: str = "en") -> str:
    return f"/archive/{bulletin.translation_key}/{locale}.atom"


def read_feed(client: Client, bulletin: BulletinPage, locale: str = "en") -> ElementTree.Element:
    response = client.get(feed_path(bulletin, locale))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)


def texts(element: ElementTree.Element, name: str) -> list[str]:
    return [found.text or "" for found in element.findall(ATOM + name)]


def links(element: ElementTree.Element) -> dict[str, str]:
    return {found.get("rel", "alternate"): found.get("href", "") for found in element.findall(ATOM + "link")}


def test_the_feed_has_what_the_standard_asks_of_a_feed_and_its_entries(client: Client) -> None:
    bulletin = make_bulletin(publisher="The Network", tagline="For those who buy")
    key = make_sent_issue(bulletin, make_content(title="Issue 1"))
    feed = read_feed(client, bulletin)
    assert feed.tag == ATOM + "feed"
    assert feed.get(LANG) == "en"
    assert texts(feed, "title") == ["Procurement Notes"]
    assert texts(feed, "subtitle") == ["For those who buy"]
    assert len(texts(feed, "updated")) == len(texts(feed, "id")) == 1
    assert links(feed) == {
        "alternate": "http://testserver/en/notes/",
        "self": f"http://testserver{feed_path(bulletin)}",
    }
    author = feed.find(ATOM + "author")
    assert author is not None
    assert texts(author, "name") == ["The Network"]
    [entry] = feed.findall(ATOM + "entry")
    assert texts(entry, "title") == ["Issue 1"]
    assert texts(entry, "id")[0].startswith("urn:uuid:")
    assert links(entry)["alternate"] == f"http://testserver/en/notes/{edition_of(key).slug}/"
    assert len(texts(entry, "updated")) == len(texts(entry, "published")) == len(texts(entry, "summary")) == 1
    content = entry.find(ATOM + "content")
    assert content is not None
    assert content.get("type") == "html"
    assert "<p>Something happened.</p>" in (content.text or "")


def test_an_empty_feed_is_whole_and_keeps_its_date(client: Client) -> None:
    bulletin = make_bulletin()
    first, second = read_feed(client, bulletin), read_feed(client, bulletin)
    assert first.findall(ATOM + "entry") == []
    assert texts(first, "updated") == texts(second, "updated")


def test_an_entry_keeps_its_id_when_it_is_corrected_and_the_product_moves(client: Client, settings: Settings) -> None:
    bulletin = make_bulletin()
    key = make_sent_issue(bulletin)
    [before] = read_feed(client, bulletin).findall(ATOM + "entry")
    page = edition_of(key)
    page.title = "Corrected"
    page.save_revision()
    approve(key)
    settings.BASE_URL = "https://elsewhere.example"
    [after] = read_feed(client, bulletin).findall(ATOM + "entry")
    assert texts(after, "title") == ["Corrected"]
    assert texts(after, "id") == texts(before, "id")
    assert texts(after, "updated") > texts(before, "updated")
    assert texts(after, "published") == texts(before, "published")
    assert links(after)["alternate"].startswith("https://elsewhere.example/en/notes/")


def test_each_language_has_a_feed_with_its_editions_only(client: Client) -> None:
    bulletin = make_bulletin()
    make_sent_issue(bulletin, make_content(title="Issue 1"), make_content("zh-hans", title="第一期"))
    make_sent_issue(bulletin, make_content(title="Issue 2"))
    english, chinese = read_feed(client, bulletin), read_feed(client, bulletin, "zh-hans")
    assert [texts(entry, "title")[0] for entry in english.findall(ATOM + "entry")] == ["Issue 2", "Issue 1"]
    assert [texts(entry, "title")[0] for entry in chinese.findall(ATOM + "entry")] == ["第一期"]
    assert chinese.get(LANG) == "zh-Hans"
    ids = {texts(entry, "id")[0] for feed in (english, chinese) for entry in feed.findall(ATOM + "entry")}
    assert len(ids) == 3


@pytest.mark.parametrize("audience", ["members", "not:members"])
def test_an_item_with_an_audience_is_in_no_feed(client: Client, audience: str) -> None:
    make_segment("members")
    bulletin = make_bulletin()
    secret = make_item("Secret", audience=audience, text="Secret text", url="https://secret.example/")
    make_sent_issue(bulletin, make_content("en", secret, make_item("Open")))
    body = client.get(feed_path(bulletin)).content.decode()
    assert "Open" in body
    assert "secret" not in body.lower()


def test_drafts_are_in_no_feed(client: Client) -> None:
    bulletin = make_bulletin()
    edition_of(make_issue(bulletin, make_content(title="Draft"))).save_revision().publish()
    key = make_sent_issue(bulletin, make_content(title="Sent"))
    page = edition_of(key)
    page.title = "Unapproved"
    page.save_revision().publish()
    body = client.get(feed_path(bulletin)).content.decode()
    assert "Sent" in body
    assert "Draft" not in body
    assert "Unapproved" not in body


def test_control_characters_and_markup_break_nothing(client: Client) -> None:
    bulletin = make_bulletin()
    story = Story(key="1", heading="<script>alert(1)</script>\x0b\x1f", body=(Paragraph((Span("a\x08b & <c>"),)),))
    content = make_content("en", story, title="Bell\x1f & <whistle>")
    make_sent_issue(bulletin, replace(content, subject="Bell"))
    [entry] = read_feed(client, bulletin).findall(ATOM + "entry")
    assert texts(entry, "title") == ["Bell & <whistle>"]
    html = entry.findtext(ATOM + "content") or ""
    assert "<script" not in html
    assert "ab &amp; &lt;c&gt;" in html


def test_a_link_that_may_not_be_printed_is_no_link_in_the_feed(client: Client) -> None:
    from composer.article import article_html

    content = EditionContent(
        locale="en",
        masthead=make_content().masthead,
        title="x",
        subject="x",
        sections=(Section("", (make_item("One", url="javascript:alert(1)"),)),),
    )
    assert "javascript" not in article_html(content)


def test_a_reader_that_has_the_feed_is_told_so(client: Client) -> None:
    bulletin = make_bulletin()
    key = make_sent_issue(bulletin)
    first = client.get(feed_path(bulletin))
    same = client.get(feed_path(bulletin), headers={"if-none-match": first["ETag"]})
    since = client.get(feed_path(bulletin), headers={"if-modified-since": first["Last-Modified"]})
    assert (same.status_code, same.content) == (304, b"")
    assert since.status_code == 304
    page = edition_of(key)
    page.title = "Corrected"
    page.save_revision()
    approve(key)
    assert client.get(feed_path(bulletin), headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("locale", ["fr", "xx", "EN"])
def test_a_language_without_the_bulletin_has_no_feed(client: Client, locale: str) -> None:
    assert client.get(feed_path(make_bulletin("en"), locale)).status_code == 404


def test_a_feed_is_found_from_the_archives_pages(client: Client) -> None:
    bulletin = make_bulletin()
    for path in ("/en/", "/en/notes/"):
        page = client.get(path).content.decode()
        assert '<link rel="alternate" type="application/atom+xml"' in page
        assert f'href="{feed_path(bulletin)}"' in page
