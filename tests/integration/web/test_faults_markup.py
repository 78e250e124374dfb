"""What somebody writes into a name, a note or a file's name is shown as they wrote it, and never runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dispatch.tokens import Purpose, make_token
from subscribers import links
from subscribers.models import OptIn
from tests.factories import make_user
from tests.integration.web.desk_world import World, make_world, own_pages

pytestmark = pytest.mark.django_db

PLANTED = """x"'><script>planted()</script><img src=x onerror=planted()>{{ planted }}{% planted %}"""
FILES = ("text/csv", "application/vnd.openxmlformats", "application/pdf", "application/zip")


class Running(HTMLParser):
    """What a browser would run of a page: scripts with the planted words outside a string, and event handlers."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.data_only = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.data_only = (
            tag != "script" or "json" in (named.get("type") or "") or "template" in (named.get("type") or "")
        )
        if any(name.startswith("on") and "planted" in (value or "") for name, value in attrs):
            self.found.append(f"<{tag} {attrs}>")
        if any(name in {"href", "src", "action", "srcdoc"} and _runs(value or "") for name, value in attrs):
            self.found.append(f"<{tag} {attrs}>")

    def handle_data(self, data: str) -> None:
        if not self.data_only and "<script>planted" in data:
            self.found.append(f"script: {data[:200]}")
        if self.cdata_elem == "script" and data.strip().startswith("planted()"):
            self.found.append(data[:200])


def _runs(value: str) -> bool:
    return value.lstrip().lower().startswith("javascript:") or "<script>planted" in value.lower()


def running(html: str) -> list[str]:
    parser = Running()
    parser.feed(html)
    parser.close()
    return parser.found


def pieces(response: Any) -> Iterator[str]:
    """The HTML in an answer: the page, or the fragments in JSON that a script puts into one."""
    kind = response.headers.get("Content-Type", "")
    if kind.startswith("text/html"):
        yield response.content.decode()
    elif kind.startswith("application/json"):
        yield from _fragments(json.loads(response.content), "")


def _fragments(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _fragments(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _fragments(each, name)
    elif isinstance(value, str) and name in {"html", "panel", "details", "sample"}:
        yield value


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("PATH", "")  # no browser is started to print a page
    return make_world(PLANTED)


def test_the_parser_sees_what_would_run() -> None:
    assert running("<p><script>planted()</script>")
    assert running("<img src=x onerror=planted()>")
    assert running('<a href="javascript:planted()">')
    assert not running("<p>&lt;script&gt;planted()&lt;/script&gt;")
    assert not running('<script type="application/json">"\\u003Cscript>planted()"</script>')


def test_nothing_that_was_planted_runs_on_any_page_of_the_desk(world: World) -> None:
    client = Client()
    client.force_login(make_user("root"))
    shown = 0
    for name, pattern in own_pages().items():
        response = client.get(world.address(name, pattern), follow=True)
        if response.headers.get("Content-Type", "").startswith(FILES):
            continue
        for html in pieces(response):
            assert not running(html), name
            shown += "planted()" in html
    assert shown > 20  # the words are there to be seen


def test_nothing_that_was_planted_runs_in_the_desks_own_frame(world: World) -> None:
    """Wagtail's pages that show names of ours: the front page, searches, reports, histories."""
    client = Client()
    client.force_login(make_user("root"))
    for path in (
        "/desk/",
        "/desk/pages/",
        "/desk/reports/site-history/",
        f"/desk/pages/{world.arguments['']['page_id']}/edit/",
        f"/desk/pages/{world.arguments['']['page_id']}/history/",
        "/desk/users/",
        f"/desk/network/subscribers/?q={PLANTED}",
        f"/desk/issues/?q={PLANTED}",
        f"/desk/issues/readers/?q={PLANTED}",
    ):
        for html in pieces(client.get(path)):
            assert not running(html), path


def test_nothing_that_was_planted_runs_on_a_readers_pages(world: World, client: Client) -> None:
    now = timezone.now()
    delivery = world.delivery.pk
    bulletin = world.arguments["circular_sign_up"]["key"]
    addresses = [
        f"/v/{make_token(Purpose.VIEW, delivery)}",
        f"/u/{make_token(Purpose.UNSUBSCRIBE, delivery)}",
        f"/why/{make_token(Purpose.WHY, delivery)}",
        f"/preferences/{links.person_token(links.Purpose.PREFERENCES, world.person, now=now)}",
        f"/held/{links.person_token(links.Purpose.EXPORT, world.person, now=now)}",
        f"/erase/{links.person_token(links.Purpose.ERASE, world.person, now=now)}",
        f"/confirm/{links.confirm_token(OptIn.objects.get())}",
        f"/review/{world.review_token}/",
        f"/review/{world.review_token}/en/",
        f"/subscribe/{bulletin}/",
        f"/subscribe/{bulletin}/?name={PLANTED}&lang={PLANTED}&email={PLANTED}",
        "/archive/",
        "/en/",
    ]
    for path in addresses:
        response = client.get(path, follow=True)
        assert response.status_code in {200, 404}, path
        for html in pieces(response):
            assert not running(html), path


def test_template_language_in_a_name_stays_as_it_was_written(world: World) -> None:
    client = Client()
    client.force_login(make_user("root"))
    page = client.get(f"/desk/network/subscribers/inspect/{world.person.pk}/").content.decode()
    assert "{{ planted }}" in page
    assert "{% planted %}" in page
