"""How a bulletin looks: colours for light and dark, fonts, and a scale of type for each family of scripts."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from composer.content import Picture

from .language import Script

COLOUR = re.compile(r"#[0-9a-f]{6}")
FONTS = re.compile(r"[A-Za-z0-9 ,\-]+")

AA = 4.5
"""The contrast that WCAG 2.2 asks of text at level AA (1.4.3)."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as `#rrggbb` in lower case; ValueError for anything else, since they go into styles."""

    page: str  # around the letter
    paper: str  # the letter itself
    ink: str  # text
    muted: str  # sources, dates, the footer
    accent: str  # links, section headings, the button
    on_accent: str  # the button's text
    tint: str  # a card's ground
    rule: str  # hairlines: decoration, not text
    band: str  # a coloured band, such as the masthead's
    on_band: str  # text on it
    mark: str  # small decoration beside the accent: never text

    def __post_init__(self) -> None:
        for colour in dataclasses.fields(self):
            value = getattr(self, colour.name)
            if not COLOUR.fullmatch(value):
                raise ValueError(f"{colour.name} is {value!r}, not a colour of the form #rrggbb in lower case")

    def faint_pairs(self) -> tuple[tuple[str, str], ...]:
        """The pairs (text, ground) that the letter sets and that fall short of WCAG AA; empty if all is well."""
        pairs = [(text, ground) for text in ("ink", "muted", "accent") for ground in ("paper", "tint")]
        pairs += [("ink", "page"), ("muted", "page"), ("on_accent", "accent"), ("on_band", "band")]
        return tuple(pair for pair in pairs if contrast(getattr(self, pair[0]), getattr(self, pair[1])) < AA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typography:
    """Font stacks, sizes in pixels, line heights as factors.

    A stack is printed with every item, so it has neither spaces nor quotes to spare (CSS asks for none).
    `italics` and `capitals` say whether the script has them: Chinese is emphasised by weight, and its
    headings are neither spaced nor capitalised.
    """

    text: str
    display: str
    outlook: str  # for the text, where Word sets it and finds no way through a long stack
    italics: bool
    capitals: bool
    body: int
    leading: float
    heading_leading: float
    lead: int
    title: int
    lead_heading: int
    heading: int
    section: int
    name: int
    small: int
    quote: int

    @property
    def display_family(self) -> str:
        """A heading's font-family as a declaration; empty where it is that of the text anyway."""
        return "" if self.display == self.text else f";font-family:{self.display}"

    def __post_init__(self) -> None:
        for fonts in (self.text, self.display, self.outlook):
            if not FONTS.fullmatch(fonts):
                raise ValueError(f"{fonts!r} is no list of font names: letters, digits, spaces, hyphens and commas")


LATIN = Typography(
    text="-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif",
    display="Georgia,Cambria,Times New Roman,serif",
    outlook="Segoe UI,Arial,sans-serif",
    italics=True,
    capitals=True,
    body=16,
    leading=1.6,
    heading_leading=1.28,
    lead=18,
    title=34,
    lead_heading=25,
    heading=20,
    section=13,
    name=21,
    small=13,
    quote=20,
)

# Apple's of today and of old, Windows', Linux's by its two names; Android's is its sans-serif.
_CJK_FONTS = "PingFang SC,Hiragino Sans GB,Microsoft YaHei,Noto Sans CJK SC,Source Han Sans SC,sans-serif"

CJK = Typography(
    text=_CJK_FONTS,
    display=_CJK_FONTS,
    outlook="Microsoft YaHei,SimHei,sans-serif",
    italics=False,
    capitals=False,
    body=16,
    leading=1.85,
    heading_leading=1.45,
    lead=17,
    title=29,
    lead_heading=23,
    heading=19,
    section=17,
    name=21,
    small=13,
    quote=18,
)


@dataclass(frozen=True, slots=True)
class Logo:
    """A theme's own picture: `file` in its folder, printed `width` by `height` pixels, described by language.

    `digest` is of the file's bytes: another picture has another address.
    """

    file: str
    width: int
    height: int
    alts: tuple[tuple[str, str], ...]
    digest: str

    @property
    def name(self) -> str:
        """What it is called in its address."""
        return f"{self.digest}{PurePosixPath(self.file).suffix.lower()}"

    @property
    def content_type(self) -> str:
        kind = PurePosixPath(self.file).suffix.lower().lstrip(".")
        return f"image/{'jpeg' if kind == 'jpg' else kind}"

    def picture(self, *, base_url: str, slug: str, locale: str) -> Picture:
        """The logo as letters in `locale` print it; the web server answers under that address."""
        address = f"{base_url.rstrip('/')}/themes/{slug}/{self.name}"
        return Picture(address, in_language(self.alts, locale), self.width, self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A bulletin's look. `width` is that of the letter on a desk, `radius` that of corners, both in pixels.

    `folder` holds its own templates and its logo, empty for neither; `version` changes with any file in it.
    """

    light: Palette
    dark: Palette
    alphabetic: Typography = field(default=LATIN)
    cjk: Typography = field(default=CJK)
    width: int = 640
    radius: int = 4
    logo: Picture | None = None
    logo_file: Logo | None = None
    slug: str = ""
    names: tuple[tuple[str, str], ...] = ()  # by language
    folder: str = ""
    version: str = ""

    def typography(self, script: Script) -> Typography:
        return self.cjk if script is Script.CJK else self.alphabetic

    def name(self, locale: str) -> str:
        """What a chooser calls it."""
        return in_language(self.names, locale) or self.slug

    def with_logo(self, *, base_url: str, locale: str) -> Theme:
        """This theme as a letter in `locale` prints it, with its logo's address and words."""
        if self.logo or not self.logo_file:
            return self
        return dataclasses.replace(self, logo=self.logo_file.picture(base_url=base_url, slug=self.slug, locale=locale))


DEFAULT = Theme(
    slug="hills",
    light=Palette(
        page="#f3f1eb",
        paper="#ffffff",
        ink="#1e2421",
        muted="#5b645f",
        accent="#17604b",
        on_accent="#ffffff",
        tint="#edf4ef",
        rule="#dedcd3",
        band="#17604b",
        on_band="#ffffff",
        mark="#c98a2b",
    ),
    dark=Palette(
        page="#101312",
        paper="#191d1b",
        ink="#e6e9e5",
        muted="#a3aca6",
        accent="#8bd0b2",
        on_accent="#0e1f18",
        tint="#22302a",
        rule="#38403b",
        band="#1d4a3b",
        on_band="#eef5f0",
        mark="#d9a457",
    ),
)


def in_language(texts: tuple[tuple[str, str], ...], locale: str) -> str:
    """The text for `locale`, else for its language, else in English, else the first; empty where there is none."""
    by_language = dict(texts)
    wanted = locale.lower().replace("_", "-")
    for language in (wanted, wanted.split("-")[0], "en"):
        if language in by_language:
            return by_language[language]
    return texts[0][1] if texts else ""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#rrggbb`, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
