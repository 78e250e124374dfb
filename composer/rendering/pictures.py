"""Pictures and logos: how large they stand in a letter."""

from __future__ import annotations

import math
from dataclasses import dataclass

from composer.content import Picture

from .links import check_address

_LOGO_AREA = 4400  # square pixels: wide logos are lower and square ones higher, so that none outweighs another
_LOGO_HEIGHTS = (22, 48)
_LOGO_WIDTH = 150


@dataclass(frozen=True, slots=True)
class PictureView:
    """`grows` says that the file has pixels enough to fill a phone's screen."""

    url: str
    alt: str
    width: int
    height: int = 0
    grows: bool = False


def picture_view(picture: Picture, *, room: int, item_key: str) -> PictureView:
    """A picture no wider than `room`, and never enlarged where its size is known."""
    check_address(picture.url, item_key=item_key, schemes=("http", "https"))
    return PictureView(
        picture.url.strip(),
        " ".join(picture.alt.split()),
        min(picture.width, room) if picture.width > 0 else room,
        grows=picture.width >= 2 * room or picture.width <= 0,
    )


def logo_view(logo: Picture, name: str, *, item_key: str) -> PictureView:
    """A partner's logo, as wide and high as its shape asks for; it says the partner's name."""
    check_address(logo.url, item_key=item_key, schemes=("http", "https"))
    ratio = min(8.0, max(0.4, logo.width / logo.height)) if logo.width > 0 < logo.height else 3.0
    low, high = _LOGO_HEIGHTS
    height = min(high, max(low, round(math.sqrt(_LOGO_AREA / ratio))), round(_LOGO_WIDTH / ratio))
    return PictureView(
        logo.url.strip(), " ".join((name.strip() or logo.alt).split()), max(1, round(height * ratio)), height
    )
