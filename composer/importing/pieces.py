"""Pieces of a document made into items, with their pictures: each named, and asked to be described."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from composer.content import Item, Picture, Story
from composer.importing.blocks import Prose
from composer.importing.document import DocPicture
from composer.importing.items import ItemMaker
from composer.importing.parts import Part

GIVEN_ALT_NOTE = "The picture's description came from the file: check it."
LOOSE_PICTURE_NOTE = "The picture stood in the item above."


@dataclass(slots=True)
class Piece:
    """A part with what plain texts have none of."""

    part: Part
    pictures: list[DocPicture] = field(default_factory=list)
    feet: list[Prose] = field(default_factory=list)


class PieceMaker:
    """Makes a piece's items; gives every picture its name and asks for its description."""

    def __init__(self, maker: ItemMaker) -> None:
        self.maker = maker
        self.pictures: dict[str, DocPicture] = {}

    def make(self, piece: Piece, *, leads: bool) -> Iterator[Item]:
        part, pictures = piece.part, list(piece.pictures)
        if part.heading or part.body:
            is_text = bool(part.body) and isinstance(part.body[0], Prose) and not part.is_table
            item = self.maker.make(part, leads=leads and is_text and not pictures)
            if isinstance(item, Story) and pictures:
                picture, notes = self._place(pictures.pop(0))
                item = replace(item, picture=picture, notes=(*item.notes, *notes))
            yield item
            yield from self._alone(pictures, (LOOSE_PICTURE_NOTE,))
        elif pictures:
            yield from self._alone(pictures, tuple(part.notes))

    def make_imprint(self, part: Part, pieces: list[Piece]) -> Iterator[Item]:
        notes = tuple(dict.fromkeys([*part.notes, *(note for piece in pieces for note in piece.part.notes)]))
        yield replace(self.maker.make(part, is_imprint=True), notes=notes)
        yield from self._alone([picture for piece in pieces for picture in piece.pictures], (LOOSE_PICTURE_NOTE,))

    def _alone(self, pictures: list[DocPicture], notes: tuple[str, ...]) -> Iterator[Item]:
        for found in pictures:
            picture, own = self._place(found)
            item = self.maker.make(Part(None, goes_on=True))
            yield replace(item, picture=picture, notes=(*own, *notes)) if isinstance(item, Story) else item

    def _place(self, found: DocPicture) -> tuple[Picture, tuple[str, ...]]:
        url = f"import:{hashlib.sha256(found.data).hexdigest()}"
        self.pictures.setdefault(url, found)
        note = GIVEN_ALT_NOTE if found.alt else f"Describe the picture “{found.name}” for those who don't see it."
        return Picture(url, found.alt, found.width, found.height), (note,)
