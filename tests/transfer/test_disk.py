import errno
from pathlib import Path

import pytest

from avakit.errors import AvakitError, DiskFull, RootError
from avakit.transfer.disk import disk_errors, sync_folder


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EACCES, RootError),
        (errno.EROFS, RootError),
        (errno.EIO, RootError),
        (errno.EFBIG, RootError),
    ],
)
def test_each_failure_names_the_path(number: int, kind: type[AvakitError]) -> None:
    with pytest.raises(kind, match="somewhere/file") as caught, disk_errors(Path("somewhere/file")):
        raise OSError(number, "reason")
    assert "reason" in str(caught.value)


def test_others_pass() -> None:
    with pytest.raises(KeyError), disk_errors(Path("x")):
        raise KeyError("x")


def test_sync_folder(tmp_path: Path) -> None:
    sync_folder(tmp_path)


def test_a_really_full_disk(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full")
    with pytest.raises(DiskFull), disk_errors(full), full.open("wb", buffering=0) as file:
        file.write(b"x")
