import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from avakit.dataset.root import Root, create, find, place, same_release
from avakit.errors import RootError, RootMismatch


def test_a_root_is_made_where_it_was_asked_for(tmp_path: Path) -> None:
    assert place(tmp_path / "a", "v2.2", tmp_path, {"AVAKIT_ROOT": "b"}) == tmp_path / "a"
    assert place(Path("a"), "v2.2", tmp_path, {}) == tmp_path / "a"
    assert place(None, "v2.2", tmp_path, {"AVAKIT_ROOT": "b"}) == tmp_path / "b"
    assert place(None, "v2.2", tmp_path, {"AVAKIT_ROOT": ""}) == tmp_path / "ava-v2.2"
    root = create(tmp_path / "c")
    below = root.path / "windows" / "deep"
    below.mkdir(parents=True)
    assert place(None, "v2.2", below, {}) == tmp_path / "c"


def test_making_a_root_twice_changes_nothing(tmp_path: Path) -> None:
    root = create(tmp_path / "deep" / "a")
    root.settings.write_text("x = 1")
    assert create(tmp_path / "deep" / "a") == root
    assert root.settings.read_text() == "x = 1"
    assert root.partial.is_dir()


def test_a_root_is_found_as_it_is_made(tmp_path: Path) -> None:
    root = create(tmp_path / "a")
    root.windows.mkdir()
    assert find(Path("a"), tmp_path, {}) == root
    assert find(None, tmp_path / "x", {"AVAKIT_ROOT": str(root.path)}) == root
    assert find(None, root.windows, {}) == root


def test_the_one_root_beside_is_found_and_two_are_told(tmp_path: Path) -> None:
    with pytest.raises(RootError, match="no data set in"):
        find(None, tmp_path, {})
    root = create(tmp_path / "ava-v2.2")
    (tmp_path / "ava-notes").mkdir()
    assert find(None, tmp_path, {}) == root
    create(tmp_path / "ava-v1.0")
    with pytest.raises(RootError, match=r"ava-v1\.0, ava-v2\.2.*--root"):
        find(None, tmp_path, {})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("absent", "does not exist"), ("file", "is not a folder"), ("empty", "is not a data set of avakit")],
)
def test_what_is_no_root_is_told(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RootError, match=sentence):
        find(tmp_path / name, tmp_path, {})
    with pytest.raises(RootError, match=r"\(from AVAKIT_ROOT\) " + sentence):
        find(None, tmp_path, {"AVAKIT_ROOT": name})


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RootError, match="a file is in its way"):
        create(tmp_path / "file")
    with pytest.raises(RootError, match="a file is in its way"):
        create(tmp_path / "file" / "below")


@contextmanager
def rights_that_bind(folder: Path) -> Iterator[Path]:
    """Give a folder of one's own, and be somebody whom its rights bind: not root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        yield folder
        return
    nobody = 65534
    own = Path(tempfile.mkdtemp())
    os.chown(own, nobody, nobody)
    os.setresuid(nobody, nobody, 0)
    try:
        yield own
    finally:
        os.seteuid(0)
        os.setresuid(0, 0, 0)
        shutil.rmtree(own)


@pytest.mark.skipif(sys.platform == "win32", reason="rights do not bind Windows' folders")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with rights_that_bind(tmp_path) as folder:
        root = create(folder / "a")
        root.state.chmod(0o500)
        with pytest.raises(RootError, match="cannot be written"):
            create(folder / "a")
        root.state.chmod(0o700)
        root.path.chmod(0o500)
        with pytest.raises(RootError, match=r"cannot be (written|made)"):
            create(folder / "a" / "b")
        root.path.chmod(0o700)


def test_another_release_is_told(tmp_path: Path) -> None:
    root = Root(tmp_path)
    same_release(root, "v2.2", None)
    same_release(root, "v2.2", "v2.2")
    with pytest.raises(RootMismatch, match=r"holds v2\.2, and v1\.0 was asked for.*--root"):
        same_release(root, "v2.2", "v1.0")


def test_files_are_named_with_slashes(tmp_path: Path) -> None:
    root = Root(tmp_path)
    assert root.relative(root.windows / "a.mp4") == "windows/a.mp4"
    assert root.product("keyframes") == tmp_path / "keyframes"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_a_root_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RootError, match="UTF-8"):
        create(tmp_path / os.fsdecode(b"nu\xff"))
    assert not any(tmp_path.iterdir())
