"""A finished product comes into its place, and only what was this video's goes."""

from pathlib import Path

import pytest

from avakit.errors import RootError
from avakit.preparation.store.placing import into_place


def laid(path: Path, text: str) -> Path:
    path.mkdir(parents=True)
    (path / "a.jpg").write_text(text)
    return path


def test_the_forms_of_a_video_replace_each_other(tmp_path: Path) -> None:
    place = tmp_path / "frames" / "room"
    for text in ("one", "two"):
        into_place(laid(tmp_path / "made", text), place)
        assert (place / "a.jpg").read_text() == text
    shard = tmp_path / "shard"
    shard.write_text("three")
    into_place(shard, place, ".tar")
    assert [path.name for path in place.parent.iterdir()] == ["room.tar"]
    into_place(laid(tmp_path / "made", "four"), place)
    assert [path.name for path in place.parent.iterdir()] == ["room"]


def test_a_video_whose_id_ends_as_a_file_keeps_its_folder(tmp_path: Path) -> None:
    place = tmp_path / "frames" / "room"
    other = laid(tmp_path / "frames" / "room.mp4", "another video's")
    into_place(laid(tmp_path / "made", "room's"), place)
    assert (other / "a.jpg").read_text() == "another video's"
    movie = tmp_path / "movie"
    movie.write_text("room's")
    with pytest.raises(RootError, match=r"room\.mp4 is in the way: another video's id"):
        into_place(movie, place, ".mp4")
    assert (other / "a.jpg").read_text() == "another video's"
