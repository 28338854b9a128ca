"""What a look at a folder tells of the data of one's own in it."""

import tomllib
from pathlib import Path

import pytest

from avakit.dataset import draft
from avakit.dataset.root import Root
from avakit.dataset.settings import load

ROW = "x,1,0,0,1,1,1,0\n"


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *[("train.csv", "train"), ("my_val-2.csv", "val"), ("Validation.csv", "val"), ("test.csv", "test")],
        *[("latest.csv", "all"), ("interval.csv", "all"), ("train_val.csv", "all"), ("labels.csv", "all")],
    ],
)
def test_a_split_is_a_word_of_a_name(tmp_path: Path, name: str, split: str) -> None:
    (tmp_path / name).write_text(ROW)
    assert draft.look_around(tmp_path).labels == {split: [name]}


def test_a_list_of_excluded_seconds_of_no_split_is_of_all(tmp_path: Path) -> None:
    for name in ("train.csv", "val.csv"):
        (tmp_path / name).write_text(ROW)
    for name in ("excluded.csv", "val_excluded.csv", "test_excluded.csv"):
        (tmp_path / name).write_text("x,1\n")
    path, found = draft.write(tmp_path)
    assert found.excluded == {"train": "excluded.csv", "val": "val_excluded.csv"}
    custom = load(Root(path.parent)).custom
    assert custom is not None
    assert custom.excluded == found.excluded


def test_a_label_map_that_is_unsound_is_named(tmp_path: Path) -> None:
    (tmp_path / "classes.pbtxt").write_text('label { name: "no id" }\n')
    (tmp_path / "train.csv").write_text(ROW)
    found = draft.look_around(tmp_path)
    assert (found.classes, found.unsound) == ([], ["classes.pbtxt"])
    assert "  classes.pbtxt is no sound label map: avakit lint says why" in draft.described(found)


def test_labels_of_speech_have_no_classes(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("a,0.5,2.25,NO_SPEECH\na,2.25,4,CLEAN_SPEECH\n")
    (tmp_path / "classes.csv").write_text("1,one\n2,two\n")
    path, found = draft.write(tmp_path)
    written = path.read_text("utf-8")
    assert "classes" not in written + "\n".join(draft.described(found))
    assert "video,start,stop,label" in written
    assert tomllib.loads(written)["custom"]["kind"] == "speech"
