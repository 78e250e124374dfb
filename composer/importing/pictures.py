"""A picture out of a file: taken as it is, or left out with the reason. Only its header is read here."""

from __future__ import annotations

import io
import warnings
from pathlib import PurePosixPath

from PIL import Image, UnidentifiedImageError

from composer.importing.document import DocPicture, LeftOut

LARGEST_PICTURE = 10 * 1024 * 1024  # bytes
MOST_PIXELS = 50_000_000
MOST_PICTURES = 200  # of one file
_SUFFIXES = {"GIF": ".gif", "JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp"}
_SMALLEST = 3  # pixels; anything less is a spacer or a counter


def read_picture(data: bytes, *, name: str, alt: str) -> DocPicture | LeftOut | None:
    """The picture, or why it is left out; None for a spacer of a pixel or two that nobody described."""
    name, alt = safe_name(name), " ".join(alt.split())
    if len(data) > LARGEST_PICTURE:
        return _refuse(name, alt, f"it has {len(data) / 1e6:.1f} MB, and at most {LARGEST_PICTURE >> 20} are taken")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked right here
            with Image.open(io.BytesIO(data), formats=["GIF", "JPEG", "PNG", "WEBP"]) as picture:
                (width, height), kind = picture.size, str(picture.format)
    except Image.DecompressionBombError:
        return _refuse(name, alt, f"it has more than {MOST_PIXELS // 10**6} million pixels")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return _refuse(name, alt, "only PNG, JPEG, GIF and WebP are taken")
    if width * height > MOST_PIXELS:
        return _refuse(
            name, alt, f"it has {width} x {height} pixels, and at most {MOST_PIXELS // 10**6} million are taken"
        )
    if width < _SMALLEST and height < _SMALLEST and not alt:
        return None
    return DocPicture(data, PurePosixPath(name).stem[:80].strip() + _SUFFIXES[kind], alt, width, height)


def safe_name(name: str) -> str:
    """The last part of a name that may be a path, without anything that a file's name can't hold."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(character for character in last if character.isprintable() and character not in '<>:"|?*%\x7f')
    stem, dot, suffix = kept.strip(". ").rpartition(".")
    return f"{stem[:200]}{dot}{suffix[:200]}" or "picture"


def _refuse(name: str, alt: str, why: str) -> LeftOut:
    return LeftOut(f"the picture “{name}” ({why})", alt)
