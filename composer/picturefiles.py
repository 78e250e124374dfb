"""The files of an issue's pictures, as its letters load them: weight, size, format, whether they move."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from PIL import Image, UnidentifiedImageError

from composer.content import EditionContent
from composer.preflight.facts import PictureFacts
from composer.preflight.pieces import take_apart

_KEPT = 86_400  # seconds: a rendition's name changes with its picture


def picture_facts(contents: Iterable[EditionContent]) -> tuple[PictureFacts, ...]:
    """What is known of each picture that stands in the media folder; nothing of one whose file is gone."""
    urls = dict.fromkeys(
        shown.picture.url for content in contents for shown in take_apart(content).pictures if shown.picture.url
    )
    return tuple(fact for url in urls if (fact := _fact(url)) is not None)


def _fact(url: str) -> PictureFacts | None:
    name = _name(url)
    if not name:
        return None
    fact: PictureFacts | None = cache.get(f"picture-file:{url}")
    if fact is None and (fact := _read(url, name)) is not None:
        cache.set(f"picture-file:{url}", fact, _KEPT)
    return fact


def _name(url: str) -> str:
    """The file's name in the media folder; empty for a picture that stands elsewhere."""
    media = settings.MEDIA_URL if "://" in settings.MEDIA_URL else settings.BASE_URL + settings.MEDIA_URL
    return unquote(url.removeprefix(media)) if url.startswith(media) else ""


def _read(url: str, name: str) -> PictureFacts | None:
    try:
        with default_storage.open(name) as file, Image.open(file) as image:
            return PictureFacts(
                url=url,
                bytes=file.size,
                width=image.width,
                height=image.height,
                format=(image.format or "").lower(),
                animated=bool(getattr(image, "is_animated", False)),
            )
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
