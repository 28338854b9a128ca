"""The contact sheet: keyframes in a grid, with boxes, person ids and actions drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from avakit.errors import UsageError

_PAPER, _INK, _FAINT = (250, 249, 246), (32, 36, 44), (112, 118, 128)
# Told apart by all kinds of colour vision, and by the eye on light and on dark pictures.
_COLOURS = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (120, 94, 240),
    (160, 60, 60),
)
_MARGIN, _GAP, _CAPTION, _TITLE = 36, 24, 30, 92
_LETTERS = 15  # pixels
_BOX = 3

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class LabelledBox:
    """A person in a picture: the box (x1, y1, x2, y2 in parts of it), the person's id, the actions' names."""

    box: tuple[float, float, float, float]
    person: int | None
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Labelled:
    """A keyframe (uint8 RGB, height × width × 3) and what is said of it: the video, the second, its boxes."""

    rgb: NDArray[np.uint8]
    video: str
    second: int
    boxes: tuple[LabelledBox, ...]

    @property
    def caption(self) -> str:
        """`<id> 0902 · 15:02`: the second as the annotations write it, and as a player shows it."""
        hours, rest = divmod(self.second, 3600)
        clock = f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
        return f"{self.video} {self.second:04d} · {clock}"


def contact_sheet(
    pictures: Sequence[Labelled], out: Path, *, title: str, note: str = "", columns: int = 3, width: int = 480
) -> Path:
    """Draw a grid of keyframes into the PNG `out`, and return it.

    `title` stands on top, `note` in small letters under it; `width` is that of one picture, in pixels.
    Pictures of other shapes are fitted in. Raises UsageError if there is no picture.
    """
    if not pictures:
        raise UsageError("There is no picture to put on a contact sheet")
    columns = min(columns, len(pictures))
    height = round(width * max(_ratio(picture) for picture in pictures))
    rows = -(-len(pictures) // columns)
    size = (
        2 * _MARGIN + columns * width + (columns - 1) * _GAP,
        _MARGIN + _TITLE + rows * (height + _CAPTION) + (rows - 1) * _GAP + _MARGIN,
    )
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, _MARGIN), title, _INK, ImageFont.load_default(30), "lt")
    draw.text((_MARGIN, _MARGIN + 46), note, _FAINT, ImageFont.load_default(17), "lt")
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        left = _MARGIN + column * (width + _GAP)
        top = _MARGIN + _TITLE + row * (height + _CAPTION + _GAP)
        drawn = labelled(picture, (width, height))
        sheet.paste(drawn, (left, top + (height - drawn.height)))
        _caption(draw, picture, (left, top + height + 22))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, "PNG", optimize=True)
    return out


def labelled(picture: Labelled, room: tuple[int, int]) -> Image.Image:
    """Return one picture, scaled to fit into `room` (width, height), with its boxes and names drawn."""
    height, width = picture.rgb.shape[:2]
    scale = min(room[0] / width, room[1] / height)
    size = (round(width * scale), round(height * scale))
    image = Image.fromarray(picture.rgb).resize(size, Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(image, "RGBA")
    corners = [_corners(box.box, size) for box in picture.boxes]
    for box, edges in zip(picture.boxes, corners, strict=True):
        left, top, right, bottom = edges
        draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=(255, 255, 255, 190))
        draw.rectangle(edges, outline=_colour(box.person), width=_BOX)
    taken: list[tuple[int, int, int, int]] = []
    for index, (box, edges) in enumerate(zip(picture.boxes, corners, strict=True)):
        others = corners[:index] + corners[index + 1 :]
        _name(draw, size, box, edges, taken, others)
    return image


def _ratio(picture: Labelled) -> float:
    height, width = picture.rgb.shape[:2]
    return float(height / width)


def _colour(person: int | None) -> Colour:
    return (90, 90, 90) if person is None else _COLOURS[person % len(_COLOURS)]


def _corners(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = box
    left, top = round(x1 * (size[0] - 1)), round(y1 * (size[1] - 1))
    return left, top, max(round(x2 * (size[0] - 1)), left), max(round(y2 * (size[1] - 1)), top)


def short(action: str) -> str:
    """Return an action's name without its brackets: `talk to (e.g., self, …)` becomes `talk to`."""
    return action.split("(")[0].strip()


def _name(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    box: LabelledBox,
    edges: tuple[int, int, int, int],
    taken: list[tuple[int, int, int, int]],
    others: Sequence[tuple[int, int, int, int]],
) -> None:
    """Write a person's id and actions where they hide least: a line each, on the box's colour."""
    font = ImageFont.load_default(_LETTERS)
    lines = [short(action) for action in box.actions]
    if box.person is not None:
        lines[:1] = [f"{box.person}  {lines[0]}" if lines else f"{box.person}"]
    if not lines:
        return
    step = _LETTERS + 4
    wide = round(max(draw.textlength(line, font) for line in lines)) + 12
    tall = step * len(lines) + 5
    place = _place(size, edges, (wide, tall), taken, others)
    taken.append(place)
    draw.rounded_rectangle(place, 4, (*_colour(box.person), 235))
    for index, line in enumerate(lines):
        draw.text((place[0] + 6, place[1] + 3 + step * index + step / 2), line, "white", font, "lm")


def _place(
    size: tuple[int, int],
    edges: tuple[int, int, int, int],
    need: tuple[int, int],
    taken: Sequence[tuple[int, int, int, int]],
    others: Sequence[tuple[int, int, int, int]],
) -> tuple[int, int, int, int]:
    """Return the place for a name, close to its box, that covers least of other names and boxes."""
    left, top, right, bottom = edges
    wide, tall = need
    corners = [
        (left, top - tall - 2),
        (right - wide, top - tall - 2),
        (right + 3, top),
        (left - wide - 3, top),
        (left, bottom + 3),
        (right - wide, bottom + 3),
        (left, bottom - tall),
    ]
    best, least = (0, 0, wide, tall), float("inf")
    for preference, (x, y) in enumerate(corners):
        x, y = min(max(x, 0), size[0] - wide - 1), min(max(y, 0), size[1] - tall - 1)
        place = (x, y, x + wide, y + tall)
        names = sum(_common(place, other) for other in taken)
        bodies = sum(_common(place, other) for other in (*others, edges))
        cost = 20 * names + 3 * bodies + 150 * preference
        if cost < least:
            best, least = place, cost
    return best


def _common(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> int:
    """Return the area that two boxes share, in pixels."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0) * max(tall, 0)


def _caption(draw: ImageDraw.ImageDraw, picture: Labelled, at: tuple[int, int]) -> None:
    head, clock = picture.caption.split(" · ")
    font = ImageFont.load_default(16)
    draw.text(at, head, _INK, font, "ls")
    draw.text((at[0] + draw.textlength(head, font), at[1]), f" · {clock}", _FAINT, font, "ls")
