"""A zip is not trusted: nothing leaves the folder, nothing grows without bound, nothing half is left."""

import io
import stat
import zipfile
from pathlib import Path

import pytest
from tests.annotations.labels import write_zip

from avakit.annotations import archive
from avakit.annotations.archive import unpack
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


@pytest.mark.parametrize(
    "member", [f"../{NAME}", f"/{NAME}", f"a/../../{NAME}", f"..\\{NAME}", f"C:\\x\\{NAME}"]
)
def test_a_member_that_leads_out_is_refused(tmp_path: Path, member: str) -> None:
    assert "leads out" in refused(write_zip(tmp_path / "a.zip", {member: b"x"}), tmp_path / "out")


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo(NAME)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(link, "/etc/passwd")
    assert "is a link" in refused(tmp_path / "a.zip", tmp_path / "out")


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST", 5_000_000)
    packed = write_zip(tmp_path / "a.zip", {NAME: b"\0" * 6_000_000})
    assert "6,000,000 bytes" in refused(packed, tmp_path / "out")


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {NAME: b"\0" * 6_000_000})
    lying = packed.read_bytes().replace((6_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    packed.write_bytes(lying)
    assert "cannot be unpacked" in refused(packed, tmp_path / "out")


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
