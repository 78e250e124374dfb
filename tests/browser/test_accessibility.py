"""No page of ours, and no letter, has a violation that axe can find (WCAG 2.2 A and AA, and best practice)."""

from __future__ import annotations

import re
from typing import Any, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from config.sample.issue import sample_issue

pytestmark = pytest.mark.browser

# The desk's frame (its sidebar and header) is Wagtail's; what stands in `main` is ours.
DESK = "#main"
DESK_PAGES = (
    "issues/",
    "issues/new/",
    "import/",
    "operations/",
    "issues/{issue}/",
    "issues/{issue}/variants/",
    "issues/{issue}/items/",
    "issues/{issue}/send/?segment=everyone",
)
# A filter keeps the long list short: axe takes its time with every cell.
NETWORK_PAGES = (
    "network/subscribers/?country=KE",
    "network/subscribers/inspect/{person}/",
    "network/subscribers/edit/{person}/",
    "network/subscribers/proof/{person}/",
    "network/segments/",
    "network/segments/inspect/{segment}/",
    "network/segments/edit/{segment}/",
    "network/organisations/",
    "network/topics/",
    "network/fields/",
    "network/suppressions/",
    "network/import/",
    "roles/",
    "systems/",
    "issues/{issue}/send/?segment=everyone&without=chinese-readers",
)
A_PRINT = "/proof/"  # a page of its own, without the desk's frame
PUBLIC_PAGES = ("/", "/archive/", "{bulletin}", "{edition}", "/u/forged", "/inbox/")


class House(Protocol):
    """The running demo of conftest.py."""

    @property
    def base_url(self) -> str: ...


# A letter stands within a mail program's page, which has the landmarks.
A_PART = {"rules": {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}}
# What the dark can change in a page that was looked at by day.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def violations(page: Page, context: str | None = None, options: dict[str, Any] | None = None) -> list[str]:
    """What axe finds, one line each: the rule, and the first element it holds against us."""
    found: Any = Axe().run(page, context=context, options=options)
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {each['nodes'][0]['html'][:160]}"
        for each in found.response["violations"]
    ]


@pytest.fixture
def issue(desk: Page, house: House) -> str:
    """The key of the sample issue."""
    desk.goto(f"{house.base_url}/desk/issues/")
    href = desk.get_by_role("link", name=sample_issue()["en"].title).first.get_attribute("href") or ""
    return href.rstrip("/").rpartition("/")[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_our_pages_of_the_desk(desk: Page, house: House, issue: str, scheme: Any) -> None:
    desk.emulate_media(color_scheme=scheme)
    troubles = {}
    for path in DESK_PAGES:
        desk.goto(f"{house.base_url}/desk/{path.format(issue=issue)}")
        desk.wait_for_load_state("load")
        if found := violations(desk, DESK):
            troubles[path] = found
    assert not troubles


@pytest.mark.parametrize(("scheme", "options"), [("light", None), ("dark", COLOURS)])
def test_the_networks_pages_of_the_desk(
    desk: Page, house: House, issue: str, scheme: Any, options: dict[str, Any] | None
) -> None:
    desk.emulate_media(color_scheme=scheme)
    keys = {
        "issue": issue,
        "person": _key(desk, house, "network/subscribers/?country=KE", r"/network/subscribers/edit/(\d+)/"),
        "segment": _key(desk, house, "network/segments/", r"/network/segments/edit/(\d+)/"),
    }
    troubles = {}
    for path in NETWORK_PAGES:
        response = desk.goto(f"{house.base_url}/desk/{path.format(**keys)}")
        assert response, path
        assert response.ok, path
        desk.wait_for_load_state("load")
        if found := violations(desk, None if A_PRINT in path else DESK, options):
            troubles[path] = found
    assert not troubles


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_public_pages(browser: Browser, house: House, scheme: Any, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, locale="zh-CN")
    page.goto(f"{house.base_url}/archive/")
    bulletin = _first_link(page, r"^/[\w-]+/[\w-]+/$")
    page.goto(house.base_url + bulletin)
    edition = _first_link(page, r"^/[\w-]+/[\w-]+/[^/]+/$")
    troubles = {}
    for path in PUBLIC_PAGES:
        page.goto(house.base_url + path.format(bulletin=bulletin, edition=edition))
        page.wait_for_load_state("networkidle")
        if found := violations(page):
            troubles[path] = found
    page.close()
    assert not troubles


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_letter_as_it_came(browser: Browser, house: House, scheme: Any, language: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.goto(f"{house.base_url}/inbox/?language={language}")
    letter = _first_link(page, r"^/inbox/[^/?]+/(\?|$)").partition("?")[0]
    html = page.request.get(f"{house.base_url}{letter}letter.html").text()
    page.goto("about:blank")
    page.set_content(html)  # the inbox shows it in a sandbox without scripts, axe's too
    found = violations(page, options=A_PART)
    page.close()
    assert not found


def _first_link(page: Page, pattern: str) -> str:
    links: list[str] = page.locator("a[href]").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    return next(link for link in links if re.search(pattern, link))


def _key(desk: Page, house: House, path: str, pattern: str) -> str:
    """The first key that a list of the desk links to."""
    found = re.search(pattern, desk.request.get(f"{house.base_url}/desk/{path}").text())
    assert found, path
    return found[1]
