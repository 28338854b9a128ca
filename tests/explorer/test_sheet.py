"""The contact sheet: its grid, its captions, where names go."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from avakit.errors import UsageError
from avakit.explorer.sheet import Labelled, LabelledBox, contact_sheet, labelled, short


def picture(second: int = 902, shape: tuple[int, int] = (90, 160), *boxes: LabelledBox) -> Labelled:
    return Labelled(np.full((*shape, 3), 200, np.uint8), "-IELREHX_js", second, boxes)


def test_caption() -> None:
    assert picture(902).caption == "-IELREHX_js 0902 · 15:02"
    assert picture(3725).caption == "-IELREHX_js 3725 · 1:02:05"


def test_the_grid(tmp_path: Path) -> None:
    out = contact_sheet(
        [picture(second) for second in range(902, 907)], tmp_path / "a" / "sheet.png", title="AVA"
    )
    with Image.open(out) as sheet:
        assert sheet.format == "PNG"
        assert sheet.width == 2 * 36 + 3 * 480 + 2 * 24
        pixels = np.asarray(sheet)
    pictures = (pixels == 200).all(axis=2)
    assert pictures.sum() == 5 * 480 * 270


def test_one_picture_and_other_shapes(tmp_path: Path) -> None:
    contact_sheet([picture()], tmp_path / "one.png", title="AVA", width=320)
    out = contact_sheet([picture(), picture(903, (120, 90))], tmp_path / "two.png", title="AVA", width=120)
    with Image.open(out) as sheet:
        assert (np.asarray(sheet) == 200).all(axis=2).sum() == 120 * 68 + 120 * 160


def test_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no picture"):
        contact_sheet([], tmp_path / "none.png", title="AVA")


def test_boxes_are_drawn_in_the_persons_colour() -> None:
    box = LabelledBox((0.5, 0.5, 0.75, 0.9), 1, ("stand", "talk to (e.g., self, a person, a group)"))
    pixels = np.asarray(labelled(picture(902, (360, 640), box), (640, 360)))
    assert tuple(pixels[180, 400]) == (213, 94, 0)
    assert tuple(pixels[250, 320]) == (213, 94, 0)
    assert tuple(pixels[260, 400]) == (200, 200, 200)


def test_names_do_not_cover_each_other() -> None:
    same = (0.4, 0.3, 0.6, 0.9)
    boxes = [LabelledBox(same, person, ("stand",)) for person in range(3)]
    pixels = np.asarray(labelled(picture(902, (360, 640), *boxes), (640, 360))).astype(int)
    for colour in ((0, 114, 178), (213, 94, 0), (0, 158, 115)):
        assert (np.abs(pixels - colour).sum(axis=2) < 60).sum() > 400


@pytest.mark.parametrize(
    "edge", [(0.0, 0.0, 0.1, 0.1), (0.9, 0.9, 1.0, 1.0), (0.0, 0.0, 1.0, 1.0), (0.5, 0.5, 0.5, 0.5)]
)
def test_boxes_at_the_edges(edge: tuple[float, float, float, float]) -> None:
    assert labelled(picture(902, (360, 640), LabelledBox(edge, None, ("walk",))), (320, 180)).size == (
        320,
        180,
    )


def test_short_names() -> None:
    assert short("talk to (e.g., self, a person, a group)") == "talk to"
    assert short("carry/hold (an object)") == "carry/hold"
