"""What mail programs drop of a rendered letter, by the data of Can I email in `clients.json`.

The file has Outlook, Gmail and Apple Mail. Can I email has tested neither QQ Mail nor NetEase (163, 126): nothing is
said of them. A letter that passes needs no more than Outlook for Windows gives, the poorest of those tested.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from .findings import Finding, Severity, gettext_noop
from .places import Place

DATA = Path(__file__).with_name("clients.json")

_ORNAMENT = "decoration: the letter reads as well without it"
_FALLS_BACK = "what stands before or beside it takes its place"
_FOR_BROWSERS = "for the web page of the letter"
_FOR_READERS_ALOUD = "for screen readers, which elsewhere say the same with less"

HARMLESS: dict[str, str] = {
    "css-at-media": "everything in a media query improves what is good without it",
    "css-at-media-prefers-color-scheme": "programs without it show the light colours",
    "css-at-media-hover": "everything in a media query improves what is good without it",
    "css-at-media-orientation": "everything in a media query improves what is good without it",
    "css-at-media-device-pixel-ratio": "everything in a media query improves what is good without it",
    "css-at-media-prefers-reduced-motion": "everything in a media query improves what is good without it",
    "css-at-supports": "everything in such a rule improves what is good without it",
    "css-color-scheme": "programs without it show the light colours",
    "html-meta-color-scheme": "programs without it show the light colours",
    "css-border-radius": _ORNAMENT,
    "css-box-shadow": _ORNAMENT,
    "css-text-shadow": _ORNAMENT,
    "css-transition": _ORNAMENT,
    "css-outline": _ORNAMENT,
    "css-word-spacing": _ORNAMENT,
    "css-cursor": _ORNAMENT,
    "css-hyphens": _ORNAMENT,
    "css-text-wrap": _ORNAMENT,
    "css-text-decoration-color": _ORNAMENT,
    "css-text-decoration-thickness": _ORNAMENT,
    "css-text-underline-offset": _ORNAMENT,
    "css-list-style-position": _ORNAMENT,
    "css-orphans": _ORNAMENT,
    "css-widows": _ORNAMENT,
    "css-pseudo-class-hover": _ORNAMENT,
    "css-pseudo-class-active": _ORNAMENT,
    "css-pseudo-class-focus": _ORNAMENT,
    "css-pseudo-class-visited": _ORNAMENT,
    "css-at-font-face": _FALLS_BACK,
    "css-sytem-ui": _FALLS_BACK,
    "css-overflow-wrap": "a long address stays on its line where it isn't known",
    "css-word-wrap": "a long address stays on its line where it isn't known",
    "css-max-height": _FALLS_BACK,
    "css-min-width": "Outlook keeps to the width attribute",
    "css-overflow": "hides the preheader, which is hidden by other means too",
    "css-opacity": "hides the preheader, which is hidden by other means too",
    "css-table-layout": "columns have widths of their own",
    "css-box-sizing": "Outlook keeps to the width attribute",
    "css-border-spacing": "tables have the cellspacing attribute",
    "css-selector-attribute": "only what improves a letter that is good without it is selected so",
    "css-selector-child": "only what improves a letter that is good without it is selected so",
    "css-selector-chaining": "only what improves a letter that is good without it is selected so",
    "css-selector-universal": "only what improves a letter that is good without it is selected so",
    "css-selector-adjacent-sibling": "only what improves a letter that is good without it is selected so",
    "html-doctype": "programs put in their own",
    "html-aria-describedby": _FOR_READERS_ALOUD,
    "html-aria-labelledby": _FOR_READERS_ALOUD,
    "html-aria-live": _FOR_READERS_ALOUD,
    "html-link": _FOR_BROWSERS,
    "html-target": _FOR_BROWSERS,
    "html-loading-attribute": _FOR_BROWSERS,
    "html-srcset": _FALLS_BACK,
    "html-picture": _FALLS_BACK,
    "html-abbr": "the words stand there all the same",
    "html-wbr": "the words stand there all the same",
}
"""What a letter may use though a program drops it, each with the reason. Anything else that is dropped is told."""

_CONDITIONAL = re.compile(r"<!--\[if (?!!mso)[^\]]*\]>.*?<!\[endif\]-->", re.DOTALL)
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z][^>]*>")
_SAID_ONLY_HERE = re.compile(r"\s(?:href|alt|title|content)=\"[^\"]*\"")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@([a-z-]+)([^{;]*)([{;])")
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_DECLARATION = re.compile(r"(?:^|;)\s*([a-z-]+)\s*:\s*([^;]+)")
_FUNCTION = re.compile(
    r"\b(calc|clamp|min|max|var|linear-gradient|radial-gradient|conic-gradient|light-dark|rgba?|l?ch|oklab|oklch)\("
)
_UNIT = re.compile(r"(?<![\w#-])-?\d*\.?\d+(rem|vh|vw|vmin|vmax|ch|ex)\b")
_PSEUDO = re.compile(r"(::?)([a-z-]+)")
_FUNCTIONS = {
    "calc": "css-unit-calc", "clamp": "css-function-clamp", "min": "css-function-min", "max": "css-function-max",
    "var": "css-variables", "light-dark": "css-function-light-dark", "rgb": "css-rgb", "rgba": "css-rgba",
    "linear-gradient": "css-linear-gradient", "radial-gradient": "css-radial-gradient",
    "conic-gradient": "css-conic-gradient", "lch": "css-modern-color", "oklab": "css-modern-color",
    "oklch": "css-modern-color",
}  # fmt: skip
_VALUES = {
    ("display", "flex"): "css-display-flex", ("display", "inline-flex"): "css-display-flex",
    ("display", "grid"): "css-display-grid", ("display", "none"): "css-display-none",
}  # fmt: skip
_GROUPS = {
    "left": "css-left-right-top-bottom", "right": "css-left-right-top-bottom", "top": "css-left-right-top-bottom",
    "bottom": "css-left-right-top-bottom", "column-gap": "css-gap", "row-gap": "css-gap",
    "grid-template-columns": "css-grid-template", "grid-template-rows": "css-grid-template",
    "grid-template-areas": "css-grid-template", "grid-template": "css-grid-template",
    "animation-name": "css-animation", "-webkit-text-size-adjust": "",
}  # fmt: skip
_ELEMENTS = {
    **{f"h{level}": "html-h1-h6" for level in range(1, 7)},
    **dict.fromkeys(("ul", "ol", "dl"), "html-lists"),
    **dict.fromkeys(("article", "section", "header", "footer", "main", "nav", "aside", "figure"), "html-semantics"),
    "map": "html-image-maps", "svg": "html-svg", "iframe": "html-object", "embed": "html-object",
}  # fmt: skip
_IMAGE = re.compile(r"\.(apng|avif|bmp|gif|heif|heic|ico|jpe?g|png|svg|tiff?|webp)(?:[?#]|$)", re.IGNORECASE)


def check_clients(html: str, *, locale: str) -> Iterator[Finding]:
    """One warning for each thing that `html` uses, that a mail program drops, and that matters."""
    clients, support = client_data()
    for feature in sorted(features_of(html)):
        if feature in HARMLESS:
            continue
        dropped = [name for name, answer in zip(clients, support.get(feature, ""), strict=False) if answer == "n"]
        if dropped:
            yield Place(locale, None, "theme").finding(
                "client-support",
                Severity.WARNING,
                gettext_noop("The letter uses “{feature}”, which is dropped by {clients}. Do without it in the theme."),
                feature=_said(feature),
                clients=", ".join(dropped),
            )


@cache
def client_data() -> tuple[tuple[str, ...], dict[str, str]]:
    """The mail programs, and for each feature one letter a program: y, a (partly), n, u (not known)."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    return tuple(data["clients"]), data["features"]


def features_of(html: str) -> frozenset[str]:
    """The names, as Can I email has them, of what `html` uses outside of what is for Outlook or in a media query."""
    html = _CONDITIONAL.sub("", html)
    reader = _Reader()
    # A letter says the same few tags over and over: each is read once.
    for tag in dict.fromkeys(_TAG.findall(_SAID_ONLY_HERE.sub("", html))):
        reader.feed(tag)
        reader.clear_cdata_mode()  # that of a style or a title: their ends aren't fed
    reader.close()
    for sheet in _STYLE.findall(html):
        reader.sheet(_COMMENT.sub("", sheet))
    known = client_data()[1]
    return frozenset(feature for feature in reader.features if feature in known)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.features: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.features.add(_ELEMENTS.get(tag, f"html-{tag}"))
        for name, value in attrs:
            if name == "style":
                self._declarations(value or "")
            elif tag == "input" and name == "type":
                self.features.add(f"html-input-{value}")
            elif tag == "meta" and name == "name" and value == "color-scheme":
                self.features.add("html-meta-color-scheme")
            elif name == "src" and (found := _IMAGE.search(value or "")):
                kind = found[1].lower()
                self.features.add("image-" + {"jpeg": "jpg", "tif": "tiff", "heic": "heif"}.get(kind, kind))
            else:
                self.features.add(f"html-{name}")

    def sheet(self, sheet: str) -> None:
        sheet = self._without_at_rules(sheet)
        for selector, body in _RULE.findall(sheet):
            self._selector(selector)
            self._declarations(body)

    def _without_at_rules(self, sheet: str) -> str:
        """`sheet` without its at-rules, which are entered by their names; what they hold isn't looked at."""
        kept, start = [], 0
        while match := _AT_RULE.search(sheet, start):
            kept.append(sheet[start : match.start()])
            self.features.add(f"css-at-{match[1]}")
            start = match.end()
            depth = match[3] == "{"
            while depth and start < len(sheet):
                depth += {"{": 1, "}": -1}.get(sheet[start], 0)
                start += 1
        return "".join([*kept, sheet[start:]])

    def _selector(self, selector: str) -> None:
        for colons, name in _PSEUDO.findall(selector):
            element = colons == "::" or name in {"before", "after", "first-line", "first-letter"}
            self.features.add(f"css-pseudo-{'element' if element else 'class'}-{name}")
        for mark, feature in (
            (">", "child"),
            ("+", "adjacent-sibling"),
            ("~", "general-sibling"),
            ("*", "universal"),
            ("[", "attribute"),
        ):
            if mark in selector:
                self.features.add(f"css-selector-{feature}")

    def _declarations(self, body: str) -> None:
        for name, written in _DECLARATION.findall(body.lower()):
            value = written.replace("!important", "").strip()
            self.features.add(_VALUES.get((name, value)) or _GROUPS.get(name, f"css-{name}"))
            self.features.update(
                _FUNCTIONS[function] for function in _FUNCTION.findall(value) if function in _FUNCTIONS
            )
            self.features.update(f"css-unit-{unit}" for unit in _UNIT.findall(value))


def _said(feature: str) -> str:
    """How the feature is written in HTML or CSS, near enough: `css-display-flex` is `display-flex`."""
    kind, _, name = feature.partition("-")
    return f"<{name}>" if kind == "html" else name
