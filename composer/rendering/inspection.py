"""What can be told of a theme's files without running them: their kinds, sizes, syntax, and the names they use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

from jinja2 import Environment, TemplateSyntaxError, nodes

from composer.content import ITEM_KINDS

from . import items, view
from .logos import is_inside
from .manifest import NAME, Fault
from .phrases import Phrases
from .sandbox import ALLOWED_GLOBALS, Sandbox
from .templates import BASE, MAX_BYTES, PARTS, Shelf, sentence
from .theme import Palette, Theme, Typography

MAX_FILES = 200
MAX_DEPTH = 3  # folders within folders
_IDLE = (".md", ".txt", ".png", ".jpg", ".jpeg", ".gif", ".html")  # what may lie in a theme without being read

RECORDS: dict[str, type] = {
    "letter": view.LetterView,
    "section": view.SectionView,
    "item": items.ItemView,
    "theme": Theme,
    "c": Palette,
    "d": Palette,
    "t": Typography,
    "words": Phrases,
}
"""What the names that templates see stand for. `item` and `section` are there inside of what includes them."""


def files_of(folder: Path) -> list[Path]:
    """The files below `folder`, sorted, at most one more than MAX_FILES; links to folders aren't followed."""
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        depth = len(Path(root).relative_to(folder).parts)
        folders[:] = [] if depth >= MAX_DEPTH else sorted(name for name in folders if not name.startswith("."))
        found += [Path(root, name) for name in sorted(names) if not name.startswith(".")]
        if len(found) > MAX_FILES:
            break
    return found[: MAX_FILES + 1]


def inspect_files(folder: Path) -> list[Fault]:
    """What is wrong with the files as files."""
    files = files_of(folder)
    if len(files) > MAX_FILES:
        return [Fault(".", 0, f"the folder holds more than {MAX_FILES} files; a theme needs about ten")]
    return [
        Fault(path.relative_to(folder).as_posix(), 0, problem)
        for path in files
        if (problem := _problem_of(folder, path.relative_to(folder)))
    ]


def inspect_templates(shelf: Shelf, environment: Environment) -> list[Fault]:
    """What is wrong with the syntax and the names of each of a theme's own templates."""
    faults: list[Fault] = []
    trees: dict[str, nodes.Template] = {}
    for name in _own_templates(shelf):
        try:
            trees[name] = environment.parse(_source(shelf, name), name)
            environment.get_template(name)
        except TemplateSyntaxError as error:
            faults.append(Fault(error.name or name, error.lineno, sentence(error)))
        except (UnicodeDecodeError, RecursionError, SyntaxError, ValueError, MemoryError) as error:
            problem = "the file is not UTF-8" if isinstance(error, UnicodeDecodeError) else sentence(error)
            faults.append(Fault(name, 0, problem))
    known = {*RECORDS, "gutter", "gap", "loop", "caller", "super", "self", *ALLOWED_GLOBALS}
    known |= _assigned_in_ours(shelf.base)
    for tree in trees.values():
        known |= _assigned(tree)
    used = set(_our_templates(shelf))
    for name, tree in trees.items():
        faults += (Fault(name, line, problem) for line, problem in _name_faults(tree, known))
        for line, included in _included(tree):
            used.add(included.removeprefix(BASE))
            if shelf.path(included) is None:
                faults.append(Fault(name, line, f"there is no template {included!r}"))
    faults += (Fault(name, 0, _unused(name)) for name in trees if name not in used)
    missing = [kind for kind in ITEM_KINDS if shelf.path(f"sections/{kind}.mjml") is None]
    return faults + [
        Fault(f"sections/{kind}.mjml", 0, "there is no template for this kind of item") for kind in missing
    ]


def _problem_of(folder: Path, path: Path) -> str:
    name = path.as_posix()
    if not is_inside(folder, name):
        return "this leads out of the theme's folder: put the file itself here"
    if path.suffix == ".mjml":
        if len(path.parts) != 2 or path.parts[0] not in PARTS:
            return f"templates lie in the folders {', '.join(PARTS)}"
        if (folder / path).stat().st_size > MAX_BYTES:
            return f"the template is larger than {MAX_BYTES // 1024} KB"
    elif name != NAME and path.suffix.lower() not in _IDLE and path.stem not in {"LICENSE", "LICENCE"}:
        return "nothing reads this file: a theme has theme.toml, templates that end in .mjml, and its logo"
    return ""


def _own_templates(shelf: Shelf) -> list[str]:
    folder = Path(shelf.folder)
    names = (path.relative_to(folder).as_posix() for path in files_of(folder) if path.suffix == ".mjml")
    good = (name for name in names if shelf.has_own(name) and is_inside(folder, name))
    return [name for name in good if (folder / name).stat().st_size <= MAX_BYTES]


def _our_templates(shelf: Shelf) -> list[str]:
    return [path.relative_to(shelf.base).as_posix() for part in PARTS for path in (shelf.base / part).glob("*.mjml")]


@cache
def _assigned_in_ours(base: Path) -> frozenset[str]:
    """The names that our own templates set."""
    parse = Sandbox(None).parse
    paths = (path for part in PARTS for path in (base / part).glob("*.mjml"))
    return frozenset().union(*(_assigned(parse(path.read_text(encoding="utf-8"))) for path in paths))


def _source(shelf: Shelf, name: str) -> str:
    return (Path(shelf.folder) / name).read_text(encoding="utf-8")


def _assigned(tree: nodes.Template) -> set[str]:
    """The names that a template sets, which those that it includes see too."""
    names = {name.name for name in tree.find_all(nodes.Name) if name.ctx in {"store", "param"}}
    names |= {macro.name for macro in tree.find_all(nodes.Macro)}
    return (
        names
        | {
            imported if isinstance(imported, str) else imported[1]
            for node in tree.find_all(nodes.FromImport)
            for imported in node.names
        }
        | {node.target for node in tree.find_all(nodes.Import)}
    )


def _name_faults(tree: nodes.Template, known: set[str]) -> Iterator[tuple[int, str]]:
    assigned = _assigned(tree)
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name not in known:
            yield name.lineno, f"{name.name!r} is not defined"
    for access in tree.find_all(nodes.Getattr):
        record = _record(access.node, assigned)
        if record is not None and access.attr not in _hints(record) and not hasattr(record, access.attr):
            yield access.lineno, f"{_words(access.node)} has no {access.attr!r}"


def _record(node: nodes.Expr, assigned: set[str]) -> type | None:
    """The class of our own that an expression stands for, as far as its names tell; None where they don't."""
    if isinstance(node, nodes.Name):
        # A name that the template itself sets may be something else; `item` and `section` never are.
        return RECORDS.get(node.name) if node.name in {"item", "section"} or node.name not in assigned else None
    if isinstance(node, nodes.Getattr) and (record := _record(node.node, assigned)) is not None:
        hint = _hints(record).get(node.attr)
        kinds = [kind for kind in (get_args(hint) or (hint,)) if hasattr(kind, "__dataclass_fields__")]
        return kinds[0] if len(kinds) == 1 and not str(hint).startswith("tuple") else None
    return None


@cache
def _hints(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def _words(node: nodes.Expr) -> str:
    return f"{_words(node.node)}.{node.attr}" if isinstance(node, nodes.Getattr) else getattr(node, "name", "")


def _included(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    kinds: tuple[Any, ...] = (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)
    for node in tree.find_all(kinds):
        name = getattr(node.template, "value", None)
        if isinstance(name, str):
            yield node.lineno, name


def _unused(name: str) -> str:
    if name.startswith("sections/"):
        return f"no kind of item has this name; there are {', '.join(ITEM_KINDS)}"
    return "nothing includes this template: is its name as it should be?"
