"""Which call makes what again, what it removes, and that status and verify say the same."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.annotations.tables import action, write
from tests.preparation.roots import given, number, own, wrong

import avakit
from avakit.dataset.ava import Dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.product_status import product_status
from avakit.engine.worker import Worker
from avakit.preparation.course import processes
from avakit.preparation.prepare import prepare
from avakit.proof.verify import verify
from avakit.rehearsal.recipe import Movie
from avakit.releases.catalogue import release
from avakit.releases.model import Release, Split, Video

Movies = Callable[..., dict[str, Movie]]
A, B = "1j20qq1JyX4", "_7oWZq_s_Sk"
WHOLE = (0.0, 0.0, 1.0, 1.0)
HALF = Fraction(1, 2)


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers do their calls here: what is told apart is the same, and quicker."""

    def call(self: Worker, function: Callable[..., object], *arguments: object, **options: object) -> object:
        told: list[object] = []
        return function(*arguments, told.append) if options.get("on_progress") else function(*arguments)

    monkeypatch.setattr(Worker, "call", call)


@pytest.fixture
def two(movies: Movies, tmp_path: Path) -> Dataset:
    """Two movies: in A somebody stands at 3 and 4 and two at 5, in B somebody talks at 6."""
    made = movies("mp4-25", "mkv", seconds=20)
    labels = [
        action(A, 3, WHOLE, 12, 1), action(A, 4, WHOLE, 12, 1), action(A, 5, WHOLE, 12, 1),
        action(A, 5, (0, 0, 0.5, 1), 80, 2), action(B, 6, WHOLE, 80, 7),
    ]  # fmt: skip
    paths = {A: made["mp4-25"].path, B: made["mkv"].path}
    return given(tmp_path / "ava", paths, range(2, 8), labels)


def states(ava: Dataset, *products: str, **options: object) -> dict[tuple[str, str], str]:
    outcomes = prepare(ava, products, jobs=1, **options)  # type: ignore[arg-type]
    return {(one.video, one.product): one.state for one in outcomes}


def there(ava: Dataset) -> set[str]:
    """What lies in the folders of products, down to a video's own."""
    places = (ava.root.product(name) for name in ("keyframes", "frames", "clips", "crops", "tracks", "audio"))
    return {f"{place.name}/{path.name}" for place in places if place.is_dir() for path in place.iterdir()}


def sound(ava: Dataset, *expected: str) -> None:
    """Check that verify finds every product right, that status counts them, and that nothing is left over."""
    assert {one.what for one in verify(ava) if one.problem} == set()
    with Ledger.read(ava.root.ledger) as ledger:
        rows = ledger.products()
    now = {tool: version(tool) for tool in ("avakit", "av", "simplejpeg")}
    counted = {one["product"]: one for one in product_status(rows, now)}
    assert {name for name, one in counted.items() if one["videos"]} == set(expected)
    assert all(not one["other_versions"] and not one["refused"] for one in counted.values())
    assert not list(ava.root.partial.iterdir())


def test_every_change_makes_again_and_leaves_nothing_over(two: Dataset) -> None:
    forms: list[tuple[dict[str, object], set[str]]] = [
        ({"store": "folder"}, {A, f"{A}.parquet"}),
        ({"store": "tar"}, {f"{A}.tar", f"{A}.parquet"}),
        ({"store": "video"}, {f"{A}.mp4", f"{A}.parquet"}),
        ({"store": "folder", "size": 48}, {A, f"{A}.parquet"}),
        ({"store": "folder", "quality": 60}, {A, f"{A}.parquet"}),
        ({"store": "tar", "fps": 10}, {f"{A}.tar", f"{A}.parquet"}),
        ({"store": "folder"}, {A, f"{A}.parquet"}),
    ]
    for options, expected in forms:
        assert states(two, "frames", videos=[A], **options) == {(A, "frames"): "made"}
        assert there(two) == {f"frames/{name}" for name in expected}
        sound(two, "frames")
        assert states(two, "frames", videos=[A], **options) == {(A, "frames"): "kept"}


def test_clips_and_sound_change_their_form_too(two: Dataset) -> None:
    forms: tuple[tuple[dict[str, object], set[str], set[str]], ...] = (
        ({}, {A}, {f"{A}.wav"}),
        ({"copy": True}, {A}, {f"{A}.m4a"}),
        ({"store": "tar"}, {f"{A}.tar"}, {f"{A}.wav"}),
        ({"seconds": 1}, {A}, {f"{A}.wav"}),
    )
    for options, clips, audio in forms:
        outcomes = states(two, "clips", "audio", videos=[A], **options)
        assert outcomes[A, "clips"] == "made"
        expected = {f"clips/{name}" for name in (*clips, f"{A}.parquet")} | {f"audio/{one}" for one in audio}
        assert there(two) == expected
        sound(two, "clips", "audio")
        assert set(states(two, "clips", "audio", videos=[A], **options).values()) == {"kept"}


def test_changed_labels_make_crops_again_and_not_keyframes(two: Dataset) -> None:
    everything = ("keyframes", "frames", "clips", "crops", "tracks", "audio")
    assert set(states(two, *everything, videos=[A]).values()) == {"made"}
    two.close()
    moved = [action(A, second, (0.1, 0.0, 1.0, 1.0), 12, 1) for second in (3, 4, 5)]
    write(two.root.table, "actions", [*moved, action(B, 6, WHOLE, 80, 7)])
    again = states(two, *everything, videos=[A])
    assert {product for (_, product), state in again.items() if state == "made"} == {"crops", "tracks"}
    two.close()
    write(two.root.table, "actions", [*moved[:2], action(B, 6, WHOLE, 80, 7)])
    again = states(two, *everything, videos=[A])
    made = {product for (_, product), state in again.items() if state == "made"}
    assert made == {"clips", "crops", "tracks"}, "clips are of labelled seconds"


@pytest.mark.parametrize(
    ("options", "files"),
    [
        ({"videos": [A]}, {"keyframes": 6, "clips": 3, "crops": 4, "tracks": 61 + 1, "frames": 150}),
        ({"actions": ["80"]}, {"keyframes": 12, "clips": 2, "crops": 2, "tracks": 2, "frames": 300}),
        ({"persons_min": 2}, {"keyframes": 6, "clips": 1, "crops": 2, "tracks": 2, "frames": 150}),
        ({"splits": ["val"]}, {"keyframes": 12, "clips": 4, "crops": 5, "tracks": 63, "frames": 300}),
        ({"actions": ["12"], "around": "0.1"}, {"frames": 3 * 7}),
    ],
)
def test_filters(options: dict[str, object], files: dict[str, int], two: Dataset) -> None:
    outcomes = prepare(two, list(files), jobs=1, seconds=1, **options)  # type: ignore[arg-type]
    counted = dict.fromkeys(files, 0)
    for one in outcomes:
        if one.video not in (A, B):  # the split has more, which were not fetched
            assert one.state == "missing"
            continue
        assert one.state == "made", one
        counted[one.product] += one.files
    assert counted == files
    sound(two, *files)


def test_a_person_without_a_number_is_called_alike_whatever_is_asked_for(
    movies: Movies, tmp_path: Path
) -> None:
    labels = [action(A, 3, (0, 0, 0.5, 1), 12, None), action(A, 3, (0.5, 0, 1, 1), 80, None)]
    ava = given(tmp_path / "ava", {A: movies("mp4-25", seconds=20)["mp4-25"].path}, range(2, 8), labels)
    assert states(ava, "crops", videos=[A], actions=["80"]) == {(A, "crops"): "made"}
    assert [path.name for path in (ava.root.path / "crops" / A).iterdir()] == [f"{A}_0003_b02.jpg"]


def test_a_window_that_was_dropped_comes_again_for_another_product(movies: Movies, tmp_path: Path) -> None:
    root, movie = tmp_path / "ava", movies("mp4-25", seconds=20)["mp4-25"].path
    with own(root, {"room": movie}, range(2, 8), window=(1, 9)) as ava:
        assert states(ava, "keyframes", drop_windows=True) == {("room", "keyframes"): "made"}
        assert not list(ava.root.windows.iterdir())
        (again,) = prepare(ava, ["clips"], jobs=1)
        assert (again.state, "Run avakit get" in str(again.message)) == ("missing", True)
    with avakit.get(root=root) as ava:
        assert states(ava, "clips", "keyframes") == {("room", "clips"): "made", ("room", "keyframes"): "kept"}


def test_an_id_may_begin_with_anothers(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-25", seconds=20)["mp4-25"].path
    ids = ["room", "room.old", "room.placed"]
    with own(tmp_path / "ava", dict.fromkeys(ids, movie), range(2, 5)) as ava:
        for size in (48, 32):
            made = states(ava, "keyframes", size=size)
            assert made == {(video, "keyframes"): "made" for video in ids}
        sound(ava, "keyframes")


def test_a_hole_in_clips_refuses_nothing_else(movies: Movies, tmp_path: Path) -> None:
    """Somebody is labelled after the end of the movie."""
    movie = movies("mp4-25", seconds=20)["mp4-25"].path
    labels = [action(A, second, WHOLE, 12, 1) for second in (3, 30)]
    ava = given(tmp_path / "ava", {A: movie}, range(2, 8), labels)
    expected = {(A, "clips"): "refused", (A, "audio"): "made", (A, "keyframes"): "made"}
    assert states(ava, "clips", "audio", "keyframes", videos=[A]) == expected


def of_one(name: str, seconds: Iterable[str], *, clip: bool = False) -> Release:
    """A release whose split val has one video, A, annotated at these seconds."""
    known = release(name)
    video = Video(A, "", None, None, ((name, "val"),))
    only = Split("val", True, () if clip else (video,), (video,) if clip else ())
    return replace(known, splits={"val": only}, own_seconds={A: tuple(map(Fraction, seconds))})


def test_faces_of_speakers(movies: Movies, tmp_path: Path) -> None:
    """A face's id holds colons and the video's own id; its seconds have decimals."""
    movie = movies("mp4-25", seconds=20)["mp4-25"]
    seconds, face = ("3.0", "3.04", "3.08", "3.5", "4.0"), f"{A}_0000_0060:1"
    rows = [("val", A, float(second), *WHOLE, "SPEAKING_AUDIBLE", face) for second in seconds]
    speakers = of_one("activespeaker-v1.0", seconds)
    ava = given(tmp_path / "ava", {A: movie.path}, range(2, 8), rows, kind="speaker", release=speakers)
    outcomes = prepare(ava, ["crops", "tracks", "keyframes"], margin=0, jobs=1)
    assert [one.state for one in outcomes] == ["made"] * 3, outcomes
    folder = ava.root.path / "crops" / A
    names = {path.name: Fraction(path.name.split("_")[1]) for path in folder.iterdir()}
    assert len(names) == 5
    assert all(name.endswith("_0000-0060-1.jpg") for name in names), names
    assert wrong(movie, folder, names) == []
    tracks = sorted((ava.root.path / "tracks" / A).iterdir())
    assert [number(movie, path.read_bytes()) for path in tracks] == [
        movie.number_at(3 + Fraction(n, 30)) for n in range(31)
    ]


def test_a_clip_of_kinetics_has_its_own_second(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-25", seconds=20)["mp4-25"]
    second = Fraction("6.987654")
    labels = [action(A, float(second), WHOLE, 12, 1)]
    kinetics = of_one("kinetics-v1.0", [str(second)], clip=True)
    ava = given(tmp_path / "ava", {A: movie.path}, range(2, 8), labels, release=kinetics)
    outcomes = prepare(ava, ["keyframes", "frames", "clips", "crops"], videos=[A], margin=0, jobs=1)
    assert {one.product: (one.state, one.files) for one in outcomes} == {
        "keyframes": ("made", 1), "frames": ("made", 300), "clips": ("made", 1), "crops": ("made", 1),
    }  # fmt: skip
    root = ava.root.path
    assert wrong(movie, root / "keyframes" / A, {f"{A}_0006.987654.jpg": second}) == []
    assert wrong(movie, root / "crops" / A, {f"{A}_0006.987654_0001.jpg": second}) == []
    grid = {f"{A}_{n:06}.jpg": second - 5 + Fraction(n - 1, 30) for n in (1, 2, 151, 300)}
    assert wrong(movie, root / "frames" / A, grid) == []
    assert (root / "clips" / A / f"{A}_0006.987654.mp4").is_file()


def test_half_seconds_of_ones_own(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mkv-variable", seconds=20)["mkv-variable"]
    rows = [f"room.a,{second / 2},0,0,1,1,12,1" for second in range(4, 9)]
    with own(tmp_path / "ava", {"room.a": movie.path}, range(2, 5), rows, step="0.5") as ava:
        outcomes = prepare(ava, ["keyframes", "crops", "clips", "tracks"], margin=0, seconds=1, jobs=1)
        assert [one.state for one in outcomes] == ["made"] * 4, outcomes
        seconds = {f"{float(s):011.6f}": Fraction(s) for s in (2, 5 * HALF, 3, 7 * HALF, 4)}
        keyframes = {f"room.a_{name}.jpg": second for name, second in seconds.items()}
        assert wrong(movie, ava.root.path / "keyframes" / "room.a", keyframes) == []
        crops = {f"room.a_{name}_0001.jpg": second for name, second in seconds.items()}
        assert wrong(movie, ava.root.path / "crops" / "room.a", crops) == []
        assert len(list((ava.root.path / "clips" / "room.a").glob("*.mp4"))) == 5
        sound(ava, "keyframes", "crops", "clips", "tracks")


def test_a_product_that_lost_its_record_is_made_again(two: Dataset) -> None:
    assert states(two, "keyframes", videos=[A]) == {(A, "keyframes"): "made"}
    (two.root.path / "keyframes" / f"{A}.parquet").unlink()
    assert [one.problem for one in verify(two) if one.what == "keyframes"] == ["Its record is gone"]
    assert states(two, "keyframes", videos=[A]) == {(A, "keyframes"): "made"}
    sound(two, "keyframes")


@pytest.mark.skipif(sys.platform != "linux", reason="cores are given to a process there")
def test_a_process_for_each_core_that_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5, 7})
    assert (processes(None), processes(2)) == (3, 2)
