"""The letter's templates: Jinja2, sandboxed, strict, escaped, compiled once."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .errors import RenderingError
from .mjml import STAMP

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "email"

_RECORDS = frozenset(f"{__package__}.{name}" for name in ("view", "theme", "phrases"))
_INDENTED = re.compile(r"\n\s+")


def render_template(name: str, context: dict[str, object], *, stamped: bool = False) -> str:
    """The template's output with its indentation taken out.

    `stamped` marks where each line that begins with a tag comes from, for `compile_mjml` to tell: slower, and only
    for locating a fault. RenderingError, with template and line, for a fault in a template or a missing value.
    """
    try:
        output = _environment(stamped=stamped).get_template(name).render(context)
    except TemplateSyntaxError as error:
        raise RenderingError(str(error.message), template=error.name or name, line=error.lineno) from error
    except (TemplateError, SecurityError) as error:
        place, line = _place(error, default=name)
        raise RenderingError(str(error.message or error), template=place, line=line) from error
    return output if stamped else _INDENTED.sub("\n", output)


class _StampingLoader(FileSystemLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, uptodate = super().get_source(environment, template)
        lines = (
            STAMP.format(template=template, line=number) + line if line.lstrip().startswith("<") else line
            for number, line in enumerate(source.split("\n"), start=1)
        )
        return "\n".join(lines), path, uptodate


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, with a short way to what is harmless: the public fields of our own frozen records."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if type(obj).__module__ in _RECORDS and not attr.startswith("_"):
            return True
        return super().is_safe_attribute(obj, attr, value)


@cache
def _environment(*, stamped: bool) -> Environment:
    loader = (_StampingLoader if stamped else FileSystemLoader)(TEMPLATES)
    return _Sandbox(
        loader=loader,
        autoescape=True,  # explicitly: select_autoescape leaves .mjml unescaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=stamped,
    )


def _place(error: Exception, *, default: str) -> tuple[str, int]:
    """The template and the line where `error` arose: Jinja2 puts them into the traceback."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(TEMPLATES):
            return path.relative_to(TEMPLATES).as_posix(), frame.lineno or 0
    return default, 0
