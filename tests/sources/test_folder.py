from dataclasses import replace
from pathlib import Path

import pytest

from avakit.causes import Cause
from avakit.errors import UsageError
from avakit.releases.model import Video
from avakit.sources.folder import Folder
from avakit.sources.offer import Missing, Offer


@pytest.mark.parametrize("place", [".", "trainval", "test"])
@pytest.mark.parametrize("container", ["mkv", "mp4", "webm"])
def test_a_file(tmp_path: Path, video: Video, place: str, container: str) -> None:
    file = tmp_path / place / f"{video.id}.{container}"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"movie")
    found = Folder(tmp_path).find(video)
    assert isinstance(found, Offer)
    assert found.reader.path == file
    assert (found.source, found.container, found.md5) == (f"folder={tmp_path}", container, None)


def test_links_are_followed(tmp_path: Path, video: Video) -> None:
    (tmp_path / "elsewhere").write_bytes(b"movie")
    (tmp_path / "in").mkdir()
    link = tmp_path / "in" / f"{video.id}.mkv"
    link.symlink_to(tmp_path / "elsewhere")
    assert isinstance(Folder(tmp_path / "in").find(video), Offer)
    (tmp_path / "elsewhere").unlink()
    found = Folder(tmp_path / "in").find(video)
    assert isinstance(found, Missing)
    assert found.cause is Cause.NOT_FOUND
    assert str(link) in found.message


def test_nothing_there(tmp_path: Path, video: Video) -> None:
    found = Folder(tmp_path).find(video)
    assert isinstance(found, Missing)
    assert found.cause is Cause.NOT_FOUND
    assert f"{video.id}.{{mkv,mp4,webm}}" in found.message
    (tmp_path / f"{video.id}.mkv").write_bytes(b"")
    found = Folder(tmp_path).find(video)
    assert isinstance(found, Missing)
    assert found.cause is Cause.CORRUPT


def test_what_is_no_folder(tmp_path: Path, video: Video) -> None:
    with pytest.raises(UsageError, match="none"):
        Folder(tmp_path / "none")
    with pytest.raises(UsageError, match="There is no folder ~nobody-here"):
        Folder(Path("~nobody-here/movies"))
    with pytest.raises(UsageError):
        Folder(tmp_path).find(replace(video, id="../../../x"))
