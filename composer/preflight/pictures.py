"""The checks of pictures: their descriptions, their weight, their size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from composer.rendering.errors import RefusedAddressError
from composer.rendering.items import GUTTER
from composer.rendering.links import check_address
from composer.rendering.theme import Theme

from .addresses import host_of, is_private_host
from .facts import PictureFacts
from .findings import Finding, Severity, gettext_noop
from .pieces import Shown, shorten
from .places import Place

HEAVY = 500_000
"""Bytes. At a slow phone's 1.5 Mbit/s this takes nearly three seconds, the time after which readers scroll on."""

HEAVY_TOGETHER = 2_000_000
"""Bytes of all pictures of a letter: what a reader with a small data plan forgives."""

LONGEST_ALT = 150
"""Characters. Screen readers read a description in one breath, without a way to pause or to go back in it."""

_FILE_NAME = re.compile(
    r"\S+\.(?:jpe?g|png|gif|webp|svg|bmp|tiff?|heic)"
    r"|(?:img|dsc|dscn|pict?|image|photo|picture|screenshot|screen shot|capture|unnamed|untitled|mmexport|wechatimg"
    r"|微信图片|屏幕截图|图片)[\s_-]*(?:\(?\d[\d\s_.:-]*\)?)?(?: at .*)?"
    r"|(?=\S*[_\d])[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+){2,}",
    re.IGNORECASE,
)
_IMAGE_OF = re.compile(
    r"(?:an?\s+|the\s+)?(?:image|picture|photo|photograph|graphic|illustration)\s+(?:of|showing)\s+"
    r"|(?:une?\s+|la\s+|l[’'])?(?:image|photo|photographie|illustration)\s+(?:de\s+|d[’']|montrant\s+)"
    r"|(?:图片|图像|照片|配图|插图)(?:[：:]|显示|展示)\s*",
    re.IGNORECASE,
)
_DROPPED = {
    "svg": "Gmail, Outlook",
    "webp": "Outlook",
    "avif": "Outlook, Gmail",
    "heic": "Outlook, Gmail",
    "heif": "Outlook, Gmail",
    "tiff": "Gmail",
    "bmp": "",
}


def check_pictures(
    pictures: tuple[Shown, ...], *, locale: str, theme: Theme, facts: tuple[PictureFacts, ...], base_url: str = ""
) -> Iterator[Finding]:
    """A picture without a description is an error; the rest are warnings and notes."""
    known = {fact.url: fact for fact in facts}
    loaded: dict[str, int] = {}
    for shown in pictures:
        where = Place(locale, shown.item, shown.field)
        yield from _address(shown, where, base_url)
        yield from _description(shown, where)
        fact = known.get(shown.picture.url, PictureFacts(url=shown.picture.url))
        loaded[shown.picture.url] = fact.bytes
        yield from _file(shown, where, fact, theme)
    if (total := sum(loaded.values())) > HEAVY_TOGETHER:
        yield Place(locale).finding(
            "pictures-heavy",
            Severity.WARNING,
            gettext_noop("The pictures of this edition weigh {size} KB together. Keep them under {most} KB."),
            size=total // 1000,
            most=HEAVY_TOGETHER // 1000,
        )


def _address(shown: Shown, where: Place, base_url: str) -> Iterator[Finding]:
    url = shown.picture.url
    try:
        check_address(url, item_key=shown.item.key, schemes=("http", "https"))
    except RefusedAddressError:
        yield where.finding(
            "picture-address",
            Severity.ERROR,
            gettext_noop("The picture of {where} has no address that a letter can load: “{url}”. Choose it again."),
            url=shorten(url, 100),
        )
        return
    host = host_of(url)
    if is_private_host(host) and not (base_url and host == host_of(base_url)):
        yield where.finding(
            "picture-private",
            Severity.ERROR,
            gettext_noop(
                "The picture of {where} stands at “{host}”, where readers can't load it. Put it into the library."
            ),
            host=host,
        )


def _description(shown: Shown, where: Place) -> Iterator[Finding]:
    alt = " ".join(shown.picture.alt.split())
    if not alt:
        if shown.field != "entries":
            yield where.finding(
                "alt-missing",
                Severity.ERROR,
                gettext_noop(
                    "The picture of {where} has no description. Say what it shows, for readers who can't see it."
                ),
            )
    elif _FILE_NAME.fullmatch(alt):
        yield where.finding(
            "alt-file-name",
            Severity.WARNING,
            gettext_noop("The description of the picture of {where} is a file's name: “{alt}”. Say what it shows."),
            alt=shorten(alt),
        )
    elif alt.casefold() == " ".join(shown.item.heading.split()).casefold() and shown.field == "picture":
        yield where.finding(
            "alt-heading",
            Severity.WARNING,
            gettext_noop("The description of the picture of {where} repeats the heading. Say what the picture shows."),
        )
    elif len(alt) > LONGEST_ALT:
        yield where.finding(
            "alt-long",
            Severity.WARNING,
            gettext_noop("The description of the picture of {where} has {count} characters. Keep to {most}."),
            count=len(alt),
            most=LONGEST_ALT,
        )
    if (found := _IMAGE_OF.match(alt)) and len(alt) > found.end():
        rest = alt[found.end() :]
        yield where.finding(
            "alt-image-of",
            Severity.NOTE,
            gettext_noop("The description of the picture of {where} begins with “{words}”, which every reader knows."),
            fix=where.replacing(shown.picture.alt, rest[0].upper() + rest[1:]),
            words=found[0].strip(),
        )


def _file(shown: Shown, where: Place, fact: PictureFacts, theme: Theme) -> Iterator[Finding]:
    if fact.bytes > HEAVY:
        yield where.finding(
            "picture-heavy",
            Severity.WARNING,
            gettext_noop("The picture of {where} weighs {size} KB. Make it lighter than {most} KB."),
            size=fact.bytes // 1000,
            most=HEAVY // 1000,
        )
    room = theme.width - 2 * GUTTER
    width = fact.width or shown.picture.width
    if 0 < width < room and not shown.small:
        yield where.finding(
            "picture-narrow",
            Severity.WARNING,
            gettext_noop("The picture of {where} is {width} pixels wide; it has room for {room}. Take a larger one."),
            width=width,
            room=room,
        )
    kind = fact.format.lower().removeprefix("image/").removesuffix("+xml")
    if clients := _DROPPED.get(kind):
        yield where.finding(
            "picture-format",
            Severity.WARNING,
            gettext_noop(
                "The picture of {where} is of the format {format}, which isn't shown by {clients}. Use JPEG or PNG."
            ),
            format=kind.upper(),
            clients=clients,
        )
    if fact.animated:
        yield where.finding(
            "picture-animated",
            Severity.NOTE,
            gettext_noop("The picture of {where} moves. Outlook shows its first frame only: let that say enough."),
        )
