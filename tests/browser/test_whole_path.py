"""From an empty page in the editor to a reader who unsubscribes, in a real browser on a real Circular."""

from __future__ import annotations

import re
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from composer.content import EditionContent
from config.sample.issue import BULLETIN, sample_issue

pytestmark = pytest.mark.browser

BULLETIN_NAME = BULLETIN.words["en"].masthead.name
SAMPLE = sample_issue()
NARROWEST = 320  # CSS pixels: the smallest phone that WCAG 1.4.10 asks for

TITLE = "Three ways to count repairs"
SUBJECT = "A ledger in your hands"
HEADING = "A ledger in every workshop"
TEXT = "Twelve workshops write down what they mend."
SOURCE = "https://workshops.example.org/ledger?year=2026&part=2"
SEGMENT = "Public procurement programme"
DISPATCH_TIMEOUT = 60_000  # milliseconds

PASTED = """The Pasted Bulletin

Issue 7, March 2026

Cities agree on a common checklist

Twelve cities met in Example City and agreed on a checklist for buying furniture. It names repair, re-use and
take-back, and asks suppliers for spare parts.

(Source: Example Cities Network https://example.org/news/a-checklist)

A port lends its tools

The port of Example Bay lends its tools to the workshops around it, and publishes what comes back broken.

(Source: Example Bay https://example.org/news/tools)
"""


class House(Protocol):
    """The running demo of conftest.py."""

    @property
    def base_url(self) -> str: ...


def test_an_issue_goes_from_the_editor_to_a_reader_who_unsubscribes(
    desk: Page, context: BrowserContext, browser: Browser, house: House
) -> None:
    compose(desk)
    approve(desk)
    send(desk)
    dispatch = desk.url

    inbox = context.new_page()
    find_letters(inbox, house, SUBJECT)
    first, second = (
        inbox.locator(".letters a").nth(index).evaluate("link => link.href")  # the newest and the one before
        for index in (0, 1)
    )
    inbox.goto(first)
    letter = the_letter(inbox)
    expect(letter.get_by_role("heading", name=HEADING)).to_be_visible()

    tracked = the_href(letter, "/c/", house)
    answer = context.request.get(tracked, max_redirects=0)
    assert (answer.status, answer.headers["location"]) == (302, SOURCE)
    desk.goto(dispatch)
    expect(desk.locator("[data-circ-reaction=click]")).to_have_text("1")

    unsubscribe(inbox, the_href(letter, "/u/", house))
    one_click(inbox, second, browser)
    desk.goto(dispatch)
    expect(desk.locator("[data-circ-reaction=unsubscribe]")).to_have_text("2")


def compose(desk: Page) -> None:
    """Write an issue with one story, see its letter in the editor's preview, and save it as a draft."""
    open_new_issue(desk)
    desk.locator("#id_title").fill(TITLE)
    desk.locator("#id_subject").fill(SUBJECT)
    body = desk.locator("[data-contentpath=body]").first
    body.get_by_title("Insert a block").first.click()
    desk.locator("#body-0-value-heading").fill("Practice")
    items = body.locator("[data-contentpath=items]")
    items.get_by_title("Insert a block").first.click()
    desk.get_by_role("option", name="Story").click()
    story = "#body-0-value-items-0-value"
    desk.locator(f"{story}-heading").fill(HEADING)
    text = items.locator("[data-contentpath=body]").get_by_role("textbox")
    text.click()
    expect(text).to_be_focused()
    text.press_sequentially(TEXT)
    expect(desk.locator(f"{story}-body")).to_have_value(re.compile(re.escape(TEXT)))  # written with a delay
    desk.locator(f"{story}-source-name").fill("The workshops")
    desk.locator(f"{story}-source-url").fill(SOURCE)

    desk.get_by_role("button", name="Toggle preview").click()
    preview = desk.frame_locator("iframe[title=Preview]").first
    expect(preview.get_by_role("heading", name=HEADING)).to_be_visible()
    expect(preview.get_by_text(TEXT, exact=True)).to_be_visible()
    desk.get_by_role("button", name="Toggle preview").click()

    # The editor makes the page by itself; to press the button in the middle of that would make a second one.
    expect(desk).to_have_url(re.compile(r"/desk/pages/\d+/edit/"))
    desk.wait_for_load_state("networkidle")
    desk.get_by_role("button", name="Save draft").click()
    expect(desk.locator(".messages .success")).to_contain_text(TITLE)


def open_new_issue(desk: Page) -> None:
    """By the page tree: the archive in English, the bulletin, a child page; an issue is the only kind there is."""
    desk.goto(f"{desk.url}pages/")
    desk.get_by_role("link", name="Explore child pages of 'Archive'", exact=True).click()
    desk.get_by_role("link", name=f"Explore child pages of '{BULLETIN_NAME}'", exact=True).click()
    desk.get_by_role("link", name="Add child page").first.click()
    expect(desk).to_have_url(re.compile(r"/desk/pages/add/composer/editionpage/\d+/"))


def approve(desk: Page) -> None:
    """From the editor to the issue's page, and its approval."""
    desk.get_by_role("button", name="More actions").click()
    desk.get_by_role("link", name="Approve and send…").click()
    expect(desk.get_by_text("Possible as soon as the issue is approved.")).to_be_visible()
    desk.get_by_role("button", name="Approve this content").click()
    expect(desk.get_by_text("Ready: choose the audience next.")).to_be_visible()


def send(desk: Page) -> None:
    """Choose a segment, see its size, confirm, and watch the dispatch to its end without loading the page again."""
    desk.get_by_role("link", name="Send…").click()
    expect(desk.get_by_text("Nothing is sent by choosing.")).to_be_visible()
    choice = desk.get_by_label("Audience")
    # Its size stands behind the name as soon as the worker has counted it.
    option = choice.locator("option").filter(has_text=re.compile(rf"^{SEGMENT}( \([\d,]+\))?$"))
    choice.select_option(value=option.get_attribute("value"))
    letters = int(desk.locator(".circ-tile--main dd").inner_text())
    assert 2 <= letters < 100
    desk.get_by_role("button", name=f"Send {letters} letters now").click()
    expect(desk).to_have_url(re.compile(r"/desk/operations/\d+/$"))
    desk.evaluate("window.sameDocument = true")
    expect(desk.locator(".circ-head [data-circ=state]")).to_have_text("Finished", timeout=DISPATCH_TIMEOUT)
    expect(desk.locator("[data-circ-count=accepted]")).to_have_text(str(letters))
    expect(desk.get_by_text("nobody is lost")).to_be_visible()
    assert desk.evaluate("window.sameDocument") is True


def unsubscribe(page: Page, url: str) -> None:
    """The footer's link: a GET asks and changes nothing, the button ends the subscription, later it stays so."""
    for _time in range(2):
        page.goto(url)
        expect(page.get_by_role("heading", name="Unsubscribe from this bulletin?")).to_be_visible()
    page.get_by_role("button", name="Unsubscribe").click()
    done = page.get_by_role("heading", name="You are unsubscribed")
    expect(done).to_be_visible()
    page.goto(url)
    expect(done).to_be_visible()
    expect(page.get_by_role("button", name="Unsubscribe")).to_have_count(0)


def one_click(page: Page, letter: str, browser: Browser) -> None:
    """RFC 8058 as a mail provider does it: a POST without cookies to the letter's List-Unsubscribe."""
    page.goto(letter)
    url = page.locator(".out code").first.inner_text()
    provider = browser.new_context()
    try:
        answer = provider.request.post(url, form={"List-Unsubscribe": "One-Click"}, max_redirects=0)
        assert answer.status == 200
    finally:
        provider.close()
    page.goto(url)
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()


def find_letters(page: Page, house: House, subject: str) -> None:
    """The inbox, searched by subject."""
    page.goto(f"{house.base_url}/inbox/")
    page.get_by_label("Recipient or subject").fill(subject)
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".letters .subject").first).to_have_text(subject)


def the_letter(page: Page) -> FrameLocator:
    """The frame in which the inbox shows a letter: no script may run in it."""
    frame = page.locator("iframe[title='The letter']")
    assert "allow-scripts" not in (frame.get_attribute("sandbox") or "allow-scripts")
    return frame.content_frame


def the_href(letter: FrameLocator, path: str, house: House) -> str:
    """Where the letter's last link to one of our paths leads: with one story, the only tracked one."""
    href = letter.locator(f"a[href^='{house.base_url}{path}']").last.get_attribute("href")
    assert href
    return href


@pytest.mark.parametrize("locale", ["en", "zh-hans"])
def test_a_letter_fits_the_narrowest_phone_in_its_own_language(page: Page, house: House, locale: str) -> None:
    find_letters(page, house, SAMPLE[locale].subject)
    page.locator(".letters a").first.click()
    source = page.locator("iframe[title='The letter']").get_attribute("src")
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    page.goto(f"{house.base_url}{source}")
    expect(page.get_by_role("heading", name=SAMPLE[locale].title)).to_be_visible()
    assert page.locator("html").get_attribute("lang") in {locale, locale.replace("hans", "Hans")}
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST


def test_the_archive_shows_the_issue_in_each_language_without_what_is_for_some_only(page: Page, house: House) -> None:
    page.goto(f"{house.base_url}/archive/")
    for locale, language in (("en", "English"), ("zh-hans", "简体中文")):
        switch = page.get_by_role("navigation").get_by_role("link", name=language, exact=True)
        if switch.count():
            switch.click()
        expect(page.locator("html")).to_have_attribute("lang", re.compile(locale, re.IGNORECASE))
        archive = page.url
        page.get_by_role("link", name=SAMPLE[locale].title).click()
        expect(page.get_by_role("heading", name=SAMPLE[locale].title)).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", re.compile(locale, re.IGNORECASE))
        for heading in headings(SAMPLE[locale], special=False):
            expect(page.get_by_role("heading", name=heading)).to_be_visible()
        for heading in headings(SAMPLE[locale], special=True):
            expect(page.get_by_text(heading)).to_have_count(0)
        page.goto(archive)


def headings(content: EditionContent, *, special: bool) -> list[str]:
    """Those of the items for special audiences, or of the others."""
    items = [item for section in content.sections for item in section.items]
    found = [item.heading for item in items if item.heading and bool(item.audience) is special]
    assert found
    return found


def test_a_pasted_text_opens_in_the_editor_with_its_items(desk: Page) -> None:
    desk.get_by_role("link", name="Import", exact=True).click()
    desk.get_by_label("Language of the text").select_option("en")
    desk.get_by_label("Or paste a text").fill(PASTED)
    desk.get_by_role("button", name="Make a draft").click()
    expect(desk).to_have_url(re.compile(r"/desk/pages/\d+/edit/$"))
    expect(desk.locator(".messages .success")).to_contain_text("Imported as a draft: 2 items in 1 section")
    story = "#body-0-value-items"
    expect(desk.locator(f"{story}-0-value-heading")).to_have_value("Cities agree on a common checklist")
    expect(desk.locator(f"{story}-0-value-source-url")).to_have_value("https://example.org/news/a-checklist")
    expect(desk.locator(f"{story}-1-value-heading")).to_have_value("A port lends its tools")
    expect(desk.locator(f"{story}-1-value-source-name")).to_have_value("Example Bay")


def test_operators_see_that_a_dispatch_is_finished_and_can_neither_pause_nor_cancel_it(desk: Page) -> None:
    desk.get_by_role("link", name="Operations", exact=True).click()
    row = desk.get_by_role("row").filter(has_text=SAMPLE["en"].title)
    expect(row.locator("[data-circ=state]")).to_have_text("Finished")
    row.get_by_role("link", name=SAMPLE["en"].title).click()
    expect(desk.locator("[data-circ-count=accepted]")).to_have_text("500")
    expect(desk.get_by_text("nobody is lost")).to_be_visible()
    for button in ("Pause", "Resume"):
        expect(desk.get_by_role("button", name=button)).to_have_count(0)
    expect(desk.get_by_role("link", name="Cancel…")).to_have_count(0)
