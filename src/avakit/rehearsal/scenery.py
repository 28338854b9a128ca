"""The places where actors appear: backgrounds drawn with Pillow."""

import random
from collections.abc import Callable

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 640, 360
_FINE = 2
Draw = ImageDraw.ImageDraw


def picture(paint: Callable[[Draw], None]) -> Image.Image:
    """Return a background of 640×360, painted in those coordinates, with smooth edges."""
    image = Image.new("RGB", (WIDTH * _FINE, HEIGHT * _FINE))
    paint(ImageDraw.Draw(image))
    return image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def _area(canvas: Draw, corners: tuple[float, float, float, float], colour: str, round_by: float = 0) -> None:
    left, top, right, bottom = (value * _FINE for value in corners)
    canvas.rounded_rectangle((left, top, right - 1, bottom - 1), round_by * _FINE, colour)


def _ramp(
    canvas: Draw, top: int, bottom: int, upper: tuple[int, int, int], lower: tuple[int, int, int]
) -> None:
    for row in range(top * _FINE, bottom * _FINE):
        part = (row / _FINE - top) / (bottom - top)
        colour = tuple(round(a + (b - a) * part) for a, b in zip(upper, lower, strict=True))
        canvas.line((0, row, WIDTH * _FINE, row), colour)


def room(canvas: Draw) -> None:
    """Paint a living room: window, pictures, a lamp, a chair at the right."""
    _ramp(canvas, 0, 262, (226, 214, 196), (238, 228, 212))
    _ramp(canvas, 262, HEIGHT, (158, 116, 80), (122, 86, 58))
    _area(canvas, (0, 255, WIDTH, 263), "#f6efe4")
    _area(canvas, (58, 50, 206, 176), "#fbf7ef", 3)
    _area(canvas, (66, 58, 129, 168), "#9fc7dc")
    _area(canvas, (135, 58, 198, 168), "#a9cfe1")
    _area(canvas, (66, 138, 129, 168), "#86ab86")
    _area(canvas, (135, 146, 198, 168), "#7ba17c")
    _area(canvas, (40, 44, 60, 236), "#c4675a", 6)
    _area(canvas, (204, 44, 224, 236), "#c4675a", 6)
    _area(canvas, (300, 62, 382, 122), "#5b4636")
    _area(canvas, (306, 68, 376, 116), "#e7c46b")
    _area(canvas, (306, 94, 376, 116), "#4f7f86")
    _area(canvas, (566, 96, 572, 262), "#4a4038")
    _area(canvas, (544, 70, 594, 104), "#f4d58d", 10)
    _area(canvas, (150, 306, 520, 336), "#a64f46", 12)
    _area(canvas, (160, 310, 510, 332), "#b9645a", 10)
    _area(canvas, (530, 186, 546, 318), "#51727a", 6)
    _area(canvas, (478, 252, 546, 272), "#5f858e", 6)
    _area(canvas, (482, 268, 490, 322), "#3d4a4e")
    _area(canvas, (532, 268, 540, 322), "#3d4a4e")


def street(canvas: Draw) -> None:
    """Paint a street with houses at evening."""
    _ramp(canvas, 0, 190, (98, 134, 176), (244, 196, 150))
    seeds = random.Random(7)  # noqa: S311 - not a secret
    for left, right, top, colour in (
        (0, 118, 52, "#6d5a6b"),
        (118, 232, 88, "#8a6f6a"),
        (232, 356, 36, "#59607a"),
        (356, 470, 74, "#927a62"),
        (470, 640, 48, "#665a72"),
    ):
        _area(canvas, (left, top, right, 250), colour)
        for x in range(left + 14, right - 22, 28):
            for y in range(top + 14, 206, 32):
                lit = seeds.random() < 0.45
                _area(canvas, (x, y, x + 15, y + 20), "#f7d98c" if lit else "#3f4257", 1)
    _area(canvas, (0, 214, 640, 250), "#4d4655")
    for left, colour in ((26, "#b1493f"), (250, "#3f7f78"), (486, "#c98d3c")):
        _area(canvas, (left, 206, left + 130, 216), colour, 2)
        _area(canvas, (left + 8, 216, left + 122, 250), "#f3dfb6")
    _ramp(canvas, 250, 330, (150, 143, 146), (120, 114, 120))
    _area(canvas, (0, 330, 640, 360), "#45434b")
    _area(canvas, (424, 92, 429, 262), "#2d2c35")
    _area(canvas, (414, 84, 439, 96), "#ffeab0", 5)


def park(canvas: Draw) -> None:
    """Paint a park with trees, a path and a bench at the left."""
    _ramp(canvas, 0, 200, (132, 186, 222), (214, 232, 236))
    _ramp(canvas, 190, HEIGHT, (126, 168, 96), (86, 130, 70))
    for x, y, size, colour in (
        (40, 150, 150, "#5d8f5c"),
        (210, 165, 110, "#76a368"),
        (400, 150, 150, "#689a61"),
        (560, 160, 130, "#548656"),
    ):
        _area(canvas, (x + size * 0.44, y, x + size * 0.56, y + 76), "#7a5b43")
        _area(canvas, (x, y - size * 0.66, x + size, y + size * 0.26), colour, size * 0.44)
    _area(canvas, (0, 272, 640, 332), "#d8c7a1")
    _area(canvas, (0, 270, 640, 274), "#c3b08a")
    _area(canvas, (70, 228, 176, 238), "#8c5f3d", 2)
    _area(canvas, (70, 258, 176, 268), "#9b6b46", 2)
    for x in (80, 160):
        _area(canvas, (x, 228, x + 6, 316), "#5d4330")
