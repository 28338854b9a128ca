import os
from pathlib import Path

import pytest

from avakit.transfer.cookies import open_to_others


@pytest.mark.skipif(os.name == "nt", reason="files there have no modes")
@pytest.mark.parametrize(("mode", "said"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_can_read_is_spoken_of(mode: int, said: bool, tmp_path: Path) -> None:
    file = tmp_path / "cookies.txt"
    file.write_text("secret")
    file.chmod(mode)
    sentence = open_to_others(file)
    assert (sentence is not None) == said
    if sentence is not None:
        assert str(file) in sentence
        assert "chmod 600" in sentence
        assert "secret" not in sentence


def test_no_file_is_not_spoken_of(tmp_path: Path) -> None:
    assert open_to_others(tmp_path / "none") is None
