"""Movies that lie in a larger file."""

import tarfile
from fractions import Fraction
from pathlib import Path

import pytest
from tests.media.numbered import read, write_movie

from avakit.errors import DamagedMovie, NotAMovie
from avakit.media.movie import open_movie
from avakit.media.opening import Extent

OPTIONS = {"preset": "ultrafast", "g": "12", "bf": "2"}


def packed(folder: Path, suffix: str) -> tuple[Path, Extent]:
    """A tar with a strange name that holds one movie of 60 pictures between two other files."""
    folder.mkdir()
    (folder / "other").write_bytes(b"\xff" * 1000)
    write_movie(folder / f"m{suffix}", list(range(60)), Fraction(1, 25), options=OPTIONS)
    tar = folder.parent / "a, b=1,,:%20 ünd.tar"
    with tarfile.open(tar, "w") as out:
        for name in ("other", f"m{suffix}", "other"):
            out.add(folder / name, name)
    with tarfile.open(tar) as found:
        member = found.getmember(f"m{suffix}")
    return tar, Extent(member.offset_data, member.offset_data + member.size)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_movie_within_a_file_is_as_it_would_be_alone(suffix: str, tmp_path: Path) -> None:
    path, extent = packed(tmp_path / "files", suffix)
    within, alone = open_movie(path, extent=extent), open_movie(tmp_path / "files" / f"m{suffix}")
    assert within.facts == alone.facts
    assert within.timeline.pts.tolist() == alone.timeline.pts.tolist()
    for wanted in ([0, 1, 59], [45, 46], list(range(60))):
        assert [read(picture.rgb) for _, picture in within.at_indices(wanted)] == wanted


def test_what_lies_beyond_the_extent_is_not_read(tmp_path: Path) -> None:
    path, (start, stop) = packed(tmp_path / "files", ".mkv")
    half = open_movie(path, extent=Extent(start, start + (stop - start) // 2))
    assert 10 < len(half.timeline) < 50


@pytest.mark.parametrize(("start", "stop"), [(0, 1000), (10**12, 10**12 + 5), (9, 3), (-5, 10), (0, 0)])
def test_an_extent_that_holds_no_movie_is_told(start: int, stop: int, tmp_path: Path) -> None:
    path, _ = packed(tmp_path / "files", ".mp4")
    with pytest.raises(NotAMovie, match=rf"\.tar, bytes {start} to {stop}, cannot be read as a movie"):
        open_movie(path, extent=Extent(start, stop))


def test_damage_within_a_file_names_its_place(tmp_path: Path) -> None:
    path, extent = packed(tmp_path / "files", ".mp4")
    movie = open_movie(path, extent=extent)
    data = bytearray(path.read_bytes())
    data[extent.start + 100 : extent.stop - 3000] = bytes(extent.stop - extent.start - 3100)
    path.write_bytes(data)
    with pytest.raises(DamagedMovie, match=rf"bytes {extent.start} to .* cannot be decoded at second 0\.0"):
        list(movie.at_indices([0, 1, 2]))
