"""A letter's page as it looks elsewhere: in one colour scheme whatever the browser prefers, or without its pictures.

These are simulations: each mail client darkens letters in its own way, and shows what stands for a picture likewise.
"""

from __future__ import annotations

import re
from html import escape, unescape

_STYLE = re.compile(r"<style\b[^>]*>.*?</style>", re.IGNORECASE | re.DOTALL)
_META = re.compile(r"<meta\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_TAG = re.compile(r"<[a-z](?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_PREFERS = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
_SCHEMES = re.compile(r"(color-scheme\s*:\s*)[a-z ]+", re.IGNORECASE)
_CONTENT = re.compile(r"""(content\s*=\s*["'])[^"']*""", re.IGNORECASE)
_FETCHED = re.compile(r"url\([^)]*\)", re.IGNORECASE)
_BACKGROUND = re.compile(r"""\sbackground\s*=\s*(?:"[^"]*"|'[^']*')""", re.IGNORECASE)
_SIZE = re.compile(r"(?:^|;)\s*(?:max-|min-)?height\s*:[^;]*", re.IGNORECASE)

ALWAYS, NEVER = "(min-width:0)", "(max-width:0)"
FRAME = "height:auto;box-sizing:border-box;padding:8px 10px;border:1px dashed #80868b;text-align:left"


def in_one_scheme(html: str, *, dark: bool) -> str:
    """`html` with the style sheet that a dark (or light) client would take, in any browser."""

    def settle(found: re.Match[str]) -> str:
        asked = found[1].lower() == "dark"
        return ALWAYS if asked is dark else NEVER

    def style(found: re.Match[str]) -> str:
        return _SCHEMES.sub(rf"\g<1>{scheme}", _PREFERS.sub(settle, found[0]))

    def meta(found: re.Match[str]) -> str:
        return _CONTENT.sub(rf"\g<1>{scheme}", found[0]) if "color-scheme" in found[0].lower() else found[0]

    scheme = "dark" if dark else "light"
    return _META.sub(meta, _STYLE.sub(style, html))


def without_pictures(html: str) -> str:
    """`html` as a client shows it that loads no pictures: their descriptions in their place, nothing is fetched."""
    html = _STYLE.sub(lambda found: _FETCHED.sub("none", found[0]), _IMAGE.sub(_described, html))
    return _TAG.sub(lambda found: _FETCHED.sub("none", _BACKGROUND.sub("", found[0])), html)


def _described(image: re.Match[str]) -> str:
    attributes = {name.lower(): double or single for name, double, single in _ATTRIBUTE.findall(image[0])}
    words = unescape(attributes.get("alt", "")).strip()
    if not words:
        return ""
    style = escape(_SIZE.sub("", unescape(attributes.get("style", ""))).strip("; "))
    return f'<span style="{style};display:block;{FRAME}">{escape(words)}</span>'
