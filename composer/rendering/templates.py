"""The letter's templates: Jinja2, compiled once for each theme, a theme's own before ours."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, BytecodeCache, Environment, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.bccache import Bucket

from .errors import RenderingError
from .mjml import STAMP
from .sandbox import Sandbox, bounded
from .theme import Theme

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "email"
PARTS = ("layouts", "partials", "sections")
"""The folders of templates, in ours and in a theme's."""
BASE = "base/"
"""Before a template's name: ours, even where the theme has one of that name."""
MAX_BYTES = 64 * 1024
"""Of one template."""

_KEPT = 2_000  # compiled templates

_INDENTED = re.compile(r"\n\s+")
# What a template can raise while it runs, beside Jinja2's own errors.
_FAULTS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)


def render_template(name: str, context: dict[str, object], *, theme: Theme, stamped: bool = False) -> str:
    """The template's output with its indentation taken out.

    `stamped` marks where each line that begins with a tag comes from, for `compile_mjml` to tell: slower, and only
    for locating a fault. RenderingError, with template and line, for a fault in a template, a missing value, or one
    that asks for more than a letter can need.
    """
    shelf = shelf_of(theme)
    try:
        with bounded():
            output: str = environment(theme, stamped=stamped).get_template(name).render(context)
    except TemplateSyntaxError as error:
        raise RenderingError(sentence(error), template=shelf.place(error.name or name), line=error.lineno) from error
    except (TemplateError, *_FAULTS) as error:
        place, line = _where(error, shelf, default=name)
        raise RenderingError(sentence(error), template=place, line=line) from error
    return output if stamped else _INDENTED.sub("\n", output)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a theme's templates stand: its own folder, empty for none, then the `base`."""

    base: Path
    slug: str
    folder: str

    def path(self, name: str) -> Path | None:
        """The file of a template; None where there is none."""
        if not _is_plain(name.removeprefix(BASE)):
            return None
        if self.has_own(name):
            return Path(self.folder) / name
        path = self.base / name.removeprefix(BASE)
        return path if path.is_file() else None

    def place(self, name: str) -> str:
        """A template's path under `templates/email`, or, in an organisation's own theme, what it would be there."""
        return f"themes/{self.slug}/{name}" if self.has_own(name) else name.removeprefix(BASE)

    def has_own(self, name: str) -> bool:
        return bool(self.folder) and _is_plain(name) and (Path(self.folder) / name).is_file()


def shelf_of(theme: Theme) -> Shelf:
    return Shelf(TEMPLATES, theme.slug, theme.folder)


def environment(theme: Theme, *, stamped: bool = False) -> Environment:
    """Where the templates of `theme` are compiled and kept; another `version` of it has another."""
    return _environment(shelf_of(theme), theme.version, stamped)


def sentence(error: BaseException) -> str:
    """What is wrong, in a few words."""
    match error:
        case TemplateNotFound():
            return f"there is no template {error.name!r}"
        case RecursionError() | MemoryError():
            return "the templates include or call themselves without end, or are nested too deeply"
        case SyntaxError():
            return f"the template is nested too deeply ({error.msg})"
        case ZeroDivisionError():
            return "a division by zero"
    return str(getattr(error, "message", None) or error) or type(error).__name__


class _Loader(BaseLoader):
    """`stamped` says in the source where each line comes from."""

    def __init__(self, shelf: Shelf, *, stamped: bool) -> None:
        self._shelf = shelf
        self._stamped = stamped

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        path = self._shelf.path(template)
        if path is None:
            raise TemplateNotFound(template)
        changed = path.stat().st_mtime_ns
        source = path.read_text(encoding="utf-8")
        if isinstance(environment, Sandbox):
            environment.sizes[template] = len(source)
        if self._stamped:
            source = _stamped(source, self._shelf.place(template))
        return source, str(path), lambda: path.stat().st_mtime_ns == changed


def _stamped(source: str, place: str) -> str:
    return "\n".join(
        STAMP.format(template=place, line=number) + line if line.lstrip().startswith("<") else line
        for number, line in enumerate(source.split("\n"), start=1)
    )


class _Compiled(BytecodeCache):
    """What was compiled in this process: themes have most of their templates in common."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if len(self._code) >= _KEPT:
            self._code.clear()
        self._code[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


@lru_cache(maxsize=64)
def _environment(shelf: Shelf, _version: str, stamped: bool) -> Environment:
    return Sandbox(_Loader(shelf, stamped=stamped), stamped=stamped, compiled=_compiled)


def _is_plain(name: str) -> bool:
    """Whether a template's name is one of the folders of templates and a file in it, and nothing cleverer."""
    parts = name.split("/")
    return len(parts) == 2 and parts[0] in PARTS and not parts[1].startswith(".") and "\\" not in name


def _where(error: BaseException, shelf: Shelf, *, default: str) -> tuple[str, int]:
    """The template and the line where `error` arose: Jinja2 puts them into the traceback."""
    folders = [(Path(shelf.folder), f"themes/{shelf.slug}/")] if shelf.folder else []
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        for folder, prefix in [*folders, (shelf.base, "")]:
            if path.is_relative_to(folder) and path.suffix == ".mjml":
                return prefix + path.relative_to(folder).as_posix(), frame.lineno or 0
    return shelf.place(default), 0
