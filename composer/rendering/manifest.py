"""A theme's manifest, `theme.toml`: every key it may have, and what is wrong with one, by line."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .logos import measured
from .manifest_keys import COLOURS, PALETTES, SCRIPTS, TABLES, problem_with, tidied
from .theme import AA, Logo, Palette, Theme, Typography, contrast

NAME = "theme.toml"
MAX_BYTES = 64 * 1024
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong with a theme; `file` is its path in the theme's folder, `line` is from 1, 0 where there is none."""

    file: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem}" if self.line else f"{self.file}: {self.problem}"


_LANGUAGES = ("name", "logo.alt")  # tables of a text for each language


def read_manifest(folder: Path) -> tuple[Theme | None, list[Fault]]:
    """The theme that `folder` describes; None, and why, where the manifest has a fault."""
    try:
        text = _text_of(folder / NAME)
    except ValueError as error:
        return None, [Fault(NAME, 0, str(error))]
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        problem = str(error)[: found.start()] if found else str(error)
        return None, [Fault(NAME, line, f"this is no TOML: {problem[:1].lower()}{problem[1:]}")]
    except RecursionError:
        return None, [Fault(NAME, 0, "the values are nested too deeply")]
    reading = _Reading(folder, values, _lines(text))
    theme = reading.theme()
    return (None if reading.faults else theme), sorted(reading.faults)


def _text_of(path: Path) -> str:
    """ValueError says why not."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"the file is larger than {MAX_BYTES // 1024} KB")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("the file is not UTF-8") from error
    except OSError as error:
        raise ValueError(f"the file can't be read: {error.strerror}") from error


def _lines(text: str) -> dict[str, int]:
    """The line of each table and of each key with its table, as `light` and `light.paper`."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = _dotted(header[1])
            lines.setdefault(table, number)
        elif key := re.match(r"\s*([A-Za-z0-9_\-.\"' ]+?)\s*=", line):
            lines.setdefault(f"{table}.{_dotted(key[1])}".lstrip("."), number)
    return lines


def _dotted(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))


class _Reading:
    """One reading of the manifest's values, which finds all faults."""

    def __init__(self, folder: Path, values: dict[str, Any], lines: dict[str, int]) -> None:
        self.faults: list[Fault] = []
        self._folder = folder
        self._values = values
        self._lines = lines

    def theme(self) -> Theme | None:
        known = {*TABLES, "name"}
        for name in self._values.keys() - known:
            self._found(name, f"{name!r} is not known here; there are {', '.join(sorted(known))}")
        names = self._languages("name", self._values.get("name"))
        letter = self._table("letter")
        palettes = {name: self._palette(name) for name in PALETTES}
        types = {name: self._typography(name, usual) for name, usual in SCRIPTS.items()}
        logo = self._logo() if "logo" in self._values else None
        light, dark = palettes["light"], palettes["dark"]
        alphabetic, cjk = types["alphabetic"], types["cjk"]
        if self.faults or not (light and dark and alphabetic and cjk):
            return None
        return Theme(light=light, dark=dark, alphabetic=alphabetic, cjk=cjk, logo_file=logo, names=names, **letter)

    def _found(self, place: str, problem: str) -> None:
        line = self._lines.get(place) or self._lines.get(place.rpartition(".")[0], 0)
        self.faults.append(Fault(NAME, line, problem))

    def _table(self, name: str) -> dict[str, Any]:
        """The good values of a table."""
        table = self._values.get(name, {})
        if not isinstance(table, dict):
            self._found(name, f"{name!r} is a table: write [{name}] on a line of its own, its keys below")
            return {}
        keys, good = TABLES[name], {}
        for key, value in table.items():
            place = f"{name}.{key}"
            if key not in keys:
                if place not in _LANGUAGES:
                    self._found(place, f"[{name}] has no key {key!r}; it has {', '.join(sorted(keys))}")
            elif problem := problem_with(keys[key], value):
                self._found(place, problem)
            else:
                good[key] = tidied(keys[key], value)
        for key in keys:
            if not keys[key].default and key not in table:
                self._found(name, f"[{name}] lacks {key!r}: {keys[key].help}")
        return good

    def _palette(self, name: str) -> Palette | None:
        if name not in self._values:
            self._found(name, f"the table [{name}] is missing: the colours {PALETTES[name]}")
            return None
        colours = self._table(name)
        if len(colours) < len(COLOURS):
            return None
        palette = Palette(**colours)
        for text, ground in palette.faint_pairs():
            ratio = contrast(colours[text], colours[ground])
            self._found(
                f"{name}.{text}",
                f"{text} {colours[text]} on {ground} {colours[ground]} has a contrast of {ratio:.1f}; "
                f"readers need {AA} (WCAG AA)",
            )
        return palette

    def _typography(self, name: str, usual: Typography) -> Typography | None:
        return dataclasses.replace(usual, **self._table(name))

    def _languages(self, place: str, table: object) -> tuple[tuple[str, str], ...]:
        if not isinstance(table, dict) or not table:
            self._found(place, f'the table [{place}] is missing: a line for each language, such as en = "…"')
            return ()
        for language, text in table.items():
            if not _LANGUAGE.fullmatch(language):
                self._found(f"{place}.{language}", f"{language!r} is no language: write en, fr or zh-hans")
            elif not isinstance(text, str) or not text.strip() or len(text) > 200 or not text.isprintable():
                self._found(f"{place}.{language}", "a short text is expected, on one line")
        return tuple((language, str(text).strip()) for language, text in table.items())

    def _logo(self) -> Logo | None:
        logo = self._table("logo")
        raw = self._values["logo"]
        alts = self._languages("logo.alt", raw.get("alt") if isinstance(raw, dict) else None)
        if {"file", "width"} - logo.keys() or not alts:
            return None
        try:
            width, height, digest = measured(self._folder, logo["file"])
        except ValueError as error:
            self._found("logo.file", f"{logo['file']}: {error}")
            return None
        return Logo(logo["file"], logo["width"], max(1, round(logo["width"] * height / width)), alts, digest)
