"""What somebody deleted, cut or altered is found, noted, and mended by the next run."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.collection.site import VAL, Site
from tests.conftest import Movies

from avakit.causes import Cause
from avakit.collection.get import get
from avakit.dataset.ava import open_dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import Root
from avakit.dataset.rows import ProductRow, State
from avakit.errors import RootBusy, UsageError
from avakit.proof.verify import Finding, verify
from avakit.rehearsal.mirror import Mirror

GOOD, DELETED, SHORTENED, ALTERED, PARTIAL = VAL[:5]


@dataclass
class World:
    root: Path
    mirror: Mirror

    def verify(self, **options: object) -> dict[tuple[str, str], str | None]:
        with open_dataset(self.root) as ava:
            found = verify(ava, jobs=2, **options)  # type: ignore[arg-type]
        return {(one.video, one.what): one.problem for one in found}

    def window(self, video: str) -> Path:
        return self.root / "windows" / f"{video}.mp4"


@pytest.fixture(scope="module")
def world(movies: Movies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    site = Site(folder)
    for video in VAL[:4]:
        site.put(video, movies("mp4-25", seconds=2100)["mp4-25"].path)
    site.put(PARTIAL, movies("mp4-25", seconds=1200)["mp4-25"].path)
    with Mirror(site.folder) as mirror:
        source = f"mirror={mirror.url}/"
        get("v2.2", root=folder / "ava", videos=VAL[:5], sources=[source], annotations=site.labels).close()
        yield World(folder / "ava", mirror)


def test_what_is_wrong_is_found_noted_and_mended(world: World) -> None:
    assert set(world.verify().values()) == {None}
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
    again = world.verify()
    assert {one for one, problem in again.items() if problem} == {
        (video, "window") for video in (DELETED, SHORTENED, ALTERED)
    }
    world.window(SHORTENED).write_bytes(good)  # from somebody's copy
    assert world.verify(videos=[SHORTENED]) == {(SHORTENED, "window"): None}
    get(root=world.root).close()
    assert set(world.verify().values()) == {None}
    assert {world.window(video).read_bytes() for video in VAL[:4]} == {good}


def test_a_partial_movie_that_was_damaged_is_found_and_fetched_again(world: World) -> None:
    good = world.window(PARTIAL).read_bytes()
    world.window(PARTIAL).write_bytes(good[:1000])
    assert world.verify(videos=[PARTIAL])[PARTIAL, "window"] is not None
    get(root=world.root).close()
    assert world.window(PARTIAL).read_bytes() == good
    with open_dataset(world.root) as ava:
        assert ava.videos[PARTIAL].state is State.PARTIAL


def test_products_are_counted(world: World) -> None:
    root = Root(world.root)
    folder = root.product("keyframes") / GOOD
    folder.mkdir(parents=True)
    for second in (902, 903):
        (folder / f"{GOOD}_{second:04d}.jpg").write_bytes(b"picture")
    row = ProductRow(GOOD, "keyframes", {}, {}, {"files": 2}, [], "", 14)
    with Ledger.write(root.ledger) as ledger:
        ledger.put_product(row)
    assert world.verify(videos=[GOOD]) == {(GOOD, "keyframes"): None, (GOOD, "window"): None}
    (folder / f"{GOOD}_0902.jpg").write_bytes(b"")
    found = world.verify(videos=[GOOD])
    assert found[GOOD, "keyframes"] == "1 files are there, and 2 were made"
    with open_dataset(world.root) as ava:
        known = ava.ledger.product(GOOD, "keyframes")
        assert known is not None
        assert not known.have
    assert world.verify(videos=[GOOD]) == {(GOOD, "window"): None}


def test_deep_looks_at_every_picture(world: World) -> None:
    with open_dataset(world.root) as ava:
        assert verify(ava, videos=[GOOD], deep=True) == [Finding(GOOD, "window")]


def test_ids_that_were_not_asked_for_and_a_busy_root_are_said(world: World) -> None:
    with pytest.raises(UsageError, match="-IELREHX_js"):
        world.verify(videos=["-IELREHX_js"])
    from avakit.dataset import lock

    with lock.hold(Root(world.root)), pytest.raises(RootBusy, match=str(os.getpid())):
        world.verify()
