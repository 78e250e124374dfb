"""A table of any format: rows of data, or a page laid out with cells."""

from __future__ import annotations

from collections.abc import Sequence

from composer.content import Line
from composer.importing.document import DocBlock, DocTable, DocText, LeftOut
from composer.importing.spans import join_spans, text_of

_LONGEST_CELL = 400  # characters; a cell with more is a text of its own

Cell = Sequence[DocBlock]


def read_table(rows: Sequence[Sequence[Cell]]) -> list[DocBlock]:
    """The table as one block, or the blocks of its cells in order where the table only places them."""
    rows = [row for row in rows if any(cell for cell in row)]
    aside = [block for row in rows for cell in row for block in cell if isinstance(block, LeftOut)]
    if len(rows) > 1 and max(map(len, rows)) > 1 and all(_is_datum(cell) for row in rows for cell in row):
        lines = tuple(tuple(_line(cell) for cell in row) for row in rows)
        return [DocTable(tuple(row for row in lines if any(row))), *aside]
    return [block for row in rows for cell in row for block in cell]


def _is_datum(cell: Cell) -> bool:
    plain = all(isinstance(block, DocText | LeftOut) and not getattr(block, "foot", False) for block in cell)
    return plain and len(text_of(_line(cell))) <= _LONGEST_CELL


def _line(cell: Cell) -> Line:
    return join_spans([block.line for block in cell if isinstance(block, DocText)])
