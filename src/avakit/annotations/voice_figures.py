"""Count labels of who speaks, and of where speech is heard."""

from collections.abc import Sequence

import duckdb

from avakit.annotations.figures import ClassFigures, Statistics, VideoFigures
from avakit.annotations.tallies import coverage, distributions, split_figures, summed
from avakit.releases.model import Release

_DISTRIBUTIONS = {
    "frames_a_track": "SELECT frames, count(*) FROM tracks GROUP BY ALL ORDER BY ALL",
    "tracks_a_video": """
        SELECT n, count(*) FROM (SELECT video, count(*) AS n FROM tracks GROUP BY ALL)
        GROUP BY ALL ORDER BY ALL""",
}


def speaker(database: duckdb.DuckDBPyConnection, release: Release) -> Statistics:
    """Count the view `chosen`. A track lasts from its first picture to its last."""
    database.execute(
        "CREATE TEMP TABLE tracks AS SELECT split, video, entity_id, count(*) AS frames, "
        "max(second) - min(second) AS seconds FROM chosen GROUP BY ALL"
    )
    splits = split_figures(
        database,
        "SELECT split, count(DISTINCT video) AS videos, sum(frames)::BIGINT AS frames, count(*) AS tracks, "
        "sum(seconds) / 3600 AS hours FROM tracks GROUP BY split ORDER BY split",
    )
    counted = database.execute("SELECT label, split, count(*), NULL FROM chosen GROUP BY ALL").fetchall()
    return Statistics(
        release.name,
        release.title,
        "speaker",
        splits,
        summed(splits),
        _named_classes(counted),
        distributions=distributions(database, _DISTRIBUTIONS),
        coverage=coverage(database, "chosen"),
    )


def speech(database: duckdb.DuckDBPyConnection, release: Release) -> Statistics:
    """Count the view `chosen`."""
    splits = split_figures(
        database,
        "SELECT split, count(DISTINCT video) AS videos, count(*) AS rows, sum(stop - start) / 3600 AS hours "
        "FROM chosen GROUP BY split ORDER BY split",
    )
    counted = database.execute(
        "SELECT label, split, count(*), sum(stop - start) / 3600 FROM chosen GROUP BY ALL"
    ).fetchall()
    of_videos = database.execute(
        "SELECT video, split, label, count(*), sum(stop - start) / 3600 FROM chosen GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    videos: dict[tuple[str, str], list[tuple[str, int, float]]] = {}
    for video, split, *rest in of_videos:
        videos.setdefault((video, split), []).append(tuple(rest))
    return Statistics(
        release.name,
        release.title,
        "speech",
        splits,
        summed(splits),
        _named_classes(counted),
        videos=tuple(
            VideoFigures(video, split, sum(rows for _, rows, _ in of), {name: hours for name, _, hours in of})
            for (video, split), of in videos.items()
        ),
    )


def _named_classes(counted: Sequence[tuple[str, str, int, float | None]]) -> tuple[ClassFigures, ...]:
    labels: dict[str, dict[str, int]] = {}
    hours: dict[str, float] = {}
    for name, split, count, of_split in counted:
        labels.setdefault(name, {})[split] = count
        if of_split is not None:
            hours[name] = hours.get(name, 0.0) + of_split
    total = sum(count for of in labels.values() for count in of.values())
    found = [
        ClassFigures(None, name, None, None, of, sum(of.values()) / total, hours.get(name))
        for name, of in labels.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.total, one.name)))
