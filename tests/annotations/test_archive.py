"""No archive is trusted: nothing leaves the folder, nothing grows without bound, nothing half is left."""

import bz2
import contextlib
import gzip
import io
import lzma
import random
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.annotations.labels import write_zip
from tests.annotations.packing import PACKINGS, Entry, entry_of, write_tar

from avakit.annotations import archive
from avakit.annotations.archive import is_archive, unpack, unpack_all
from avakit.annotations.inflating import Inflating, TooMuch
from avakit.errors import AnnotationError

NAME = "ava_val_v2.2.csv"


def refused(path: Path, folder: Path) -> str:
    with pytest.raises(AnnotationError) as caught:
        unpack(path, [NAME], folder)
    assert not folder.exists() or list(folder.iterdir()) == []
    return str(caught.value)


def test_wanted_members_are_taken_wherever_they_lie(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {f"deep/er/{NAME}": b"yes", f"__MACOSX/._{NAME}": b"no"})
    assert unpack(packed, [NAME, "absent.csv"], tmp_path / "out") == {NAME: tmp_path / "out" / NAME}
    assert (tmp_path / "out" / NAME).read_bytes() == b"yes"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_tars_of_every_packing_are_told_by_their_content(tmp_path: Path, packing: str, form: int) -> None:
    long = f"{'folder' * 30}/{NAME}"
    folder = tarfile.TarInfo()
    folder.type = tarfile.DIRTYPE
    entries: list[Entry] = [("AVA", folder), (f"AVA/{'é' * 60}.txt", b"x"), (long, b"yes" * 999)]
    packed = write_tar(tmp_path / "from a friend.zip", entries, packing, form)
    assert is_archive(packed)
    assert unpack(packed, [NAME, "absent.csv"], tmp_path / "out") == {NAME: tmp_path / "out" / NAME}
    assert (tmp_path / "out" / NAME).read_bytes() == b"yes" * 999
    assert [path.name for path in (tmp_path / "out").iterdir()] == [NAME]


def test_a_tar_of_several_compressed_streams_is_one(tmp_path: Path) -> None:
    whole = write_tar(tmp_path / "a.tar", [(NAME, bytes(range(256)) * 999)], "").read_bytes()
    cut = 1234
    for name, pack in (("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)):
        (tmp_path / name).write_bytes(pack(whole[:cut]) + pack(whole[cut:]) + b"\0\0 whatever")
        assert unpack(tmp_path / name, [NAME], tmp_path / "out")[NAME].stat().st_size == 256 * 999


@settings(max_examples=40)
@given(data=st.binary(max_size=3000), steps=st.lists(st.integers(1, 999), min_size=1), pack=st.integers(0, 2))
def test_what_is_inflated_is_what_was_packed(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, steps: list[int], pack: int
) -> None:
    path = tmp_path_factory.mktemp("inflated", numbered=True) / "x"
    path.write_bytes((gzip.compress, bz2.compress, lzma.compress)[pack](data))
    with Inflating(path, len(data)) as stream:
        parts = [stream.read(step) for step in steps]
        assert b"".join(parts) + stream.read(1 << 20) == data
    if data:
        with Inflating(path, len(data) - 1) as stream, pytest.raises(TooMuch):
            stream.read(1 << 20)
        path.write_bytes(path.read_bytes()[:-1])
        with Inflating(path, 1 << 20) as stream, pytest.raises(EOFError):
            stream.read(1 << 20)


def test_capital_letters_do_not_matter(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {"x/AVA_Val_v2.2.CSV": b"yes"})
    assert unpack(packed, [NAME], tmp_path / "out")[NAME].read_bytes() == b"yes"
    both = write_zip(tmp_path / "b.zip", {NAME: b"one", NAME.upper(): b"two"})
    assert "two different files" in refused(both, tmp_path / "none")


def test_all_members_of_a_pattern_are_taken(tmp_path: Path) -> None:
    entries: list[Entry] = [(f"a/{NAME}-activespeaker.csv", b"x"), ("a/b/-9-activespeaker.csv", b"y")]
    others: list[Entry] = [(f"a/._{NAME}-activespeaker.csv", b""), ("a/: -activespeaker.csv", b"")]
    packed = write_tar(tmp_path / "a.tar.bz2", [*entries, *others, ("README", b"z")], "bz2")
    found = unpack_all(packed, "*-activespeaker.csv", tmp_path / "out")
    assert sorted(found) == ["-9-activespeaker.csv", f"{NAME}-activespeaker.csv"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(found)


def test_names_that_differ_by_case_alone_do_not_mix_with_others(tmp_path: Path) -> None:
    packed = write_tar(tmp_path / "a", [("A.csv", b"one"), ("a.csv", b"one"), ("b.csv", b"two")])
    found = unpack_all(packed, "*.csv", tmp_path / "out")
    assert {name: path.read_bytes() for name, path in found.items()} == {
        "A.csv": b"one",
        "a.csv": b"one",
        "b.csv": b"two",
    }
    other = write_tar(tmp_path / "b", [("A.csv", b"one"), ("a.csv", b"two")])
    with pytest.raises(AnnotationError, match=r"two different files 'a\.csv'"):
        unpack_all(other, "*.csv", tmp_path / "none")


LEADING_OUT = [
    f"../{NAME}", f"/{NAME}", f"a/../../{NAME}", f"..\\{NAME}", f"C:\\x\\{NAME}", f"\\\\server\\x\\{NAME}",
    f"C:{NAME}", f"//{NAME}", "../evil.txt", "/etc/evil", "a/..", "..",
]  # fmt: skip


@pytest.mark.parametrize("member", LEADING_OUT)
@pytest.mark.parametrize("packing", ["zip", "tar"])
def test_a_member_that_leads_out_is_refused_wanted_or_not(tmp_path: Path, member: str, packing: str) -> None:
    if packing == "zip":
        packed = write_zip(tmp_path / "in/a", {NAME: b"good", member: b"x"})
    else:
        packed = write_tar(tmp_path / "in/a", [(NAME, b"good"), (member, b"x")])
    assert "leads out" in refused(packed, tmp_path / "out")
    assert {path.name for path in tmp_path.rglob("*")} <= {"in", "a", "out"}


@pytest.mark.parametrize("name", [NAME, "other"])
def test_a_link_is_refused(tmp_path: Path, name: str) -> None:
    link = zipfile.ZipInfo(name)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(link, "/etc/passwd")
    assert "is a link" in refused(tmp_path / "a.zip", tmp_path / "out")
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        packed = write_tar(tmp_path / "a.tar", [(name, entry_of(kind)), (f"{name}/x", b"x")])
        assert "is a link" in refused(packed, tmp_path / "out")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"S", b"V"])
def test_what_is_neither_a_file_nor_a_folder_is_refused(tmp_path: Path, kind: bytes) -> None:
    packed = write_tar(tmp_path / "a.tar", [(NAME, entry_of(kind, ""))])
    assert "neither a file nor a folder" in refused(packed, tmp_path / "out")


@pytest.mark.parametrize("name", [f"{NAME}\n", "\x1b[31m", "a\tb/c"])
def test_a_name_that_a_terminal_would_obey_is_refused(tmp_path: Path, name: str) -> None:
    for packed in (write_zip(tmp_path / "a", {name: b""}), write_tar(tmp_path / "b", [(name, b"")])):
        said = refused(packed, tmp_path / "out")
        assert "is no name of a file" in said
        assert said.isprintable()


def test_a_name_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {f"{NAME}!x": b""})
    packed.write_bytes(packed.read_bytes().replace(b"csv!x", b"csv\0x"))
    assert "is no name of a file" in refused(packed, tmp_path / "out")


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST", 5_000_000)
    packed = write_zip(tmp_path / "a.zip", {NAME: b"\0" * 6_000_000})
    assert "6,000,000 bytes" in refused(packed, tmp_path / "out")


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {NAME: b"\0" * 6_000_000})
    lying = packed.read_bytes().replace((6_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    packed.write_bytes(lying)
    assert "cannot be unpacked" in refused(packed, tmp_path / "out")


def test_a_bomb_that_nobody_wants_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST", 5_000_000)
    junk = b"\0" * 6_000_000
    for packed in (
        write_zip(tmp_path / "a.zip", {"junk": junk, NAME: b"x"}),
        write_tar(tmp_path / "a.tar.bz2", [("junk", junk), (NAME, b"x")], "bz2"),
    ):
        assert "'junk' unpacks to 6,000,000 bytes" in refused(packed, tmp_path / "out")
    # What is packed as films are may lie in a zip beside the labels.
    film = write_zip(tmp_path / "film.zip", {"film.mp4": random.Random(0).randbytes(6_000_000), NAME: b"x"})
    assert unpack(film, [NAME], tmp_path / "out")


@pytest.mark.parametrize("packing", PACKINGS)
def test_many_parts_of_a_bomb_are_counted_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str
) -> None:
    monkeypatch.setattr(archive, "BOUND", 5_000_000)
    entries: list[Entry] = [(f"{place}.csv", b"\0" * 1_000_000) for place in range(6)]
    packed = write_tar(tmp_path / "a", [*entries, (NAME, b"x")], packing)
    assert "unpacks to more than 5,000,000 bytes" in refused(packed, tmp_path / "out")
    wanted = {entry[0] for entry in entries}
    zipped = write_zip(tmp_path / "z", dict.fromkeys(wanted, b"\x00" * 1000000))
    with pytest.raises(AnnotationError, match="unpacks to more than labels have"):
        unpack(zipped, wanted, tmp_path / "out")


def test_a_tar_of_headers_alone_ends(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 512
    block = header.tobuf(tarfile.USTAR_FORMAT) + b"12 path=abc\n".ljust(512, b"\0")
    (tmp_path / "a").write_bytes(gzip.compress(block * 40_001, 1))
    assert "more than 10,000 members" in refused(tmp_path / "a", tmp_path / "out")
    header.size = 1 << 30
    (tmp_path / "b").write_bytes(header.tobuf(tarfile.GNU_FORMAT) * 2)
    assert "a header of a wrong size" in refused(tmp_path / "b", tmp_path / "out")


def test_a_zip_packed_in_a_way_without_bounds_is_refused(tmp_path: Path) -> None:
    for way in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(tmp_path / "a.zip", "w", way) as file:
            file.writestr(NAME, b"x" * 100)
        assert "packed in another way" in refused(tmp_path / "a.zip", tmp_path / "out")


def test_two_different_files_of_one_name_are_refused(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {f"a/{NAME}": b"one", f"b/{NAME}": b"two"})
    assert "two different files" in refused(packed, tmp_path / "out")
    packed = write_zip(tmp_path / "b.zip", {f"a/{NAME}": b"one", f"b/{NAME}": b"one"})
    assert unpack(packed, [NAME], tmp_path / "out")


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {NAME: b"x" * 100})
    data = bytearray(packed.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    packed.write_bytes(data)
    assert "is encrypted" in refused(packed, tmp_path / "out")


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", 3)
    packed = write_zip(tmp_path / "a.zip", {f"{place}.csv": b"" for place in range(4)})
    assert "more than 3 members" in refused(packed, tmp_path / "out")


def test_a_list_of_members_without_end_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for place in range(10_001):
            file.writestr(f"{place}.csv", b"")
    assert "more than 10,000 members" in refused(tmp_path / "a.zip", tmp_path / "out")
    whole = (tmp_path / "a.zip").read_bytes()
    start = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    listed = whole[start:end] * 8
    tail = whole[end : end + 12] + len(listed).to_bytes(4, "little") + whole[end + 16 :]
    (tmp_path / "b.zip").write_bytes(whole[:start] + listed + tail)
    assert "has more than 10,000 members" in refused(tmp_path / "b.zip", tmp_path / "out")
    block = tarfile.TarInfo("x").tobuf()
    (tmp_path / "c").write_bytes(gzip.compress(block * 10_001, 1))
    assert "more than 10,000 members" in refused(tmp_path / "c", tmp_path / "out")


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_tar_cut_anywhere_is_one_kind_of_error(tmp_path: Path, packing: str) -> None:
    noise = random.Random(1).randbytes(3000)
    whole = write_tar(tmp_path / "a", [("x/README", b"hello"), (f"x/{NAME}", noise)], packing).read_bytes()
    end = len(whole) if packing else whole.rstrip(b"\0").__len__()
    for place in range(1, end - 8, 31 if packing else 97):
        (tmp_path / "b").write_bytes(whole[:place])
        said = refused(tmp_path / "b", tmp_path / "out")
        assert "cannot be unpacked" in said or "neither a zip nor a tar" in said
        flipped = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        (tmp_path / "b").write_bytes(flipped)
        with contextlib.suppress(AnnotationError):
            taken = unpack(tmp_path / "b", [NAME], tmp_path / "flipped")
            assert taken == {} or not packing or taken[NAME].read_bytes() == noise


@settings(max_examples=100)
@given(st.data())
def test_no_tar_surprises(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever a tar says: it is unpacked into the folder, or refused."""
    folder = tmp_path_factory.mktemp("tar", numbered=True)
    whole = bytearray(write_tar(folder / "a", [(NAME, b"x" * 600), ("é" * 99, b"y")], "").read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, 5000))
        whole[place] = data.draw(st.integers(0, 255))
        block = place // 512 * 512
        # Its sum made right again, so that what is wrong is believed as far as it can be.
        whole[block + 148 : block + 156] = b" " * 8
        whole[block + 148 : block + 155] = b"%06o\0" % sum(whole[block : block + 512])
    (folder / "b").write_bytes(whole)
    with contextlib.suppress(AnnotationError):
        unpack_all(folder / "b", "*", folder / "out")
    assert {path.name for path in folder.iterdir()} <= {"a", "b", "out"}
    assert all(path.is_file() for path in folder.glob("out/*"))


@pytest.mark.parametrize(
    "content", [b"", b"<!doctype html><html>", b"a,b,c\n" * 999, b"BZh9abcdefg,0902\n" * 99, b"\0" * 9999]
)
def test_what_is_no_archive_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    assert not is_archive(tmp_path / "a.zip")
    said = refused(tmp_path / "a.zip", tmp_path / "out")
    assert "is neither a zip nor a tar" in said or "is a web page, no archive" in said


def test_damage_anywhere_is_one_kind_of_error(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(NAME, bytes(range(256)) * 40)
    whole = buffer.getvalue()
    path = tmp_path / "a.zip"
    for place in range(0, len(whole), 5):
        for damaged in (whole[:place], whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]):
            path.write_bytes(damaged)
            try:
                taken = unpack(path, [NAME], tmp_path / "out")
            except AnnotationError:
                continue
            # What could be read is whole, unless the name itself was hit.
            assert taken == {} or taken[NAME].read_bytes() == bytes(range(256)) * 40


def test_an_absent_archive_is_an_error(tmp_path: Path) -> None:
    assert "cannot be unpacked" in refused(tmp_path / "a.zip", tmp_path / "out")
