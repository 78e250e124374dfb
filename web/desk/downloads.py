"""Rows as a file to download, CSV or XLSX, made as they come."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence

from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from subscribers.exporting import csv_pieces, write_xlsx

FORMATS = ("csv", "xlsx")
PIECE = 1 << 16  # bytes: line by line, each would cost a system call
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(rows: Iterable[Sequence[str]], stem: str, kind: str) -> StreamingHttpResponse:
    """`rows` have the header first and harmless cells; `stem` is the file's name without its end."""
    if kind == "csv":
        # With a byte-order mark, without which a spreadsheet guesses the encoding, and wrongly.
        pieces = larger(csv_pieces(rows, bom=True))
        return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=headers(f"{stem}.csv"))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_xlsx(file, rows)
    file.seek(0)
    return FileResponse(file, content_type=_XLSX, headers=headers(f"{stem}.xlsx"))


def headers(name: str) -> dict[str, str]:
    said = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return {"Content-Disposition": said, "Cache-Control": "no-store"}


def larger(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held)
