"""What can go wrong when an edition is rendered."""

from __future__ import annotations


class RenderingError(Exception):
    """An edition could not be rendered.

    `template` is the template's path under `templates/email` and `line` its line, from 1, where they are
    known; `""` and 0 where the fault is the content's.
    """

    def __init__(self, problem: str, *, template: str = "", line: int = 0) -> None:
        self.problem = problem
        self.template = template
        self.line = line
        place = f"{template}, line {line}: " if template and line else f"{template}: " if template else ""
        super().__init__(place + problem)


class RefusedAddressError(RenderingError):
    """A link or a picture has an address that no letter may carry.

    `item_key` names the item, so that a door can show the editor the block.
    """

    def __init__(self, problem: str, *, item_key: str, url: str) -> None:
        self.item_key = item_key
        self.url = url
        super().__init__(problem)
