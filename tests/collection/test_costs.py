"""What it costs, reckoned by what is known."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.collection.labels import write_labels
from tests.collection.site import VAL

from avakit.collection.costs import PICTURE, Left, Way, figures, ways
from avakit.collection.plan import plan, room
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import create
from avakit.dataset.rows import Kind, ProductRow, State, VideoRow
from avakit.dataset.settings import Settings, save
from avakit.errors import RootError, RootMismatch, UsageError
from avakit.releases import catalogue

V22 = catalogue.release("v2.2")
WHOLE = round(157e9 / 299)


def row(video: str, kind: Kind = Kind.WINDOW, size: int = 50_000_000, **more: object) -> VideoRow:
    folder = "windows" if kind is Kind.WINDOW else "videos"
    made = VideoRow(video, "val", State.HAVE, kind=kind, path=f"{folder}/{video}.mp4", bytes=size)
    return replace(made, window=V22.window, **more)  # type: ignore[arg-type]


def test_by_the_release_until_there_are_five_of_a_kind() -> None:
    assert figures(V22, []).whole == pytest.approx(WHOLE, rel=0.01)
    assert figures(V22, []).window * 5 == pytest.approx(WHOLE, rel=0.01)
    few = [row(video) for video in VAL[:4]]
    assert figures(V22, few) == figures(V22, [])
    enough = figures(V22, [row(video) for video in VAL[:5]])
    assert (enough.window, enough.whole, enough.from_root) == (50_000_000, figures(V22, []).whole, True)
    gone = [row(video, state=State.MISSING) for video in VAL[:5]]
    assert figures(V22, gone) == figures(V22, [])


def test_ways() -> None:
    known = figures(V22, [])
    left = {"window": Left(2, {"keyframes": 1794}), "whole": Left(0, {"keyframes": 0})}
    found = {(way.movies, way.product): way for way in ways(left, known)}
    assert set(found) == {("window", None), ("window", "keyframes"), ("whole", None), ("whole", "keyframes")}
    way = found["window", "keyframes"]
    assert way.download == 2 * known.window
    assert way.disk == 2 * known.window + 1794 * PICTURE
    assert way.files == 2 + 1794
    assert way.hours(known.window) == pytest.approx(2 / 3600)
    assert found["whole", None] == Way("whole", None, 0, 0, 0, 0)


def test_what_is_not_known_stays_so() -> None:
    unknown = replace(figures(V22, []), whole=0, window=0)
    (way,) = ways({"whole": Left(3, {})}, unknown)
    assert (way.download, way.disk, way.hours(1), way.files) == (None, None, None, 3)


def test_a_plan_needs_no_root(tmp_path: Path) -> None:
    made = plan("v2.2", root=tmp_path / "none", splits=["val"])
    assert (made.asked, made.here, len(made.videos)) == (64, 0, 64)
    assert [(way.movies, way.product) for way in made.ways] == [
        (movies, product) for movies in ("window", "whole") for product in (None, "keyframes", "frames")
    ]
    frames = made.way("window", "frames")
    assert frames is not None
    assert frames.files == 64 + 64 * 27_030
    assert (made.free or 0) > 0
    assert not (tmp_path / "none").exists()


def have(root: Path, videos: Sequence[str], size: int = 1000) -> None:
    """Make a root that has windows of some videos, and keyframes of the first."""
    made = create(root)
    save(made, Settings.of({"release": "v2.2", "splits": ["val"]}))
    made.windows.mkdir()
    with Ledger.write(made.ledger) as ledger:
        for video in videos:
            (made.windows / f"{video}.mp4").write_bytes(bytes(size))
            ledger.put(row(video, size=size))
        ledger.put_product(ProductRow(videos[0], "keyframes", {}, {}, {}, None, "", 1))


def test_what_is_here_costs_nothing(tmp_path: Path) -> None:
    have(tmp_path / "ava", VAL[:6])
    made = plan(root=tmp_path / "ava")
    assert (made.asked, made.here) == (64, 6)
    way = {(way.movies, way.product): way for way in made.ways}
    assert (way["window", None].videos, way["whole", None].videos) == (58, 64)
    assert way["window", None].download == 58 * 1000
    assert way["window", "keyframes"].files == 58 + 63 * 897
    (tmp_path / "ava" / "windows" / f"{VAL[0]}.mp4").unlink()
    assert plan(root=tmp_path / "ava").here == 5
    assert plan(root=tmp_path / "ava", videos=VAL[1:3]).videos == ()


def test_by_what_labels_say(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="avakit get"):
        plan("v2.2", root=tmp_path / "none", actions=["12"])
    from avakit.annotations.table import build

    have(tmp_path / "ava", VAL[:1])
    (tmp_path / "ava" / "annotations").mkdir()
    labels = write_labels(tmp_path / "labels", VAL[:3]) / "ava_val_v2.2.csv"
    (file,) = V22.files("labels", ["val"])
    build(V22, [(file, labels)], tmp_path / "ava" / "annotations" / "annotations.parquet")
    assert {video.id for video in plan(root=tmp_path / "ava", actions=["12"]).videos} == set(VAL[1:3])


def test_a_release_that_learns_is_planned_by_number(tmp_path: Path) -> None:
    made = plan("activespeaker-v1.0", root=tmp_path / "none")
    assert (made.asked, made.videos) == (153, ())
    assert plan("activespeaker-v1.0", root=tmp_path / "none", splits=["val"]).asked == 33
    with pytest.raises(RootError, match="labels"):
        plan("activespeaker-v1.0", root=tmp_path / "none", videos=[VAL[0]])


def test_what_cannot_be_planned_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="No release"):
        plan()
    with pytest.raises(UsageError, match="no release"):
        plan("v9")
    have(tmp_path / "ava", VAL[:1])
    with pytest.raises(RootMismatch):
        plan("v2.1", root=tmp_path / "ava")


def test_room_is_that_of_the_nearest_folder(tmp_path: Path) -> None:
    assert room(tmp_path / "a" / "b")[0] == pytest.approx(room(tmp_path)[0] or 0, rel=0.2)
    assert (room(tmp_path)[0] or 0) > 0
