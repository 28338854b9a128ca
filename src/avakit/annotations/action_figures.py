"""Count labels of actions: boxes, people, classes, and which actions meet in a box."""

from collections.abc import Mapping, Sequence

import duckdb

from avakit.annotations.figures import ClassFigures, GroupFigures, Pair, SplitFigures, Statistics
from avakit.annotations.tallies import coverage, distributions, place, split_figures, summed
from avakit.releases.model import Action, Release

_TABLES = (
    """CREATE TEMP TABLE boxes AS
    SELECT split, video, second, x1, y1, x2, y2, list(action_id) AS actions FROM chosen GROUP BY ALL""",
    """CREATE TEMP TABLE seconds AS
    SELECT split, video, second, coalesce(boxes, 0) AS boxes
    FROM shown LEFT JOIN (
        SELECT split, video, second, count(*) AS boxes FROM boxes GROUP BY ALL
    ) USING (split, video, second)""",
)
_SPLITS = """
    WITH of_seconds AS (
        SELECT split, count(DISTINCT video) AS videos, count(*) AS seconds,
            count_if(boxes = 0) AS empty_seconds, sum(boxes)::BIGINT AS boxes
        FROM seconds GROUP BY split
    ), of_boxes AS (
        SELECT split, sum(len(actions))::BIGINT AS labels FROM boxes GROUP BY split
    ), of_people AS (
        SELECT split, count(*) AS people
        FROM (SELECT DISTINCT split, video, person_id FROM chosen WHERE person_id IS NOT NULL)
        GROUP BY split
    )
    SELECT of_seconds.*, coalesce(labels, 0) AS labels, coalesce(people, 0) AS people
    FROM of_seconds LEFT JOIN of_boxes USING (split) LEFT JOIN of_people USING (split) ORDER BY split"""
_DISTRIBUTIONS = {
    "labels_a_box": "SELECT len(actions), count(*) FROM boxes GROUP BY ALL ORDER BY ALL",
    "people_a_second": "SELECT boxes, count(*) FROM seconds GROUP BY ALL ORDER BY ALL",
    "seconds_a_video": """
        SELECT n, count(*) FROM (SELECT video, count(*) AS n FROM seconds GROUP BY ALL)
        GROUP BY ALL ORDER BY ALL""",
}
# Boxes of the same actions are met a hundred times; each such list is taken apart once.
_PAIRS = """
    WITH lists AS (
        SELECT list_distinct(actions) AS actions, n
        FROM (SELECT actions, count(*) AS n FROM boxes GROUP BY ALL)
    ), firsts AS (
        SELECT unnest(actions) AS first, actions, n FROM lists
    ), pairs AS (
        SELECT first, unnest(actions) AS second, n FROM firsts
    )
    SELECT first, second, sum(n)::BIGINT AS boxes FROM pairs WHERE first < second
    GROUP BY ALL ORDER BY boxes DESC, first, second"""


def actions(database: duckdb.DuckDBPyConnection, release: Release) -> Statistics:
    """Count the views `chosen` (labels) and `shown` (annotated seconds)."""
    for table in _TABLES:
        database.execute(table)
    splits = split_figures(database, _SPLITS)
    counted = database.execute("SELECT action_id, split, count(*) FROM chosen GROUP BY ALL").fetchall()
    classes = _action_classes(release, counted)
    return Statistics(
        release.name,
        release.title,
        "actions",
        tuple(_with_means(one) for one in splits),
        _with_means(summed(splits)),
        classes,
        groups=_groups(classes),
        pairs=_pairs(database),
        distributions=distributions(database, _DISTRIBUTIONS),
        coverage=coverage(database, "boxes"),
    )


def _with_means(one: SplitFigures) -> SplitFigures:
    counts = dict(one.counts)
    if not counts.get("people"):
        counts.pop("people", None)
    if counts.get("boxes"):
        counts["labels_a_box"] = counts["labels"] / counts["boxes"]
    if counts.get("seconds"):
        counts["people_a_second"] = counts["boxes"] / counts["seconds"]
    return SplitFigures(one.split, counts)


def _action_classes(release: Release, counted: Sequence[tuple[int, str, int]]) -> tuple[ClassFigures, ...]:
    known = {action.id: action for action in release.actions}
    order = list(dict.fromkeys(action.group for action in release.actions))
    labels: dict[int, dict[str, int]] = {action_id: {} for action_id in known}
    for action_id, split, count in counted:
        labels.setdefault(action_id, {})[split] = count
    total = sum(count for *_, count in counted)
    found = [_action_class(known.get(number), number, of, total) for number, of in labels.items()]
    return tuple(sorted(found, key=lambda one: (place(one.group or "", order), -one.total, one.id or 0)))


def _action_class(action: Action | None, number: int, labels: Mapping[str, int], total: int) -> ClassFigures:
    share = sum(labels.values()) / total if total else 0.0
    if action is None:
        return ClassFigures(number, f"action {number}", None, None, labels, share)
    return ClassFigures(number, action.name, action.group, action.evaluated, labels, share)


def _groups(classes: Sequence[ClassFigures]) -> tuple[GroupFigures, ...]:
    found: dict[str, dict[str, int]] = {}
    for one in classes:
        group = found.setdefault(one.group or "", {})
        for split, count in one.labels.items():
            group[split] = group.get(split, 0) + count
    total = sum(count for of in found.values() for count in of.values())
    return tuple(
        GroupFigures(name, of, sum(of.values()) / total if total else 0.0) for name, of in found.items()
    )


def _pairs(database: duckdb.DuckDBPyConnection) -> tuple[Pair, ...]:
    return tuple(Pair(*row) for row in database.execute(_PAIRS).fetchall())
