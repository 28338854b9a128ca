"""The figures of labels as one page of HTML: no script, nothing from elsewhere, light or dark."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from avakit.annotations.figures import ClassFigures, Statistics, figure, words
from avakit.errors import UsageError
from avakit.explorer.text import escaped
from avakit.releases.model import Release
from avakit.transfer.disk import disk_errors
from avakit.version import __version__

_SIZES = {
    "actions": ("labels", "boxes", "seconds", "videos"),
    "speaker": ("frames", "tracks", "hours", "videos"),
    "speech": ("rows", "hours", "videos"),
}
_MOST_CLASSES = 100
_PAIRS = 12
_MARKS = (
    '<circle cx="6" cy="6" r="5"/>',
    '<rect x="1.2" y="1.2" width="9.6" height="9.6"/>',
    '<path d="M6 .8 11.4 10.6H.6Z"/>',
    '<path d="M6 0 11 6 6 12 1 6Z"/>',
)
_DISTRIBUTIONS = {
    "labels_a_box": ("Labels a person", "How many actions a box has.", "labels"),
    "people_a_second": ("People a second", "How many boxes an annotated second has.", "people"),
    "seconds_a_video": ("Seconds a video", "How many annotated seconds a video has.", "seconds"),
    "frames_a_track": ("Pictures a track", "In how many pictures a face is followed.", "pictures"),
    "tracks_a_video": ("Tracks a video", "How many tracks of faces a video has.", "tracks"),
}


def require_charts() -> None:
    """Raise UsageError if what draws the charts is not installed."""
    if find_spec("altair") is None or find_spec("vl_convert") is None:
        raise UsageError(
            "The page needs what draws its charts, which is not installed", "pip install 'avakit[report]'"
        )


def write_report(found: Statistics, release: Release, out: Path) -> Path:
    """Write the page into one file, all or nothing, and return it; a file that is there is replaced.

    Raises UsageError without the extra `report` and where `out` is no file, DiskFull or RootError where it
    cannot be written.
    """
    text = page(found, release)
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    with disk_errors(out):
        if out.is_dir():
            raise UsageError(f"{out} is a folder", "Name a file: --html report.html.")
        if out.exists() and not out.is_file():
            # A device would be replaced by the page, for all who use it.
            raise UsageError(f"{out} is a device or a pipe", "Name a file: --html report.html.")
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(out)
        finally:
            temporary.unlink(missing_ok=True)
    return out


def page(found: Statistics, release: Release) -> str:
    """Return the page. Raises UsageError without the extra `report`."""
    require_charts()
    style = resources.files("avakit.explorer").joinpath("page.css").read_text("utf-8")
    title = escaped(found.title)
    body = "\n".join(
        [*_head(found, release), "<main>", *_tables(found), *_charts(found), *_details(found), "</main>"]
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}: labels in figures</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"{body}\n{_foot(release)}\n</body>\n</html>\n"
    )


def _head(found: Statistics, release: Release) -> Iterable[str]:
    splits = ", ".join(escaped(one.split) for one in found.splits) or "none"
    yield f"<header>\n<h1>{escaped(found.title)}</h1>"
    yield f'<p class="faint">Labels in figures. Splits: {splits}.</p>'
    sizes = [
        (words(noun), figure(found.total.counts[noun]))
        for noun in _SIZES[found.kind]
        if noun in found.total.counts
    ]
    if sizes:
        shown = "".join(f"<div><dt>{noun}</dt><dd>{count}</dd></div>" for noun, count in sizes)
        yield f'<dl class="sizes">{shown}</dl>'
    else:
        yield "<p>There are no labels.</p>"
    yield "</header>"


def _tables(found: Statistics) -> Iterable[str]:
    columns = found.columns
    rows = [[words(noun), *(figure(one.counts.get(noun)) for one in columns)] for noun in found.total.counts]
    yield '<div class="tables">'
    if rows:
        counted = _table(["", *(one.split for one in columns)], rows)
        yield f"<section>\n<h2>Counted</h2>\n{counted}\n</section>"
    if found.published:
        beside = [
            [
                words(one.noun),
                figure(one.published),
                "not all is here" if one.counted is None else figure(one.counted),
                "" if one.difference is None else figure(one.difference, sign=True),
                "" if one.percent is None else f"{figure(one.percent, sign=True, digits=1)}%",
            ]
            for one in found.published
        ]
        shown = _table(["", "published", "here", "difference", ""], beside)
        yield f"<section>\n<h2>Beside what was published</h2>\n{shown}\n</section>"
    yield "</div>"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], names: int = 1) -> str:
    """Return a table; the first `names` columns hold names, the others figures."""
    head = "".join(f'<th scope="col">{escaped(heading)}</th>' for heading in headings)
    lines = []
    for first, *others in rows:
        cells = "".join(
            f'<td class="{"name" if place < names else "figure"}">{escaped(cell)}</td>'
            for place, cell in enumerate(others, 1)
        )
        lines.append(f'<tr><th scope="row">{escaped(first)}</th>{cells}</tr>')
    inside = f"<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>"
    return f'<div class="wide"><table>\n{inside}\n</table></div>'


def _charts(found: Statistics) -> Iterable[str]:
    if not any(one.total for one in found.classes):
        return
    splits = [one.split for one in found.splits]
    hollow = any(one.evaluated is False for one in found.classes)
    yield "<h2>Charts</h2>"
    if hollow or len(splits) > 1:
        yield _legend(splits, hollow)
    of_classes = list(_classes(found, splits))
    if len(of_classes) > 1:
        yield "\n".join(['<div class="classes">', *of_classes, "</div>"])
        of_classes = []
    yield "\n".join(['<div class="charts">', *of_classes, *_others(found), "</div>"])


def _classes(found: Statistics, splits: Sequence[str]) -> Iterable[str]:
    """Return a chart of each group, the largest first."""
    from avakit.explorer import charts

    most = max(count for one in found.classes for count in one.labels.values())
    for group, _ in Counter(one.group for one in found.classes).most_common():
        of = [one for one in found.classes if one.group == group]
        title = words(group).capitalize() if group else "Classes"
        told = f"{len(of):,} classes, {figure(sum(one.total for one in of))} labels, on a logarithmic axis."
        if len(of) > _MOST_CLASSES:
            told += f" The {_MOST_CLASSES} most frequent."
        about = f"{title}: {told} Most frequent: {_frequent(of)}."
        yield _figure(title, told, charts.classes(of[:_MOST_CLASSES], splits, most, about))


def _others(found: Statistics) -> Iterable[str]:
    from avakit.explorer import charts

    if found.coverage:
        yield _cells(found, charts.grid(found.coverage, f"Heat map. {_WHERE[found.kind]}"))
    for noun, distribution in found.distributions.items():
        title, told, axis = _DISTRIBUTIONS[noun]
        mean = "" if distribution.mean is None else f" The mean is {figure(float(distribution.mean))}."
        drawn = charts.histogram(distribution, axis, f"Histogram. {told}{mean}")
        yield _figure(title, told + mean, drawn)
    if found.videos:
        yield _speech(found)


_WHERE = {
    "actions": "Where in the picture the boxes lie: the stronger the colour, the more boxes cover the place.",
    "speaker": "Where in the picture the faces are: the stronger the colour, the more boxes cover the place.",
}


def _frequent(of: Sequence[ClassFigures]) -> str:
    return ", ".join(f"{one.name} ({figure(one.total)})" for one in of[:3])


def _figure(title: str, told: str, drawn: str, kind: str = "", below: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    caption = f"<figcaption><h3>{escaped(title)}</h3><p>{escaped(told)}</p></figcaption>"
    return f"<figure{name}>\n{caption}\n{drawn}{below}\n</figure>"


def _cells(found: Statistics, drawn: str) -> str:
    boxes = found.total.counts.get("boxes", found.total.counts.get("frames", 0))
    most = max(count for row in found.coverage for count in row)
    scale = f'<div class="scale"><span>0</span><i></i><span>{most / boxes:.0%} of the boxes</span></div>'
    return _figure("Where the boxes are", _WHERE[found.kind], drawn, "cells", scale)


def _speech(found: Statistics) -> str:
    from avakit.explorer import charts

    names = [one.name for one in found.classes]
    ordered = sorted(found.videos, key=lambda one: (-one.hours.get(names[0], 0.0), one.video))
    minutes = [{name: 60 * hours for name, hours in one.hours.items()} for one in ordered]
    about = f"Minutes of each class in {len(minutes):,} videos."
    told = f"A column a video: its minutes of each class; the videos are in the order of {names[0]}."
    drawn = charts.stacks(minutes, names, "minutes", f"Stacked columns. {about}")
    timed = [f"{one.name}: {figure(one.hours)} h" for one in found.classes]
    return _figure("Minutes a video", told, _legend(timed) + drawn)


def _legend(names: Sequence[str], hollow: bool = False) -> str:
    marks = [
        f'<li><svg viewBox="0 0 12 12" aria-hidden="true"><g fill="var(--c{place % 4 + 1})">'
        f"{_MARKS[place % 4]}</g></svg>{escaped(name)}</li>"
        for place, name in enumerate(names)
    ]
    if hollow:
        marks.append(
            '<li><svg viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="4.6" fill="none" '
            'stroke="var(--faint)" stroke-width="1.6"/></svg>hollow: not among the evaluated classes</li>'
        )
    return f'<ul class="legend">{"".join(marks)}</ul>'


def _details(found: Statistics) -> Iterable[str]:
    if not found.classes:
        return
    names = {one.id: one.name for one in found.classes}
    if found.pairs:
        rows = [[names[one.first], names[one.second], figure(one.boxes)] for one in found.pairs[:_PAIRS]]
        yield f"<h2>Together in a box</h2>\n{_table(['', '', 'boxes'], rows, names=2)}"
    splits = [one.split for one in found.splits] if len(found.splits) > 1 else []
    timed = any(one.hours is not None for one in found.classes)
    rows = [
        [
            one.name if one.id is None else f"{one.id} {one.name}",
            *(figure(one.labels.get(split, 0)) for split in splits),
            figure(one.total),
            f"{one.share:.2%}",
            *([figure(one.hours)] if timed else []),
        ]
        for one in found.classes
    ]
    headings = ["class", *splits, "labels", "share", *(["hours"] if timed else [])]
    yield f"<details>\n<summary>All classes as a table</summary>\n{_table(headings, rows)}\n</details>"


def _foot(release: Release) -> str:
    told = [
        f"Made by avakit {escaped(__version__)} from the labels themselves.",
        "A box is counted once a second, whatever its labels; people are told apart within a video only.",
        "What papers call people are boxes, and their clips are annotated seconds.",
        "Published figures are rounded.",
    ]
    if release.kind != "actions":
        told[1:] = ["Hours are the sum of the stretches labelled; published figures are rounded."]
    if release.kind == "speaker":
        told[1] = "A track lasts from its first picture to its last; published figures are rounded."
    if release.licence:
        told.append(f"Labels: {escaped(release.licence)}.")
    if release.homepage.startswith(("https://", "http://")):
        told.append(f'<a href="{escaped(release.homepage)}">{escaped(release.homepage)}</a>')
    return f"<footer>\n<p>{' '.join(told)}</p>\n</footer>"
