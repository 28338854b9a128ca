"""Charts of figures, as SVG that takes its colours from the page around it: `--ink`, `--faint`, `--line`,
`--card`, and `--c1` … `--c4` for what is told apart.
"""

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence

import altair as alt
import vl_convert

from avakit.annotations.figures import ClassFigures, Distribution, figure
from avakit.explorer.text import escaped
from avakit.text import printable

COLOURS = tuple(f"var(--c{number})" for number in range(1, 5))
_SHAPES = ("circle", "square", "triangle-up", "diamond")
_LETTERS = 12  # pixels
_ROW = 18
_NAMES, _PLOT, _NUMBERS = 168, 210, 56
_MOST_BARS = 24
_WIDEST = 27  # letters of a name

Row = Mapping[str, str | int | float | bool | None]


def classes(of: Sequence[ClassFigures], splits: Sequence[str], most: int, alt_text: str) -> str:
    """Return the labels of classes on a logarithmic axis that reaches `most`, a row a class, a dot a split.

    A class that is not evaluated has hollow dots.
    """
    # Two classes may have one name: the rows are told apart by their place.
    names = {str(place): _short(one.name) for place, one in enumerate(of)}
    dots: list[Row] = [
        {
            "row": str(place),
            "split": split,
            "labels": one.labels[split],
            "filled": 0.0 if one.evaluated is False else 1.0,
        }
        for place, one in enumerate(of)
        for split in splits
        if one.labels.get(split)
    ]
    rows: list[Row] = [
        {"row": str(place), "total": figure(one.total), "end": max([1, *one.labels.values()]), "from": 1}
        for place, one in enumerate(of)
    ]
    y = alt.Y(
        "row:N",
        sort=None,
        title=None,
        axis=alt.Axis(
            labelExpr=f"{json.dumps(names)}[datum.value]",
            labelLimit=0,
            minExtent=_NAMES,
            maxExtent=_NAMES,
            domain=False,
            ticks=False,
            labelPadding=8,
            labelColor="var(--ink)",
        ),
    )
    top = 10 ** max(1, math.ceil(math.log10(max(most, 1) * 1.05)))
    x = alt.X(
        "labels:Q",
        title=None,
        scale=alt.Scale(type="log", domain=[1, top]),
        axis=alt.Axis(
            values=[10**power for power in range(round(math.log10(top)) + 1)],
            format="~s",
            labelFlush=False,
            orient="top",
        ),
    )
    stems = alt.Chart(alt.InlineData(values=rows)).mark_rule(color="var(--line)", strokeWidth=1.5)
    numbers = alt.Chart(alt.InlineData(values=rows)).mark_text(align="right", color="var(--faint)")
    points = alt.Chart(alt.InlineData(values=dots)).mark_point(size=46, strokeWidth=1.6, opacity=1)
    chart = alt.layer(
        stems.encode(y=y, x=alt.X("from:Q"), x2=alt.X2("end:Q")),
        points.encode(
            y=y,
            x=x,
            shape=alt.Shape("split:N", legend=None, scale=_scale(splits, _SHAPES)),
            stroke=alt.Stroke("split:N", legend=None, scale=_scale(splits, COLOURS)),
            fill=alt.Fill("split:N", legend=None, scale=_scale(splits, COLOURS)),
            fillOpacity=alt.FillOpacity(
                "filled:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0, 1])
            ),
        ),
        numbers.encode(y=y, x=alt.value(_PLOT + _NUMBERS), text="total:N"),
    )
    return _svg(chart.properties(width=_PLOT, height=alt.Step(_ROW)), alt_text)


def grid(cells: Sequence[Sequence[int]], alt_text: str) -> str:
    """Return how much of the most each cell has, as a picture of 16:9; the more, the stronger the colour."""
    most = max((count for row in cells for count in row), default=0) or 1
    values: list[Row] = [
        {"x": x, "y": y, "colour": f"color-mix(in oklab, {COLOURS[0]} {count / most:.0%}, var(--card))"}
        for y, row in enumerate(cells)
        for x, count in enumerate(row)
        if count
    ]
    across, down = max((len(row) for row in cells), default=1), max(len(cells), 1)
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_rect(strokeWidth=0)
        .encode(
            x=alt.X("x:O", axis=None, scale=alt.Scale(domain=list(range(across)), padding=0)),
            y=alt.Y("y:O", axis=None, scale=alt.Scale(domain=list(range(down)), padding=0)),
            fill=alt.Fill("colour:N", legend=None, scale=None),
        )
    )
    return _svg(chart.properties(width=9 * across, height=9 * down, padding=0), alt_text)


def histogram(of: Distribution, title: str, alt_text: str) -> str:
    """Return how often each number occurs, as bars; many numbers are taken together, in even steps."""
    values: list[Row] = [
        {"from": start - 0.5 + 0.06 * step, "to": start + step - 0.5 - 0.06 * step, "count": count, "none": 0}
        for start, step, count in _bars(of)
    ]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar(color=COLOURS[0])
        .encode(
            x=alt.X(
                "from:Q",
                title=title,
                scale=alt.Scale(zero=False, nice=False, padding=4),
                axis=alt.Axis(format="~s", tickMinStep=1, tickCount=8, grid=False),
            ),
            x2=alt.X2("to:Q"),
            y=alt.Y(
                "count:Q",
                title=None,
                scale=alt.Scale(zero=True),
                axis=alt.Axis(format=",d", tickCount=4, tickMinStep=1, domain=False, ticks=False),
            ),
            y2=alt.Y2("none:Q"),
        )
    )
    return _svg(chart.properties(width=_NAMES + _PLOT, height=150), alt_text)


def stacks(of: Sequence[Mapping[str, float]], names: Sequence[str], title: str, alt_text: str) -> str:
    """Return a thin column for each of many, in which the parts that have these names stand on each other."""
    values: list[Row] = [
        {"place": place, "name": name, "order": names.index(name), "part": parts[name]}
        for place, parts in enumerate(of)
        for name in names
        if parts.get(name)
    ]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar(strokeWidth=0)
        .encode(
            x=alt.X("place:O", axis=None, scale=alt.Scale(domain=list(range(len(of))), paddingInner=0.12)),
            y=alt.Y(
                "part:Q", stack="zero", title=title, axis=alt.Axis(tickCount=4, domain=False, ticks=False)
            ),
            fill=alt.Fill("name:N", legend=None, scale=_scale(names, COLOURS)),
            order=alt.Order("order:Q"),
        )
    )
    return _svg(chart.properties(width=_NAMES + _PLOT, height=190), alt_text)


def _bars(of: Distribution) -> list[tuple[int, int, int]]:
    """Return bars: the first number of each, how many numbers it takes together, and how often they occur."""
    if not of.pairs:
        return []
    low, high = of.pairs[0][0], of.pairs[-1][0]
    step = _even(math.ceil((high - low + 1) / _MOST_BARS))
    counts: dict[int, int] = {}
    for number, count in of.pairs:
        counts[number // step * step] = counts.get(number // step * step, 0) + count
    return [(start, step, count) for start, count in sorted(counts.items())]


def _even(step: int) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50 …"""
    power = int(10 ** (len(str(step)) - 1))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= step)


def _short(name: str) -> str:
    """Return a class's name without its brackets, unless nothing is left of it, and cut to fit.

    It is not left to Vega to cut it: that halves letters that UTF-16 writes as two, and stumbles over them.
    """
    name = printable(name, "�")
    name = name.split("(")[0].strip() or name
    width = 0
    for place, letter in enumerate(name):
        width += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if width > _WIDEST:
            return f"{name[:place]}…"
    return name


def _scale(names: Sequence[str], looks: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(names), range=[looks[place % len(looks)] for place in range(len(names))])


def _svg(chart: alt.Chart | alt.LayerChart | alt.FacetChart, alt_text: str) -> str:
    drawn = (
        chart.configure(background="transparent", font="sans-serif", aria=False, padding=2)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor="var(--faint)",
            titleColor="var(--faint)",
            titleFontWeight="normal",
            gridColor="var(--line)",
            domainColor="var(--line)",
            tickColor="var(--line)",
            labelFontSize=_LETTERS,
            titleFontSize=_LETTERS,
            titlePadding=8,
        )
        .configure_text(fontSize=_LETTERS)
    )
    svg: str = vl_convert.vegalite_to_svg(drawn.to_dict())
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escaped(alt_text)}" ', 1)
