"""The logo of an organisation's own theme, as letters ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image

from composer.rendering.templates import TEMPLATES
from composer.rendering.themes import set_theme_folders, theme_of

LOGO = '\n[logo]\nfile = "logo.png"\nwidth = 160\n\n[logo.alt]\nen = "The network"\n'


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "own"
    folder.mkdir()
    manifest = (TEMPLATES / "themes" / "hills" / "theme.toml").read_text(encoding="utf-8")
    (folder / "theme.toml").write_text(manifest + LOGO, encoding="utf-8")
    picture = BytesIO()
    Image.new("RGB", (320, 80), "#17604b").save(picture, "PNG")
    (folder / "logo.png").write_bytes(picture.getvalue())
    set_theme_folders(tmp_path)
    yield folder
    set_theme_folders()


def test_a_logo_is_found_at_the_address_that_letters_give(own: Path, client: Client) -> None:
    theme = theme_of("own").with_logo(base_url="", locale="en")
    assert theme.logo is not None
    response = client.get(theme.logo.url)
    assert response.content == (own / "logo.png").read_bytes()
    assert response["Content-Type"] == "image/png"
    assert "immutable" in response["Cache-Control"]


def test_an_old_letter_gets_the_logo_of_today(own: Path, client: Client) -> None:
    response = client.get("/themes/own/0123456789abcdef.png")
    assert response.content == (own / "logo.png").read_bytes()
    assert "immutable" not in response["Cache-Control"]


@pytest.mark.parametrize("address", ["/themes/hills/a.png", "/themes/none/a.png", "/themes/own/../theme.toml"])
@pytest.mark.usefixtures("own")
def test_nothing_else_of_a_theme_can_be_fetched(address: str, client: Client) -> None:
    response = client.get(address)
    assert response.status_code in {301, 302, 404}
    assert b"[light]" not in response.content
