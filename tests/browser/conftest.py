"""The house that the browser's tests look at: one `circular demo` of their own, and the system's Chromium."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    expect,
    sync_playwright,
)

from config import env
from config.embedded import free_port

ROOT = Path(__file__).parents[2]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = "No Chromium found: apt install chromium (or chromium-browser, or Google Chrome), then run the tests again"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
UP = "Ctrl-C stops all of it"
START_TIMEOUT = 300.0  # seconds: every migration, on a machine that is busy with other tests
STOP_TIMEOUT = 30.0
MOST_TOLD = 4_000  # characters of what the house said, where something went wrong
PATIENCE = 15_000  # milliseconds that a page may take for anything
EXPECTED = re.compile(
    r"400 .*/desk/pages/.*$"  # Wagtail's autosave says no while an item is half written
)

_missed = pytest.StashKey[bool]()


@dataclass(slots=True)
class Output:
    """What a process prints, read while it runs: a full pipe would stop it."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    up_or_ended: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if UP in line:
                self.up_or_ended.set()
        self.up_or_ended.set()

    @property
    def text(self) -> str:
        return "".join(self.lines)


@dataclass(frozen=True, slots=True)
class House:
    """A running demo, as its own output says where it is."""

    base_url: str
    password: str
    output: Output


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash.get(_missed, False):
        terminalreporter.write_line(f"THE BROWSER TESTS DID NOT RUN. {NO_BROWSER}.", red=True, bold=True)


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> str:
    """The browser's path. Without one the tests are skipped loudly, and fail where CI is true."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        request.config.stash[_missed] = True
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(NO_BROWSER, pytrace=False)
        pytest.skip(NO_BROWSER)
    return found


@pytest.fixture(scope="session")
def house(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`circular demo` in a data directory of its own, its sample issue sent. Ctrl-C must end it in order."""
    environment = {name: value for name, value in os.environ.items() if name not in env.VARIABLES}
    process = subprocess.Popen(
        [sys.executable, "-m", "config.cli", "demo", "--port", str(free_port())],
        cwd=ROOT,
        env=environment
        | {
            "CIRCULAR_DATA": str(tmp_path_factory.mktemp("house")),
            "CIRCULAR_INBOX_PORT": str(free_port()),  # another house may stand beside it
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    output = Output(process)
    reader = threading.Thread(target=output.read, daemon=True)
    reader.start()
    try:
        output.up_or_ended.wait(START_TIMEOUT)
        assert UP in output.text, f"The demo did not come up in {START_TIMEOUT:.0f} s:\n{output.text}"
        yield House(
            _printed(r"Editors' desk +(\S+)/desk/", output), _printed(r"with the password (\S+)", output), output
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_TIMEOUT) == 0, output.text
    finally:
        _end(process)
        reader.join(STOP_TIMEOUT)
        if process.stdout:
            process.stdout.close()


def _printed(pattern: str, output: Output) -> str:
    found = re.search(pattern, output.text)
    assert found, f"no {pattern!r} in:\n{output.text}"
    return found[1]


def _end(process: subprocess.Popen[str]) -> None:
    """The last resort for a demo that did not stop when it was asked."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT)
    if process.poll() is not None:
        return
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
    process.kill()
    process.wait(STOP_TIMEOUT)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium, until the module's end: Playwright keeps an event loop, in whose thread Django refuses its database."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser, house: House) -> Iterator[BrowserContext]:
    """A fresh profile. An error on any of its pages, or a request to a stranger, fails the test."""
    troubles: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not EXPECTED.search(f"{message.text} {message.location['url']}"):
            troubles.append(f"console: {message.text} ({message.location['url']})")

    def raised(error: WebError) -> None:
        troubles.append(f"uncaught: {error.error}")

    def asked(request: Request) -> None:
        if not request.url.startswith((f"{house.base_url}/", "data:", "blob:")):
            troubles.append(f"stranger: {request.url}")

    expect.set_options(timeout=PATIENCE)
    fresh = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en-GB")
    fresh.set_default_timeout(PATIENCE)
    fresh.on("console", heard)
    fresh.on("weberror", raised)
    fresh.on("request", asked)
    yield fresh
    fresh.close()
    assert not troubles, "\n".join([*troubles, house.output.text[-MOST_TOLD:]])


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def desk(page: Page, house: House) -> Page:
    """A page signed in to the editors' desk."""
    page.goto(f"{house.base_url}/desk/")
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill(house.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{house.base_url}/desk/")
    return page
