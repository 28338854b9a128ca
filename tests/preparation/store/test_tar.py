import pickle
import random
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webdataset.tariterators import group_by_keys, tar_file_iterator

from avakit.errors import DiskFull, RootError
from avakit.preparation.store import tar
from avakit.preparation.store.tar import TarPictures, member_name, pack

LONG = "a" * 64 + "_0902_" + "b" * 60 + ".jpg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures as a product has them: two are links of one file, one has a long name, one is empty."""
    folder = tmp_path / "files"
    folder.mkdir()
    chance = random.Random(1)
    for name in ("-5KQ66BBWC4_000001.jpg", "-5KQ66BBWC4_000002.jpg", LONG, "_8QN8nPNBZM_0902.500000.jpg"):
        (folder / name).write_bytes(chance.randbytes(chance.randrange(1, 3000)))
    (folder / "-5KQ66BBWC4_000003.jpg").hardlink_to(folder / "-5KQ66BBWC4_000002.jpg")
    (folder / "empty.jpg").touch()
    (folder / "a").mkdir()
    (folder / "a" / "512.jpg").write_bytes(bytes(range(256)) * 2)
    return folder


NAMES = [
    *(f"-5KQ66BBWC4_00000{i}.jpg" for i in (1, 2, 3)),
    *(LONG, "_8QN8nPNBZM_0902.500000.jpg", "empty.jpg", "a/512.jpg"),
]


def test_python_reads_what_was_packed(folder: Path, tmp_path: Path) -> None:
    offsets, sizes = pack(folder, NAMES, tmp_path / "out" / "x.tar")
    with tarfile.open(tmp_path / "out" / "x.tar") as found:
        members = found.getmembers()
        for i, (name, member) in enumerate(zip(NAMES, members, strict=True)):
            file = found.extractfile(member)
            assert file is not None
            assert member.isreg()
            assert member.name == member_name(name)
            assert file.read() == (folder / name).read_bytes()
            assert (member.offset_data, member.size) == (offsets[i], sizes[i])
            assert (member.mtime, member.uid, member.gid, member.uname, member.mode) == (0, 0, 0, "", 0o644)
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["x.tar"]
    assert (tmp_path / "out" / "x.tar").stat().st_size % tarfile.RECORDSIZE == 0


@pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar here")
def test_tar_reads_what_was_packed(folder: Path, tmp_path: Path) -> None:
    pack(folder, NAMES, tmp_path / "x.tar")
    (tmp_path / "out").mkdir()
    command = ["tar", "-xf", str(tmp_path / "x.tar"), "-C", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert done.stderr == b""
    for name in NAMES:
        assert (tmp_path / "out" / member_name(name)).read_bytes() == (folder / name).read_bytes()


def test_webdataset_gives_every_picture_repeats_too(folder: Path, tmp_path: Path) -> None:
    pack(folder, NAMES, tmp_path / "x.tar")
    with (tmp_path / "x.tar").open("rb") as file:
        members = ({**member, "__url__": "x.tar"} for member in tar_file_iterator(file))
        samples = list(group_by_keys(members))
    found = {f"{sample['__key__']}.jpg": sample["jpg"] for sample in samples}
    assert found == {member_name(name): (folder / name).read_bytes() for name in NAMES}


def test_why_repeats_are_whole_members() -> None:
    """WebDataset passes over a member that is a link, without a word."""
    shard = BytesIO()
    with tarfile.open(fileobj=shard, mode="w") as out:
        first = tarfile.TarInfo("a_1.jpg")
        first.size = 3
        out.addfile(first, BytesIO(b"abc"))
        for name, kind in (("a_2.jpg", tarfile.LNKTYPE), ("a_3.jpg", tarfile.SYMTYPE)):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, "a_1.jpg"
            out.addfile(link)
    shard.seek(0)
    assert [member["fname"] for member in tar_file_iterator(shard)] == ["a_1.jpg"]


def test_any_member_is_read_alone(folder: Path, tmp_path: Path) -> None:
    offsets, sizes = pack(folder, NAMES, tmp_path / "x.tar")
    pictures = TarPictures(tmp_path / "x.tar")
    for i in (6, 0, 3, 5, 1):
        content = (folder / NAMES[i]).read_bytes()
        assert pictures.read(int(offsets[i]), int(sizes[i])) == content
        copy = pickle.loads(pickle.dumps(pictures))
        assert copy.read(int(offsets[i]), int(sizes[i])) == content
        copy.close()
    pictures.close()
    assert pictures.read(int(offsets[6]), 512) == bytes(range(256)) * 2
    pictures.close()


def test_the_same_files_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    pack(folder, NAMES, tmp_path / "a.tar")
    shutil.copytree(folder, tmp_path / "copy")
    pack(tmp_path / "copy", NAMES, tmp_path / "b.tar")
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


@given(st.text(st.sampled_from("aZ09_-.é/"), max_size=120), st.integers(0, 8**12))
def test_headers_are_those_of_tarfile(name: str, size: int) -> None:
    assert tar._header(name, size) == tar._made(name, size)


def test_dots_leave_a_name_but_for_the_last() -> None:
    assert member_name("kitchen.morning_0902.jpg") == "kitchen_morning_0902.jpg"
    assert member_name("a_0902.jpg") == "a_0902.jpg"
    with pytest.raises(ValueError, match="one member"):
        pack(Path(), ["a.b.jpg", "a_b.jpg"], Path("x.tar"))


@pytest.mark.parametrize(("offset", "size"), [(0, 10**6), (10**15, 5), (-1, 5), (0, -5), (512, 2**40)])
def test_an_index_beyond_the_file_is_said(folder: Path, tmp_path: Path, offset: int, size: int) -> None:
    pack(folder, NAMES, tmp_path / "x.tar")
    pictures = TarPictures(tmp_path / "x.tar")
    with pytest.raises(RootError, match=r"x\.tar has no"):
        pictures.read(offset, size)
    pictures.close()


def test_a_tar_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RootError, match=r"x\.tar"):
        TarPictures(tmp_path / "x.tar").read(0, 1)


def test_no_room_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / ".x.tar.part").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match=r"x\.tar"):
        pack(folder, NAMES, tmp_path / "x.tar")
    assert [entry.name for entry in tmp_path.iterdir()] == ["files"]


def test_an_older_tar_stays_where_a_file_is_gone(folder: Path, tmp_path: Path) -> None:
    pack(folder, NAMES[:2], tmp_path / "x.tar")
    before = (tmp_path / "x.tar").read_bytes()
    with pytest.raises(RootError):
        pack(folder, [*NAMES, "gone.jpg"], tmp_path / "x.tar")
    assert (tmp_path / "x.tar").read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["files", "x.tar"]
