"""The marks before the entries of a list: `•`, `※`, `-`, `1.`, `（2）`, `③`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PLAIN = re.compile(r"[•·▪●◦‣※■□◆◇○►▶➢➤✓✔★☆\uf06c\uf0b7\uf0a7\uf0d8\uf0fc]\s*")
_DASH = re.compile(r"[-*+–—]\s+")
_NUMBER = re.compile(r"(?:(\d{1,2})\s?(?:[.．](?!\d)|[、)）])|[（(](\d{1,2})[)）]|([①-⑳]))\s*")


@dataclass(frozen=True, slots=True)
class Bullet:
    """`mark` is what stands before the entry's text, `number` 0 where it is no number."""

    mark: str
    number: int = 0

    @property
    def is_dash(self) -> bool:
        return self.mark.strip() in ("-", "*", "+", "–", "—")


def find_bullet(line: str) -> Bullet | None:
    """The mark at the beginning of `line`, if some text follows it."""
    for pattern in (_PLAIN, _DASH):
        if (match := pattern.match(line)) and match.end() < len(line):
            return Bullet(match[0])
    if (match := _NUMBER.match(line)) and match.end() < len(line):
        digits = match[1] or match[2]
        return Bullet(match[0], int(digits) if digits else ord(match[3]) - ord("①") + 1)
    return None


def find_bullets(lines: Sequence[str]) -> dict[int, Bullet]:
    """Which of `lines` begin an entry. A number does only where it counts on from 1 or up to another."""
    found = {i: bullet for i, line in enumerate(lines) if (bullet := find_bullet(line))}
    numbered = [i for i, bullet in found.items() if bullet.number]
    counted: set[int] = set()
    run: list[int] = []
    for i in numbered:
        if run and found[i].number == found[run[-1]].number + 1:
            run.append(i)
        else:
            run = [i] if found[i].number == 1 else []
        if len(run) > 1:
            counted.update(run[-2:])
    return {i: bullet for i, bullet in found.items() if not bullet.number or i in counted}
