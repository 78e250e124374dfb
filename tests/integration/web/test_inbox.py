"""The inbox in the browser: finding letters, reading one, and staying unharmed by it."""

from __future__ import annotations

import mailbox
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from web import inbox

urlpatterns = [path("inbox/", include(inbox.urlpatterns))]

XSS = "<script>alert(1)</script>"


@pytest.fixture
def box(tmp_path: Path, settings: Settings) -> mailbox.Maildir:
    settings.INBOX = tmp_path / "inbox"
    settings.ROOT_URLCONF = __name__
    return mailbox.Maildir(settings.INBOX, create=True)


def keep(box: mailbox.Maildir, *, head: str = "", body: str = "<p>Hello</p>", **headers: str) -> str:
    """A letter in the box; returns its id."""
    fields = {"To": "Reader <reader@example.org>", "Subject": "An issue", "Content-Type": "text/html; charset=utf-8"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return str(box.add(f"{lines}{head}\n{body}\n".encode()))


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_an_empty_inbox_says_how_to_send(client: Client, box: mailbox.Maildir, settings: Settings) -> None:
    settings.SMTP_URL = "smtp://user:secret@127.0.0.1:2599"
    page = text_of(client.get("/inbox/"))
    assert "No letters yet" in page
    assert "127.0.0.1:2599" in page
    assert "secret" not in page


def test_the_list_is_newest_first_in_pages_of_50(client: Client, box: mailbox.Maildir) -> None:
    for number in range(53):
        keep(box, Subject=f"Letter {number:03}")
    first, second = text_of(client.get("/inbox/")), text_of(client.get("/inbox/?page=2"))
    assert first.index("Letter 052") < first.index("Letter 051") < first.index("Letter 003")
    assert "Letter 002" not in first
    assert "53 letters" in first
    assert "Letter 002" in second
    assert 'rel="next"' not in second


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"one", "two", "three"}),
        ("q=ROSA", {"one"}),
        ("q=b@example.org", {"two"}),
        ("q=subject+thr", {"three"}),
        ("language=fr", {"two"}),
        ("language=fr&q=rosa", set()),
        ("q=%20%0a&page=nonsense", {"one", "two", "three"}),
    ],
)
def test_letters_are_found(client: Client, box: mailbox.Maildir, query: str, found: set[str]) -> None:
    keep(box, To="Rosa <a@example.org>", Subject="subject one", Content_Language="en")
    keep(box, To="b@example.org", Subject="subject two", Content_Language="fr")
    keep(box, To="c@example.org", Subject="subject three", Content_Language="zh-Hans")
    page = text_of(client.get(f"/inbox/?{query}"))
    assert {word for word in ("one", "two", "three") if f"subject {word}" in page} == found


def test_new_letters_are_counted_for_a_page_that_asks(client: Client, box: mailbox.Maildir) -> None:
    for _ in range(3):
        keep(box)
    assert client.get("/inbox/count.json?since=1").json() == {"total": 3, "words": "2 new letters: show"}
    assert client.get("/inbox/count.json?since=2").json() == {"total": 3, "words": "1 new letter: show"}
    assert client.get("/inbox/count.json?since=9").json() == {"total": 3, "words": ""}
    assert client.get("/inbox/count.json?since=x").json() == {"total": 3, "words": ""}


@pytest.mark.parametrize("view", ["letter", "text", "headers", "source", "nonsense"])
def test_nothing_of_a_letter_is_markup_of_the_page(client: Client, box: mailbox.Maildir, view: str) -> None:
    name = keep(
        box,
        head=f'X-"><b>: {XSS}\nContent-Language: {XSS}\nList-Unsubscribe: <http://testserver/"{XSS}>\n',
        body=XSS,
        From=f'"{XSS}" <evil@example.org>',
        To=f'"{XSS}" <"{XSS}"@example.org>',
        Subject=f"</title>{XSS}",
    )
    for address in ("/inbox/", f"/inbox/{name}/?view={view}", f"/inbox/?q={XSS}", f"/inbox/{name}/?q=%22{XSS}"):
        response = client.get(address)
        assert response.status_code == 200
        assert "<script>" not in text_of(response)
        policy = response["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


def test_the_html_of_a_letter_is_served_without_an_origin_or_scripts(client: Client, box: mailbox.Maildir) -> None:
    name = keep(box, body=f"<!DOCTYPE html>\n<html lang=fr><head><base target=_self></head><body>{XSS}</body></html>")
    page = text_of(client.get(f"/inbox/{name}/"))
    frame = client.get(f"/inbox/{name}/letter.html")
    assert f'src="/inbox/{name}/letter.html"' in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert frame["Content-Security-Policy"] == (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src *; style-src 'unsafe-inline'"
    )
    assert frame["Referrer-Policy"] == "no-referrer"
    assert text_of(frame).startswith('<!DOCTYPE html><base target="_blank">\n<html lang=fr>')


@pytest.mark.parametrize(
    ("html", "served"),
    [
        ("<p>x</p>", '<base target="_blank"><p>x</p>'),
        ("\n<!doctype html><p>x</p>", '\n<!doctype html><base target="_blank"><p>x</p>'),
        ("", '<base target="_blank">'),
    ],
)
def test_links_open_in_a_new_tab_whatever_the_letter_lacks(html: str, served: str) -> None:
    assert inbox.with_new_tabs(html) == served


@pytest.mark.parametrize(
    ("ways_out", "offer", "button"),
    [
        ("<http://testserver/u/abc>", "List-Unsubscribe=One-Click", True),
        ("<mailto:x@example.org>, <http://testserver/u/abc>", "List-Unsubscribe=One-Click", True),
        ("<http://testserver/u/abc>", "no", False),
        ("<http://testserver.evil.example/u/abc>", "List-Unsubscribe=One-Click", False),
        ("<https://elsewhere.example/u/abc>", "List-Unsubscribe=One-Click", False),
        ("<javascript:alert(1)>", "List-Unsubscribe=One-Click", False),
    ],
)
def test_one_click_is_offered_for_our_own_addresses_only(
    client: Client, box: mailbox.Maildir, ways_out: str, offer: str, button: bool
) -> None:
    name = keep(box, List_Unsubscribe=ways_out, List_Unsubscribe_Post=offer)
    page = text_of(client.get(f"/inbox/{name}/"))
    assert ('<form method="post" action="http://testserver/u/abc" target="_blank"' in page) is button
    assert ('name="List-Unsubscribe" value="One-Click"' in page) is button


def test_a_letter_leads_to_its_neighbours_among_what_was_searched(client: Client, box: mailbox.Maildir) -> None:
    old = keep(box, Subject="wanted 1")
    other = keep(box, Subject="other")
    middle = keep(box, Subject="wanted 2")
    new = keep(box, Subject="wanted 3")
    page = text_of(client.get(f"/inbox/{middle}/?q=wanted"))
    assert f'rel="prev" href="/inbox/{new}/?q=wanted"' in page
    assert f'rel="next" href="/inbox/{old}/?q=wanted"' in page
    assert f'rel="next" href="/inbox/{other}/"' in text_of(client.get(f"/inbox/{middle}/"))
    assert 'rel="next"' not in text_of(client.get(f"/inbox/{old}/"))


def test_headers_are_shown_decoded_beside_what_was_sent(client: Client, box: mailbox.Maildir) -> None:
    name = keep(box, Subject="=?utf-8?b?5L2g5aW9?=")
    page = text_of(client.get(f"/inbox/{name}/?view=headers"))
    assert "<bdi>你好</bdi>" in page
    assert "<pre>=?utf-8?b?5L2g5aW9?=</pre>" in page


def test_a_letter_can_be_kept_as_a_file_that_no_browser_opens(client: Client, box: mailbox.Maildir) -> None:
    name = keep(box, body=XSS)
    response = client.get(f"/inbox/{name}/letter.eml")
    assert response["Content-Type"] == "message/rfc822"
    assert response["Content-Disposition"].startswith("attachment")
    assert response.content == box.get_bytes(name)


@pytest.mark.parametrize("rest", ["", "letter.html", "letter.eml"])
@pytest.mark.parametrize(
    "name",
    ["nothing", "..", "%2e%2e", "..%2f..%2fsecret", "%2Fetc%2Fpasswd", ".hidden", "new", "a\\b", "%00", "x" * 300],
)
def test_what_is_no_letter_is_not_found(
    client: Client, box: mailbox.Maildir, tmp_path: Path, name: str, rest: str
) -> None:
    keep(box)
    (tmp_path / "secret").write_text("Subject: secret\n\nsecret\n")
    (tmp_path / "inbox" / "new" / ".hidden").write_text("Subject: secret\n\nsecret\n")
    response = client.get(f"/inbox/{name}/{rest}")
    assert response.status_code == 404
    assert "secret" not in text_of(response).replace(name, "")


def test_a_missing_letter_has_a_page_that_leads_back(client: Client, box: mailbox.Maildir) -> None:
    response = client.get("/inbox/1.M1P1Q1.host/")
    assert response.status_code == 404
    assert 'href="/inbox/"' in text_of(response)


def test_the_inbox_changes_nothing(client: Client, box: mailbox.Maildir, tmp_path: Path) -> None:
    name = keep(box)
    before = sorted(tmp_path.rglob("*"))
    for address in ("/inbox/", f"/inbox/{name}/", f"/inbox/{name}/letter.html", "/inbox/count.json"):
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 405
    assert sorted(tmp_path.rglob("*")) == before
    assert client.get(f"/inbox/{name}/")["Cache-Control"].count("no-store") == 1


@pytest.mark.parametrize(("accepts", "title"), [("zh-CN", "收件箱"), ("fr", "Boîte de réception"), ("de", "Inbox")])
def test_the_inbox_speaks_the_readers_language(client: Client, box: mailbox.Maildir, accepts: str, title: str) -> None:
    assert title in text_of(client.get("/inbox/", headers={"accept-language": accepts}))
