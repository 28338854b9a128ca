"""Folders as people have them: deep, linked in circles, closed, endless."""

import os
from pathlib import Path

import pytest

from avakit.collection import found
from avakit.collection.found import find_files
from avakit.errors import UsageError
from avakit.releases.model import AVA_ID

ID = "1j20qq1JyX4"
KNOWN = {ID, "-5KQ66BBWC4"}


def names(*paths: Path, apart: tuple[Path, ...] = ()) -> list[str]:
    lying = find_files(paths, KNOWN, AVA_ID, apart)
    return [match.path.name for some in lying.matches.values() for match in some]


def test_links_lead_in_no_circle_and_nothing_is_taken_twice(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / f"{ID}.mp4").write_bytes(b"movie")
    (deep / "up").symlink_to(tmp_path)
    (tmp_path / "other").symlink_to(deep)
    (tmp_path / "dangling.mp4").symlink_to(tmp_path / "nothing")
    assert names(tmp_path, deep, deep / f"{ID}.mp4") == [f"{ID}.mp4"]


def test_a_movie_that_is_linked_under_two_ids_is_both(tmp_path: Path) -> None:
    (tmp_path / f"{ID}.mp4").write_bytes(b"movie")
    (tmp_path / "-5KQ66BBWC4.mp4").hardlink_to(tmp_path / f"{ID}.mp4")
    assert sorted(names(tmp_path)) == ["-5KQ66BBWC4.mp4", f"{ID}.mp4"]


def test_the_largest_comes_first(tmp_path: Path) -> None:
    for name, size in (("a", 1), ("b", 30), ("c", 20)):
        (tmp_path / f"{name} [{ID}].mp4").write_bytes(bytes(size))
    assert [name[0] for name in names(tmp_path)] == ["b", "c", "a"]


def test_what_is_set_apart_and_what_avakit_keeps_is_left(tmp_path: Path) -> None:
    for folder in ("windows", ".avakit/partial", "more"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / f"{folder[-1]}-{ID}.mp4").write_bytes(b"movie")
    assert names(tmp_path, apart=(tmp_path / "windows", tmp_path / "none")) == [f"e-{ID}.mp4"]


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / f"{ID}.mp4")
    (tmp_path / f"{ID}.mkv").mkdir()
    assert names(tmp_path) == []


def test_there_is_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "_MOST", 5)
    for number in range(6):
        (tmp_path / str(number)).touch()
    with pytest.raises(UsageError, match="more than 5 files"):
        names(tmp_path)


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / f"{ID}.mp4").write_bytes(b"movie")
    listed = Path.iterdir

    def iterdir(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    lying = find_files([tmp_path], KNOWN, AVA_ID, ())
    assert (list(lying.matches), lying.unread) == ([ID], (tmp_path / "closed",))


def test_the_home_folder_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / f"{ID}.mp4").write_bytes(b"movie")
    assert names(Path("~")) == [f"{ID}.mp4"]


def test_a_home_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="There is no ~nobody-here"):
        names(Path("~nobody-here/movies"))
