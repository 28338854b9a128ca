"""Files that people have, under the names that they have them under, become a data set."""

import hashlib
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from tests.collection.conftest import Film
from tests.collection.labels import write_labels
from tests.collection.site import VAL
from tests.conftest import Movies
from tests.windows.untagged import untagged

from avakit.causes import Cause
from avakit.collection.adopt import Adopted, adopt
from avakit.collection.get import get
from avakit.dataset.ava import open_dataset
from avakit.dataset.root import create
from avakit.dataset.rows import Kind, State
from avakit.dataset.settings import Settings, load, save
from avakit.errors import RootError, RootMismatch, UsageError
from avakit.rehearsal.numbers import read
from avakit.rehearsal.recipe import Movie
from avakit.releases import catalogue
from avakit.windows.span import Window

SECONDS = (902, 1301, 1798)
DASHED = "-5KQ66BBWC4"


def put(folder: Path, name: str, content: Path | bytes) -> Path:
    """Let a file be there: a link to a movie, or bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / name
    if isinstance(content, bytes):
        place.write_bytes(content)
    else:
        place.hardlink_to(content)
    return place


def states(adopted: Adopted) -> dict[str, tuple[str, str | None]]:
    return {
        one.row.id: (one.row.state.value, None if one.row.cause is None else one.row.cause.value)
        for one in adopted.taken
    }


def right(root: Path, video: str, movie: Movie) -> None:
    with open_dataset(root) as ava:
        window = ava.videos[video].window
        for second in SECONDS:
            assert read(window.frame_at(second).rgb) == movie.number_at(Fraction(second)), (video, second)


@pytest.fixture
def movie(film: Film) -> Movie:
    return film()


def test_names_as_people_have_them(movie: Movie, tmp_path: Path) -> None:
    have = tmp_path / "have"
    names = {
        VAL[0]: f"ava_{VAL[0]}.mp4",
        VAL[1]: f"deep/er/Some title - part 2-{VAL[1]}.MP4",
        DASHED: f"{DASHED}.f137.mp4",
    }
    for name in names.values():
        put((have / name).parent, Path(name).name, movie.path)
    put(have, f"{VAL[6]} {VAL[7]}.mp4", movie.path)
    put(have, "holiday.mp4", movie.path)
    put(have, f"{VAL[8]}.srt", b"1\n")
    put(have, f"{VAL[9]}.mp4", b"<html>" * 1000)
    put(have, f"{VAL[10]}.mp4", b"")
    (have / "loop").symlink_to(have)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in have.glob("*.*")}
    root = tmp_path / "ava"
    adopted = adopt([have], release="v2.2", root=root)
    fine = dict.fromkeys(names, ("have", None))
    assert states(adopted) == {**fine, VAL[9]: ("missing", "corrupt"), VAL[10]: ("missing", "corrupt")}
    assert adopted.ambiguous == ((have / f"{VAL[6]} {VAL[7]}.mp4", (VAL[6], VAL[7])),)
    assert set(adopted.unmatched) == {have / "holiday.mp4", have / f"{VAL[8]}.srt"}
    assert not adopted.complete
    right(root, DASHED, movie)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in before} == before
    with open_dataset(root) as ava:
        assert set(ava.settings.videos) == {*names, VAL[9], VAL[10]}
        rows = ava.ledger.videos()
        assert {rows[video].source for video in names} == {"adopt"}
        assert {rows[video].kind for video in names} == {Kind.WINDOW}
        assert not any((root / ".avakit" / "partial").iterdir())
    again = adopt([have / name for name in names.values()], root=root)
    assert (again.taken, set(again.here), again.complete) == ((), set(names), True)


def test_the_best_of_several_files_wins(film: Film, movie: Movie, tmp_path: Path) -> None:
    early = film(1400).path
    put(tmp_path / "have", f"{VAL[0]}.mp4", b"a web page" * 1_000_000)  # the largest, and no good
    put(tmp_path / "have", f"c-{VAL[0]}.mp4", movie.path)
    put(tmp_path / "have", f"{VAL[1]}.mp4", b"a web page" * 1_000_000)
    put(tmp_path / "have", f"b-{VAL[1]}.mp4", early)
    adopted = adopt([tmp_path / "have"], release="v2.2", root=tmp_path / "ava")
    assert states(adopted) == {VAL[0]: ("have", None), VAL[1]: ("partial", "too_short")}
    assert adopted.taken[[one.row.id for one in adopted.taken].index(VAL[0])].file.name == f"c-{VAL[0]}.mp4"
    right(tmp_path / "ava", VAL[0], movie)
    with open_dataset(tmp_path / "ava") as ava:
        assert [row.cause for row in ava.ledger.attempts(VAL[0])] == [Cause.CORRUPT, None]


def test_whole_movies_are_linked(movie: Movie, tmp_path: Path) -> None:
    file = put(tmp_path / "have", f"{VAL[0]}.mp4", movie.path.read_bytes())
    file.chmod(0o444)
    root = tmp_path / "ava"
    adopted = adopt([file], release="v2.2", root=root, whole=True)
    assert adopted.complete
    assert (root / "videos" / file.name).samefile(file)
    with open_dataset(root) as ava:
        assert ava.ledger.videos()[VAL[0]].kind is Kind.WHOLE
        assert not ava.settings.whole
    assert adopt([file], root=root).here == (VAL[0],)  # a whole movie has its window


def test_a_data_set_of_whole_movies_stays_one(movie: Movie, tmp_path: Path) -> None:
    root = create(tmp_path / "ava")
    save(root, Settings.of({"release": "v2.2", "splits": ["val"], "whole": True}))
    file = put(tmp_path / "have", f"{VAL[0]}.mp4", movie.path)
    assert adopt([file], root=root.path).complete
    assert (root.videos / file.name).samefile(file)
    assert load(root) == Settings.of({"release": "v2.2", "splits": ["val"], "whole": True})


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_on_another_file_system_they_are_copied(movie: Movie, tmp_path: Path) -> None:
    place = Path("/dev/shm") / f"avakit-{os.getpid()}"
    try:
        file = put(place, f"{VAL[0]}.mp4", movie.path.read_bytes())
        assert adopt([place], release="v2.2", root=tmp_path / "ava", whole=True).complete
        copy = tmp_path / "ava" / "videos" / file.name
        assert copy.read_bytes() == file.read_bytes()
        assert not copy.samefile(file)
    finally:
        for path in place.iterdir():
            path.unlink()
        place.rmdir()


@pytest.fixture(scope="module")
def part(film: Film, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Fraction]:
    """About 15 minutes cut out of a movie, and the second at which they begin."""
    file = tmp_path_factory.mktemp("part") / "part"
    movie = film()
    return file, untagged(movie.path, Window(Fraction(896), Fraction(1803)), file)


def test_a_part_says_where_it_begins_or_is_refused(
    movie: Movie, part: tuple[Path, Fraction], tmp_path: Path
) -> None:
    have, root = tmp_path / "have", tmp_path / "ava"
    file, start = part
    put(have, f"{VAL[0]}.mp4", file)
    refused = adopt([have], release="v2.2", root=root)
    assert states(refused) == {VAL[0]: ("missing", "wrong_movie")}
    message = refused.taken[0].row.message or ""
    assert "--begins" in message
    assert str(have / f"{VAL[0]}.mp4") in message
    whole = put(have, f"{VAL[1]}.mp4", movie.path)
    taken = adopt([have], root=root, begins=start)
    assert states(taken) == {VAL[0]: ("have", None), VAL[1]: ("missing", "wrong_movie")}
    assert "without --begins" in (taken.taken[1].row.message or taken.taken[0].row.message or "")
    assert any("at your word" in note for note in taken.notes)
    right(root, VAL[0], movie)
    assert whole.samefile(movie.path)


def test_a_name_says_where_a_clip_begins(movie: Movie, part: tuple[Path, Fraction], tmp_path: Path) -> None:
    file, start = part
    assert start.denominator == 1
    put(tmp_path / "have", f"{VAL[0]}_{int(start):06}_001803.mp4", file)
    adopted = adopt([tmp_path / "have"], release="v2.2", root=tmp_path / "ava")
    assert states(adopted) == {VAL[0]: ("have", None)}
    assert adopted.notes == ()
    right(tmp_path / "ava", VAL[0], movie)
    whole = adopt([tmp_path / "have"], release="v2.2", root=tmp_path / "whole", whole=True)
    assert states(whole) == {VAL[0]: ("missing", "too_short")}
    assert "part of its movie" in (whole.taken[0].row.message or "")


def test_a_whole_movie_with_the_name_of_a_clip_is_refused(movie: Movie, tmp_path: Path) -> None:
    put(tmp_path / "have", f"{VAL[0]}_000900_001800.mp4", movie.path)
    (taken,) = adopt([tmp_path / "have"], release="v2.2", root=tmp_path / "ava").taken
    assert (taken.row.state, taken.row.cause) == (State.MISSING, Cause.WRONG_MOVIE)
    assert "seconds 900 to 1800" in (taken.row.message or "")


def test_windows_of_another_data_set_are_taken_over(film: Film, tmp_path: Path) -> None:
    movie = film(container="mkv")
    put(tmp_path / "have", f"{VAL[1]}.mkv", movie.path)
    adopt([tmp_path / "have"], release="v2.2", root=tmp_path / "one")
    other = adopt([tmp_path / "one"], release="v2.2", root=tmp_path / "two", begins=900)
    assert states(other) == {VAL[1]: ("have", None)}
    assert other.notes == ()  # they say themselves where they begin
    right(tmp_path / "two", VAL[1], movie)
    # What lies in the root itself is no gift.
    assert adopt([tmp_path / "two"], root=tmp_path / "two").taken == ()


def test_md5s_are_compared_where_they_are_known(
    movie: Movie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = catalogue.release("v2.2")
    known = [video for video in release.videos(["val"]) if video.md5 and video.container == "mp4"][:2]
    digest = hashlib.md5(movie.path.read_bytes()).hexdigest()
    videos = tuple(
        replace(video, md5=digest) if video.id == known[0].id else video for video in release.videos(["val"])
    )
    splits = {**release.splits, "val": replace(release.splits["val"], videos=videos)}
    changed = replace(release, splits=splits)
    monkeypatch.setattr("avakit.dataset.release.catalogue.release", lambda name: changed)
    for video in known:
        put(tmp_path / "have", f"{video.id}.mp4", movie.path)
    adopted = adopt([tmp_path / "have"], release="v2.2", root=tmp_path / "ava", whole=True)
    assert {one.row.id: one.as_published for one in adopted.taken} == {
        known[0].id: True,
        known[1].id: False,
    }
    assert adopted.complete
    assert len(adopted.notes) == 2


def test_get_goes_on_from_there(movie: Movie, tmp_path: Path) -> None:
    put(tmp_path / "have", f"{VAL[0]}.mp4", movie.path)
    root = tmp_path / "ava"
    adopt([tmp_path / "have"], release="v2.2", root=root, whole=True)
    labels = write_labels(tmp_path / "labels", VAL)
    with get(
        "v2.2", root=root, videos=VAL[:2], annotations=labels, sources=[f"folder={tmp_path / 'have'}"]
    ) as ava:
        rows = ava.ledger.videos()
        assert {video: row.state for video, row in rows.items()} == {
            VAL[0]: State.HAVE,
            VAL[1]: State.MISSING,
        }
        assert rows[VAL[0]].source == "adopt"
        assert load(ava.root).videos == VAL[:2]


def test_data_of_one_s_own(movies: Movies, tmp_path: Path) -> None:
    movie = movies("mp4-25")["mp4-25"]
    root = tmp_path / "mine"
    root.mkdir()
    (root / "labels.csv").write_text("talk.1,33,0.1,0.1,0.5,0.5,12,0\ntalk.1,34,0.1,0.1,0.5,0.5,12,0\n")
    (root / "avakit.toml").write_text(
        'release = "mine"\n[custom]\nkind = "actions"\n[custom.labels]\ntrain = "labels.csv"\n'
    )
    (tmp_path / "have").mkdir()
    part = tmp_path / "have" / "part"
    start = untagged(movie.path, Window(Fraction(30), Fraction(41)), part)
    part.rename(part.with_name(f"talk.1_{int(start):06}_000041.mp4"))
    adopted = adopt([tmp_path / "have"], root=root)
    assert states(adopted) == {"talk.1": ("have", None)}
    with open_dataset(root) as ava:
        picture = ava.videos["talk.1"].window.frame_at(33)
        assert read(picture.rgb) == movie.number_at(Fraction(33))
    put(tmp_path / "more", "talk.1.mp4", movie.path)
    assert adopt([tmp_path / "more"], root=root).complete


def test_what_cannot_be_done_is_said(movie: Movie, tmp_path: Path) -> None:
    file = put(tmp_path / "have", f"{VAL[0]}.mp4", movie.path)
    with pytest.raises(UsageError, match="--release"):
        adopt([file], root=tmp_path / "ava")
    with pytest.raises(UsageError, match="no release"):
        adopt([file], root=tmp_path / "ava", release="v9")
    with pytest.raises(UsageError, match="There is no"):
        adopt([tmp_path / "nothing"], root=tmp_path / "ava", release="v2.2")
    with pytest.raises(UsageError, match="not a whole one"):
        adopt([file], root=tmp_path / "ava", release="v2.2", whole=True, begins=900)
    with pytest.raises(UsageError, match="nothing"):
        adopt([], root=tmp_path / "ava", release="v2.2")
    with pytest.raises(RootError, match="labels"):
        adopt([file], root=tmp_path / "ava", release="activespeaker-v1.0")
    assert not (tmp_path / "ava").exists()
    nothing = adopt([put(tmp_path / "other", "x.mp4", b"x")], root=tmp_path / "ava", release="v2.2")
    assert (nothing.complete, len(nothing.unmatched)) == (False, 1)
    assert not (tmp_path / "ava").exists()
    adopt([file], root=tmp_path / "ava", release="v2.2")
    with pytest.raises(RootMismatch):
        adopt([file], root=tmp_path / "ava", release="v2.1")


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text_are_borne(movie: Movie, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\x1b[31m " + f"[{VAL[0]}].mp4".encode())
    put(tmp_path / "have", name, movie.path)
    put(tmp_path / "have", os.fsdecode(b"\xfe " + f"[{VAL[1]}].mp4".encode()), b"x")
    adopted = adopt([tmp_path / "have"], release="v2.2", root=tmp_path / "ava", whole=True)
    assert states(adopted) == {VAL[0]: ("have", None), VAL[1]: ("missing", "corrupt")}
