"""Uploaded files can't act for whoever opens them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.documents import get_document_model

pytestmark = pytest.mark.django_db  # a page that isn't there asks for the reader's language


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def fetched(client: Client, path: str) -> Any:
    """The answer, its file closed."""
    answer = client.get(path)
    answer.close()
    return answer


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "page.xhtml", "script.js", "feed.xml", "noending"])
def test_what_a_browser_might_run_is_saved_and_not_opened(client: Client, folder: Path, name: str) -> None:
    (folder / name).write_text("<script>alert(1)</script>")
    answer = fetched(client, f"/media/{name}")
    assert answer["Content-Disposition"] == "attachment"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_picture_is_shown_in_a_sandbox(client: Client, folder: Path) -> None:
    (folder / "a.PNG").write_bytes(b"\x89PNG")
    answer = fetched(client, "/media/a.PNG")
    assert "attachment" not in answer.get("Content-Disposition", "")
    assert answer["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize("path", ["../secrets.json", "..%2fsecrets.json", "%2e%2e/secrets.json"])
def test_nothing_outside_is_served(client: Client, folder: Path, path: str) -> None:
    (folder.parent / "secrets.json").write_text("{}")
    answer = fetched(client, f"/media/{path}")
    assert answer.status_code in {400, 404}


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "script.js"])
def test_the_desk_takes_no_document_that_could_act(folder: Path, name: str) -> None:
    document = get_document_model()(title="A document", file=ContentFile(b"<script>", name=name))
    with pytest.raises(ValidationError, match="not allowed"):
        document.full_clean()
