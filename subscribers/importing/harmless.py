"""Cells that a spreadsheet would take for a formula: made harmless with an apostrophe, and restored.

`restored(harmless(cell)) == cell` for every cell. A name such as `'t Hooft` is no formula and stays as it is.
"""

from __future__ import annotations

import re

# What Excel, LibreOffice and Google Sheets begin a formula with, in full width too.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]").match


def harmless(cell: str) -> str:
    """The cell as it can be written into a file that somebody opens in a spreadsheet."""
    return f"'{cell}" if _FORMULA(cell) else cell


def restored(cell: str) -> str:
    """The cell as it was before `harmless`."""
    return cell[1:] if cell[:1] == "'" and _FORMULA(cell) else cell
