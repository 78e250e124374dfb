"""A finding's fix, applied to content: what the one click does, as a pure function."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from composer.content import EditionContent, Item, Section

from .findings import Fix, FixKind
from .pieces import ADDRESSES

_MOST = 50  # rounds of replacing: `   ` becomes one space in two


def apply_fix(content: EditionContent, fix: Fix) -> EditionContent:
    """`content` with the fix's change; the same content where the fix no longer fits it."""
    if fix.kind is FixKind.REPLACE_TEXT and not fix.item_key:
        return _in_edition(content, fix)
    sections = []
    for section in content.sections:
        items = (_in_item(item, fix) if item.key == fix.item_key else item for item in section.items)
        sections.append(Section(section.heading, tuple(item for item in items if item is not None)))
    return dataclasses.replace(content, sections=tuple(sections))


def replace_text(text: str, old: str, new: str) -> str:
    """`text` with `old` replaced until none is left; once where `new` holds `old`."""
    if not old or old in new:
        return text.replace(old, new) if old else text
    for _ in range(_MOST):
        if old not in text:
            break
        text = text.replace(old, new)
    return text


def _in_edition(content: EditionContent, fix: Fix) -> EditionContent:
    if fix.field == "section":
        return dataclasses.replace(
            content,
            sections=tuple(
                Section(replace_text(section.heading, fix.old, fix.new), section.items) for section in content.sections
            ),
        )
    holder = content if fix.field in content.__dataclass_fields__ else content.masthead
    if fix.field not in holder.__dataclass_fields__:
        return content
    change: dict[str, Any] = {fix.field: replace_text(getattr(holder, fix.field), fix.old, fix.new)}
    if holder is content:
        return dataclasses.replace(content, **change)
    return dataclasses.replace(content, masthead=dataclasses.replace(content.masthead, **change))


def _in_item(item: Item, fix: Fix) -> Item | None:
    match fix.kind:
        case FixKind.REMOVE_ITEM:
            return None
        case FixKind.SET_WHOLE:
            change: dict[str, Any] = {"half": False} if hasattr(item, "half") else {}
            return dataclasses.replace(item, **change)
        case FixKind.REPLACE_URL | FixKind.STRIP_PARAMETERS:
            return _changed(item, url=lambda url: fix.new if url.strip() == fix.old.strip() else url)
        case FixKind.REPLACE_TEXT if fix.field in item.__dataclass_fields__:
            value = _changed(getattr(item, fix.field), text=lambda text: replace_text(text, fix.old, fix.new))
            field: dict[str, Any] = {fix.field: value}
            return dataclasses.replace(item, **field)
        case _:
            return item


def _same(value: str) -> str:
    return value


def _changed(value: Any, *, text: Callable[[str], str] = _same, url: Callable[[str], str] = _same) -> Any:
    """`value` with every text in it through `text` and every address through `url`."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        return tuple(_changed(part, text=text, url=url) for part in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    fields: dict[str, Any] = {}
    for name in value.__dataclass_fields__:
        if name in {"key", "kind"}:
            continue
        part = getattr(value, name)
        change = url if name in ADDRESSES and isinstance(part, str) else None
        fields[name] = change(part) if change else _changed(part, text=text, url=url)
    return dataclasses.replace(value, **fields)
