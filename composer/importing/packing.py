"""A document as JSON and back: how the process that reads a file hands over what it found.

JSON and no pickle, for what comes back was made from a file that nobody vouches for.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

from composer.content import Span
from composer.importing import document
from composer.importing.document import Document

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Span,
        Document,
        document.DocHeading,
        document.DocText,
        document.DocList,
        document.DocQuote,
        document.DocTable,
        document.DocPicture,
        document.LeftOut,
    )
}


def pack(found: Document) -> bytes:
    return json.dumps(_plain(found), ensure_ascii=True, separators=(",", ":")).encode("ascii")


def unpack(packed: bytes) -> Document:
    """The document that was packed; ValueError for anything else."""
    made = _made(json.loads(packed))
    if not isinstance(made, Document):
        raise ValueError("no document")  # noqa: TRY004 - a value that came from outside
    return made


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {type(value).__name__: [_plain(getattr(value, each.name)) for each in dataclasses.fields(value)]}
    return value


def _made(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_made(each) for each in value)
    if not isinstance(value, dict):
        return value
    (kind, content), *others = value.items()
    if others or (kind != "bytes" and kind not in _KINDS):
        raise ValueError("unknown part of a document")
    return base64.b64decode(content) if kind == "bytes" else _KINDS[kind](*map(_made, content))
