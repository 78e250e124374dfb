"""The list of subscribers in a real browser: rows are ticked, and what is to be done to them is asked about first."""

from __future__ import annotations

from typing import Protocol

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


class House(Protocol):
    """The running demo of conftest.py."""

    @property
    def base_url(self) -> str: ...


def test_ticked_rows_and_then_all_rows_are_asked_about_with_their_number(desk: Page, house: House) -> None:
    desk.goto(f"{house.base_url}/desk/network/subscribers/")
    boxes = desk.locator("[data-bulk-action-checkbox]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    bar = desk.locator("[data-bulk-action-footer]")
    expect(bar).to_be_visible()
    bar.get_by_role("link", name="Add a topic").click()
    expect(desk.get_by_role("heading", name="This is about 2 subscribers.")).to_be_visible()
    desk.get_by_role("link", name="Cancel").click()
    expect(desk).to_have_url(f"{house.base_url}/desk/network/subscribers/")


def test_everyone_a_filter_shows_is_asked_about_with_the_filters_words(desk: Page, house: House) -> None:
    desk.goto(f"{house.base_url}/desk/network/subscribers/?language=fr")
    desk.locator("[data-bulk-action-select-all-checkbox]").first.check()
    bar = desk.locator("[data-bulk-action-footer]")
    everyone = bar.locator("[data-bulk-action-num-objects-in-listing]")
    if everyone.count():  # there are more than one page
        everyone.click()
        bar.get_by_role("link", name="Add an affiliation").click()
        expect(desk.get_by_text("Everyone whom the list shows: Language: Français")).to_be_visible()
    else:
        bar.get_by_role("link", name="Add an affiliation").click()
        expect(desk.get_by_role("heading", name="This is about")).to_be_visible()
