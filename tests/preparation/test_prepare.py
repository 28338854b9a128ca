"""The verb: what is made, kept, refused and missing, and what the ledger remembers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from avakit.cli.prepare import prepare as command
from avakit.dataset import settings
from avakit.dataset.ava import Dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.root import create
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.dataset.settings import Settings
from avakit.errors import UsageError
from avakit.preparation.prepare import prepare
from avakit.rehearsal.recipe import Movie
from avakit.releases.catalogue import release
from avakit.releases.model import Grid

Movies = Callable[..., dict[str, Movie]]
V22 = release("v2.2")
SMALL = replace(V22, seconds=tuple(range(2, 118)), grid=Grid(40, 30, 90))


@pytest.fixture
def ava(movies: Movies, tmp_path: Path) -> Dataset:
    """A root with two windows, and a third video that was not found."""
    root = create(tmp_path / "ava")
    made = movies("mp4-25", "mkv")
    gone = "Hscyg0vLKc8"
    ids = (*(movie.video for movie in made.values()), gone)
    asked = Settings.of({"release": "v2.2", "videos": list(ids)})
    settings.save(root, asked)
    root.windows.mkdir()
    with Ledger.write(root.ledger) as ledger:
        ledger.ask([(video, V22.video(video).splits["v2.2"]) for video in ids])
        for movie in made.values():
            place = root.windows / movie.path.name
            place.write_bytes(movie.path.read_bytes())
            ledger.put(
                VideoRow(
                    movie.video, "val", State.HAVE, kind=Kind.WINDOW, path=root.relative(place),
                    bytes=place.stat().st_size,
                )
            )  # fmt: skip
        ledger.put(VideoRow(gone, "val", State.MISSING, message="No source has it.", next_step="Add one."))
    return Dataset(root, asked, SMALL)


def states(ava: Dataset, *products: str, **options: object) -> dict[tuple[str, str], str]:
    outcomes = prepare(ava, products or ["keyframes"], jobs=2, **options)  # type: ignore[arg-type]
    return {(outcome.video, outcome.product): outcome.state for outcome in outcomes}


A, B, GONE = "1j20qq1JyX4", "_7oWZq_s_Sk", "Hscyg0vLKc8"


def test_made_once_then_kept(ava: Dataset) -> None:
    first = states(ava, "keyframes", "frames")
    assert first == {
        **{(video, product): "made" for video in (A, B) for product in ("keyframes", "frames")},
        **{(GONE, product): "missing" for product in ("keyframes", "frames")},
    }
    assert len(list((ava.root.path / "keyframes" / A).iterdir())) == 116
    assert len(list((ava.root.path / "frames" / B).iterdir())) == 90
    with Ledger.read(ava.root.ledger) as ledger:
        row = ledger.product(A, "frames")
    assert row is not None
    assert row.have
    assert row.counts == {"wanted": 90, "files": 90, "pictures": 75, "lacking": 0}
    assert row.recipe["gaps"] == "error"
    assert {"avakit", "av", "libavcodec", "simplejpeg"} <= set(row.versions)
    assert row.gaps == {"seconds": [], "damage": []}
    window = ava.root.windows / f"{A}.mp4"
    os.utime(window)  # another time of change, the same bytes
    assert set(states(ava, "keyframes", "frames").values()) == {"kept", "missing"}


def test_a_kill_before_a_product_was_settled_leaves_nothing_behind(ava: Dataset) -> None:
    states(ava, "keyframes")
    mark = ava.root.partial / f".keyframes-{A}.placed"
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text("{}")
    assert states(ava, "keyframes")[A, "keyframes"] == "kept"
    assert not mark.exists()


def test_what_changed_is_made_again(ava: Dataset, movies: Movies) -> None:
    states(ava)
    assert states(ava, quality=70)[A, "keyframes"] == "made"
    next((ava.root.path / "keyframes" / A).iterdir()).unlink()
    after = states(ava, quality=70)
    assert (after[A, "keyframes"], after[B, "keyframes"]) == ("made", "kept")
    other = movies("mp4-30")["mp4-30"].path.read_bytes()
    (ava.root.windows / f"{A}.mp4").write_bytes(other)
    assert states(ava, quality=70)[A, "keyframes"] == "made"


def test_one_refusal_does_not_stop_the_others(ava: Dataset) -> None:
    window = ava.root.windows / f"{A}.mp4"
    window.write_bytes(window.read_bytes()[:5000])
    outcomes = prepare(ava, ["keyframes"])
    by_video = {outcome.video: outcome for outcome in outcomes}
    assert by_video[A].state == "refused"
    assert f"{A}.mp4 cannot be read as a movie" in (by_video[A].message or "")
    assert by_video[B].there
    assert by_video[GONE].message == "No source has it. Add one."
    with Ledger.read(ava.root.ledger) as ledger:
        row = ledger.product(A, "keyframes")
    assert row is not None
    assert not row.have


def test_a_gap_is_said_and_remembered(ava: Dataset) -> None:
    long = Dataset(ava.root, ava.settings, replace(SMALL, seconds=tuple(range(100, 126))))
    (refused,) = prepare(long, ["keyframes"], videos=[A])
    assert "6 of 26 keyframes have no picture in the movie: second 120 to 125." in (refused.message or "")
    (skipped,) = prepare(long, ["keyframes"], videos=[A], gaps="skip")
    assert (skipped.state, skipped.files, skipped.lacking) == ("made", 20, ((120.0, 125.0),))
    (kept,) = prepare(long, ["keyframes"], videos=[A], gaps="skip")
    assert (kept.state, kept.lacking) == ("kept", ((120.0, 125.0),))


def test_windows_are_dropped_once_their_products_are_there(ava: Dataset) -> None:
    states(ava)
    assert (ava.root.windows / f"{A}.mp4").exists()
    assert states(ava, "keyframes", drop_windows=True)[A, "keyframes"] == "kept"
    assert not list(ava.root.windows.iterdir())
    with Ledger.read(ava.root.ledger) as ledger:
        row = ledger.video(A)
    assert row is not None
    assert (row.state, row.path, row.bytes) == (State.HAVE, None, 0)
    assert states(ava)[A, "keyframes"] == "kept"
    assert states(ava, "frames")[A, "frames"] == "missing"


@pytest.mark.parametrize(
    "options",
    [{"quality": 0}, {"jobs": 0}, {"gaps": "ignore"}, {"videos": ["AAAAAAAAAAA"]}, {"splits": ["x"]}],
)
def test_wrong_wishes_are_said_before_anything_happens(ava: Dataset, options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        prepare(ava, ["keyframes"], **options)  # type: ignore[arg-type]


def test_the_command(
    ava: Dataset, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avakit.dataset.ava.release_of", lambda root, settings: SMALL)
    app = typer.Typer()
    app.command()(command)

    def run(*words: str) -> int:
        code = typer.main.get_command(app).main(list(words), standalone_mode=False)
        assert isinstance(code, int)
        return code

    root = str(ava.root.path)
    assert run("keyframes", "--root", root, "--videos", f"{A},{GONE}", "--json") == 3
    out, _ = capsys.readouterr()
    document = json.loads(out)
    assert document["summary"] == {"made": 1, "kept": 0, "refused": 0, "missing": 1}
    assert document["products"][0]["files"] == 116
    assert run("keyframes", "--root", root, f"--videos={A}", "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert run("keyframes", "--root", root) == 3
    assert "keyframes: 2 of 3 videos, 232 files" in capsys.readouterr().err
