import os
from pathlib import Path

import pytest

from avakit.transfer.cookies import warning


@pytest.mark.skipif(os.name == "nt", reason="files there have no modes")
@pytest.mark.parametrize(
    ("mode", "open_to_others"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)]
)
def test_a_file_that_others_can_read_is_spoken_of(mode: int, open_to_others: bool, tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    file.write_text("secret")
    file.chmod(mode)
    said = warning(file)
    assert (said is not None) == open_to_others
    if said is not None:
        assert str(file) in said
        assert "chmod 600" in said
        assert "secret" not in said


def test_no_file_is_not_spoken_of(tmp_path: Path) -> None:
    assert warning(tmp_path / "none") is None
