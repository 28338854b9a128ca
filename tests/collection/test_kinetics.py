"""AVA-Kinetics' clips count by their own seconds: meant where they are named, and right by number."""

import io
import shutil
import tarfile
from pathlib import Path

import pytest
import simplejpeg
from tests.conftest import Movies

import avakit
from avakit.collection.adopt import adopt
from avakit.errors import UsageError
from avakit.rehearsal.numbers import label

CLIP, FAR, AVA = "000QsbOC-a4", "-0010FaFAuE", "-5KQ66BBWC4"
FILES = {
    "ava_train_v2.2.csv": f"{AVA},0902,0.1,0.1,0.5,0.9,12,0\n",
    "ava_val_v2.2.csv": "1j20qq1JyX4,0902,0.1,0.1,0.5,0.9,12,0\n",
    "ava_test_v2.2.csv": "--205wugM18,0902\n",
    "kinetics_train_v1.0.csv": f"{CLIP},17.000000,0.1,0.1,0.5,0.9,12\n{FAR},191.000000\n",
    "kinetics_val_v1.0.csv": "005I7fOBh9g,1.000000,0.1,0.1,0.5,0.9,80\n",
    "kinetics_test_v1.0.csv": "0010FaFAuEQ,33.000000\n",
}


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "ava_kinetics_v1_0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in FILES.items():
            member = tarfile.TarInfo(f"ava_kinetics_v1_0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))
    return path


def test_a_clip_has_its_own_seconds(labels: Path, movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-29.97", seconds=20)["mp4-29.97"]
    files = tmp_path / "files"
    files.mkdir()
    shutil.copy(movie.path, files / f"{CLIP}_000010_000030.mp4")
    root = tmp_path / "root"
    with avakit.get(
        "kinetics-v1.0", root=root, videos=[CLIP], annotations=labels, sources=[f"folder={files}"]
    ) as ava:
        assert list(ava.videos) == [CLIP]
        assert ava.videos[CLIP].state == "missing", "a folder's files are whole movies, called <id>.<ext>"
        assert len(ava.release.videos(["train", "val"])) == 299, "clips are meant only where they are named"
        assert ava.release.seconds_of(CLIP) == (17,)
    done = adopt([files], root=root)
    assert [(one.row.id, one.row.state.value) for one in done.taken] == [(CLIP, "have")]
    with avakit.open(root) as ava:
        assert ava.videos[CLIP].split == "train"
        assert [one.files for one in avakit.prepare(ava, ["keyframes", "frames"])] == [1, 300]
        (keyframe,) = (root / "keyframes" / CLIP).iterdir()
        assert keyframe.name == f"{CLIP}_0017.000000.jpg"
        assert label(simplejpeg.decode_jpeg(keyframe.read_bytes())).number == movie.number_at(7)
        first = root / "frames" / CLIP / f"{CLIP}_000001.jpg"
        assert label(simplejpeg.decode_jpeg(first.read_bytes())).number == movie.number_at(2)
        assert all(finding.problem is None for finding in avakit.verify(ava))
    with pytest.raises(UsageError, match="has no video"):
        avakit.get(root=root, videos=["aaaaaaaaaaa"])
