"""Which data set is meant, before anything is made."""

from pathlib import Path

import pytest

from avakit.collection.beginning import begin
from avakit.dataset import settings
from avakit.dataset.root import create
from avakit.dataset.settings import Settings
from avakit.errors import RootMismatch, UsageError


def test_one_that_is_to_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AVAKIT_ROOT", raising=False)
    root, known = begin("v2.1", None, "to go on with")
    assert (root.path, known.release) == (tmp_path / "ava-v2.1", "v2.1")
    assert not list(tmp_path.iterdir())
    with pytest.raises(UsageError, match=r"data set here to plan for\. Say which: v1\.0, v2\.1"):
        begin(None, None, "to plan for", "Say which")


def test_one_that_is_there(tmp_path: Path) -> None:
    root, known = begin("v2.2", tmp_path, "")
    create(root.path)
    settings.save(root, known)
    assert begin(None, tmp_path, "") == (root, known)
    assert begin("v2.2", tmp_path, "")[1] == Settings.of({"release": "v2.2"})
    with pytest.raises(RootMismatch, match=r"v2\.1 was asked for"):
        begin("v2.1", tmp_path, "")
