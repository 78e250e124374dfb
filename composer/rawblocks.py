"""An edition's blocks as Wagtail stores them: sections, their items, and copies with keys of their own."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from composer.blocks import PAIR
from composer.models import EditionPage

RawBlock = dict[str, Any]


class Keys(dict[str, str]):
    """A new key for each old one, the same one for all editions of an issue, so that translations still match."""

    def __missing__(self, old: str) -> str:
        self[old] = str(uuid4())
        return self[old]


def latest(page: EditionPage) -> EditionPage:
    """The page as its latest revision has it."""
    revision = page.latest_revision
    found: EditionPage = revision.as_object() if revision else page
    return found


def raw_sections(page: EditionPage) -> list[RawBlock]:
    """The sections of `page` as data of its own, free to be changed."""
    return [copy.deepcopy(dict(block)) for block in page.body.raw_data]


def put_sections(page: EditionPage, sections: list[RawBlock]) -> None:
    page.body = page.body.stream_block.to_python(sections)


def items_of(section: RawBlock) -> list[RawBlock]:
    items: list[RawBlock] = section["value"].setdefault("items", [])
    return items


def keys_of(item: RawBlock) -> set[str]:
    """The keys of an item; a pair is known by those of its stories too."""
    stories = item["value"].get("stories", []) if item["type"] == PAIR else []
    return {str(each.get("id", "")) for each in (item, *stories)}


def with_new_keys(block: RawBlock, keys: Mapping[str, str]) -> RawBlock:
    """A copy of `block` in which every id, of lists' entries too, is the one that `keys` has for it."""
    return _renamed(copy.deepcopy(block), keys)


def _renamed(value: Any, keys: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        is_block = isinstance(value.get("id"), str) and "type" in value
        new = {name: _renamed(part, keys) for name, part in value.items()}
        return new | {"id": keys[value["id"]]} if is_block else new
    if isinstance(value, list):
        return [_renamed(part, keys) for part in value]
    return value


def blocks_with(sections: list[RawBlock], wanted: set[str]) -> Iterator[tuple[int, RawBlock]]:
    """(section's place, item) of each item that one of the keys names, in reading order."""
    for place, section in enumerate(sections):
        for item in items_of(section):
            if keys_of(item) & wanted:
                yield place, item
