"""Data of one's own on the command line: begun, linted, told of."""

from pathlib import Path

import pytest

from avakit.cli.app import run

SETTINGS = """release = "mine"
sources = ["folder=movies"]
[custom]
title = "\\u001b[31mred"
[custom.labels]
train = "train.csv"
val = "val.csv"
[custom.excluded]
val = "left_out.csv"
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set whose splits share the movie x, and have no movies."""
    (tmp_path / "avakit.toml").write_text(SETTINGS)
    (tmp_path / "movies").mkdir()
    (tmp_path / "train.csv").write_text("x,1,0,0,1,1,1,0\n")
    (tmp_path / "val.csv").write_text("x,2,0,0,1,1,1,0\nx,3,0,0,1,1,1,0\n")
    (tmp_path / "left_out.csv").write_text("x,3\n")
    monkeypatch.chdir(tmp_path)
    assert run(["get", "--quiet"]) == 3
    return tmp_path


def test_a_file_is_what_the_settings_say(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lint", "left_out.csv"]) == 0
    out = capsys.readouterr().out
    assert "left_out.csv: excluded, 1 row, no errors" in out
    assert "judged as mine, val" in out
    assert "warning" not in out, "x is a video of val as well"
    (own / "left_out.csv").write_text("x,3\nx,2.5\n")
    assert run(["lint", "left_out.csv"]) == 1
    assert "left_out.csv:2: timestamp: not a whole second" in capsys.readouterr().out


def test_a_video_of_two_splits_counts_in_both(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["get", "--split", "val"]) == 3
    assert "mine in" in (said := capsys.readouterr().err)
    assert "0 of 1 videos" in said
    assert run(["releases", "mine"]) == 0
    out = capsys.readouterr().out
    assert "train       1 video\n  val         1 video" in out
    assert "\x1b" not in out
    assert "those in the labels, 3 in all" in out


def test_names_of_files_can_be_copied_and_steer_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my train.csv").write_text("x,1,0,0,1,1,1,0\n")
    assert run(["releases", "new", "--root", str(tmp_path)]) == 0
    assert "avakit lint 'my train.csv', then" in capsys.readouterr().out


def test_without_its_table_nothing_is_prepared_in_silence(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "annotations/annotations.parquet").unlink()
    assert run(["prepare", "keyframes"]) == 1
    assert "Run avakit get: it reads them first." in capsys.readouterr().err


@pytest.mark.parametrize("old", ["train.csv", "folder=movies"])
def test_a_home_that_there_is_not_is_the_name_of_a_folder(
    own: Path, capsys: pytest.CaptureFixture[str], old: str
) -> None:
    place = old.replace("=", "=~nobody-of-this-name/") if "=" in old else f"~nobody-of-this-name/{old}"
    (own / "avakit.toml").write_text(SETTINGS.replace(old, place))
    assert run(["get"]) in (1, 2)
    said = capsys.readouterr().err
    assert "~nobody-of-this-name" in said
    assert "fault" not in said
    assert run(["stats", "--root", "~nobody-of-this-name"]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_labels_at_other_seconds_than_the_settings_say(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seconds = "[custom.seconds]\nfirst = 0\nlast = 2\nstep = 0.1\n"
    (own / "avakit.toml").write_text(SETTINGS + seconds)
    (own / "train.csv").write_text("x,1.1,0,0,1,1,1,0\nx,2.05,0,0,1,1,1,0\n")
    assert run(["lint", "train.csv"]) == 0
    out = capsys.readouterr().out
    assert "warning: other_second: 1 row\n    train.csv:2" in out
