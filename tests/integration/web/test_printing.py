"""PDFs of editions, made by this machine's Chromium: what is in them, for whom, and that nothing is fetched."""

from __future__ import annotations

import http.server
import io
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image
from pytest_django import Settings

from tests.factories import (
    approve,
    edition_of,
    make_bulletin,
    make_content,
    make_issue,
    make_item,
    make_segment,
    make_sent_issue,
    make_user,
)
from web import printing
from web.printing import CHROMIUMS, CannotPrint, Printer, pdf_of, self_contained

CHROMIUM = next(filter(None, map(shutil.which, CHROMIUMS)), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH: apt install chromium")
PAGE = (
    '<!doctype html><html lang="en"><head><title>The title of it</title></head><body><div>'
    "<h1>A heading</h1><p>Some words.</p>%s</div></body></html>"
)


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A data directory of the test's own, and printers looked for anew."""
    settings.DATA = tmp_path
    printing.printer.cache_clear()
    yield tmp_path
    printing.printer.cache_clear()


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    printing.printer.cache_clear()


@pytest.fixture
def by_chromium(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    printing.printer.cache_clear()


@needs_chromium
def test_a_pdf_has_the_pages_title_language_and_outline(by_chromium: None) -> None:
    body = pdf_of(PAGE % "")
    assert body.startswith(b"%PDF-")
    assert b"/Lang (en)" in body
    assert b"/MarkInfo" in body
    assert b"/Outlines" in body
    assert b"The title of it" in body


@needs_chromium
def test_the_same_page_is_made_once(by_chromium: None, data: Path) -> None:
    first = pdf_of(PAGE % "")
    [kept] = (data / "pdf").glob("*.pdf")
    kept.write_bytes(b"%PDF-kept")
    assert pdf_of(PAGE % "") == b"%PDF-kept"
    assert pdf_of(PAGE % "", mark="Draft") not in {first, b"%PDF-kept"}


@needs_chromium
def test_nothing_is_fetched_and_no_script_runs(by_chromium: None) -> None:
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = f"http://127.0.0.1:{server.server_port}"
        tricks = (
            f"<img src=\"{home}/img\"><img src='{home}/single'><img src={home}/bare>"
            f'<img srcset="{home}/set 1x"><link rel="stylesheet" href="{home}/css"><style>@import "{home}/import";'
            f"body{{background:url({home}/bg)}}</style><iframe src='{home}/frame'></iframe>"
            f'<object data="{home}/object"></object><script src="{home}/js"></script>'
            f"<script>fetch('{home}/fetch');document.title='SCRIPTED'</script>"
            f'<meta http-equiv="refresh" content="0;url={home}/refresh">'
        )
        body = pdf_of(PAGE % tricks)
        server.shutdown()
    assert asked == []
    assert b"SCRIPTED" not in body


def test_our_own_pictures_are_put_in_and_others_left_out(settings: Settings, data: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(picture, "PNG")
    name = default_storage.save("test-printing.png", ContentFile(picture.getvalue()))
    try:
        page = self_contained(
            f'<img alt="" src="http://testserver/media/{name}"><img src="/media/{name}?x=1">'
            '<img src="https://elsewhere.example/x.png"><img src="file:///etc/passwd">'
            '<img src="/media/../../etc/passwd"><img src="//evil.example/x.png"><img src="http://testserver.evil/x.png">'
            '<img src="/media/%2e%2e/%2e%2e/secret.png"><img src="/media/missing.png">'
        )
    finally:
        default_storage.delete(name)
    assert page.count("data:image/png;base64,") == 2
    assert page.count('src="data:,"') == 7


@pytest.mark.usefixtures("nothing_installed")
def test_without_a_printer_one_is_told_what_to_install() -> None:
    with pytest.raises(CannotPrint, match=r"pip install weasyprint.*apt install chromium"):
        pdf_of(PAGE % "")


def test_weasyprint_fetches_nothing_and_makes_a_tagged_pdf_too() -> None:
    pytest.importorskip("weasyprint", reason="WeasyPrint isn't installed: it is optional")
    found = printing.printer()
    assert found is not None
    assert found.name == "weasyprint"
    body = pdf_of(PAGE % '<link rel="stylesheet" href="file:///etc/passwd"><embed src="http://127.0.0.1:9/x">')
    assert body.startswith(b"%PDF-")
    assert "Some words." in pdf_text(body)


def test_weasyprint_is_taken_first_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, part in (("weasyprint", "HTML"), ("weasyprint.urls", "URLFetcher")):
        module = ModuleType(name)
        setattr(module, part, object)
        monkeypatch.setitem(sys.modules, name, module)
    printing.printer.cache_clear()
    found = printing.printer()
    assert found is not None
    assert found.name == "weasyprint"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A program in Chromium's place."""
    program = tmp_path / "bin" / "chromium"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    printing.printer.cache_clear()
    return program


def test_a_browser_that_makes_nothing_is_reported_and_nothing_is_kept(stand_in: Path, data: Path) -> None:
    stand_in.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    stand_in.chmod(0o755)
    with pytest.raises(CannotPrint, match="Chromium made no PDF"):
        pdf_of(PAGE % "")
    assert list((data / "pdf").glob("*.pdf")) == []


def test_a_browser_that_hangs_is_ended_with_all_it_started(
    stand_in: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {data}/child\nwait\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(printing, "TIME_LIMIT", 0.5)
    with pytest.raises(CannotPrint, match="took too long"):
        pdf_of(PAGE % "")
    child = int((data / "child").read_text())
    until = time.monotonic() + 5
    while time.monotonic() < until and _runs(child):
        pass
    assert not _runs(child)


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_one_pdf_is_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = threading.Lock()
    clashes: list[str] = []

    def make(html: str) -> bytes:
        if not busy.acquire(blocking=False):
            clashes.append(html)
        else:
            threading.Event().wait(0.05)
            busy.release()
        return b"%PDF-" + html[-40:].encode()

    monkeypatch.setattr(printing, "printer", lambda: Printer("stand-in", make))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: pdf_of(PAGE % number), range(4)))
    assert clashes == []
    monkeypatch.undo()


@pytest.mark.django_db
@needs_chromium
def test_the_archive_gives_an_edition_as_a_pdf_without_drafts_or_audiences(client: Client, by_chromium: None) -> None:
    make_segment("members")
    secret = make_item("Secret", audience="members", text="Secret text")
    key = make_sent_issue(make_bulletin(), make_content("en", make_item("Open"), secret, title="As approved"))
    page = edition_of(key)
    page.title = "Unapproved"
    page.save_revision().publish()
    response = client.get(f"/archive/issues/{key}/en.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="procurement-notes-as-approved-en.pdf"'
    assert b"As approved" in response.content
    text = pdf_text(response.content)
    assert "Open" in text.partition("\f")[0], "the first sheet holds more than the letter's upper edge"
    assert "Secret" not in text
    assert "Unapproved" not in text
    assert f'href="/archive/issues/{key}/en.pdf"' in client.get(f"/en/notes/{page.slug}/").content.decode()


@pytest.mark.django_db
def test_a_draft_has_no_public_pdf(client: Client) -> None:
    key = make_issue(make_bulletin())
    edition_of(key).save_revision().publish()
    assert client.get(f"/archive/issues/{key}/en.pdf").status_code == 404
    assert client.get(f"/archive/issues/{key}/xx.pdf").status_code == 404


@pytest.mark.django_db
@needs_chromium
def test_the_desk_marks_the_pdf_of_what_nobody_approved(client: Client, by_chromium: None) -> None:
    key = make_issue(make_bulletin())
    path = f"/desk/issues/{key}/en.pdf"
    assert client.get(path).status_code == 302
    client.force_login(make_user())
    assert "Draft" in pdf_text(client.get(path).content)
    approve(key)
    assert "Draft" not in pdf_text(client.get(path).content)
    assert client.get(f"/desk/issues/{key}/fr.pdf").status_code == 404
    assert f'href="{path}"' in client.get(f"/desk/issues/{key}/").content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("nothing_installed")
def test_where_no_pdf_can_be_made_the_public_page_offers_none_and_the_desk_says_why(client: Client) -> None:
    key = make_sent_issue(make_bulletin())
    assert ".pdf" not in client.get(f"/en/notes/{edition_of(key).slug}/").content.decode()
    answer = client.get(f"/archive/issues/{key}/en.pdf")
    assert answer.status_code == 503
    assert "There is no PDF right now" in answer.content.decode()
    client.force_login(make_user())
    answer = client.get(f"/desk/issues/{key}/en.pdf")
    assert answer.status_code == 503
    assert "apt install chromium" in answer.content.decode()


def pdf_text(body: bytes) -> str:
    """All the words of a PDF."""
    pdfium: Any = pytest.importorskip("pypdfium2")
    document = pdfium.PdfDocument(body)
    return "\f".join(page.get_textpage().get_text_range() for page in document)
