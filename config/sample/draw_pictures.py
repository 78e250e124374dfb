"""Draws the sample's pictures: `python -m config.sample.draw_pictures` writes them into `pictures/`.

Flat illustrations, the same at every run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final

from config.sample.canvas import HEIGHT, WIDTH, Canvas, Point, mix

PICTURES: Final = Path(__file__).parent / "pictures"


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    for name, draw in DRAWINGS.items():
        canvas = Canvas()
        draw(canvas)
        canvas.save(PICTURES / name)
    for name, (words, mark) in LOGOS.items():
        canvas = Canvas(LOGO_WIDTH, LOGO_HEIGHT)
        mark(canvas)
        for place, line in enumerate(words):
            canvas.words(246, 96 + 52 * place, line, "#22302b", 44)
        canvas.save(PICTURES / name)


# --- Hills and wind turbines at dawn


def draw_hills(canvas: Canvas) -> None:
    random = Random(7)  # noqa: S311 -- a drawing
    canvas.sky((0, "#2f5d7c"), (170, "#7ba7b0"), (300, "#f3cfa6"), (400, "#fbe3bf"), (675, "#fbe3bf"))
    canvas.glow(845, 335, 190, "#ffe9b8", 0.75)
    canvas.disc(845, 335, 58, "#fff3d2")
    for x, y, width in ((190, 120, 190), (300, 142, 150), (640, 92, 210), (1010, 168, 170), (905, 186, 120)):
        _cloud(canvas, x, y, width)
    ridges = (
        (345, 26, "#b9b7ad"),
        (385, 34, "#93a79f"),
        (432, 38, "#6a9188"),
        (492, 34, "#457a6b"),
        (560, 30, "#2b6152"),
    )
    for number, (height, swing, colour) in enumerate(ridges):
        ridge = _ridge(random, height, swing)
        canvas.polygon([(0, HEIGHT), *ridge, (WIDTH, HEIGHT)], colour)
        if number == 1:
            for x, size, turn in ((486, 74, -1.2), (556, 60, -1.7), (1062, 66, -1.45)):
                _turbine(canvas, x, _height_at(ridge, x), size, turn, "#eef0e6")
        if number == 2:
            for x, size, turn in ((208, 190, -1.35), (352, 140, -1.85)):
                _turbine(canvas, x, _height_at(ridge, x), size, turn, "#fbfaf2")
        if number == 3:
            for x in (705, 733, 756, 782, 1088, 1112, 1141):
                _fir(canvas, x, _height_at(ridge, x) + 4, 44 + (x * 7) % 22, "#255747")
            _cottage(canvas, 920, _height_at(ridge, 920) + 8)
    _field(canvas)
    for x, y, size in ((640, 205, 13), (672, 222, 10), (614, 228, 9), (694, 198, 8)):
        _bird(canvas, x, y, size)


def _ridge(random: Random, height: float, swing: float) -> list[Point]:
    waves = [(random.uniform(0.6, 2.6), random.uniform(0, math.tau), swing * share) for share in (0.7, 0.4, 0.2)]
    return [
        (x, height + sum(size * math.sin(turns * math.tau * x / WIDTH + phase) for turns, phase, size in waves))
        for x in range(0, WIDTH + 4, 4)
    ]


def _height_at(ridge: Sequence[Point], x: float) -> float:
    return ridge[round(x / 4)][1]


def _turbine(canvas: Canvas, x: float, foot: float, size: float, turn: float, colour: str) -> None:
    hub = foot - size
    canvas.polygon(
        [(x - size * 0.022, foot + 3), (x - size * 0.01, hub), (x + size * 0.01, hub), (x + size * 0.022, foot + 3)],
        colour,
    )
    for blade in range(3):
        angle = turn + blade * math.tau / 3
        along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        shape = ((0.0, -0.012), (0.0, 0.012), (0.14, 0.042), (0.62, 0.006), (0.62, -0.004))
        canvas.polygon(
            [
                (x + size * (far * along[0] + wide * across[0]), hub + size * (far * along[1] + wide * across[1]))
                for far, wide in shape
            ],
            colour,
        )
    canvas.disc(x, hub, size * 0.028, colour)


def _cloud(canvas: Canvas, x: float, y: float, width: float) -> None:
    bars = []
    for left, right, lift, thick in ((-0.5, 0.5, 0.0, 0.09), (-0.22, 0.34, 0.075, 0.1)):
        top = y - width * (lift + thick / 2)
        bars.append((x + left * width, top, x + right * width, top + width * thick))
    canvas.shade_bars(bars, "#fff6e6", 0.28)


def _fir(canvas: Canvas, x: float, foot: float, size: float, colour: str) -> None:
    canvas.box(x - size * 0.035, foot - size * 0.2, x + size * 0.035, foot, mix(colour, "#3d2b1f", 0.5))
    for base, top, half in ((0.12, 0.58, 0.24), (0.34, 0.78, 0.19), (0.56, 1.0, 0.14)):
        canvas.polygon(
            [(x - half * size, foot - base * size), (x, foot - top * size), (x + half * size, foot - base * size)],
            colour,
        )


def _cottage(canvas: Canvas, x: float, foot: float) -> None:
    canvas.box(x - 24, foot - 26, x + 24, foot, "#f4e3c8")
    canvas.polygon([(x - 31, foot - 25), (x - 14, foot - 46), (x + 14, foot - 46), (x + 31, foot - 25)], "#b9543d")
    canvas.polygon([(x - 10, foot - 29), (x - 3, foot - 42), (x + 12, foot - 42), (x + 9, foot - 29)], "#2d4a63")
    canvas.box(x - 16, foot - 18, x - 6, foot - 8, "#e9a94b")
    canvas.box(x + 6, foot - 19, x + 15, foot, "#7a4a35")


def _field(canvas: Canvas) -> None:
    """Rows of a crop that meet at one point behind the nearest hill."""
    edge = [(x, 640 - 34 * math.sin(math.pi * (x + 160) / 1500)) for x in range(0, WIDTH + 10, 10)]
    canvas.polygon([(0, HEIGHT), *edge, (WIDTH, HEIGHT)], "#1d4a40")
    for step in range(-16, 17):
        foot, half = 600 + step * 78, 17
        top = 600 + step * 60
        if not 0 <= top <= WIDTH:
            continue
        height = edge[round(top / 10)][1]
        canvas.polygon(
            [(top - 4, height + 5), (top + 4, height + 5), (foot + half, HEIGHT), (foot - half, HEIGHT)], "#2f6b4f"
        )


def _bird(canvas: Canvas, x: float, y: float, size: float) -> None:
    left = [(x - size * math.cos(t), y - size * 0.55 * math.sin(t) + size * 0.3) for t in _arc(0.15, 1.45)]
    right = [(2 * x - a, b) for a, b in reversed(left)]
    canvas.line([*left, (x, y + size * 0.05), *right], "#35586b", 1.8)


def _arc(start: float, end: float, steps: int = 12) -> list[float]:
    return [start + (end - start) * step / steps for step in range(steps + 1)]


# --- Reusable crates, parcels and a seedling


def draw_crates(canvas: Canvas) -> None:
    canvas.sky((0, "#f6ead6"), (675, "#f1dfc2"))
    canvas.disc(600, 330, 268, "#e8cfa4")
    canvas.disc(600, 330, 214, "#eed9b5")
    canvas.box(0, 560, WIDTH, HEIGHT, "#c58b5a")
    canvas.box(0, 560, WIDTH, 572, "#d9a473")
    canvas.box(0, 612, WIDTH, 614, "#b67c4d")
    canvas.shade([(205, 572), (1022, 572), (1086, 590), (270, 590)], "#6b4326", 0.35)
    _crate(canvas, 214, 396, 300, 166, "#3f7f6d")
    _crate(canvas, 537, 396, 300, 166, "#d98b4a")
    _crate(canvas, 376, 226, 300, 166, "#4a8fa0")
    _produce(canvas)
    _parcel(canvas, 862, 452, 156, 110)
    _parcel(canvas, 876, 370, 118, 82)
    _bottle(canvas, 722, 262, 1.0, "#7fb3a6")
    _bottle(canvas, 774, 286, 0.82, "#e9d6a8")
    _seedling(canvas, 130, 560)
    _loop(canvas, 526, 309)


def _crate(canvas: Canvas, left: float, top: float, width: float, height: float, colour: str) -> None:
    """A folding crate: a frame, slats with gaps between them, a grip."""
    dark, light = mix(colour, "#10241f", 0.38), mix(colour, "#ffffff", 0.16)
    canvas.box(left, top, left + width, top + height, dark, 9)
    gap, slats = 9.0, 4
    slat = (height - gap * (slats + 1)) / slats
    for number in range(slats):
        y = top + gap + number * (slat + gap)
        canvas.box(left + 12, y, left + width - 12, y + slat, colour, 3)
    for x in (left, left + width - 24):
        canvas.box(x, top, x + 24, top + height, light, 8)
    canvas.box(left - 7, top - 6, left + width + 7, top + 15, light, 7)
    canvas.box(left - 7, top + 9, left + width + 7, top + 15, colour, 3)
    middle = left + width / 2
    canvas.box(middle - 42, top + 26, middle + 42, top + 48, light, 11)
    canvas.box(middle - 34, top + 31, middle + 34, top + 43, dark, 6)


def _produce(canvas: Canvas) -> None:
    for x, y, radius, colour in (
        (424, 208, 31, "#c4452f"),
        (482, 202, 33, "#e0a52f"),
        (540, 206, 32, "#b93a2d"),
        (598, 202, 34, "#7fa23a"),
        (636, 212, 24, "#e0a52f"),
    ):
        canvas.disc(x, y, radius, colour)
        canvas.disc(x - radius * 0.34, y - radius * 0.36, radius * 0.24, mix(colour, "#ffffff", 0.35))
        canvas.line([(x + 2, y - radius + 3), (x + 6, y - radius - 9)], "#5b4427", 3.5)
    for x, y, turn in ((452, 172, -2.1), (510, 166, -1.2), (566, 172, -1.8), (392, 190, -2.5), (660, 188, -0.7)):
        _leaf(canvas, x, y + 12, 58, turn, "#4f8f3f")
    _crate_rim(canvas)


def _crate_rim(canvas: Canvas) -> None:
    colour = "#4a8fa0"
    canvas.box(369, 220, 683, 241, mix(colour, "#ffffff", 0.16), 7)
    canvas.box(369, 235, 683, 241, colour, 3)


def _leaf(canvas: Canvas, x: float, y: float, size: float, turn: float, colour: str) -> None:
    """A pointed leaf from its stalk at (x, y), in two halves of different light."""
    along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))

    def at(far: float, wide: float) -> Point:
        return x + size * (far * along[0] + wide * across[0]), y + size * (far * along[1] + wide * across[1])

    steps = [step / 24 for step in range(25)]
    upper = [at(far, 0.3 * math.sin(math.pi * far**0.8)) for far in steps]
    lower = [at(far, -0.3 * math.sin(math.pi * far**0.8)) for far in steps]
    canvas.polygon([*upper, *reversed(lower)], colour)
    canvas.polygon([*upper, at(0, 0)], mix(colour, "#17351f", 0.22))
    canvas.line([at(-0.08, 0), at(0.86, 0)], mix(colour, "#ffffff", 0.35), max(1.2, size * 0.02))


def _parcel(canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
    canvas.box(left, top, left + width, top + height, "#c99a63", 5)
    canvas.box(left, top, left + width, top + height * 0.14, "#d9b07c", 5)
    canvas.box(left + width * 0.42, top, left + width * 0.58, top + height, "#e6cfa3")
    canvas.box(left + width * 0.42, top, left + width * 0.58, top + height * 0.14, "#efdcb8")
    canvas.box(left + width * 0.67, top + height * 0.62, left + width * 0.92, top + height * 0.86, "#f7efdf", 2)
    for row in range(2):
        y = top + height * (0.68 + row * 0.09)
        canvas.box(left + width * 0.7, y, left + width * (0.88 - row * 0.06), y + 2.4, "#a98a60")


def _bottle(canvas: Canvas, x: float, top: float, size: float, colour: str) -> None:
    wide, foot = 21 * size, 396.0
    canvas.box(x - wide, top + 40 * size, x + wide, foot, colour, 9 * size)
    canvas.polygon(
        [
            (x - wide, top + 50 * size),
            (x - 9 * size, top + 22 * size),
            (x + 9 * size, top + 22 * size),
            (x + wide, top + 50 * size),
        ],
        colour,
    )
    canvas.box(x - 9 * size, top + 8 * size, x + 9 * size, top + 30 * size, colour)
    canvas.box(x - 11 * size, top, x + 11 * size, top + 13 * size, "#8a5a37", 3)
    canvas.box(x - wide, top + 70 * size, x + wide, foot - 24 * size, "#faf4e6")
    _leaf(canvas, x - 8 * size, (top + 70 * size + foot - 24 * size) / 2 + 8 * size, 26 * size, -0.8, "#5b9a4a")
    canvas.box(x - wide * 0.72, top + 52 * size, x - wide * 0.5, top + 64 * size, mix(colour, "#ffffff", 0.5), 2)


def _seedling(canvas: Canvas, x: float, foot: float) -> None:
    canvas.line([(x, foot - 70), (x + 3, foot - 130), (x - 2, foot - 196)], "#4f7f3a", 6)
    for height, size, turn in ((112, 78, -0.5), (124, 84, -2.6), (160, 70, -0.75), (172, 66, -2.35), (192, 74, -1.55)):
        _leaf(canvas, x, foot - height, size, turn, "#5f9f45")
    canvas.polygon([(x - 56, foot - 84), (x + 56, foot - 84), (x + 40, foot), (x - 40, foot)], "#b9653f")
    canvas.polygon([(x + 18, foot - 84), (x + 56, foot - 84), (x + 40, foot), (x + 14, foot)], "#a35634")
    canvas.box(x - 63, foot - 98, x + 63, foot - 74, "#cb7750", 5)


def _loop(canvas: Canvas, x: float, y: float) -> None:
    """Two arrows that chase each other: the sign of a crate that comes back."""
    y += 22
    for turn in (0.0, math.pi):
        arc = [(x + 25 * math.cos(a + turn), y + 25 * math.sin(a + turn)) for a in _arc(0.35, 2.55, 20)]
        canvas.line(arc, "#f6ead6", 7)
        tip, away = arc[0], turn + 0.35 - math.pi / 2
        canvas.polygon(
            [(tip[0] + 17 * math.cos(away + a), tip[1] + 17 * math.sin(away + a)) for a in (0.0, 2.2, -2.2)], "#f6ead6"
        )


# --- A city by the river, with trees on its roofs


def draw_city(canvas: Canvas) -> None:
    random = Random(3)  # noqa: S311 -- a drawing
    canvas.sky((0, "#8fc1cf"), (300, "#cfe5dd"), (470, "#f4ecd2"), (675, "#f4ecd2"))
    canvas.glow(240, 150, 120, "#fff4d0", 0.7)
    canvas.disc(240, 150, 46, "#fff7df")
    for x, y, width in ((430, 110, 180), (760, 76, 220), (1040, 140, 170), (120, 220, 130)):
        _cloud(canvas, x, y, width)
    _far_city(canvas, random)
    for left, width, top, colour, roof in _HOUSES:
        _house(canvas, left, width, top, colour, roof)
    canvas.box(0, _QUAY - 18, WIDTH, _QUAY, "#8fb27a")
    for step in range(24, WIDTH, 52):
        size = 58 + (step * 13) % 34
        _tree(canvas, step + (step * 7) % 17, _QUAY - 6, size, ("#4f8a57", "#629a56", "#3f7a58")[step % 3])
    _tram(canvas, 612, _QUAY - 5)
    canvas.reflect(_QUAY, "#5f9ba6", 0.62)
    canvas.box(0, _QUAY, WIDTH, _QUAY + 9, "#d8cdb4")
    for _ in range(46):
        start, depth = random.uniform(-40, WIDTH), random.uniform(_QUAY + 22, HEIGHT)
        length = random.uniform(26, 110) * (0.5 + (depth - _QUAY) / 160)
        canvas.box(start, depth, start + length, depth + 2.4, "#a9d0d2", 1.2)
    _boat(canvas, 905, 632)


_QUAY: Final = 540.0

# left, width, top, colour, what grows or stands on the roof
_HOUSES: Final = (
    (18, 92, 352, "#d98f68", "trees"),
    (118, 78, 272, "#5f8ea0", "panels"),
    (204, 116, 388, "#ead2a2", "garden"),
    (328, 86, 226, "#c9705a", "trees"),
    (422, 104, 330, "#7fa8a0", "panels"),
    (534, 72, 180, "#3f6f86", "mast"),
    (614, 110, 366, "#e5b777", "garden"),
    (732, 88, 254, "#88a86f", "trees"),
    (828, 98, 318, "#d5836a", "panels"),
    (934, 74, 212, "#577f98", "trees"),
    (1016, 112, 380, "#f0dcb4", "garden"),
    (1136, 70, 300, "#b9694f", "panels"),
)


def _far_city(canvas: Canvas, random: Random) -> None:
    x = -10.0
    while x < WIDTH:
        width, top = random.uniform(34, 80), random.uniform(250, 400)
        canvas.box(x, top, x + width, _QUAY, mix("#b4d2d0", "#c9ded4", random.random()))
        x += width + random.uniform(-6, 8)


def _house(canvas: Canvas, left: float, width: float, top: float, colour: str, roof: str) -> None:
    right = left + width
    _ROOFS[roof](canvas, left, right, top)
    canvas.box(left, top, right, _QUAY, colour)
    canvas.box(right - width * 0.16, top, right, _QUAY, mix(colour, "#203040", 0.14))
    canvas.box(left - 3, top - 5, right + 3, top + 4, mix(colour, "#203040", 0.3), 2)
    columns = max(3, round(width / 24))
    pitch = (width - 16) / columns
    for row in range(int((_QUAY - top - 46) / 30)):
        for column in range(columns):
            x, y = left + 8 + column * pitch + pitch * 0.2, top + 20 + row * 30
            lit = (row * 5 + column * 3 + int(left)) % 7 == 0
            canvas.box(x, y, x + pitch * 0.6, y + 17, "#fbe7a8" if lit else mix(colour, "#f7fbfb", 0.62), 1.5)
    if roof == "garden":
        for column in range(columns):
            canvas.ellipse(left + 8 + (column + 0.5) * pitch, top + 44, pitch * 0.36, 6, "#5f9a58")


def _roof_trees(canvas: Canvas, left: float, right: float, top: float) -> None:
    for number, x in enumerate(range(round(left) + 14, round(right) - 8, 20)):
        _tree(canvas, x, top, 30 + (number * 11) % 14, ("#5b9657", "#477f55")[number % 2])


def _roof_panels(canvas: Canvas, left: float, right: float, top: float) -> None:
    x = left + 8
    while x + 20 < right:
        canvas.line([(x + 15, top), (x + 15, top - 12)], "#5d6a70", 2)
        canvas.polygon([(x, top - 6), (x + 8, top - 20), (x + 24, top - 20), (x + 16, top - 6)], "#2a4a6b")
        canvas.line([(x + 8, top - 6), (x + 16, top - 20)], "#7d9cba", 1.2)
        x += 25


def _roof_garden(canvas: Canvas, left: float, right: float, top: float) -> None:
    for number, x in enumerate(range(round(left) + 8, round(right) - 4, 13)):
        canvas.ellipse(x, top - 5, 11, 8 + (number * 5) % 7, ("#6fa85c", "#4f8f57", "#88b765")[number % 3])


def _roof_mast(canvas: Canvas, left: float, right: float, top: float) -> None:
    middle = (left + right) / 2
    canvas.box(left + 12, top - 26, right - 12, top, "#4f8096")
    _turbine(canvas, middle, top - 24, 66, 0.5, "#f7f7ee")


_ROOFS: Final[dict[str, Callable[[Canvas, float, float, float], None]]] = {
    "trees": _roof_trees,
    "panels": _roof_panels,
    "garden": _roof_garden,
    "mast": _roof_mast,
}


def _tree(canvas: Canvas, x: float, foot: float, size: float, colour: str) -> None:
    canvas.box(x - size * 0.04, foot - size * 0.4, x + size * 0.04, foot, "#6b4c35")
    canvas.ellipse(x, foot - size * 0.62, size * 0.3, size * 0.4, colour)
    canvas.ellipse(x - size * 0.08, foot - size * 0.7, size * 0.18, size * 0.26, mix(colour, "#dff0b0", 0.22))


def _tram(canvas: Canvas, left: float, foot: float) -> None:
    canvas.box(left + 6, foot - 12, left + 234, foot + 2, "#5b6f66", 3)
    for start in (0, 122):
        canvas.box(left + start, foot - 52, left + start + 118, foot - 6, "#f7f3e6", 9)
        canvas.box(left + start, foot - 22, left + start + 118, foot - 8, "#2f7d6b", 4)
        for window in range(4):
            x = left + start + 9 + window * 26
            canvas.box(x, foot - 44, x + 21, foot - 27, "#3f6475", 3)
        for wheel in (26, 92):
            canvas.disc(left + start + wheel, foot - 5, 6, "#37474d")


def _boat(canvas: Canvas, x: float, y: float) -> None:
    canvas.polygon([(x - 70, y - 12), (x + 74, y - 12), (x + 54, y + 10), (x - 54, y + 10)], "#8c4a35")
    canvas.polygon([(x - 70, y - 12), (x + 74, y - 12), (x + 69, y - 6), (x - 66, y - 6)], "#f4ead2")
    canvas.line([(x + 4, y - 12), (x + 4, y - 108)], "#5b4431", 3.5)
    canvas.polygon([(x + 8, y - 106), (x + 58, y - 24), (x + 8, y - 24)], "#fbf5e4")
    canvas.polygon([(x, y - 98), (x - 40, y - 24), (x, y - 24)], "#e2a55a")
    canvas.box(x - 46, y + 18, x + 50, y + 21, "#cfe3e0", 1.5)


# --- A guide's cover


def draw_guide(canvas: Canvas) -> None:
    canvas.sky((0, "#123f35"), (675, "#0d3029"))
    for number in range(7):
        canvas.box(90 + number * 160, 0, 92 + number * 160, HEIGHT, "#1b4e42")
    _cog(canvas, 430, 345, 150, "#e0b04c")
    _cog(canvas, 655, 235, 92, "#7fc2a4")
    _screwdriver(canvas, 830, 170)
    canvas.disc(1010, 470, 92, "#f4ead2")
    canvas.disc(1010, 470, 78, "#123f35")
    canvas.line([(1010, 470), (1010, 414)], "#f4ead2", 9)
    canvas.line([(1010, 470), (1049, 490)], "#e0b04c", 9)


def _cog(canvas: Canvas, x: float, y: float, radius: float, colour: str) -> None:
    for tooth in range(10):
        angle = tooth * math.tau / 10
        wide = 0.17
        corners = [(0.86, -wide), (1.2, -wide * 0.72), (1.2, wide * 0.72), (0.86, wide)]
        canvas.polygon(
            [
                (x + radius * far * math.cos(angle + turn), y + radius * far * math.sin(angle + turn))
                for far, turn in corners
            ],
            colour,
        )
    canvas.disc(x, y, radius * 0.95, colour)
    canvas.disc(x, y, radius * 0.42, "#103a31")


def _screwdriver(canvas: Canvas, x: float, y: float) -> None:
    canvas.box(x, y, x + 60, y + 130, "#c9553d", 22)
    for groove in (14, 28, 42):
        canvas.box(x + groove, y + 18, x + groove + 4, y + 112, "#a8432e", 2)
    canvas.box(x + 18, y + 126, x + 42, y + 148, "#f4ead2", 4)
    canvas.box(x + 24, y + 146, x + 36, y + 272, "#cfd8d3", 2)
    canvas.polygon([(x + 22, y + 268), (x + 38, y + 268), (x + 34, y + 296), (x + 26, y + 296)], "#cfd8d3")


# --- Partners' logos


def draw_ridges(canvas: Canvas) -> None:
    canvas.polygon([(20, 190), (82, 70), (144, 190)], "#2b6152")
    canvas.polygon([(76, 190), (140, 46), (204, 190)], "#3f8a73")
    canvas.polygon([(132, 190), (176, 104), (220, 190)], "#8fc4a8")
    canvas.disc(58, 62, 20, "#e0a53f")


def draw_tallow(canvas: Canvas) -> None:
    canvas.box(92, 96, 148, 196, "#3a4a63", 8)
    canvas.ellipse(120, 72, 20, 34, "#e59a34")
    canvas.ellipse(120, 82, 9, 18, "#fbe3a8")
    canvas.box(64, 190, 176, 204, "#3a4a63", 7)


def draw_elmar(canvas: Canvas) -> None:
    for place, colour in enumerate(("#1f5f8b", "#2f86b5", "#7fbbd8")):
        crest = 84 + place * 44
        points = [(24 + step, crest + 14 * math.sin(step / 30 + place)) for step in range(0, 190, 3)]
        canvas.line(points, colour, 17)


LOGO_WIDTH, LOGO_HEIGHT = 600, 240
LOGOS: Final[dict[str, tuple[tuple[str, str], Callable[[Canvas], None]]]] = {
    "logo-ridges.png": (("Three Ridges", "Cooperative"), draw_ridges),
    "logo-tallow.png": (("Tallow Street", "Foundation"), draw_tallow),
    "logo-elmar.png": (("Lower Elmar", "Accord"), draw_elmar),
}
DRAWINGS: Final[dict[str, Callable[[Canvas], None]]] = {
    "hills-at-dawn.jpg": draw_hills,
    "reusable-crates.jpg": draw_crates,
    "green-city.jpg": draw_city,
    "repair-guide.jpg": draw_guide,
}

if __name__ == "__main__":
    main()
