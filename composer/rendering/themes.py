"""The themes there are: ours, and those in an organisation's own folders, each checked when it is loaded."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from .errors import RenderingError
from .inspection import files_of, inspect_files, inspect_templates
from .manifest import NAME, Fault, read_manifest
from .templates import TEMPLATES, environment, shelf_of
from .theme import DEFAULT, Theme
from .trial import try_out

FIRST = DEFAULT.slug
"""The theme of a bulletin that chose none."""

_OURS = TEMPLATES / "themes"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class ThemeError(RenderingError):
    """A theme has faults: every one of them with its file and line. No letter can be made with it."""

    def __init__(self, slug: str, faults: list[Fault]) -> None:
        self.slug = slug
        self.faults = tuple(faults)
        more = f" (and {len(faults) - 1} more; `circular theme check` tells all)" if len(faults) > 1 else ""
        first = faults[0]
        super().__init__(first.problem + more, template=f"themes/{slug}/{first.file}", line=first.line)


class UnknownThemeError(RenderingError):
    """A bulletin asks for a theme that isn't there, or isn't any more."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__(f"There is no theme {slug!r}. Choose another one in the bulletin's settings.")


def load_theme(folder: Path, *, trial: bool = True) -> Theme:
    """The theme in `folder`, its slug the folder's name; ThemeError with all its faults.

    `trial` makes the specimen's letters with it, and checks them.
    """
    if not (folder / NAME).exists():
        raise ThemeError(folder.name, [Fault(NAME, 0, f"there is no {NAME} in {folder}")])
    if not _SLUG.fullmatch(folder.name):
        fault = Fault(".", 0, f"call the folder in small letters, digits and hyphens; it is {folder.name!r}")
        raise ThemeError(folder.name, [fault])
    faults = inspect_files(folder)
    read, found = read_manifest(folder)
    theme = dataclasses.replace(
        read or DEFAULT, slug=folder.name, folder=str(folder.resolve()), version=_version(folder)
    )
    faults += inspect_templates(shelf_of(theme), environment(theme))
    if trial and not faults:
        faults = try_out(theme)
    if faults or found:
        raise ThemeError(folder.name, found + faults)
    return theme


_own_folders: tuple[Path, ...] = ()
_loaded: dict[Path, tuple[str, Theme | ThemeError]] = {}


def set_theme_folders(*folders: Path) -> None:
    """Where themes are looked for beside our own: each folder holds a folder for each theme."""
    global _own_folders  # noqa: PLW0603 - set once, by whoever assembles the product
    _own_folders = folders
    _loaded.clear()


def themes() -> dict[str, Theme]:
    """The themes that can be used, by slug, the first one first. One whose files changed is loaded anew."""
    found = (_current(folder) for folder in _folders())
    return {theme.slug: theme for theme in found if isinstance(theme, Theme)}


def broken_themes() -> dict[str, ThemeError]:
    """The themes that can't be used, by slug, and why."""
    found = (_current(folder) for folder in _folders())
    return {error.slug: error for error in found if isinstance(error, ThemeError)}


def theme_of(slug: str) -> Theme:
    """The theme that a bulletin chose, the first one where it chose none.

    ThemeError where it has faults; UnknownThemeError where there is none of that name.
    """
    slug = slug or FIRST
    folder = next((folder for folder in _folders() if folder.name == slug), None)
    if folder is None:
        raise UnknownThemeError(slug)
    found = _current(folder)
    if isinstance(found, ThemeError):
        raise found
    return found


def any_theme(slug: str) -> Theme:
    """`theme_of`, or the first one where that can't be used: for pages that must show something, not for letters."""
    try:
        return theme_of(slug)
    except (ThemeError, UnknownThemeError):
        return theme_of(FIRST)


def _folders() -> Iterator[Path]:
    """A folder for each theme: ours, the first one first, then an organisation's own, which can't replace ours."""
    seen: set[str] = set()
    for place in (_OURS, *_own_folders):
        within = (
            sorted(place.iterdir(), key=lambda folder: (folder.name != FIRST, folder.name)) if place.is_dir() else []
        )
        for folder in within:
            if folder.name not in seen and not folder.name.startswith(".") and folder.is_dir():
                seen.add(folder.name)
                yield folder


def _current(folder: Path) -> Theme | ThemeError:
    version = _version(folder)
    kept = _loaded.get(folder)
    if kept and kept[0] == version:
        return kept[1]
    try:
        # Ours were tried by our tests.
        found: Theme | ThemeError = load_theme(folder, trial=folder.parent != _OURS)
    except ThemeError as error:
        found = error
    _loaded[folder] = (version, found)
    return found


def _version(folder: Path) -> str:
    """Changes with each file's name, size and time of change."""
    stats = ((path, path.lstat()) for path in files_of(folder))
    lines = (f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}" for path, stat in stats)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()[:16]
