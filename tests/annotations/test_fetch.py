"""Official files come from their publishers or from what is given, are checked, and are fetched once."""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.annotations.conftest import Publisher
from tests.annotations.labels import content, write_zip

from avakit.annotations.fetch import Obtained, obtain
from avakit.annotations.table import build
from avakit.errors import AnnotationError, NotFound, UsageError, WrongBytes
from avakit.releases.catalogue import release
from avakit.releases.model import Checksum, Release
from avakit.transfer.http import Http

TRAIN, VAL = content("train"), content("val")
MEMBERS = {
    "ava_v2.2/ava_train_v2.2.csv": TRAIN,
    "ava_v2.2/ava_val_v2.2.csv": VAL,
    "ava_v2.2/README": b"hello",
}


@pytest.fixture
def web() -> Iterator[Http]:
    with Http(stall=5) as http:
        yield http


def at(publisher: Publisher, *, strict: bool = True, name: str = "v2.2") -> Release:
    """Return the release as if published on loopback, with the checksums of the files made here."""
    known = {"ava_train_v2.2.csv": TRAIN, "ava_val_v2.2.csv": VAL}
    files = []
    for file in release(name).annotation_files:
        md5 = hashlib.md5(known.get(file.name, b""), usedforsecurity=False).hexdigest()
        checksums = (Checksum("md5", md5, strict),) if file.name in known else ()
        files.append(replace(file, urls=(f"{publisher.url}/{file.name}",), checksums=checksums))
    return replace(release(name), annotation_files=tuple(files))


def names(found: Obtained) -> list[str]:
    assert [file.name for file, _ in found.files] == [path.name for _, path in found.files]
    return [path.name for _, path in found.files]


def test_the_archive_is_fetched_once_and_gives_each_split(
    publisher: Publisher, tmp_path: Path, web: Http
) -> None:
    write_zip(publisher.folder / "ava_v2.2.zip", MEMBERS)
    folder = tmp_path / "root/annotations"
    found = obtain(at(publisher), ["val"], folder, None, web)
    assert (names(found), found.notes) == (["ava_val_v2.2.csv"], ())
    assert {path.name for path in folder.iterdir()} == {"ava_v2.2.zip", "ava_val_v2.2.csv", "SHA256SUMS"}
    assert (folder / "ava_val_v2.2.csv").read_bytes() == VAL
    requests = len(publisher.asked)
    assert obtain(at(publisher), ["val"], folder, None, web) == found
    both = obtain(at(publisher), ["train", "val"], folder, None, web)
    assert names(both) == ["ava_train_v2.2.csv", "ava_val_v2.2.csv"]
    assert names(obtain(at(publisher), ["val"], folder, None, web)) == names(both)
    assert len(publisher.asked) == requests
    assert build(release("v2.2"), both.files, folder / "annotations.parquet").rows == 100


def test_splits_without_labels_need_nothing(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    assert obtain(at(publisher), ["test"], tmp_path / "annotations", None, web) == Obtained((), ())
    assert publisher.asked == []
    assert not (tmp_path / "annotations").exists()


def test_single_files_stand_in_for_an_archive_that_is_gone(
    publisher: Publisher, tmp_path: Path, web: Http
) -> None:
    (publisher.folder / "ava_val_v2.2.csv").write_bytes(VAL)
    found = obtain(at(publisher), ["val"], tmp_path / "annotations", None, web)
    assert names(found) == ["ava_val_v2.2.csv"]


def test_a_wrong_member_of_the_archive_is_not_used(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    write_zip(publisher.folder / "ava_v2.2.zip", {"ava_val_v2.2.csv": VAL + b"\n"})
    folder = tmp_path / "annotations"
    with pytest.raises(NotFound, match=r"ava_val_v2\.2\.csv in \S+/ava_v2\.2\.zip is another file"):
        obtain(at(publisher), ["val"], folder, None, web)
    assert [path.name for path in folder.iterdir()] == ["SHA256SUMS"]
    (publisher.folder / "ava_val_v2.2.csv").write_bytes(VAL)
    assert names(obtain(at(publisher), ["val"], folder, None, web)) == ["ava_val_v2.2.csv"]


def test_checksums_decide_for_what_is_downloaded(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    (publisher.folder / "ava_val_v2.2.csv").write_bytes(VAL + b"\n")
    with pytest.raises(WrongBytes) as caught:
        obtain(at(publisher), ["val"], tmp_path / "a", None, web)
    for part in ("ava_val_v2.2.csv", *(hashlib.md5(data).hexdigest() for data in (VAL, VAL + b"\n"))):
        assert part in str(caught.value)
    assert list((tmp_path / "a").iterdir()) == []
    found = obtain(at(publisher, strict=False), ["val"], tmp_path / "b", None, web)
    assert names(found) == ["ava_val_v2.2.csv"]
    assert any("another file than expected" in note for note in found.notes)


def test_a_changed_file_is_fetched_again(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    write_zip(publisher.folder / "ava_v2.2.zip", MEMBERS)
    folder = tmp_path / "annotations"
    obtain(at(publisher), ["val"], folder, None, web)
    (folder / "ava_val_v2.2.csv").write_bytes(b"mine")
    found = obtain(at(publisher), ["val"], folder, None, web)
    assert any("was changed" in note for note in found.notes)
    assert (folder / "ava_val_v2.2.csv").read_bytes() == VAL


def test_what_was_put_there_by_hand_is_taken(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    (tmp_path / "ava_val_v2.2.csv").write_bytes(VAL + VAL)
    found = obtain(at(publisher), ["val"], tmp_path, None, web)
    assert names(found) == ["ava_val_v2.2.csv"]
    assert any("is not the official file" in note for note in found.notes)
    assert obtain(at(publisher), ["val"], tmp_path, None, web).notes == ()
    assert publisher.asked == []


@pytest.mark.parametrize(
    "place", ["given", "given/ava_v2.2", "given/zip", "given/zip/below", "file", "zip-file"]
)
def test_given_files_are_found_and_copied(
    publisher: Publisher, tmp_path: Path, web: Http, place: str
) -> None:
    given = tmp_path / "given"
    given.mkdir()
    asked = given
    if place == "given/zip":
        write_zip(given / "ava_v2.2.zip", MEMBERS)
    elif place == "given/zip/below":
        write_zip(given / "below/ava_v2.2.zip", MEMBERS)
    elif place == "zip-file":
        asked = write_zip(given / "from a friend.ZIP", MEMBERS)
    elif place == "file":
        asked = given / "my copy.csv"
        asked.write_bytes(VAL)
    else:
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "ava_val_v2.2.csv").write_bytes(VAL)
    before = {path: path.read_bytes() for path in given.rglob("*") if path.is_file()}
    folder = tmp_path / "annotations"
    found = obtain(at(publisher), ["val"], folder, str(asked), web)
    assert (names(found), found.notes) == (["ava_val_v2.2.csv"], ())
    assert (folder / "ava_val_v2.2.csv").read_bytes() == VAL
    assert {path: path.read_bytes() for path in given.rglob("*") if path.is_file()} == before
    assert publisher.asked == []
    assert obtain(at(publisher), ["val"], folder, str(asked), web) == found
    # Without what was given, the copy is enough.
    shutil.rmtree(given)
    assert obtain(at(publisher), ["val"], folder, None, web) == found


def test_a_given_file_that_differs_is_a_note(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given/ava_val_v2.2.csv").write_bytes(VAL.replace(b",", b"\t"))
    found = obtain(at(publisher), ["val"], tmp_path / "annotations", str(tmp_path / "given"), web)
    assert any("ava_val_v2.2.csv as given is not the official file" in note for note in found.notes)
    assert b"\t" in (tmp_path / "annotations/ava_val_v2.2.csv").read_bytes()


@pytest.mark.parametrize("tail", ["", "/", "/ava_v2.2.zip", "/ava_val_v2.2.csv", "/v/ava_val_v2.2.csv?key=1"])
def test_a_given_url_may_be_a_folder_or_a_file(
    publisher: Publisher, tmp_path: Path, web: Http, tail: str
) -> None:
    elsewhere = at(publisher)
    unreachable = replace(
        elsewhere,
        annotation_files=tuple(
            replace(file, urls=("http://127.0.0.1:9/x",)) for file in elsewhere.annotation_files
        ),
    )
    (publisher.folder / "v").mkdir()
    (publisher.folder / "v/ava_val_v2.2.csv").write_bytes(VAL)
    (publisher.folder / "ava_val_v2.2.csv").write_bytes(VAL)
    if tail == "/ava_v2.2.zip":
        write_zip(publisher.folder / "ava_v2.2.zip", MEMBERS)
    found = obtain(unreachable, ["val"], tmp_path / "annotations", publisher.url + tail, web)
    assert (names(found), found.notes) == (["ava_val_v2.2.csv"], ())
    requests = len(publisher.asked)
    assert obtain(unreachable, ["val"], tmp_path / "annotations", publisher.url + tail, web) == found
    assert len(publisher.asked) == requests


def test_a_given_url_below_which_nothing_lies(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    with pytest.raises(NotFound):
        obtain(at(publisher), ["val"], tmp_path / "annotations", f"{publisher.url}/nowhere", web)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("nowhere", "no such file or folder"),
        ("empty", "has none of ava_v2.2.zip, ava_train_v2.2.csv, ava_val_v2.2.csv"),
        ("labels.csv", "Which split's labels are in"),
        ("labels.docx", "neither a folder, nor a zip or tar, nor a csv"),
        ("s3://bucket/ava", "cannot be fetched by 's3'"),
        ("file:///etc/passwd", "cannot be fetched by 'file'"),
    ],
)  # fmt: skip
def test_what_cannot_be_the_files_is_refused(
    publisher: Publisher, tmp_path: Path, web: Http, given: str, expected: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "labels.csv").write_bytes(VAL)
    (tmp_path / "labels.docx").write_bytes(VAL)
    asked = given if "://" in given else str(tmp_path / given)
    with pytest.raises(UsageError, match=expected):
        obtain(at(publisher), ["train", "val"], tmp_path / "annotations", asked, web)


def test_a_split_that_was_not_given_is_named(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    (tmp_path / "my_val.csv").write_bytes(VAL)
    with pytest.raises(AnnotationError, match=r"ava_train_v2\.2\.csv is not in what was given"):
        obtain(at(publisher), ["train", "val"], tmp_path / "annotations", str(tmp_path / "my_val.csv"), web)


def test_v21_takes_its_lists_of_excluded_seconds_along(
    publisher: Publisher, tmp_path: Path, web: Http
) -> None:
    members = {"x/ava_val_v2.1.csv": VAL, "x/ava_val_excluded_timestamps_v2.1.csv": b"1j20qq1JyX4,0902\n"}
    write_zip(publisher.folder / "ava_v2.1.zip", members)
    found = obtain(at(publisher, name="v2.1"), ["val"], tmp_path / "a", None, web)
    assert names(found) == ["ava_val_v2.1.csv", "ava_val_excluded_timestamps_v2.1.csv"]
    assert build(release("v2.1"), found.files, tmp_path / "a/annotations.parquet").notes == ()
    assert found.notes == ()
    (publisher.folder / "ava_v2.1.zip").unlink()
    (publisher.folder / "ava_val_v2.1.csv").write_bytes(VAL)
    alone = obtain(at(publisher, name="v2.1"), ["val"], tmp_path / "b", None, web)
    assert names(alone) == ["ava_val_v2.1.csv"]
    assert any("could not be had" in note for note in alone.notes)
    requests = len(publisher.asked)
    obtain(at(publisher, name="v2.1"), ["val"], tmp_path / "b", None, web)
    assert len(publisher.asked) == requests


def test_an_unknown_split_is_a_usage_error(publisher: Publisher, tmp_path: Path, web: Http) -> None:
    with pytest.raises(UsageError, match="train, val, test"):
        obtain(at(publisher), ["dev"], tmp_path, None, web)
