"""Data of one's own goes the whole way: described, got, prepared, verified; every picture by its number."""

import json
import os
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
import simplejpeg
from tests.conftest import Movies

import avakit
from avakit.cli.app import run
from avakit.dataset import draft
from avakit.dataset.ava import Dataset
from avakit.errors import RootError, UsageError
from avakit.rehearsal.numbers import label
from avakit.rehearsal.recipe import Movie

LONG = 20
IDS = {"mp4-25": "kitchen.morning", "mkv-variable": "-hall", "webm": "room_3"}
HALF = Fraction(1, 2)


@pytest.fixture
def own(movies: Movies, tmp_path: Path) -> tuple[Path, dict[str, Movie]]:
    """A folder as somebody may have it: movies, csv files, a label map; and the movies by their ids."""
    root = tmp_path / "my kitchen"
    (root / "clips").mkdir(parents=True)
    made = movies(*IDS, seconds=LONG)
    for name, movie in made.items():
        shutil.copy(movie.path, root / "clips" / f"{IDS[name]}{movie.path.suffix}")
    classes = 'item { name: "stir" id: 7 } item { name: "taste (with a spoon)" id: 11 }'
    (root / "classes.pbtxt").write_text(classes)
    (root / "train.csv").write_text(
        "kitchen.morning,3.5,0.1,0.1,0.5,0.9,7,1\nkitchen.morning,3.5,0.1,0.1,0.5,0.9,11,1\n"
        "kitchen.morning,3.5,0.6,0.1,0.9,0.9,7,2\nkitchen.morning,4\n-hall,0017,0.2,0.2,0.4,0.9,11,1\n"
    )
    (root / "val.csv").write_text("room_3,1,0.2,0.2,0.4,0.9,7,1\nroom_3,19.5,0.2,0.2,0.4,0.9,7,1\n")
    return root, {IDS[name]: movie for name, movie in made.items()}


def begun(root: Path, *changes: tuple[str, str]) -> None:
    path, _ = draft.write(root)
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def shown(ava: Dataset, product: str, video: str) -> dict[str, int]:
    """The number in each picture of a product, by the rest of its file's name."""
    folder = ava.root.product(product) / video
    return {
        path.stem.removeprefix(f"{video}_"): label(simplejpeg.decode_jpeg(path.read_bytes())).number
        for path in sorted(folder.iterdir())
    }


def test_it_goes_the_whole_way(
    own: tuple[Path, dict[str, Movie]], capsys: pytest.CaptureFixture[str]
) -> None:
    root, movies = own
    begun(root)
    files = [path for path in root.rglob("*") if path.is_file() and path.name != "avakit.toml"]
    before = {path: path.read_bytes() for path in files}
    with avakit.get(root=root) as ava:
        assert {video: entry.split for video, entry in ava.videos.items()} == {
            "kitchen.morning": "train", "-hall": "train", "room_3": "val",
        }  # fmt: skip
        assert all(entry.state == "have" for entry in ava.videos.values())
        assert ava.release.seconds_of("kitchen.morning") == (7 * HALF, 4)
        assert ava.videos["room_3"].window.frame_at(Fraction(39, 2)).seconds <= Fraction(39, 2)
        assert all(done.there for done in avakit.prepare(ava, ["keyframes", "frames"]))
        for video, movie in movies.items():
            seconds = map(Fraction, ava.release.seconds_of(video))
            wanted = {f"{float(second):011.6f}": movie.number_at(second) for second in seconds}
            assert shown(ava, "keyframes", video) == wanted
            frames = shown(ava, "frames", video)
            right = {f"{n:06}": movie.number_at(Fraction(n - 1, 30)) for n in range(1, len(frames) + 1)}
            assert frames == right
            assert LONG - 0.2 < len(frames) / 30 < LONG + 0.2
        assert [finding.problem for finding in avakit.verify(ava, deep=True)] == [None] * 9
        assert ava.annotations.sql("select action from labels where action_id = 11 limit 1").rows == [
            ("taste (with a spoon)",)
        ]
    assert {path: path.read_bytes() for path in before} == before, "what is the user's stays as it was"
    for words in (["get"], ["status", "--json"], ["stats", "--json"], ["lint", str(root / "train.csv")]):
        assert run([*words, "--root", str(root)]) == 0, capsys.readouterr().err
    capsys.readouterr()
    assert run(["lint", str(root / "val.csv")]) == 0, "the data set around the file is known by itself"
    assert "judged as my-kitchen, val" in capsys.readouterr().out
    capsys.readouterr()
    assert run(["releases", "my-kitchen", "--root", str(root), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [said["kind"], said["splits"]["train"]["videos"], said["window"]] == ["actions", 2, None]
    assert run(["releases", "my-kitchen", "--root", str(root)]) == 0
    assert run(["releases", "--root", str(root)]) == 0
    assert "my-kitchen" in capsys.readouterr().out


def test_labels_that_were_changed_count_with_the_next_get(own: tuple[Path, dict[str, Movie]]) -> None:
    root, _ = own
    begun(root)
    avakit.get(root=root).close()
    with (root / "val.csv").open("a") as file:
        file.write("room_3,7,0.2,0.2,0.4,0.9,11,1\n")
    with avakit.get(root=root) as ava:
        assert ava.release.seconds_of("room_3") == (1, 7, 39 * HALF)


def test_a_window_and_seconds_can_be_said(own: tuple[Path, dict[str, Movie]]) -> None:
    root, movies = own
    begun(
        root,
        ("# window = [0, 10]", "window = [2.5, 12]"),
        ("# seconds = { first = 0, last = 9, step = 1 }", "seconds = { first = 3, last = 9, step = 0.5 }"),
        ("# frames = { rate = 30, first = 0 }", "frames = { rate = 10 }"),
    )
    (root / "train.csv").write_text("kitchen.morning,3.5,0.1,0.1,0.5,0.9,7,1\n-hall,8,0.1,0.1,0.5,0.9,7,1\n")
    (root / "val.csv").write_text("room_3,5,0.2,0.2,0.4,0.9,7,1\n")
    with avakit.get(root=root) as ava:
        assert {entry.row.kind for entry in ava.videos.values()} == {"window"}
        assert [done.files for done in avakit.prepare(ava, ["keyframes", "frames"])] == [13, 95] * 3
        for video, movie in movies.items():
            frames = shown(ava, "frames", video)
            assert frames["000001"] == movie.number_at(5 * HALF)
            assert frames["000095"] == movie.number_at(5 * HALF + Fraction(94, 10))
            assert shown(ava, "keyframes", video)["0003.500000"] == movie.number_at(7 * HALF)


def test_videos_are_chosen_by_what_their_labels_say(own: tuple[Path, dict[str, Movie]]) -> None:
    root, _ = own
    begun(root)
    with avakit.get(root=root, actions=["taste"], persons_min=2) as ava:
        assert list(ava.videos) == ["kitchen.morning"]
        assert ava.settings.videos == ("kitchen.morning",)
    with avakit.get(root=root, actions=["11", "stir"], splits=["val"]) as ava:
        assert set(ava.videos) == {"kitchen.morning", "room_3"}
        done = avakit.prepare(ava, ["keyframes"], actions=["TASTE"])
        assert [(one.video, one.files) for one in done] == [("kitchen.morning", 2)]
    for given, said in (
        ({"actions": ["tast3"]}, "Is taste"),
        ({"actions": [""]}, "has no action"),
        ({"persons_min": 3}, "None of 2 videos"),
        ({"persons_min": 0}, "1 or more"),
    ):
        with pytest.raises(UsageError, match=said):
            avakit.get(root=root, **given)


def test_what_cannot_be_is_said_in_a_sentence(own: tuple[Path, dict[str, Movie]], tmp_path: Path) -> None:
    root, _ = own
    begun(root)
    text = (root / "avakit.toml").read_text()

    def refused(old: str, new: str, kind: type[Exception], said: str) -> None:
        assert old in text
        (root / "avakit.toml").write_text(text.replace(old, new))
        with pytest.raises(kind, match=said):
            avakit.get(root=root)

    refused('"train.csv"', '"nowhere.csv"', RootError, "nowhere.csv is not there, .* split train")
    refused('classes = "classes.pbtxt"', 'classes = "no.pbtxt"', RootError, "no.pbtxt is not there")
    refused("train = ", '"a b" = ', UsageError, r"custom\.labels cannot be .*Allowed: a csv")
    refused('kind = "actions"', 'kind = "poses"', UsageError, r"custom\.kind cannot be 'poses'")
    refused("title = ", "titel = ", UsageError, r"'custom\.titel' is no setting\. Is custom\.title meant")
    refused("# window = [0, 10]", "window = [10, 0]", UsageError, r"custom\.window cannot be \[10, 0\]")
    refused('release = "my-kitchen"', 'release = "v2.2"', UsageError, "another name")
    refused('release = "my-kitchen"', 'release = "../x"', UsageError, "which is no name")
    refused('"folder=clips"', '"cvdf"', UsageError, "cvdf has AVA's movies alone")
    (root / "avakit.toml").write_text(text)
    with pytest.raises(UsageError, match="has no split 'dev'"):
        avakit.get(root=root, splits=["dev"])
    with pytest.raises(UsageError, match="--annotations means official files"):
        avakit.get(root=root, annotations=root / "train.csv")
    with pytest.raises(UsageError, match="has no video kitchen"):
        avakit.get(root=root, videos=["kitchen"])


def test_the_first_settings_are_written_from_what_lies_there(
    own: tuple[Path, dict[str, Movie]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = own
    (root / "val_excluded_timestamps.csv").write_text("room_3,0001\n")
    monkeypatch.chdir(root)
    assert run(["releases", "new"]) == 0
    told = capsys.readouterr().out
    for part in ("train.csv", "val.csv", "classes.pbtxt", "3 in clips", "excluded seconds of val"):
        assert part in told
    written = (root / "avakit.toml").read_text()
    assert run(["releases", "new"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (root / "avakit.toml").read_text() == written
    assert run(["get", "--yes"]) == 0
    with avakit.open(root) as ava:
        excluded = ava.annotations.sql("select second from labels where excluded").rows
        assert excluded == [(1,)]


def test_an_empty_folder_gets_settings_to_fill_in(tmp_path: Path) -> None:
    path, found = draft.write(tmp_path / "v2.2")
    assert 'release = "v2-2"' in path.read_text()
    assert "No csv of labels" in "\n".join(draft.described(found))
    with pytest.raises(UsageError, match="There is no folder"):
        avakit.get(root=path.parent)


@pytest.mark.skipif("AVAKIT_REAL_DATA" not in os.environ, reason="AVAKIT_REAL_DATA is not set")
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_real_people_at_6_and_28_pictures_a_second(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real, movies = Path(os.environ["AVAKIT_REAL_DATA"]) / "video", tmp_path / "videos"
    movies.mkdir()
    for path in real.glob("*.mp4"):
        shutil.copy(path, movies)
    cut = ["ffmpeg", "-v", "error", "-ss", "3", "-t", "4", "-i", str(movies / "people_indoor.mp4")]
    subprocess.run([*cut, "-an", str(movies / "third.mkv")], check=True)
    seconds = {"people_indoor": 10, "people_street": 9, "third": 4}
    rows = [
        f"{video},{second},0.2,0.1,0.6,0.9,12,0" for video, end in seconds.items() for second in range(end)
    ]
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    assert run(["releases", "new", "--root", str(tmp_path)]) == 0
    assert run(["lint", str(tmp_path / "labels.csv")]) == 0
    assert "23 rows, no errors" in capsys.readouterr().out
    with avakit.get(root=tmp_path) as ava:
        done = avakit.prepare(ava, ["keyframes", "frames"])
        files = {(one.video, one.product): one.files for one in done}
        assert all(finding.problem is None for finding in avakit.verify(ava))
    assert {video: files[video, "keyframes"] for video in seconds} == seconds
    assert {video: files[video, "frames"] for video in seconds} == {
        "people_indoor": 300, "people_street": 285, "third": 120,
    }  # fmt: skip
    capsys.readouterr()
    assert run(["stats", "--root", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"]["labels"] == 23
