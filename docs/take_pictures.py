"""Takes the pictures of the guides from a running Circular.

    .venv/bin/python docs/take_pictures.py http://127.0.0.1:8000 PASSWORD

The picture of the confirmation needs the sample issue unsent: start with `make demo FILE=any.txt`, which loads the
sample and sends that text alone. The script then approves the sample issue and sends it to everyone, as an editor
would, so use a demo whose letters go to its own inbox. It needs the development requirements and a Chromium.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from playwright.sync_api import TimeoutError as Timeout

PICTURES = Path(__file__).parent / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DESK = ViewportSize(width=1280, height=860)
PHONE = ViewportSize(width=390, height=844)
COLOURS = 128
SECONDS = 1000.0
LETTERS = (("zh-hans", "phone", PHONE), ("en", "desk", ViewportSize(width=900, height=1100)))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("base_url")
    parser.add_argument("password", help="of the user admin, as the demo prints it")
    options = parser.parse_args()
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        print(f"No browser: install one of {', '.join(BROWSERS)}.", file=sys.stderr)
        return 1
    PICTURES.mkdir(exist_ok=True)
    base = options.base_url.rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        _desk(browser, base, options.password)
        _network(browser, base, options.password)
        _readers(browser, base)
        _inbox(browser, base)
        _letters(browser, base)
        browser.close()
    return 0


def _desk(browser: Browser, base: str, password: str) -> None:
    """The issue, the confirmation, and the dispatch as it runs."""
    page = _signed_in(browser, base, password)
    page.goto(f"{base}/desk/issues/")
    page.locator("a", has_text="What lasts").first.click()
    approve = page.get_by_role("button", name="Approve this content")
    if approve.count():
        approve.click()
        page.goto(page.url)  # without the message
    _save(page, "issue")
    issue = page.url.rstrip("/")
    page.goto(f"{issue}/variants/")
    _save(page, "variants")
    page.goto(issue)
    page.locator("tr", has=page.locator("strong[lang=en]")).get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Toggle preview").click()
    page.locator("#panel-child-content-body-section").scroll_into_view_if_needed()
    _save(page, "editor")
    page.goto(f"{issue}/send/?segment=everyone")
    confirm = page.get_by_role("button", name=re.compile("^Send"))
    if confirm.count():
        _save(page, "confirmation")
        confirm.last.click()
        page.wait_for_url("**/desk/operations/*/")
        page.wait_for_timeout(4 * SECONDS)
    else:
        print("The sample issue was sent before: no picture of the confirmation.", file=sys.stderr)
        page.goto(issue)
        page.locator('#dispatches-section a[href*="/operations/"]').first.click()
    _save(page, "dispatch")
    try:
        page.get_by_text("Finished").first.wait_for(timeout=90 * SECONDS)
    except Timeout:
        print("The dispatch has not finished in 90 s; the inbox is shown as it is.", file=sys.stderr)
    page.close()


def _signed_in(browser: Browser, base: str, password: str) -> Page:
    page = browser.new_page(viewport=DESK)
    page.goto(f"{base}/desk/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    return page


def _network(browser: Browser, base: str, password: str) -> None:
    """People, one of them, a segment's rule as it is built, and the dry run of an import."""
    page = _signed_in(browser, base, password)
    page.goto(f"{base}/desk/network/subscribers/")
    _save(page, "subscribers")
    page.locator("tbody a[href*='/edit/'], tbody a[href*='/inspect/']").first.click()
    page.goto(page.url.replace("/edit/", "/inspect/"))
    _save(page, "person")
    page.goto(f"{base}/desk/network/segments/?q=food")
    page.locator("tbody a[href*='/edit/']").first.click()
    page.mouse.move(DESK["width"] / 2, DESK["height"] / 2)
    page.mouse.wheel(0, 330)  # to the rule
    _save(page, "segment")
    page.goto(f"{base}/desk/network/import/")
    page.set_input_files("input[type=file]", {"name": "assembly.csv", "mimeType": "text/csv", "buffer": _assembly()})
    page.get_by_role("button", name=re.compile("Upload|Continue|Next")).first.click()
    page.wait_for_load_state("load")
    _save(page, "import-reading")
    page.close()


def _assembly() -> bytes:
    """A list as somebody's spreadsheet saves it in China: GB 18030, with a row that can't be kept."""
    rows = (
        "姓名,邮箱,国家,单位,语言",
        "王芳,wang.fang@buyers.example,中国,绿色采购中心,中文",
        "李强,li.qiang@buyers.example,中国,绿色采购中心,中文",
        "张伟,zhang.wei,中国,,中文",
    )
    return "\n".join(rows).encode("gb18030")


def _readers(browser: Browser, base: str) -> None:
    """Subscribing on a phone, in Chinese."""
    page = browser.new_page(viewport=PHONE, locale="zh-CN")
    page.goto(f"{base}/archive/")
    page.locator("main a[href]").first.click()
    page.locator("a[href*='/subscribe/']").first.click()
    _save(page, "subscribe-zh-hans-phone")
    page.close()


def _inbox(browser: Browser, base: str) -> None:
    page = browser.new_page(viewport=DESK)
    page.goto(f"{base}/inbox/")
    _save(page, "inbox")
    page.close()


def _letters(browser: Browser, base: str) -> None:
    """The newest letter in a language as it came, by itself, light and dark."""
    for language, place, viewport in LETTERS:
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport=viewport, color_scheme="dark" if scheme == "dark" else "light")
            page.goto(f"{base}/inbox/?language={language}")
            letters = page.locator("a[href]").evaluate_all("links => links.map(link => link.getAttribute('href'))")
            path = next(found[0] for link in letters if (found := re.match(r"/inbox/[^/?]+/(?=\?|$)", link)))
            page.goto(f"{base}{path}letter.html")
            _save(page, f"letter-{language}-{place}-{scheme}")
            page.close()


def _save(page: Page, name: str) -> None:
    """The part of the page in view, with few colours, so that the repository stays small."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(1.5 * SECONDS)  # what comes after the page: figures, the letter in its frame
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    raise SystemExit(main())
