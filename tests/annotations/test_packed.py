"""ActiveSpeaker's archives stay packed; their csv files are at hand while they are read, and gone then."""

from pathlib import Path

import pytest
from tests.annotations.labels import write_zip
from tests.annotations.packing import write_tar

from avakit.annotations.packed import csvs
from avakit.errors import AnnotationError, RootError

ROW = b"-5KQ66BBWC4,902.11,0.1,0.2,0.3,0.4,NOT_SPEAKING,-5KQ66BBWC4_0900_0960:1\n"


@pytest.mark.parametrize("packing", ["bz2", "gz", ""])
def test_the_csv_files_are_there_while_they_are_read(tmp_path: Path, packing: str) -> None:
    names = ["-5KQ66BBWC4", "2qQs3Y9OJX0", "053oq2xB3oU"]
    folder = "ava_activespeaker_test_v1.0"
    entries = [(f"{folder}/{name}-activespeaker.csv", name.encode() + ROW) for name in names]
    packed = write_tar(tmp_path / "val.tar", [*entries, (f"{folder}/README", b"hello")], packing)
    with csvs(packed) as found:
        assert [path.name for path in found] == [f"{name}-activespeaker.csv" for name in sorted(names)]
        assert [path.read_bytes() for path in found] == [name.encode() + ROW for name in sorted(names)]
        assert not any(path.is_relative_to(tmp_path) for path in found)
    assert not any(path.exists() or path.parent.exists() for path in found)
    assert list(tmp_path.iterdir()) == [packed]


def test_a_zip_of_them_is_as_good(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "mine", {"x/2qQs3Y9OJX0-activespeaker.csv": ROW})
    with csvs(packed) as found:
        assert [path.read_bytes() for path in found] == [ROW]


@pytest.mark.parametrize("content", [ROW, b"", b"<html>", b"\0" * 600, b"\x1f"])
def test_what_is_not_packed_is_itself(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tar.bz2").write_bytes(content)
    with csvs(tmp_path / "a.tar.bz2") as found:
        assert found == [tmp_path / "a.tar.bz2"]


def test_an_archive_of_other_things_is_refused(tmp_path: Path) -> None:
    packed = write_zip(tmp_path / "a.zip", {"ava_val_v2.2.csv": b"x"})
    with pytest.raises(AnnotationError, match=r"holds no \*-activespeaker\.csv"), csvs(packed):
        pass


def test_an_archive_cut_in_half_is_refused(tmp_path: Path) -> None:
    packed = write_tar(tmp_path / "a", [("2qQs3Y9OJX0-activespeaker.csv", ROW * 999)], "bz2")
    packed.write_bytes(packed.read_bytes()[: packed.stat().st_size // 2])
    with pytest.raises(AnnotationError, match="cannot be unpacked"), csvs(packed):
        pass


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RootError), csvs(tmp_path / "none"):
        pass
