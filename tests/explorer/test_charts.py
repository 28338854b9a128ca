"""The charts: what they draw, by reading the SVG."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from avakit.annotations.figures import ClassFigures, Distribution
from avakit.explorer.charts import classes, grid, histogram, stacks

SVG = "{http://www.w3.org/2000/svg}"


def paths(svg: str, colour: str) -> list[str]:
    """Return the shapes that are filled with a colour."""
    return [
        each.attrib["d"]
        for each in ElementTree.fromstring(svg).iter(f"{SVG}path")
        if each.attrib.get("fill") == colour
    ]


def words(svg: str) -> list[str]:
    return ["".join(each.itertext()) for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def heights(svg: str) -> list[float]:
    return [float(found[1]) for bar in paths(svg, "var(--c1)") if (found := re.search(r"v(-?[\d.]+)h", bar))]


def one(name: str, evaluated: bool | None = True, **labels: int) -> ClassFigures:
    return ClassFigures(1, name, "g", evaluated, labels, 0.5)


def test_dots_stand_by_the_logarithm() -> None:
    svg = classes([one("ten", a=10), one("thousand", a=1000), one("none")], ["a"], 1000, "about")
    places = re.findall(r'transform="translate\(([\d.]+),[\d.]+\)" [^>]*fill="var\(--c1\)"', svg)
    first, second = map(float, places)
    assert second == pytest.approx(3 * first, rel=0.02)
    assert {"ten", "thousand", "none", "1,000", "10", "0"} <= set(words(svg))


def test_splits_have_colours_and_shapes_of_their_own() -> None:
    svg = classes([one("x", train=100, val=10), one("y", False, val=3)], ["train", "val"], 100, "about")
    assert len(paths(svg, "var(--c1)")) == 1
    assert len(paths(svg, "var(--c2)")) == 2
    assert re.search(r'fill="var\(--c2\)"[^>]*fill-opacity="0"', svg)


def test_the_picture_has_a_cell_for_all_that_is_not_nothing() -> None:
    svg = grid([[0, 1], [2, 4]], "about")
    root = ElementTree.fromstring(svg)
    colours = [
        each.attrib["fill"] for each in root.iter(f"{SVG}path") if "color-mix" in each.attrib.get("fill", "")
    ]
    assert [re.search(r"(\d+)%", colour)[1] for colour in colours] == ["25", "50", "100"]  # type: ignore[index]
    assert root.attrib["aria-label"] == "about"


def test_a_bar_a_number_as_high_as_it_is_frequent() -> None:
    found = heights(histogram(Distribution(((1, 100), (2, 50), (4, 25))), "labels", "about"))
    assert [round(100 * height / found[0]) for height in found] == [100, 50, 25]


def test_many_numbers_are_taken_together() -> None:
    svg = histogram(Distribution(tuple((number, 1) for number in range(1, 898))), "seconds", "about")
    found = heights(svg)
    assert len(found) == 18
    assert round(found[1] / found[0], 3) == round(50 / 49, 3)


def test_stacks_fill_their_columns() -> None:
    svg = stacks([{"a": 1.0, "b": 3.0}, {"b": 4.0}], ["a", "b"], "minutes", "about")
    assert len(paths(svg, "var(--c1)")) == 1
    assert len(paths(svg, "var(--c2)")) == 2


@settings(max_examples=5)
@example("\x1f" * 7 + "\N{PILE OF POO}" * 40)
@given(st.text(max_size=40))
def test_any_name_and_any_words_are_well_formed(text: str) -> None:
    svg = classes([one(text, a=1)], ["a"], 1, text)
    ElementTree.fromstring(svg)
    assert "<script" not in svg


@settings(max_examples=5)
@given(st.dictionaries(st.integers(0, 10**6), st.integers(1, 10**9), max_size=30))
def test_any_distribution(counts: dict[int, int]) -> None:
    svg = histogram(Distribution(tuple(sorted(counts.items()))), "x", "about")
    ElementTree.fromstring(svg)
    assert "NaN" not in svg
