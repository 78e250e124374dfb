"""Where templates run: they see plain data, they have a few filters, and what they may spend is bounded.

A theme is somebody else's program in our workers. Every loop, call and include costs it steps, every piece of text it
makes costs it characters, and every step looks at the clock, so that none holds a worker or fills its memory.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from jinja2 import BaseLoader, BytecodeCache, StrictUndefined, TemplateRuntimeError, Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

STEPS = 500_000
"""Turns of loops in one letter, a call or an include being 25. One of 40 items takes some 10,000."""
CHARACTERS = 10_000_000
"""What one letter's templates may read and make. One of 40 items takes some 300,000."""
SECONDS = 3.0
"""Of this thread's computing, whatever else the machine does. A letter takes some hundredths of a second."""

_CLOCK = 32  # a look at the clock costs as much as all else that a step does
_CALL = 25  # steps
_RANGE = 1_000
_NUMBER = 10**12
_LIST = 10_000
_PACKAGES = ("composer.rendering.", "composer.content")
_FILTER_NAMES = (
    "abs capitalize count d default e escape first float int join last length list lower map max min reject rejectattr "
    "replace reverse round select selectattr sort string sum trim unique upper"
)
# No `safe`, no `format`, none that pads: content stays data, and a string's size stays in proportion.
ALLOWED_FILTERS = frozenset(_FILTER_NAMES.split())
ALLOWED_GLOBALS = frozenset({"range", "namespace"})

_COUNTED = "every turn of a loop"  # a filter's name that no template can write


class TemplateLimitError(TemplateRuntimeError):
    """A template asked for more than a letter can need, or for what no template may do."""


class _Budget:
    """What is left for one rendering."""

    def __init__(self) -> None:
        self._steps = STEPS
        self._characters = CHARACTERS
        self._turns = 0
        self._end = time.thread_time() + SECONDS

    def pay(self, characters: int) -> None:
        """The short way for what a template prints, a thousand times in a letter."""
        self._characters -= characters
        if self._characters < 0:
            self.spend()

    def spend(self, *, steps: int = 0, characters: int = 0) -> None:
        self._steps -= steps
        self._characters -= characters
        if self._steps < 0:
            raise TemplateLimitError(f"the templates go round more than {STEPS:,} times: is there a loop without end?")
        if self._characters < 0:
            raise TemplateLimitError(f"the templates make more than {CHARACTERS:,} characters")
        self._turns += 1
        if self._turns % _CLOCK == 0 and time.thread_time() > self._end:
            raise TemplateLimitError(f"the templates take more than {SECONDS:.0f} seconds")


_budget: ContextVar[_Budget] = ContextVar("budget")


@contextmanager
def bounded() -> Iterator[None]:
    """What is rendered inside shares one budget; TemplateLimitError where it is spent."""
    token = _budget.set(_Budget())
    try:
        yield
    finally:
        _budget.reset(token)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, escaping and strict, with attributes of our own records alone, and with the budget.

    Its loader puts the `sizes` of templates there.
    """

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(
        self, loader: BaseLoader | None, *, stamped: bool = False, compiled: BytecodeCache | None = None
    ) -> None:
        self.code_generator_class = _Generator
        super().__init__(
            loader=loader,
            autoescape=True,  # explicitly: select_autoescape leaves .mjml unescaped
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=stamped,
            bytecode_cache=compiled,
            finalize=_printable,
        )
        self.filters = {name: FILTERS[name] for name in ALLOWED_FILTERS} | {_COUNTED: _counted}
        self.sizes: dict[str, int] = {}
        self._kept: dict[str, Any] = {}
        self.globals = {"range": _range, "namespace": Namespace}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Jinja2's, with a short way to the fields of our own records: a letter reads a thousand of them."""
        if attribute in _readable(obj.__class__):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if attr.startswith("_"):
            return False
        return isinstance(obj, LoopContext | TemplateReference | Namespace) or _is_record(obj)

    def wrap_str_format(self, value: Any) -> None:
        """No formatting by strings: it pads to any width."""

    def call(self, context: Context, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        budget = _budget.get()
        budget.spend(steps=_CALL)
        result = super().call(context, function, *args, **kwargs)
        if isinstance(result, str):
            budget.spend(characters=len(result))
        return result

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator != "+" and not numbers:
            raise TemplateLimitError(f"{operator} is for numbers here")
        if operator == "**" and abs(right) > 8:
            raise TemplateLimitError("a power this high is more than a letter can need")
        return self.sized(super().call_binop(context, operator, left, right))

    def get_template(self, name: Any, *args: Any, **kwargs: Any) -> Any:
        if (budget := _budget.get(None)) is not None:
            budget.spend(steps=_CALL, characters=self.sizes.get(name, 0))
        if self.auto_reload or not isinstance(name, str):
            return super().get_template(name, *args, **kwargs)
        if (template := self._kept.get(name)) is None:
            template = self._kept[name] = super().get_template(name, *args, **kwargs)
        return template

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """A plain dictionary: Jinja2 goes through all names for every include, slowly in a chain of two."""
        return {**self.globals, **(d or {})}

    @staticmethod
    def sized(value: Any) -> Any:
        """`value`, paid for; TemplateLimitError for a number or list out of all proportion."""
        if isinstance(value, str):
            _budget.get().spend(characters=len(value))
        elif isinstance(value, int | float) and abs(value) > _NUMBER:
            raise TemplateLimitError("a number this large is more than a letter can need")
        elif isinstance(value, list | tuple) and len(value) > _LIST:
            raise TemplateLimitError(f"a list of more than {_LIST:,} is more than a letter can need")
        return value


class _Generator(CodeGenerator):
    """Jinja2's compiler, which puts the budget where templates would get round it."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja2's name
        for loop in list(node.find_all(nodes.For)):
            text = sum(len(data.data) for data in loop.find_all(nodes.TemplateData))
            weight = nodes.Const(text, lineno=loop.lineno)
            loop.iter = nodes.Filter(loop.iter, _COUNTED, [weight], [], None, None, lineno=loop.lineno)
        super().visit_Template(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        self.write("environment.sized(")
        super().visit_Concat(node, frame)
        self.write(")")

    def visit_ScopedEvalContextModifier(  # noqa: N802
        self, node: nodes.ScopedEvalContextModifier, _frame: Frame
    ) -> None:
        self.fail("escaping can't be switched off: content is text", node.lineno)


def _is_record(value: object) -> bool:
    return _is_record_type(type(value))


def _is_record_type(kind: type) -> bool:
    return kind.__module__.startswith(_PACKAGES) and hasattr(kind, "__dataclass_fields__")


@cache
def _readable(kind: type) -> frozenset[str]:
    """The public fields and properties of a record; empty for what is none."""
    if not _is_record_type(kind):
        return frozenset()
    names = [field.name for field in dataclasses.fields(kind)]
    names += [name for name in dir(kind) if isinstance(getattr(kind, name), property)]
    return frozenset(name for name in names if not name.startswith("_"))


def _counted(values: Iterable[Any], text: int) -> Iterator[Any]:
    """`values`, each paid for as it comes, with the `text` that stands in the loop's body."""
    spend = _budget.get().spend
    for value in values:
        spend(steps=1, characters=text)
        yield value


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > _RANGE:
        raise TemplateLimitError(f"range() is for {_RANGE:,} numbers at most")
    return numbers


def _printable(value: Any) -> Any:
    """What stands between `{{` and `}}`: text or a number, paid for."""
    if isinstance(value, str):
        if budget := _budget.get(None):
            budget.pay(len(value))
    elif not isinstance(value, int | float | Undefined):
        raise TemplateLimitError(f"only text and numbers can be printed, and this is {type(value).__name__}")
    return value
