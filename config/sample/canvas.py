"""A supersampled surface to draw flat illustrations on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT = 1200, 675

_SCALE: Final = 4  # drawn four times as large as kept
_QUALITY: Final = 84

Point = tuple[float, float]
Colour = tuple[int, int, int]


class Canvas:
    """A drawing surface in the finished picture's pixels; colours are written "#rrggbb"."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self._size = (width, height)
        self.image = Image.new("RGB", (width * _SCALE, height * _SCALE), "white")
        self._draw = ImageDraw.Draw(self.image)

    def save(self, path: Path) -> None:
        """Scales the drawing down and writes it, as a PNG of few colours or a JPEG."""
        kept = self.image.resize(self._size, Image.Resampling.LANCZOS)
        if path.suffix == ".png":
            kept.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
        else:
            kept.save(path, quality=_QUALITY, optimize=True, progressive=True)

    def words(self, x: float, middle: float, text: str, colour: str, height: float) -> None:
        """Writes text that begins at `x`, in the font that comes with Pillow."""
        font = ImageFont.load_default(height * _SCALE)
        self._draw.text((x * _SCALE, middle * _SCALE), text, fill=_rgb(colour), font=font, anchor="lm")

    def polygon(self, points: Sequence[Point], colour: str) -> None:
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=_rgb(colour))

    def line(self, points: Sequence[Point], colour: str, width: float) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(scaled, fill=_rgb(colour), width=round(width * _SCALE), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, colour)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        self.ellipse(x, y, radius, radius, colour)

    def ellipse(self, x: float, y: float, across: float, up: float, colour: str) -> None:
        box = [(x - across) * _SCALE, (y - up) * _SCALE, (x + across) * _SCALE, (y + up) * _SCALE]
        self._draw.ellipse(box, fill=_rgb(colour))

    def box(self, left: float, top: float, right: float, bottom: float, colour: str, radius: float = 0) -> None:
        edges = [left * _SCALE, top * _SCALE, right * _SCALE - 1, bottom * _SCALE - 1]
        self._draw.rounded_rectangle(edges, radius * _SCALE, fill=_rgb(colour))

    def sky(self, *stops: tuple[float, str]) -> None:
        """Fills the canvas from top to bottom; each stop is a height and its colour."""
        for row in range(HEIGHT * _SCALE):
            self._draw.line([(0, row), (WIDTH * _SCALE, row)], fill=_between(stops, row / _SCALE))

    def glow(self, x: float, y: float, radius: float, colour: str, strength: float) -> None:
        """Lightens the picture round a point, softly."""
        small = Image.new("L", (WIDTH, HEIGHT))
        ImageDraw.Draw(small).ellipse([x - radius, y - radius, x + radius, y + radius], fill=round(255 * strength))
        soft = small.filter(ImageFilter.GaussianBlur(radius / 2.2)).resize(self.image.size)
        self.image.paste(Image.new("RGB", self.image.size, _rgb(colour)), mask=soft)
        self._draw = ImageDraw.Draw(self.image)

    def shade(self, points: Sequence[Point], colour: str, opacity: float) -> None:
        """Lays a see-through polygon over the picture."""
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=round(255 * opacity))
        self.image.paste(Image.new("RGB", self.image.size, _rgb(colour)), mask=mask)
        self._draw = ImageDraw.Draw(self.image)

    def shade_bars(self, bars: Sequence[tuple[float, float, float, float]], colour: str, opacity: float) -> None:
        """Lays see-through bars with round ends over the picture, together one shape."""
        mask = Image.new("L", self.image.size)
        draw = ImageDraw.Draw(mask)
        for left, top, right, bottom in bars:
            edges = [left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE]
            draw.rounded_rectangle(edges, (bottom - top) * _SCALE / 2, fill=round(255 * opacity))
        self.image.paste(Image.new("RGB", self.image.size, _rgb(colour)), mask=mask)
        self._draw = ImageDraw.Draw(self.image)

    def reflect(self, horizon: float, tint: str, opacity: float) -> None:
        """Mirrors what stands above the horizon into the water below, tinted."""
        top = round(horizon * _SCALE)
        depth = self.image.height - top
        mirrored = self.image.crop((0, top - depth, self.image.width, top)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        water = Image.new("RGB", mirrored.size, _rgb(tint))
        self.image.paste(Image.blend(mirrored, water, opacity), (0, top))
        self._draw = ImageDraw.Draw(self.image)


def _rgb(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(first: str, second: str, share: float) -> str:
    blend = (round(a + (b - a) * share) for a, b in zip(_rgb(first), _rgb(second), strict=True))
    return "#" + "".join(f"{part:02x}" for part in blend)


def _between(stops: Sequence[tuple[float, str]], height: float) -> Colour:
    for (above, first), (below, second) in pairwise(stops):
        if height <= below:
            return _rgb(mix(first, second, max(0.0, (height - above) / (below - above))))
    return _rgb(stops[-1][1])
