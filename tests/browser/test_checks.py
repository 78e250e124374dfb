"""Checks in a real browser: the panel of an issue and its fixes, and the list beside the editor as one writes."""

from __future__ import annotations

import re
from typing import Any, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

TEXT = """The Checked Bulletin

Issue 9, April 2026

Cities count their repairs

Twelve cities met in Example City and agreed on one way to count repairs. They publish the numbers twice a year.

(Source: Example Cities Network https://example.org/news/repairs?utm_source=letter&utm_medium=mail)

A port lends its tools

The port of Example Bay lends its tools to the workshops around it, and publishes what comes back broken.

(Source: Example Bay https://example.org/news/tools?utm_source=letter)
"""


class House(Protocol):
    """The running demo of conftest.py."""

    @property
    def base_url(self) -> str: ...


@pytest.fixture
def draft(desk: Page, house: House) -> Page:
    """The page of a new issue, imported from a text."""
    desk.goto(f"{house.base_url}/desk/import/")
    desk.locator("textarea[name=text]").fill(TEXT)
    desk.locator("form:has(textarea[name=text]) button[type=submit]").first.click()
    desk.goto(f"{house.base_url}/desk/issues/")
    desk.get_by_role("link", name="The Checked Bulletin").first.click()
    return desk


def test_findings_are_mended_by_a_click_and_the_way_back_is_offered(draft: Page) -> None:
    panel = draft.locator("#checks-section")
    expect(panel.get_by_text("a link carries parameters").first).to_be_visible()
    panel.get_by_role("button", name=re.compile("All 2 of this kind")).first.click()
    expect(draft.get_by_text(re.compile("2 corrections in"))).to_be_visible()
    expect(draft.get_by_role("link", name="Go back to before")).to_be_visible()
    expect(panel.get_by_role("checkbox").first).to_be_visible()
    expect(panel.get_by_text("a link carries parameters")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_list_of_findings(draft: Page, scheme: Any) -> None:
    draft.emulate_media(color_scheme=scheme)
    address = draft.url.rstrip("/")
    for url in (f"{address}/checks/", f"{address}/send/?segment=everyone"):
        draft.goto(url)
        assert not Axe().run(draft, context="#main").response["violations"], url
    draft.goto(address)
    expect(draft.locator("[data-circ-found]")).to_be_visible()
    assert not Axe().run(draft, context="#checks-section").response["violations"]


def test_what_is_not_ticked_is_not_shown(draft: Page) -> None:
    panel = draft.locator("#checks-section")
    warning = panel.locator('[data-severity="warning"]').first
    expect(warning).to_be_visible()
    panel.get_by_role("checkbox", name=re.compile("warning")).uncheck()
    expect(warning).to_be_hidden()


def test_the_list_beside_the_editor_follows_what_is_written_and_leads_to_its_block(draft: Page) -> None:
    draft.locator("#editions-section a[href$='/edit/']").first.click()
    draft.get_by_role("button", name="Toggle checks").click()
    panel = draft.locator("[data-circ-form-checks]")
    expect(panel.get_by_text("a link carries parameters").first).to_be_visible()
    expect(panel.get_by_text("The subject is in capitals")).to_have_count(0)
    draft.locator("#id_subject").fill("READ ALL OF THIS NOW")
    expect(panel.get_by_text("The subject is in capitals")).to_be_visible()
    panel.get_by_role("link", name="A port lends its tools").click()
    expect(draft.locator("input:focus")).to_have_value("A port lends its tools")
