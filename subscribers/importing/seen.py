"""Which addresses a file had already, exactly enough and in little memory, however long the file is."""

from __future__ import annotations

from array import array
from bisect import bisect_left

FILTER_BITS = 27  # 16 MB
BLOCK = 32_768


class Seen:
    """A set of 64-bit numbers in 8 bytes each (a Python set needs some 80).

    A bitmap says at once of nearly every new number that it is new; the few others are looked up in sorted blocks.
    Two different addresses have the same 64 bits of a keyed hash once in ten million files of a million rows.
    """

    __slots__ = ("_blocks", "_filter", "_mask", "_recent")

    def __init__(self) -> None:
        self._filter = bytearray(1 << (FILTER_BITS - 3))
        self._mask = (1 << FILTER_BITS) - 1
        self._recent: set[int] = set()
        self._blocks: list[array[int]] = []

    def add(self, number: int) -> bool:
        """Note the number; False if it was there."""
        place = number & self._mask
        byte, bit = place >> 3, 1 << (place & 7)
        if not self._filter[byte] & bit:
            self._filter[byte] |= bit
        elif number in self._recent or self._in_blocks(number):
            return False
        self._recent.add(number)
        if len(self._recent) >= BLOCK:
            self._blocks.append(array("Q", sorted(self._recent)))
            self._recent.clear()
        return True

    def _in_blocks(self, number: int) -> bool:
        for block in self._blocks:
            place = bisect_left(block, number)
            if place < len(block) and block[place] == number:
                return True
        return False
