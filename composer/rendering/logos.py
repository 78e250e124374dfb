"""A theme's logo: a picture that every mail client shows, in the theme's own folder."""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

MAX_BYTES = 512 * 1024
_MAX_SIDE = 4_000  # pixels
_SUFFIXES = {"PNG": (".png",), "GIF": (".gif",), "JPEG": (".jpg", ".jpeg")}  # no SVG, which can hold a script


def measured(folder: Path, name: str) -> tuple[int, int, str]:
    """A logo's width, height and digest; ValueError says why it can't be used."""
    if not is_inside(folder, name):
        raise ValueError("a logo lies in the theme's own folder, and is no link to elsewhere")
    path = folder / name
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"the picture is larger than {MAX_BYTES // 1024} KB")
        data = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=tuple(_SUFFIXES)) as picture:
                width, height = picture.size
                if max(width, height) > _MAX_SIDE:
                    raise ValueError(f"the picture is more than {_MAX_SIDE:,} pixels wide or high")
                suffixes = _SUFFIXES[picture.format or ""]
                picture.load()
    except OSError as error:
        words = error.strerror or "it is no PNG, JPEG or GIF"
        raise ValueError(words[:1].lower() + words[1:]) from error
    except (UnidentifiedImageError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ValueError("it is no PNG, JPEG or GIF of an ordinary size") from error
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"the file is named as if it were another kind of picture; call it {suffixes[0]}")
    return width, height, hashlib.sha256(data).hexdigest()[:16]


def is_inside(folder: Path, name: str) -> bool:
    """Whether `name` leads to a file within `folder`, links followed, and names no way out of it."""
    if not name or "\\" in name or "\x00" in name or name.startswith("/") or ".." in name.split("/"):
        return False
    return (folder / name).resolve().is_relative_to(folder.resolve())
