"""The examples of docs/training.md run, but for the one that needs torch."""

import re
from pathlib import Path

import numpy as np
import pytest
from tests.annotations.tables import action, write
from tests.preparation.reading.stored import FILM, VIDEO, film, grey, grid, keyframes, shown, store

from avakit.dataset.root import Root, create
from avakit.dataset.settings import Settings, save
from avakit.preparation.store.parquet import write_record
from avakit.preparation.store.record import record_of

DOCUMENT = Path(__file__).parents[3] / "docs" / "training.md"
ID = "1j20qq1JyX4"


def example(word: str) -> str:
    """The example in which a word stands."""
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if word in block]
    return str(found).replace(ID, VIDEO)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Root:
    """A data set at data/ava, with labels."""
    monkeypatch.chdir(tmp_path)
    root = create(tmp_path / "data" / "ava")
    save(root, Settings(release="v2.2"))
    left, right = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)
    rows = [
        action(VIDEO, 902, left, 12, 0, split="train"),
        action(VIDEO, 902, left, 17, 0, split="train"),
        action(VIDEO, 902, right, 12, 1, split="train"),
        action(VIDEO, 903, None, split="train"),
        action(VIDEO, 904, left, 80, 0, split="train"),
        action("1j20qq1JyX4", 902, left, 12, 0),
    ]
    write(root.table, "actions", [row for row in rows if row[3] is not None])
    return root


def test_pictures_by_number_and_second(root: Root) -> None:
    store(root.path, "frames", grid(90))
    store(root.path, "keyframes", keyframes())
    found: dict[str, object] = {}
    arrays = []
    for line in example("rgb([61, 63, 65])").splitlines():
        if line.startswith(("frames.", "keyframes.")):
            arrays.append(eval(line, found))
        else:
            exec(line, found)
    assert [shown(array) for array in arrays] == [[grey(50), grey(51), grey(53)], [grey(50)], [grey(50)]]


def test_a_data_set_for_pytorch(root: Root) -> None:
    store(root.path, "frames", grid(300))
    found: dict[str, type] = {}
    exec(example("class Actions"), found)
    samples = found["Actions"]("data/ava", "train", length=8)
    assert len(samples) == 2
    clip, boxes, actions = samples[0]
    assert shown(clip) == [grey(int(25 * (60 + step) / 30)) for step in range(-8, 8, 2)]
    assert boxes.tolist() == [[0, 0, 0.5, 1], [0.5, 0, 1, 1]]
    assert [sorted(some) for some in actions] == [[12, 17], [12]]
    clip, boxes, actions = samples[1]
    assert clip.shape == (8, 48, 64, 3)
    assert [list(some) for some in actions] == [[80]]


def test_clips(root: Root) -> None:
    place = root.product("clips") / VIDEO
    place.mkdir(parents=True)
    names = [f"{VIDEO}_0902.mp4"] * 10
    record = record_of(FILM, names, [902] * 10, range(45, 55), [False] * 10, [902] * 10)
    write_record(place.with_name(f"{VIDEO}.parquet"), record, {})
    film(place / names[0], range(45, 55))
    setup, taking = example("clips.take").strip().splitlines()
    found: dict[str, object] = {}
    exec(f"import avakit\n{setup}\nfound = {taking}", found)
    assert isinstance(found["found"], np.ndarray)
    assert shown(found["found"]) == [grey(picture) for picture in range(45, 55)]


# WebDataset leaves its shards open.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset(root: Root) -> None:
    store(root.path, "frames", grid(10), "tar")
    found: dict[str, dict[str, object]] = {}
    exec(example("webdataset"), found)
    assert found["sample"]["__key__"] == f"{VIDEO}_000010"
    picture = found["sample"]["jpg"]
    assert isinstance(picture, np.ndarray)
    assert shown(picture[None]) == [grey(7)]
