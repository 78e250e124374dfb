"""A reader on a phone, in Chinese, without an account: subscribes, confirms, chooses, takes their data, is erased."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser

ADDRESS = "xiaowei@example.org"
NAME = "陈小薇"
LETTER_TIMEOUT = 60.0  # seconds
PHONE = {"width": 390, "height": 844}


class House(Protocol):
    """The running demo of conftest.py."""

    @property
    def base_url(self) -> str: ...


@pytest.fixture(params=["light", "dark"])
def phone(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", color_scheme=request.param)  # type: ignore[arg-type]
    yield context
    context.close()


def look(page: Page) -> None:
    """What every page of self-service must be: in the reader's language, no wider than the phone, and clean for axe."""
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.locator("script").count() == 0
    found: Any = Axe().run(page)
    assert [each["id"] for each in found.response["violations"]] == [], page.url


def link_in_the_letter(page: Page, house: House, name: str) -> str:
    """The link of the newest letter to the address that leads to a page of `name`, once it has come."""
    ends = time.monotonic() + LETTER_TIMEOUT
    while time.monotonic() < ends:
        page.goto(f"{house.base_url}/inbox/?q={ADDRESS}")
        letters: list[str] = page.locator(".letters a").evaluate_all("all => all.map(each => each.pathname)")
        for letter in letters[:3]:
            html = page.request.get(f"{house.base_url}{letter}letter.html").text()
            found = re.search(rf'href="([^"]+/{name}/[^"]+)"', html)
            if found:
                assert 'lang="zh-Hans"' in html
                return found[1]
        page.wait_for_timeout(500)
    pytest.fail(f"no letter with a link to {name} came")


def ask(page: Page, house: House, what: str) -> None:
    page.goto(f"{house.base_url}/preferences/?what={what}")
    look(page)
    page.locator("[name=email]").fill(ADDRESS)
    page.locator("form button").click()
    look(page)


def test_a_reader_does_everything_themselves(phone: BrowserContext, house: House) -> None:
    page = phone.new_page()
    page.goto(f"{house.base_url}/zh-hans/")
    page.locator("section.bulletin h2 a").first.click()
    page.locator("main .join a").click()
    look(page)
    page.locator("[name=email]").fill(ADDRESS)
    page.locator("[name=name]").fill(NAME)
    page.locator("[name=opens]").check()
    page.locator("form.fields button").click()
    look(page)

    confirmation = link_in_the_letter(page, house, "confirm")
    page.goto(confirmation)
    look(page)
    page.locator("form button").click()
    look(page)
    expect(page.locator("form")).to_have_count(0)

    ask(page, house, "preferences")
    page.goto(link_in_the_letter(page, house, "preferences"))
    look(page)
    expect(page.locator("#name")).to_have_value(NAME)
    taken = page.locator("fieldset:has([name^=take-]:checked)")
    expect(taken).to_have_count(1)
    expect(taken.locator("[name^=opens-]")).to_be_checked()
    expect(taken.locator("[name^=clicks-]")).not_to_be_checked()
    taken.locator("[name^=opens-]").uncheck()
    taken.locator("[name^=frequency-]").select_option("monthly")
    page.locator("button[value=save]").click()
    look(page)
    expect(page.locator(".notice.good")).to_be_visible()
    expect(page.locator("[name^=opens-]:checked")).to_have_count(0)

    ask(page, house, "export")
    page.goto(link_in_the_letter(page, house, "held"))
    look(page)
    with page.expect_download() as download:
        page.locator("form button").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        data = json.loads(archive.read("data.json"))
    assert (data["person"]["address"], data["person"]["name"]) == (ADDRESS, NAME)
    assert [(each["given"], bool(each["words"])) for each in data["consents"]] == [(True, True)] * 2 + [(False, True)]

    ask(page, house, "erase")
    page.goto(link_in_the_letter(page, house, "erase"))
    look(page)
    page.locator("button.grave").click()
    look(page)
    expect(page.locator("form")).to_have_count(0)
    page.goto(confirmation)
    expect(page.locator("form")).to_have_count(0)  # the neutral page: nobody is known by that link any more
