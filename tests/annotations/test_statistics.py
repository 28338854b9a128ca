"""The figures of labels, counted beside ones that are counted by hand, and on the real files."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.annotations.tables import SPEAKER, SPEECH, action, write

from avakit.annotations.asking import Annotations
from avakit.annotations.figures import Distribution, Pair, Published, Statistics, document
from avakit.annotations.statistics import statistics
from avakit.annotations.table import build
from avakit.annotations.tallies import CELLS
from avakit.errors import AnnotationError, UsageError
from avakit.releases.catalogue import release

REAL = os.environ.get("AVAKIT_REAL_DATA")
real = pytest.mark.skipif(REAL is None, reason="AVAKIT_REAL_DATA is not set")

LEFT, RIGHT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)
ROWS = [
    action("a", 902, LEFT, 12, 1),
    action("a", 902, LEFT, 80, 1),
    action("a", 902, LEFT, 80, 1),
    action("a", 902, RIGHT, 12, 2),
    action("a", 903, LEFT, 12, 1),
    action("a", 904, None),
    action("b", 902, RIGHT, 80, 1, split="train"),
    action("b", 902, RIGHT, 12, 1, split="train"),
]


def counted(path: Path, kind: str, rows: Sequence[tuple[object, ...]], name: str, *splits: str) -> Statistics:
    with Annotations(write(path / "annotations.parquet", kind, rows)) as annotations:
        return statistics(annotations, release(name), splits)


def test_actions(tmp_path: Path) -> None:
    found = counted(tmp_path, "actions", ROWS, "v2.2")
    train, val = found.splits
    assert (train.split, val.split) == ("train", "val")
    assert val.counts == {
        "videos": 1,
        "seconds": 3,
        "empty_seconds": 1,
        "boxes": 3,
        "labels": 5,
        "people": 2,
        "labels_a_box": 5 / 3,
        "people_a_second": 1,
    }
    assert found.total.counts["labels"] == 7
    assert found.total.counts["people"] == 3
    by_id = {one.id: one for one in found.classes}
    assert len(by_id) == 80
    assert (by_id[12].name, by_id[12].labels, by_id[12].share) == ("stand", {"val": 3, "train": 1}, 4 / 7)
    assert (by_id[80].evaluated, by_id[2].evaluated, by_id[2].total) == (True, False, 0)
    assert [one.group for one in found.groups] == list(dict.fromkeys(one.group for one in found.classes))
    assert sum(one.total for one in found.groups) == 7
    assert found.pairs == (Pair(12, 80, 2),)
    assert found.distributions == {
        "labels_a_box": Distribution(((1, 2), (2, 1), (3, 1))),
        "people_a_second": Distribution(((0, 1), (1, 2), (2, 1))),
        "seconds_a_video": Distribution(((1, 1), (3, 1))),
    }
    assert found.distributions["labels_a_box"].mean == 7 / 4
    half = (2,) * (CELLS[0] // 2)
    assert found.coverage == (half + half,) * CELLS[1]


def test_one_split(tmp_path: Path) -> None:
    found = counted(tmp_path, "actions", ROWS, "v2.2", "train")
    assert [one.split for one in found.splits] == ["train"]
    assert found.total.counts["labels"] == 2
    assert found.distributions["seconds_a_video"].pairs == ((1, 1),)
    with pytest.raises(UsageError, match="has no split 'x'"):
        counted(tmp_path, "actions", ROWS, "v2.2", "x")


def test_published_figures_are_compared_where_all_is_here(tmp_path: Path) -> None:
    both = {one.noun: one for one in counted(tmp_path, "actions", ROWS, "v2.1").published}
    assert both["labels"] == Published("labels", 1_580_000, 7)
    assert both["train_labels"].difference == 2 - 837_318
    assert both["train_labels"].percent == pytest.approx(-99.99976)
    assert both["videos"].counted is None
    one = {one.noun: one for one in counted(tmp_path, "actions", ROWS, "v2.1", "val").published}
    assert one["labels"] == Published("labels", 1_580_000, None)
    assert (one["labels"].difference, one["labels"].percent) == (None, None)
    assert one["val_videos"].counted == 1
    assert one["train_labels"].counted is None


def test_boxes_touch_cells(tmp_path: Path) -> None:
    across, down = CELLS
    boxes = [(0.0, 0.0, 1 / across, 1 / down), (-3.0, -1.0, 0.001, 0.001), (0.999, 0.999, 9.0, 9.0)]
    boxes += [(0.5, 0.5, 0.5, 0.5), (1.0, 1.0, 1.0, 1.0), (7.0, 7.0, 8.0, 8.0)]
    rows = [action("a", second, box, 1) for second, box in enumerate(boxes)]
    found = counted(tmp_path, "actions", rows, "v2.2").coverage
    assert (len(found), {len(row) for row in found}) == (down, {across})
    assert (found[0][0], found[-1][-1], found[down // 2][across // 2]) == (2, 3, 1)
    assert sum(map(sum, found)) == 6


def test_speaker(tmp_path: Path) -> None:
    found = counted(tmp_path, "speaker", SPEAKER, "activespeaker-v1.0")
    assert found.total.counts == {"videos": 1, "frames": 3, "tracks": 2, "hours": pytest.approx(1.8 / 3600)}
    assert [(one.name, one.total) for one in found.classes] == [("SPEAKING_AUDIBLE", 2), ("NOT_SPEAKING", 1)]
    assert found.distributions["frames_a_track"].pairs == ((1, 1), (2, 1))
    assert found.distributions["tracks_a_video"].pairs == ((2, 1),)
    assert max(map(max, found.coverage)) == 2


def test_speech(tmp_path: Path) -> None:
    found = counted(tmp_path, "speech", SPEECH, "speech-v1.0")
    assert found.total.counts == {"videos": 2, "rows": 3, "hours": 0.5}
    assert [(one.name, one.total) for one in found.classes] == [("CLEAN_SPEECH", 2), ("NO_SPEECH", 1)]
    assert [one.hours for one in found.classes] == pytest.approx([1500 / 3600, 300 / 3600])
    assert [(one.video, one.rows) for one in found.videos] == [("1j20qq1JyX4", 2), ("5BDj0ow5hnA", 1)]


@pytest.mark.parametrize(
    ("kind", "name"), [("actions", "v2.2"), ("speaker", "activespeaker-v1.0"), ("speech", "speech-v1.0")]
)
def test_nothing_at_all(tmp_path: Path, kind: str, name: str) -> None:
    found = counted(tmp_path, kind, [], name)
    assert (found.splits, found.total.counts.get("labels", 0)) == ((), 0)
    assert document(found)["kind"] == kind


def test_seconds_without_a_single_label(tmp_path: Path) -> None:
    found = counted(tmp_path, "actions", [action("a", 902, None)], "v2.2")
    assert found.total.counts == {
        "videos": 1,
        "seconds": 1,
        "empty_seconds": 1,
        "boxes": 0,
        "labels": 0,
        "people_a_second": 0,
    }


def test_a_table_that_is_gone_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "annotations.parquet", "actions", ROWS)
    with Annotations(path) as annotations:
        path.write_bytes(b"")
        with pytest.raises(AnnotationError, match="cannot be read"):
            statistics(annotations, release("v2.2"))


@real
def test_real_v1_test(tmp_path: Path) -> None:
    one = release("v1.0")
    (file,) = (file for file in one.files("labels") if file.name == "ava_test_v1.0.csv")
    built = build(one, [(file, Path(REAL or "", "ava", "v1.0", file.name))], tmp_path / "annotations.parquet")
    with Annotations(built.path) as annotations:
        found = statistics(annotations, one)
    counts = found.total.counts
    assert {noun: counts[noun] for noun in ("labels", "videos", "seconds", "boxes", "empty_seconds")} == {
        "labels": 41_425,
        "videos": 38,
        "seconds": 10_140,
        "boxes": 18_824,
        "empty_seconds": 0,
    }
    assert sum(one.total > 0 for one in found.classes) == 76
    assert sum(one.share for one in found.classes) == pytest.approx(1)
    assert "people" not in counts


@real
def test_real_speech(tmp_path: Path) -> None:
    one = release("speech-v1.0")
    (file,) = one.files("labels")
    path = Path(REAL or "", "ava", "speech", file.name)
    with Annotations(build(one, [(file, path)], tmp_path / "annotations.parquet").path) as annotations:
        found = statistics(annotations, one)
    assert (found.total.counts["rows"], round(found.total.counts["hours"], 4)) == (39_874, 39.9995)
    assert {one.name: (one.total, round(one.hours or 0, 2)) for one in found.classes} == {
        "NO_SPEECH": (17_624, 19.01),
        "CLEAN_SPEECH": (6_433, 5.65),
        "SPEECH_WITH_MUSIC": (5_311, 5.31),
        "SPEECH_WITH_NOISE": (10_506, 10.03),
    }
    assert {one.noun: one.difference for one in found.published}["rows"] == 0
    assert len(found.videos) == 160
