import pickle
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from avakit.causes import Cause
from avakit.dataset.ava import Dataset, open_dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import create
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.dataset.settings import Settings, save
from avakit.errors import RootError, UsageError

HERE = "1j20qq1JyX4"
LOST = "-5KQ66BBWC4"
GONE = "_-Z6wFjXtGQ"


def film(path: Path) -> None:
    """Two seconds, the second of which is white."""
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        for i in range(20):
            picture = np.full((32, 32, 3), 255 if i >= 10 else 0, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    root = create(tmp_path / "ava")
    save(root, Settings(release="v2.2"))
    root.windows.mkdir()
    film(root.windows / f"{HERE}.mp4")
    with Ledger.write(root.ledger) as ledger:
        ledger.put(VideoRow(HERE, "val", State.HAVE, kind=Kind.WINDOW, path=f"windows/{HERE}.mp4"))
        ledger.put(VideoRow(LOST, "train", State.HAVE, kind=Kind.WHOLE, path=f"videos/{LOST}.mkv"))
        ledger.put(
            VideoRow(
                GONE, "train", State.MISSING, cause=Cause.GONE, message="It was removed", next_step="Ask."
            )
        )
    return root.path


def test_a_data_set_gives_what_it_holds(path: Path) -> None:
    with open_dataset(path) as ava:
        assert ava.release.name == ava.settings.release == "v2.2"
        assert ava.root.path == path
        assert list(ava.videos) == sorted([HERE, LOST, GONE])
        assert len(ava.videos) == 3
        assert HERE in ava.videos
        assert "nothing" not in ava.videos
        entry = ava.videos[HERE]
        assert (entry.id, entry.split, entry.state) == (HERE, "val", State.HAVE)
        assert entry.path == path / "windows" / f"{HERE}.mp4"
        assert ava.videos[GONE].path is None


def test_the_window_gives_the_picture_at_a_second(path: Path) -> None:
    with open_dataset(str(path)) as ava:
        movie = ava.videos[HERE].window
        assert movie.frame_at(0).rgb.mean() < 30
        assert movie.frame_at(Fraction(3, 2)).rgb.mean() > 220
        assert ava.videos[HERE].window is movie


def test_why_there_is_no_window_is_told(path: Path) -> None:
    with open_dataset(path) as ava:
        with pytest.raises(RootError, match=rf"no window of {GONE}. It was removed. Ask\."):
            _ = ava.videos[GONE].window
        with pytest.raises(RootError, match=f"whole movie of {LOST} is gone from .*avakit get"):
            _ = ava.videos[LOST].window
        with pytest.raises(UsageError, match="'nothing' was not asked for"):
            _ = ava.videos["nothing"]
        with pytest.raises(RootError, match="no labels yet"):
            _ = ava.annotations


def test_videos_are_as_they_stand_now(path: Path) -> None:
    with open_dataset(path) as ava, Ledger.write(ava.root.ledger) as writer:
        assert ava.videos[HERE].state is State.HAVE
        writer.put(VideoRow(HERE, "val", State.MISSING))
        assert ava.videos[HERE].state is State.MISSING


def test_it_travels_to_another_process(path: Path) -> None:
    with open_dataset(path) as ava:
        _ = ava.videos[HERE].window
        sent = pickle.dumps(ava)
    with pickle.loads(sent) as again:
        assert isinstance(again, Dataset)
        assert again.root == ava.root


def test_it_is_found_from_within(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AVAKIT_ROOT", raising=False)
    monkeypatch.chdir(path / "windows")
    with open_dataset() as ava:
        assert ava.root.path == path


def test_what_is_no_data_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(RootError, match="does not exist"):
        open_dataset(tmp_path / "absent")
    root = create(tmp_path / "a")
    with pytest.raises(RootError, match="cannot be read"):
        open_dataset(root.path)
    root.settings.write_text('release = "v9"')
    with pytest.raises(UsageError, match=r"v2\.2"):
        open_dataset(root.path)
    root.settings.write_text('release = "v2.2"')
    with open_dataset(root.path) as ava, pytest.raises(RootError, match="no ledger"):
        len(ava.videos)
