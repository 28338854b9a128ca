import os
from pathlib import Path

import pytest

from avakit.errors import Changed, NotFound, TransferError, Truncated
from avakit.transfer.local import FileReader
from avakit.transfer.reader import Reader


def test_a_file(tmp_path: Path, noise: bytes) -> None:
    path = tmp_path / "m.mp4"
    path.write_bytes(noise)
    reader: Reader = FileReader(path)
    assert reader.version.size == len(noise)
    assert reader.ranges
    assert reader.path == path
    assert reader.name == str(path)
    assert b"".join(reader.read(0, None)) == noise
    assert b"".join(reader.read(100_001, 900_000)) == noise[100_001:900_000]
    assert b"".join(reader.read(len(noise) - 3, len(noise) + 9)) == noise[-3:]
    parts = reader.read(0, None)
    next(parts)
    os.truncate(path, 300_000)
    with pytest.raises(Truncated):
        list(parts)
    path.write_bytes(noise[:-1])
    os.utime(path, (1, 1))
    with pytest.raises(Changed):
        list(reader.read(0, 5))
    path.unlink()
    with pytest.raises(NotFound):
        list(reader.read(0, 5))


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"none\.mp4"):
        FileReader(tmp_path / "none.mp4")
    with pytest.raises(TransferError):
        FileReader(tmp_path)
