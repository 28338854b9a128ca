"""What somebody deleted, cut or altered is found, noted, and mended by the next run."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from tests.collection.site import VAL, Site
from tests.conftest import Movies

from avakit.causes import Cause
from avakit.collection.get import get
from avakit.dataset import lock
from avakit.dataset.ava import open_dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import Root, create
from avakit.dataset.rows import Kind, ProductRow, State, VideoRow
from avakit.dataset.settings import Settings, save
from avakit.errors import RootBusy, UsageError
from avakit.proof.verify import Finding, verify
from avakit.rehearsal.mirror import Mirror
from avakit.windows.cut import cut
from avakit.windows.span import Window

GOOD, DELETED, SHORTENED, ALTERED, PARTIAL = VAL[:5]


@dataclass
class World:
    root: Path

    def verify(self, **options: object) -> dict[tuple[str, str], str | None]:
        with open_dataset(self.root) as ava:
            found = verify(ava, jobs=2, **options)  # type: ignore[arg-type]
        return {(finding.video, finding.what): finding.problem for finding in found}

    def window(self, video: str) -> Path:
        return self.root / "windows" / f"{video}.mp4"


@pytest.fixture
def world(movies: Movies, tmp_path: Path) -> Iterator[World]:
    """A root of four windows and a partial one, and the mirror that they came from."""
    site = Site(tmp_path)
    for video in VAL[:4]:
        site.put(video, movies("mp4-25", seconds=2100)["mp4-25"].path)
    site.put(PARTIAL, movies("mp4-25", seconds=1200)["mp4-25"].path)
    with Mirror(site.folder) as mirror:
        source = f"mirror={mirror.url}/"
        get("v2.2", root=tmp_path / "ava", videos=VAL[:5], sources=[source], annotations=site.labels).close()
        yield World(tmp_path / "ava")


@pytest.fixture
def one(movies: Movies, tmp_path: Path) -> World:
    """A root with one window."""
    root = create(tmp_path / "ava")
    save(root, Settings.of({"release": "v2.2", "videos": [GOOD]}))
    root.windows.mkdir()
    place = root.windows / f"{GOOD}.mp4"
    cut(movies("mp4-25", seconds=2100)["mp4-25"].path, GOOD, Window(Fraction(895), Fraction(1806)), place)
    with Ledger.write(root.ledger) as ledger:
        size = place.stat().st_size
        ledger.put(VideoRow(GOOD, "val", State.HAVE, kind=Kind.WINDOW, path=root.relative(place), bytes=size))
    return World(root.path)


def test_what_is_wrong_is_found_noted_and_mended(world: World) -> None:
    good = world.window(GOOD).read_bytes()
    world.window(DELETED).unlink()
    world.window(SHORTENED).write_bytes(good[:-5000])
    altered = bytearray(good)
    altered[600_000:680_000] = bytes(80_000)
    world.window(ALTERED).write_bytes(altered)
    found = world.verify()
    assert {video: problem is None for (video, _), problem in found.items()} == {
        GOOD: True, DELETED: False, SHORTENED: False, ALTERED: False, PARTIAL: True
    }  # fmt: skip
    assert all(video in problem for (video, _), problem in found.items() if problem)
    with open_dataset(world.root) as ava:
        rows = ava.ledger.videos()
    assert {video: row.cause for video, row in rows.items()} == {
        GOOD: None, DELETED: Cause.DISK, SHORTENED: Cause.CORRUPT, ALTERED: Cause.CORRUPT,
        PARTIAL: Cause.TOO_SHORT,
    }  # fmt: skip
    assert {row.state for row in rows.values()} == {State.HAVE, State.MISSING, State.PARTIAL}
    assert (rows[DELETED].bytes, rows[SHORTENED].bytes) == (0, len(good) - 5000)
    again = world.verify(videos=[DELETED, SHORTENED])
    assert len(again) == 2
    assert None not in again.values(), "said until it is mended"
    world.window(SHORTENED).write_bytes(good)  # from somebody's copy
    assert world.verify(videos=[SHORTENED]) == {(SHORTENED, "window"): None}
    get(root=world.root).close()
    assert set(world.verify().values()) == {None}
    assert {world.window(video).read_bytes() for video in VAL[:4]} == {good}
    # A partial one likewise.
    early = world.window(PARTIAL).read_bytes()
    world.window(PARTIAL).write_bytes(early[:1000])
    assert world.verify(videos=[PARTIAL])[PARTIAL, "window"] is not None
    get(root=world.root).close()
    assert world.window(PARTIAL).read_bytes() == early
    with open_dataset(world.root) as ava:
        assert ava.videos[PARTIAL].state is State.PARTIAL


def test_products_are_counted(one: World) -> None:
    root = Root(one.root)
    folder = root.product("keyframes") / GOOD
    folder.mkdir(parents=True)
    for second in (902, 903):
        (folder / f"{GOOD}_{second:04d}.jpg").write_bytes(b"picture")
    (folder.parent / f"{GOOD}.parquet").write_bytes(b"record")
    row = ProductRow(GOOD, "keyframes", {}, {}, {"files": 2}, [], "", 14)
    with Ledger.write(root.ledger) as ledger:
        ledger.put_product(row)
    assert one.verify(videos=[GOOD]) == {(GOOD, "keyframes"): None, (GOOD, "window"): None}
    (folder / f"{GOOD}_0902.jpg").write_bytes(b"")
    found = one.verify(videos=[GOOD])
    assert found[GOOD, "keyframes"] == "1 files are there, and 2 were made"
    with open_dataset(one.root) as ava:
        known = ava.ledger.product(GOOD, "keyframes")
        assert known is not None
        assert not known.have
    assert one.verify(videos=[GOOD]) == {(GOOD, "window"): None}


def test_deep_looks_at_every_picture(one: World) -> None:
    with open_dataset(one.root) as ava:
        assert verify(ava, videos=[GOOD], deep=True) == [Finding(GOOD, "window")]


def test_ids_that_were_not_asked_for_and_a_busy_root_are_said(one: World) -> None:
    with pytest.raises(UsageError, match="-IELREHX_js"):
        one.verify(videos=["-IELREHX_js"])
    with lock.hold(Root(one.root)), pytest.raises(RootBusy, match=str(os.getpid())):
        one.verify()
