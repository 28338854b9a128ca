"""People, drawn: a figure in a pose becomes a sprite that can be laid over the planes of a picture."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from avakit.rehearsal.encoding import Planes
from avakit.rehearsal.numbers import Bytes

Pose = Literal["stand", "walk", "sit", "wave", "talk", "carry"]
Colour = tuple[int, int, int]

_FINE = 4  # drawn so many times larger, then scaled down: smooth edges
_PHASES = 8


@dataclass(frozen=True)
class Figure:
    """A person: colours, and how tall in pixels when standing (even)."""

    shirt: Colour
    trousers: Colour
    hair: Colour
    skin: Colour
    tall: int = 180


@dataclass(frozen=True)
class Sprite:
    """A drawn figure: planes and opacity from 0 to 1. Its first pixel lies on the picture's chroma grid."""

    planes: Planes
    alpha: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    box: tuple[int, int, int, int]  # left, top, right, bottom of what is visible

    def lay_over(self, picture: Planes, left: int, top: int) -> None:
        """Lay the sprite over a picture, its corner at even `left` and `top`."""
        for plane, own, step in zip(picture, self.planes, (1, 2, 2), strict=True):
            alpha = self.alpha[::step, ::step]
            rows, columns = alpha.shape
            part = plane[top // step : top // step + rows, left // step : left // step + columns]
            part[:] = part + (own.astype(np.float32) - part) * alpha


@cache
def sprite(figure: Figure, pose: Pose, phase: int, facing: int) -> Sprite:
    """Return the figure in a pose. `phase`: 0 … 7 of its movement; `facing`: 1 right, -1 left."""
    wide, tall = figure.tall * 3 // 4 // 4 * 4, figure.tall + 12
    image = Image.new("RGBA", (wide * _FINE, tall * _FINE), (*figure.trousers, 0))
    _Pen(image, figure.tall * _FINE, phase % _PHASES / _PHASES * 2 * math.pi).draw(figure, pose)
    if facing < 0:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    pixels = np.asarray(image.resize((wide, tall), Image.Resampling.BOX))
    alpha = (pixels[:, :, 3] / 255).astype(np.float32)
    visible = alpha > 0.5
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return Sprite(to_planes(pixels[:, :, :3]), alpha, box)


def to_planes(rgb: Bytes) -> Planes:
    """Return the planes of an RGB picture of even size: BT.601, limited range, chroma halved."""
    red, green, blue = (rgb[:, :, channel].astype(np.float32) for channel in range(3))
    y = 16 + 0.257 * red + 0.504 * green + 0.098 * blue
    u = 128 - 0.148 * red - 0.291 * green + 0.439 * blue
    v = 128 + 0.439 * red - 0.368 * green - 0.071 * blue
    return Planes(*(plane.round().astype(np.uint8) for plane in (y, u[::2, ::2], v[::2, ::2])))


class _Pen:
    """Draws one figure, facing right, feet on the lower edge; lengths are parts of its height."""

    def __init__(self, image: Image.Image, tall: int, angle: float) -> None:
        self.canvas = ImageDraw.Draw(image)
        self.tall, self.angle = tall, angle
        self.middle, self.ground = image.width / 2, image.height - 2 * _FINE

    def draw(self, figure: Figure, pose: Pose) -> None:
        """Draw from the back to the front: far limbs, body, head, near limbs."""
        swing = math.sin(self.angle)
        bob = 0.01 * abs(math.cos(self.angle)) if pose in ("walk", "carry") else 0.0
        hip = 0.30 if pose == "sit" else 0.48 + bob
        shoulder = hip + 0.31
        dark = _shade(figure.trousers, 0.75)
        for side, colour in ((-1, dark), (1, figure.trousers)):
            self._leg(pose, hip, side * swing, colour)
        self._arm(pose, shoulder, -1, swing, _shade(figure.shirt, 0.75), figure.skin)
        self._limb([(0, hip + 0.02), (0, shoulder - 0.05)], 0.17, figure.shirt)
        self._limb([(0, shoulder), (0.01, shoulder + 0.06)], 0.06, _shade(figure.skin, 0.85))
        self._head(figure, shoulder + 0.125, pose == "talk" and swing > 0)
        self._arm(pose, shoulder, 1, swing, figure.shirt, figure.skin)

    def _leg(self, pose: Pose, hip: float, swing: float, colour: Colour) -> None:
        if pose == "sit":
            knee, foot = (0.22, hip), (0.23, 0.03)
        elif pose in ("walk", "carry"):
            knee = (0.10 * swing + 0.02, hip / 2 + 0.02)
            foot = (0.19 * swing - 0.03 * max(-swing, 0), 0.03 + 0.05 * max(-swing, 0))
        else:
            knee, foot = (0.012, hip / 2), (0.0, 0.03)
        self._limb([(0, hip), knee, foot], 0.085, colour)
        self._limb([foot, (foot[0] + 0.06, foot[1] - 0.005)], 0.05, (38, 34, 40))

    def _arm(
        self, pose: Pose, shoulder: float, side: int, swing: float, sleeve: Colour, skin: Colour
    ) -> None:
        root = (0.015 * side, shoulder - 0.05)
        if pose == "wave" and side > 0:
            elbow, hand = (0.13, shoulder + 0.02), (0.14 + 0.08 * swing, shoulder + 0.21)
        elif pose == "talk" and side > 0:
            elbow, hand = (0.07, shoulder - 0.20), (0.19, shoulder - 0.14 + 0.07 * swing)
        elif pose == "carry" and side > 0:
            elbow, hand = (0.05, shoulder - 0.20), (0.17, shoulder - 0.24)
        elif pose == "sit":
            elbow, hand = (0.05, shoulder - 0.19), (0.17, shoulder - 0.24)
        else:
            reach = -side * swing * (0.12 if pose == "walk" else 0.015)
            elbow, hand = (0.5 * reach - 0.02, shoulder - 0.20), (reach + 0.02, shoulder - 0.34)
        if pose == "carry" and side > 0:
            self._box(hand, 0.17, (196, 142, 84))
        self._limb([root, elbow, hand], 0.06, sleeve)
        self._limb([hand, hand], 0.06, skin)

    def _head(self, figure: Figure, height: float, speaking: bool) -> None:
        self._limb([(-0.012, height + 0.012)] * 2, 0.145, figure.hair)
        self._limb([(0.015, height - 0.008)] * 2, 0.122, figure.skin)
        self._limb([(-0.03, height + 0.05), (0.035, height + 0.055)], 0.035, figure.hair)
        self._limb([(0.048, height + 0.005)] * 2, 0.014, (40, 34, 34))
        mouth = 0.022 if speaking else 0.009
        self._limb([(0.045, height - 0.037), (0.055, height - 0.037)], mouth, (150, 62, 60))

    def _limb(self, points: list[tuple[float, float]], thick: float, colour: Colour) -> None:
        width = thick * self.tall
        pixels = [(self.middle + x * self.tall, self.ground - y * self.tall) for x, y in points]
        self.canvas.line(pixels, (*colour, 255), round(width))
        for x, y in pixels:
            half = width / 2
            self.canvas.ellipse((x - half, y - half, x + half, y + half), (*colour, 255))

    def _box(self, at: tuple[float, float], size: float, colour: Colour) -> None:
        x, y = self.middle + at[0] * self.tall, self.ground - at[1] * self.tall
        half = size * self.tall / 2
        corners = (x - half * 0.7, y - half * 0.5, x + half * 1.1, y + half)
        self.canvas.rounded_rectangle(corners, 3 * _FINE, (*colour, 255), (*_shade(colour, 0.7), 255), _FINE)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (round(channel * factor) for channel in colour)
    return red, green, blue
