"""The keys that a theme's manifest may have, and what their values must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .theme import CJK, COLOUR, FONTS, LATIN

_GENERIC = ("serif", "sans-serif", "monospace", "cursive", "system-ui")


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `kind` is colour, fonts, size, factor, switch, pixels or file; `default` is "" where it must stand."""

    table: str
    name: str
    kind: str
    default: str
    help: str
    least: float = 0
    most: float = 0


COLOURS = {
    "page": "round the letter",
    "paper": "the letter itself",
    "ink": "text",
    "muted": "sources, dates, the footer",
    "accent": "links, headings of sections, the button",
    "on_accent": "the button's text",
    "tint": "the ground of cards",
    "rule": "hairlines",
    "band": "a coloured band, such as the masthead's",
    "on_band": "text on the band",
    "mark": "small decoration, never text",
}
_TYPE = {
    "text": ("fonts", "fonts of the text"),
    "display": ("fonts", "fonts of the headings"),
    "outlook": ("fonts", "fonts of the text in Outlook, which takes the first it knows"),
    "italics": ("switch", "whether emphasis is set in italics, or by weight"),
    "capitals": ("switch", "whether headings of sections are in capitals"),
    "body": ("size", "size of the text"),
    "leading": ("factor", "line height of the text"),
    "heading_leading": ("factor", "line height of headings"),
    "lead": ("size", "size of the lead's text"),
    "title": ("size", "size of the issue's title"),
    "lead_heading": ("size", "size of the lead's heading"),
    "heading": ("size", "size of an item's heading"),
    "section": ("size", "size of a section's heading"),
    "name": ("size", "size of the bulletin's name"),
    "small": ("size", "size of sources and the footer"),
    "quote": ("size", "size of a quotation"),
}
_BOUNDS = {"size": (11, 60), "factor": (1.0, 2.5)}
PALETTES = {"light": "by day", "dark": "in dark mode"}
SCRIPTS = {"alphabetic": LATIN, "cjk": CJK}


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


KEYS: tuple[Key, ...] = (
    Key("letter", "width", "pixels", "640", "width of the letter on a desk", 480, 800),
    Key("letter", "radius", "pixels", "4", "radius of corners", 0, 24),
    *(
        Key(table, name, "colour", "", f"{use}, {when}")
        for table, when in PALETTES.items()
        for name, use in COLOURS.items()
    ),
    *(
        Key(table, name, kind, _shown(getattr(usual, name)), use, *_BOUNDS.get(kind, (0, 0)))
        for table, usual in SCRIPTS.items()
        for name, (kind, use) in _TYPE.items()
    ),
    Key("logo", "file", "file", "", "a PNG, JPEG or GIF in the theme's folder; twice the printed size looks sharp"),
    Key("logo", "width", "pixels", "", "width as printed", 16, 400),
)  # fmt: skip
TABLES = {key.table: {k.name: k for k in KEYS if k.table == key.table} for key in KEYS}


def problem_with(key: Key, value: object) -> str:
    """What is wrong with the value of a key; empty where it is good."""
    match key.kind:
        case "colour" if not (isinstance(value, str) and COLOUR.fullmatch(value.lower())):
            return f"{key.name} is {value!r}, not a colour such as #17604b"
        case "fonts" if not (isinstance(value, str) and FONTS.fullmatch(value)):
            return (
                f"{key.name} is {value!r}; a list of fonts has letters, digits, spaces, hyphens and commas, no quotes"
            )
        case "fonts" if str(value).rpartition(",")[2].strip() not in _GENERIC:
            return f"{key.name} must end with a font that every reader has: {', '.join(_GENERIC)}"
        case "switch" if not isinstance(value, bool):
            return f"{key.name} is true or false"
        case "file" if not isinstance(value, str):
            return f"{key.name} is the name of a file"
        case "size" | "pixels" if not isinstance(value, int) or isinstance(value, bool):
            return f"{key.name} is a whole number of pixels, without quotes"
        case "factor" if not isinstance(value, int | float) or isinstance(value, bool):
            return f"{key.name} is a number, without quotes"
    if isinstance(value, int | float) and key.most and not key.least <= value <= key.most:
        return f"{key.name} is {value}; it may be {key.least:g} to {key.most:g}"
    return ""


def tidied(key: Key, value: Any) -> Any:
    match key.kind:
        case "colour":
            return value.lower()
        case "fonts":
            return ",".join(font.strip() for font in value.split(","))
        case "factor":
            return float(value)
    return value


def manifest_table() -> str:
    """Every key as a Markdown table, for the guide."""
    rows = ["| table | key | is | default | what it is |", "| --- | --- | --- | --- | --- |"]
    rows.append("| `[name]` | a language | text | needed | what choosers call the theme, a line for each language |")
    for key in KEYS:
        default = f"`{key.default}`" if key.default else "needed"
        span = f", {key.least:g} to {key.most:g}" if key.most else ""
        rows.append(f"| `[{key.table}]` | `{key.name}` | {key.kind}{span} | {default} | {key.help} |")
    rows.append("| `[logo.alt]` | a language | text | needed | what the logo shows, a line for each language |")
    return "\n".join(rows)
