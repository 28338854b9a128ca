import io
import os
import sys
from pathlib import Path

import pytest
from tests.collection.site import lies

from avakit.collection.store import link_or_copy, lying, publish
from avakit.errors import RootError

VIDEO = "-IELREHX_js"


def test_a_file_moves_to_its_place_and_older_ones_go(tmp_path: Path) -> None:
    folder, file = tmp_path / "windows", tmp_path / "new"
    folder.mkdir()
    (folder / f"{VIDEO}.mkv").write_bytes(b"old")
    (folder / "5BDj0ow5hnA.mkv").write_bytes(b"another")
    file.write_bytes(b"new")
    place = publish(file, folder, VIDEO, "mp4")
    assert place == folder / f"{VIDEO}.mp4"
    assert place.read_bytes() == b"new"
    assert lies(folder) == {place.name, "5BDj0ow5hnA.mkv"}
    assert not file.exists()
    assert lying(folder, VIDEO) == place
    assert lying(folder, "Hscyg0vLKc8") is None
    assert lying(tmp_path / "nowhere", VIDEO) is None


def test_a_place_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "windows").write_bytes(b"a file in the way")
    file = tmp_path / "new"
    file.write_bytes(b"new")
    with pytest.raises(RootError, match="windows"):
        publish(file, tmp_path / "windows", VIDEO, "mp4")
    assert file.read_bytes() == b"new"


@pytest.mark.skipif(sys.platform == "win32", reason="read-only files are another matter there")
def test_a_read_only_file_of_the_user_s_is_linked_and_published_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine.mp4"
    mine.write_bytes(b"mine")
    mine.chmod(0o444)

    def as_no_root(path: Path, mode: str = "r") -> io.FileIO:
        if mode != "rb":
            raise PermissionError(13, "Permission denied", str(path))
        return io.FileIO(path)

    link_or_copy(mine, tmp_path / "parts" / "part")
    monkeypatch.setattr(Path, "open", as_no_root)
    place = publish(tmp_path / "parts" / "part", tmp_path / "videos", VIDEO, "mp4")
    assert place.samefile(mine)
    assert mine.stat().st_mode & 0o777 == 0o444


def test_where_links_cannot_be_made_it_is_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    mine, place = tmp_path / "mine.mp4", tmp_path / "place"
    mine.write_bytes(b"mine")
    place.write_bytes(b"left by a run that was killed")
    monkeypatch.setattr(os, "link", refuse)
    link_or_copy(mine, place)
    assert place.read_bytes() == b"mine"
    assert not place.samefile(mine)
    place.write_bytes(b"altered")
    assert mine.read_bytes() == b"mine"
