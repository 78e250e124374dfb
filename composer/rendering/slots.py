"""Where a recipient's own bytes go into a letter: marks that no text from content can hold.

A mark is a slot's name between two characters of Unicode's private use area, which `printable` removes
from everything an editor wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

OPEN, CLOSE = "\ue000", "\ue001"


class Slot(StrEnum):
    CLICK = "click"  # the recipient's token in each tracked link
    UNSUBSCRIBE = "unsubscribe"  # the token in the unsubscribe link
    VIEW = "view"  # the token in the link to the letter in the browser
    PIXEL = "pixel"  # a whole <img>, or nothing


MARKER = re.compile(f"{OPEN}({'|'.join(Slot)}|[mh]\\d+){CLOSE}")
"""Finds a mark. `MARKER.split(text)` alternates between text and the slots' names.

Beside the named ones there is a slot for each merge value (`composer.rendering.merge`): `m` and its number for the
value as it is, `h` and its number for the value escaped for HTML.
"""


def marker(slot: Slot) -> str:
    return f"{OPEN}{slot}{CLOSE}"


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each mark replaced by its slot's value; KeyError if a slot that occurs has none."""
    return MARKER.sub(lambda found: values[found[1]], text)
