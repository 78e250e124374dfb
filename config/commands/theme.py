"""`circular theme check FOLDER`: what is wrong with a theme, by file and line; else its letters, to look at."""

from __future__ import annotations

import argparse
import base64
import sys
from pathlib import Path

from composer.rendering.edition import render_edition
from composer.rendering.slots import MARKER
from composer.rendering.specimen import LOCALES, PICTURES, specimen
from composer.rendering.theme import Theme
from composer.rendering.themes import ThemeError, load_theme
from config.instance import data_directory

_BASE_URL = "https://specimen.example"
_PICTURES = {"wide.png": (1200, 640), "cover.png": (600, 800), "logo.png": (320, 120)}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="circular theme", description=__doc__)
    parser.add_argument("what", choices=["check"])
    parser.add_argument("folder", type=Path, help="the theme's folder, with theme.toml in it")
    parser.add_argument("--out", type=Path, help="where the letters are written (default: the data directory)")
    options = parser.parse_args(arguments)
    try:
        theme = load_theme(options.folder)
    except ThemeError as error:
        for fault in error.faults:
            print(options.folder / str(fault), file=sys.stderr)
        count = len(error.faults)
        print(f"circular theme: {count} fault{'s' if count > 1 else ''}; no letter can be made.", file=sys.stderr)
        return 1
    out = options.out or data_directory() / "themes" / theme.slug
    out.mkdir(parents=True, exist_ok=True)
    print(f"“{theme.name('en')}” is good. Look at it in a browser, narrow and wide, in light and dark mode:")
    for locale in LOCALES:
        page = out / f"specimen.{locale}.html"
        page.write_text(_page(theme, locale), encoding="utf-8", newline="\n")
        print(f"  {page}")
    return 0


def _page(theme: Theme, locale: str) -> str:
    """The specimen's letter with pictures in it that need no network."""
    html = render_edition(specimen(locale), theme=theme, base_url=_BASE_URL, tracked=True).html
    for name, (width, height) in _PICTURES.items():
        html = html.replace(f"{PICTURES}{name}", _data("image/svg+xml", _drawing(width, height)))
    if theme.logo_file:
        logo = theme.logo_file
        address = logo.picture(base_url=_BASE_URL, slug=theme.slug, locale=locale).url
        html = html.replace(address, _data(logo.content_type, (Path(theme.folder) / logo.file).read_bytes()))
    return MARKER.sub(lambda mark: "" if mark[1] == "pixel" else "specimen", html)


def _drawing(width: int, height: int) -> bytes:
    middle, size = (width // 2, height // 2), min(width, height) // 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="100%" height="100%" fill="#9fb3ab"/>'
        f'<circle cx="{middle[0]}" cy="{middle[1]}" r="{size}" fill="#c7d3cd"/></svg>'
    ).encode()


def _data(content_type: str, data: bytes) -> str:
    return f"data:{content_type};base64,{base64.b64encode(data).decode()}"
