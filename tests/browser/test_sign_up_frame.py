"""The sign-up form in a frame on another site: as high as it needs to be, and its answer in view."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

pytestmark = pytest.mark.browser

SCRIPT = re.compile(r"<script>.*?</script>", re.DOTALL)


@dataclass
class Site:
    """Another site, with one page, which is not in UTF-8."""

    base_url: str
    body: list[str] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    pages: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=windows-1252")
            self.end_headers()
            self.wfile.write("".join(pages).encode("ascii"))

        def log_message(self, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(f"http://127.0.0.1:{server.server_port}/", pages)
    server.shutdown()
    server.server_close()


@pytest.fixture
def snippets(desk: Page) -> dict[str, str]:
    """What the desk gives to copy, by language."""
    desk.goto(desk.url.replace("/desk/", "/en/"))
    desk.locator("section.bulletin h2 a").first.click()
    key = re.search(r"/subscribe/([0-9a-f-]{36})/", desk.content())
    assert key
    desk.goto(f"{desk.url.split('/en/')[0]}/desk/bulletins/{key[1]}/sign-up/")
    return {code: desk.locator(f"#frame-{code}").input_value() for code in ("en", "zh-hans")}


def framed(page: Page) -> Frame:
    handle = page.locator("iframe").element_handle()
    assert handle is not None
    frame = handle.content_frame()
    assert frame is not None
    return frame


def empty_below(page: Page) -> float:
    """How many pixels of the frame are empty below its content, or, where negative, cut off."""
    height = page.locator("iframe").evaluate("each => each.getBoundingClientRect().height")
    return float(height) - float(framed(page).evaluate("document.body.getBoundingClientRect().height"))


@pytest.mark.parametrize("code", ["en", "zh-hans"])
@pytest.mark.parametrize("width", [390, 800])
@pytest.mark.parametrize("listens", [True, False])
def test_the_frame_fits_and_its_answer_is_in_view(
    browser: Browser, snippets: dict[str, str], site: Site, code: str, width: int, listens: bool
) -> None:
    snippet = snippets[code] if listens else SCRIPT.sub("", snippets[code])
    article = "<p>A page of another network.</p>" * 20
    site.body.append(f'<!doctype html><meta name="viewport" content="width=device-width">{article}{snippet}{article}')
    context = browser.new_context(viewport={"width": width, "height": 560})
    page = context.new_page()
    page.goto(site.base_url)
    page.locator("iframe").scroll_into_view_if_needed()
    inside = page.frame_locator("iframe")
    expect(inside.locator("h1")).to_be_visible()
    if listens:
        page.wait_for_function("document.querySelector('iframe').style.height")
        assert 0 <= empty_below(page) < 2
    else:
        assert 0 <= empty_below(page) < 220
    inside.locator("[name=email]").fill(f"frame{width}{code}{listens}@example.org")
    inside.locator("form button").click()
    expect(inside.locator("form")).to_have_count(0)
    expect(inside.locator("h1")).to_be_in_viewport(ratio=1)
    if listens:
        page.wait_for_function("parseFloat(document.querySelector('iframe').style.height) < 500")
        assert 0 <= empty_below(page) < 2
        expect(inside.locator("h1")).to_be_in_viewport(ratio=1)
    context.close()
