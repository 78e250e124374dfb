"""Links tried in the background: against a real web server on this machine, and a real database."""

from __future__ import annotations

import http.server
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import override_settings

from composer.content import Call, EditionContent, Paragraph, Source, Span, Story
from composer.linkchecks import (
    ask_where_it_leads,
    forget_old,
    has_waiting,
    is_awaited,
    links_to_try,
    progress_of,
    results_of,
    try_waiting,
    want,
)
from composer.models import LinkCheck
from composer.preflight.addresses import IPAddress
from composer.preflight.door import Closed, Door, resolve_host
from composer.preflight.facts import LinkStatus
from composer.preflight.network import LinkChecker
from tests.factories import make_content

pytestmark = pytest.mark.django_db

TRACKED = "/t/y-l-uktltkd-iytjiuiydl-y/"


@dataclass
class Site:
    """A web server: `asked` counts the paths, `answers` says what it answers."""

    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)


@contextmanager
def web_server() -> Iterator[Site]:
    site = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            site.asked[self.path] += 1
            code, location = site.answers.get(self.path, (200, ""))
            self.send_response(code)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def site() -> Iterator[Site]:
    with web_server() as running:
        yield running


def checker() -> LinkChecker:
    """Tries this machine too, without a pause."""
    return LinkChecker(Door(allowed=lambda _address, _port: True, timeout=5), pace=0)


def status_of(url: str) -> str:
    return LinkCheck.objects.get(url=url).status


def aged(url: str, seconds: int) -> None:
    LinkCheck.objects.filter(url=url).update(checked_at=F("checked_at") - timedelta(seconds=seconds))


def content_with(*urls: str) -> EditionContent:
    body = tuple(Paragraph((Span("a page", href=url),)) for url in urls)
    return make_content("en", Story(key="k", heading="A story", body=body))


def test_every_web_address_is_tried_once_but_ours_private_tracked_and_examples() -> None:
    content = make_content(
        "en",
        Story(
            key="a",
            heading="A",
            body=(
                Paragraph(
                    (
                        Span("one", href="https://one.test/"),
                        Span("again", href="https://one.test/"),
                        Span("mail", href="mailto:a@one.example"),
                        Span("ours", href="http://testserver/x"),
                        Span("sample", href="https://www.example.org/page"),
                        Span("inside", href="http://192.168.1.1/"),
                        Span("tracked", href=f"https://em.example{TRACKED}"),
                    )
                ),
            ),
            source=Source(name="Them", url="https://two.test/"),
        ),
        Call(key="b", heading="B", button="Go", url="http://three.test/"),
    )
    assert links_to_try([content]) == ["https://one.test/", "https://two.test/", "http://three.test/"]


def test_a_wanted_link_is_tried_and_its_result_is_kept(site: Site) -> None:
    site.answers |= {"/gone": (404, ""), "/old": (301, "/new")}
    urls = [site.url + path for path in ("/here", "/gone", "/old")]
    assert want(urls) == 3
    assert (progress_of(urls).waiting, progress_of(urls).tried, has_waiting()) == (3, 0, True)
    assert try_waiting(checker()) == 3
    assert {result.url: result.status for result in results_of(urls)} == {
        urls[0]: LinkStatus.OK,
        urls[1]: LinkStatus.DEAD,
        urls[2]: LinkStatus.MOVED,
    }
    (moved,) = (result for result in results_of(urls) if result.url == urls[2])
    assert moved.final_url == site.url + "/new"
    assert (progress_of(urls).waiting, progress_of(urls).tried, has_waiting()) == (0, 3, False)


def test_a_good_result_counts_for_an_hour_and_a_bad_one_for_ten_minutes(site: Site) -> None:
    site.answers["/gone"] = (404, "")
    good, bad = f"{site.url}/here", f"{site.url}/gone"
    want([good, bad])
    try_waiting(checker())
    assert want([good, bad]) == 0
    aged(good, 700)
    aged(bad, 700)
    assert want([good, bad]) == 1
    assert is_awaited(bad)
    assert not is_awaited(good)
    aged(good, 3000)
    assert want([good]) == 1
    assert len(results_of([good, bad])) == 2, "old results are told until there are new ones"
    aged(good, 86_400)
    assert len(results_of([good, bad])) == 1, "but not for ever"


def test_again_asks_for_all_of_them(site: Site) -> None:
    want([f"{site.url}/here"])
    try_waiting(checker())
    assert want([f"{site.url}/here"], again=True) == 1
    assert try_waiting(checker()) == 1
    assert site.asked["/here"] == 2


def test_a_worker_that_was_lost_leaves_its_links_to_the_next_one(site: Site) -> None:
    url = f"{site.url}/here"
    want([url])

    class Lost(Exception):
        pass

    class Dying(LinkChecker):
        def check(self, url: str, *, tracked: bool = False) -> None:  # type: ignore[override]
            raise Lost

    with pytest.raises(Lost):
        try_waiting(Dying())
    assert is_awaited(url)
    assert try_waiting(checker()) == 0, "it is leased"
    assert not has_waiting()
    LinkCheck.objects.update(leased_until=F("leased_until") - timedelta(seconds=200))
    assert has_waiting()
    assert try_waiting(checker()) == 1
    assert status_of(url) == LinkStatus.OK


def test_one_task_tries_a_few_links_of_every_host_and_leaves_the_rest(site: Site) -> None:
    with web_server() as other:
        many = [f"{site.url}/{number}" for number in range(6)]
        want([*many, f"{other.url}/last"])
        LinkCheck.objects.filter(url__startswith=other.url).update(host="other.example")
        assert try_waiting(checker(), most=3) == 3
        assert other.asked.total() == 1, "a host with many links doesn't keep another one waiting"
        assert has_waiting()
        assert try_waiting(checker()) == 4


def test_a_task_without_time_begins_no_link(site: Site) -> None:
    want([f"{site.url}/here"])
    assert try_waiting(checker(), seconds=0) == 0
    assert not site.asked
    assert has_waiting(), "and gives its lease back"


def test_a_tracked_link_is_followed_only_where_an_editor_asked(site: Site) -> None:
    site.answers[TRACKED] = (302, "/story")
    url = site.url + TRACKED
    want([url])
    try_waiting(checker())
    assert (status_of(url), site.asked.total()) == (LinkStatus.SKIPPED, 0)
    ask_where_it_leads(url)
    assert try_waiting(checker()) == 1
    (result,) = results_of([url])
    assert result.final_url == f"{site.url}/story"


def test_by_default_nothing_private_is_tried(site: Site) -> None:
    url = f"{site.url}/here"
    want([url])
    assert try_waiting() == 1
    assert status_of(url) == LinkStatus.PRIVATE
    assert not site.asked


def test_a_result_that_nobody_asked_for_in_a_month_is_forgotten(site: Site) -> None:
    want([f"{site.url}/here", f"{site.url}/there"])
    try_waiting(checker())
    aged(f"{site.url}/here", 31 * 86_400)
    forget_old()
    assert [row.url for row in LinkCheck.objects.all()] == [f"{site.url}/there"]


def test_links_that_nobody_takes_are_said_to_wait_for_the_worker(site: Site) -> None:
    url = f"{site.url}/here"
    want([url])
    assert not progress_of([url]).late
    LinkCheck.objects.update(wanted_at=F("wanted_at") - timedelta(seconds=30))
    assert progress_of([url]).late
    try_waiting(checker())
    assert not progress_of([url]).late


def test_a_host_that_does_not_exist_is_dead_only_where_others_answer(site: Site) -> None:
    def resolve(host: str, port: int) -> tuple[IPAddress, ...]:
        if host == "gone.test":
            raise Closed(LinkStatus.DEAD, "There is no host.")
        return resolve_host(host, port)

    searching = LinkChecker(Door(allowed=lambda _address, _port: True, resolve=resolve), pace=0)
    want(["http://gone.test/"])
    try_waiting(searching)
    assert status_of("http://gone.test/") == LinkStatus.UNREACHABLE, "it may be we who are cut off"
    want(["http://gone.test/", f"{site.url}/here"], again=True)
    try_waiting(searching)
    assert status_of("http://gone.test/") == LinkStatus.DEAD


@override_settings(BASE_URL="https://circular.example")
def test_three_hundred_links_are_asked_for_in_a_few_statements(django_assert_max_num_queries: object) -> None:
    urls = links_to_try([content_with(*(f"https://site{number}.test/" for number in range(300)))])
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        assert want(urls) == 300
