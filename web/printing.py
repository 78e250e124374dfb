"""An edition as a PDF, made by WeasyPrint or a Chromium, whichever there is; kept by what it was made of.

The page that is printed holds everything itself: our own pictures are put into it, no other address is asked, and no
script runs.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import importlib
import logging
import mimetypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",  # it needs rights that containers don't give; the page has no script and no network
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",
    "--no-pdf-header-footer",
    "--export-tagged-pdf",
    "--generate-pdf-document-outline",
)
TIME_LIMIT = 30.0  # seconds for one PDF, and for waiting one's turn
KEPT = 200  # files
FORM = "1"
"""Part of a file's name: to be counted up when the same page would give another PDF."""

_IMAGE = re.compile(r"""(<img\b[^>]*?\bsrc=)(["'])(.*?)\2""", re.IGNORECASE | re.DOTALL)
_LARGEST_PICTURE = 10 * 1024 * 1024
_NOTHING = "data:,"
_ONLY_WHAT_IT_HOLDS = (
    '<meta http-equiv="Content-Security-Policy"'
    " content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'\">"
)


class CannotPrint(Exception):
    """No PDF can be made now; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Printer:
    """A way from HTML that holds everything itself to a PDF."""

    name: str
    make: Callable[[str], bytes]


@lru_cache(maxsize=1)
def printer() -> Printer | None:
    """WeasyPrint if it can be imported, else a Chromium on the PATH, else None. Looked for once in a process."""
    try:
        document: Any = importlib.import_module("weasyprint").HTML
        fetcher: Any = importlib.import_module("weasyprint.urls").URLFetcher
    except (ImportError, OSError, AttributeError):  # OSError: its Pango is missing; AttributeError: it is too old
        found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
        return Printer("chromium", lambda html: _by_chromium(found, html)) if found else None
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells of each step, and of each CSS rule for mail
    return Printer("weasyprint", lambda html: _by_weasyprint(document, fetcher, html))


def can_print() -> bool:
    return printer() is not None


def pdf_of(html: str, *, mark: str = "") -> bytes:
    """The PDF of a letter's page, A4; `mark` ("Draft") stands in the corner of each sheet.

    CannotPrint where nothing here makes PDFs, or it failed or took too long. One is made at a time.
    """
    found = printer()
    if found is None:
        raise CannotPrint(
            _(
                "No PDF can be made: neither WeasyPrint nor Chromium is installed on the server. Ask for one of them: "
                "“pip install weasyprint” (it needs Pango), or “apt install chromium”. Then restart the web server."
            )
        )
    style = render_to_string("web/_pdf.html", {"mark": _css_string(mark)})
    page = self_contained(html).replace("<head>", f"<head>{_ONLY_WHAT_IT_HOLDS}", 1)
    page = page.replace("</head>", f"{style}</head>", 1)
    folder = Path(settings.DATA) / "pdf"
    kept = folder / f"{hashlib.sha256(f'{FORM} {found.name} {page}'.encode()).hexdigest()}.pdf"
    with suppress(FileNotFoundError):
        return kept.read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    with _turn(folder / "lock"):
        with suppress(FileNotFoundError):  # made while we waited
            return kept.read_bytes()
        body = found.make(page)
        part = kept.with_suffix(".part")
        part.write_bytes(body)
        part.replace(kept)
        _forget_old(folder)
    return body


def self_contained(html: str) -> str:
    """`html` with our own pictures in it as data, and without those of other hosts."""
    return _IMAGE.sub(lambda found: f'{found[1]}"{escape(_picture(unescape(found[3])))}"', html)


def _picture(address: str) -> str:
    if address.startswith("data:image/"):
        return address
    body = _own_file(address)
    kind = mimetypes.guess_type(urlsplit(address).path)[0] or ""
    if body is None or not kind.startswith("image/"):
        return _NOTHING
    return f"data:{kind};base64,{base64.b64encode(body).decode()}"


def _own_file(address: str) -> bytes | None:
    """The bytes of a picture or a static file of ours, by its address; None for any other."""
    own = address.removeprefix(settings.BASE_URL) if address.startswith(f"{settings.BASE_URL}/") else address
    if not own.startswith("/") or own.startswith("//"):
        return None
    path = unquote(urlsplit(own).path)
    try:
        if path.startswith(settings.MEDIA_URL):
            name = path.removeprefix(settings.MEDIA_URL)
            if default_storage.size(name) > _LARGEST_PICTURE:
                return None
            with default_storage.open(name) as file:
                return bytes(file.read())
        static = finders.find(path.removeprefix(settings.STATIC_URL)) if path.startswith(settings.STATIC_URL) else None
        return Path(static).read_bytes() if static else None
    except (OSError, SuspiciousFileOperation, ValueError):
        return None


def _by_weasyprint(document: Any, fetcher: Any, html: str) -> bytes:
    only_data = fetcher(allowed_protocols={"data"}, allow_redirects=False)
    body: bytes = document(string=html, url_fetcher=only_data).write_pdf(pdf_tags=True)
    return body


def _by_chromium(program: str, html: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="circular-pdf-", ignore_cleanup_errors=True) as scratch:
        source, result = Path(scratch) / "edition.html", Path(scratch) / "edition.pdf"
        source.write_text(html, encoding="utf-8")
        command = [program, *FLAGS, f"--user-data-dir={scratch}/profile", f"--print-to-pdf={result}", source.as_uri()]
        said = _run(command)
        try:
            body = result.read_bytes()
        except FileNotFoundError:
            body = b""
        if not body.startswith(b"%PDF-"):
            logger.warning("chromium made no PDF: %s", said[-500:])
            raise CannotPrint(_("Chromium made no PDF. The server's log has what it said; try again later."))
        return body


def _run(command: list[str]) -> str:
    """What the program said; it and whatever it started are ended after the time limit."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            _out, said = process.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired as error:
            raise CannotPrint(_("The PDF took too long to make. Try again later.")) from error
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return said.decode(errors="replace")


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """One at a time over all processes of this machine."""
    until = time.monotonic() + TIME_LIMIT
    with path.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise CannotPrint(_("Other PDFs are being made. Try again in a minute.")) from error
                time.sleep(0.1)
        yield


def _forget_old(folder: Path) -> None:
    files = sorted(folder.glob("*.pdf"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[KEPT:]:
        file.unlink(missing_ok=True)


def _css_string(text: str) -> str:
    """`text` as the inside of a CSS string: every character that isn't a letter as an escape."""
    return "".join(letter if letter.isalnum() else f"\\{ord(letter):x} " for letter in text)
