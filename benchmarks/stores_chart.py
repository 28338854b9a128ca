"""The frontier of stores as a picture: bytes a picture against milliseconds a clip."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import vl_convert

_INK, _FAINT, _LINE = "#1f2328", "#59636e", "#d1d9e0"
_COLOURS = ("#1f2328", "#0969da", "#bf3989", "#8250df", "#bc4c00")
_BELOW = "(datum.family == 'crf' || datum.name == 'tar')"  # their names; those of others stand above


@dataclass(frozen=True)
class Point:
    """A store: bytes a picture, and the processor milliseconds of one kind of clip."""

    family: str
    name: str
    bytes: float
    kind: str
    clip: float


def chart(points: Sequence[Point], chosen: str) -> str:
    """Return the picture as SVG: a panel a kind of clip, a colour a family, a ring around the `chosen`."""
    rows = [
        {
            "family": one.family,
            "name": one.name,
            "kB": one.bytes / 1000,
            "kind": one.kind,
            "ms": one.clip,
            "place": place,
        }
        for place, one in enumerate(points)
    ]
    families = list(dict.fromkeys(one.family for one in points))
    ticks = alt.Axis(values=[1, 1.5, 2, 3, 5, 7, 10, 20])
    x = alt.X("kB:Q", title="kB a picture", axis=ticks, scale=alt.Scale(type="log", nice=False, padding=34))
    y = alt.Y("ms:Q", title="ms a clip", scale=alt.Scale(zero=True))
    looks = alt.Scale(domain=families, range=list(_COLOURS[: len(families)]))
    colour = alt.Color("family:N", title=None, scale=looks, legend=alt.Legend(orient="bottom", columns=5))
    base = alt.Chart().encode(x=x, y=y, color=colour)
    names = base.encode(text="name:N")
    ring = base.transform_filter(f"datum.name == '{chosen}' && datum.family == '{families[1]}'")
    layers = (
        base.mark_line(strokeWidth=1, opacity=0.5).encode(order="place:O"),
        base.mark_point(filled=True, size=40, opacity=1),
        ring.mark_point(size=200, strokeWidth=2, opacity=1),
        names.transform_filter(f"!({_BELOW})").mark_text(dy=-9, fontSize=10),
        names.transform_filter(_BELOW).mark_text(dy=11, fontSize=10),
    )
    drawn = (
        alt.layer(*layers, data=alt.InlineData(values=rows))
        .properties(width=380, height=300)
        .facet(column=alt.Column("kind:N", title=None, sort=list(dict.fromkeys(one.kind for one in points))))
        .resolve_scale(y="independent")
        .properties(background="white", padding=12)
        .configure(font="sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_FAINT, titleColor=_INK, gridColor=_LINE, domainColor=_LINE, tickColor=_LINE
        )
        .configure_header(labelColor=_INK, labelFontSize=13)
        .configure_legend(labelColor=_INK)
    )
    svg: str = vl_convert.vegalite_to_svg(drawn.to_dict())
    words = "Stores of frames: kilobytes a picture against milliseconds to read a clip at random"
    return svg.replace("<svg ", f'<svg role="img" aria-label="{words}" ', 1)
