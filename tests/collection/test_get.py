"""What can go wrong with one video stays with it: a cause, a sentence, a next step; the others go on."""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from tests.collection.conftest import Film
from tests.collection.site import VAL, Site, lies, odd, zeroed
from tests.conftest import Movies

from avakit.causes import Cause, next_step
from avakit.collection.get import get
from avakit.dataset.ava import Dataset
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.dataset.settings import load
from avakit.errors import Interrupted, RootMismatch, UsageError
from avakit.rehearsal.faults import Changes, Cut, Fault, NoLength, NoRanges, Short, Status
from avakit.rehearsal.mirror import Mirror

EARLY = 1200


def rows(
    root: Path, site: Site, videos: Sequence[str], *sources: str, **options: object
) -> dict[str, VideoRow]:
    """Get videos, and return what the ledger says of all that were ever asked for."""
    with run(root, site, videos, *sources, **options) as ava:
        return ava.ledger.videos()


def run(root: Path, site: Site, videos: Sequence[str], *sources: str, **options: object) -> Dataset:
    given: dict[str, object] = {"jobs": 2, "annotations": site.labels, "connections": 4, **options}
    return get("v2.2", root=root, videos=videos, sources=sources or None, **given)  # type: ignore[arg-type]


def told(found: dict[str, VideoRow]) -> dict[str, tuple[str, str | None]]:
    return {
        video: (row.state.value, None if row.cause is None else row.cause.value)
        for video, row in found.items()
    }


def test_every_trouble_stays_with_its_video(
    movies: Movies, site: Site, sound_alone: Path, tmp_path: Path
) -> None:
    full = movies("mp4-25", seconds=2100)["mp4-25"].path
    early = movies("mp4-25", seconds=EARLY)["mp4-25"].path
    cases: dict[str, tuple[Path | bytes, list[Fault], str, str | None]] = {
        "fine": (full, [], "have", None),
        "refused": (full, [Status(403)], "missing", "login"),
        "failing twice": (full, [Status(500, times=2)], "have", None),
        "failing for ever": (full, [Status(500)], "missing", "server"),
        "asked to wait": (full, [Status(429, times=1, retry_after=1)], "have", None),
        "asked to wait for ever": (full, [Status(429)], "missing", "rate_limit"),
        "cut now and then": (full, [Cut(200_000)], "have", None),
        "cut at once for ever": (full, [Cut(1000)], "missing", "network"),
        "short three times": (full, [Short(100, times=3)], "have", None),
        "short for ever": (full, [Short(100)], "missing", "truncated"),
        "changed on the way": (full, [Changes(3)], "have", None),
        "without ranges, cut once": (full, [NoRanges(), Cut(900_000, times=2)], "have", None),
        "without length": (full, [NoLength()], "have", None),
        "a web page": (b"<html><body>Sign in</body></html>" * 40, [], "missing", "corrupt"),
        "zeros": (bytes(300_000), [], "missing", "corrupt"),
        "empty": (b"", [], "missing", "corrupt"),
        "cut off": (full.read_bytes()[:2_500_000], [], "missing", "corrupt"),
        "damaged packets": (zeroed(full, 0.5, 0.52), [], "missing", "corrupt"),
        "sound alone": (sound_alone, [], "missing", "format"),
        "ends at minute 20": (early, [], "partial", "too_short"),
        "ends before it begins": (movies("mp4-25", seconds=60)["mp4-25"].path, [], "missing", "too_short"),
    }
    names = dict(zip(cases, VAL, strict=False))
    faults = {site.put(names[case], content): some for case, (content, some, _, _) in cases.items()}
    absent = VAL[len(cases)]
    root = tmp_path / "ava"
    with Mirror(site.folder, faults=faults) as mirror:
        source = f"mirror={mirror.url}/"
        found = rows(root, site, [*names.values(), absent], source, jobs=3)
        meant = {names[case]: (state, cause) for case, (_, _, state, cause) in cases.items()}
        assert told(found) == {**meant, absent: ("missing", "not_found")}
        for video, row in found.items():
            if row.state is State.HAVE:
                assert (row.source, row.message, row.next_step) == (source, None, None)
                continue
            assert row.cause is not None
            assert row.next_step == next_step(row.cause)
            assert video in (row.message or "")  # its address is in the sentence
        there = {f"{video}.mp4" for video, row in found.items() if row.state in (State.HAVE, State.PARTIAL)}
        assert lies(root / "windows") == there
        assert {(root / "windows" / name).stat().st_size for name in there} == {
            found[names["fine"]].bytes, found[names["ends at minute 20"]].bytes
        }  # fmt: skip
        left = {name.rpartition(".")[2] for name in lies(root / ".avakit" / "partial")}
        assert left <= {"part", "map"}
        assert lies(root / ".avakit" / "partial").isdisjoint(
            f"{names[case]}" for case in ("damaged packets", "zeros", "a web page")
        )
        twice, once = (
            mirror.requests(f"/trainval/{names[case]}.mp4") for case in ("changed on the way", "fine")
        )
        assert len(twice) > len(once)
        # The second run asks for what is missing, but takes the movie that ends early no more.
        sent = mirror.sent(f"/trainval/{names['ends at minute 20']}.mp4")
        again = rows(root, site, [names["ends at minute 20"], names["fine"]])
        assert again == found
        assert mirror.sent(f"/trainval/{names['ends at minute 20']}.mp4") - sent == 1


def test_a_fault_of_avakit_itself_stops_no_other_video(
    film: Film, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / f"{VAL[0]}.mp4").write_bytes(film().path.read_bytes())
    monkeypatch.setattr("avakit.collection.attempt.accept", odd)
    found = rows(tmp_path / "ava", site, VAL[:2], f"folder={mine}")
    assert told(found) == {VAL[0]: ("missing", "format"), VAL[1]: ("missing", "not_found")}
    assert "fault of avakit itself: ValueError: an odd movie" in (found[VAL[0]].message or "")
    assert "in odd" in (tmp_path / "ava" / ".avakit" / "log").read_text()
    assert not lies(tmp_path / "ava" / ".avakit" / "partial")


def test_the_next_source_is_tried_for_each_video(film: Film, site: Site, tmp_path: Path) -> None:
    full = film().path
    early = film(EARLY).path
    absent, short, corrupt, nowhere_whole = VAL[:4]
    second = Site(tmp_path / "second")
    for video in (absent, short, corrupt):
        second.put(video, full)
    site.put(short, early)
    site.put(corrupt, zeroed(full, 0.5, 0.52))
    site.put(nowhere_whole, early)
    root = tmp_path / "ava"
    with Mirror(site.folder) as one, Mirror(second.folder) as two:
        sources = f"mirror={one.url}/", f"mirror={two.url}/"
        found = rows(root, site, VAL[:4], *sources)
        assert told(found) == {
            absent: ("have", None), short: ("have", None), corrupt: ("have", None),
            nowhere_whole: ("partial", "too_short"),
        }  # fmt: skip
        assert {found[video].source for video in (absent, short, corrupt)} == {sources[1]}
        assert found[nowhere_whole].source == sources[0]
        assert not lies(root / ".avakit" / "partial")
        with run(root, site, [short]) as ava:
            causes = [attempt.cause for attempt in ava.ledger.attempts(short)]
            assert causes == [Cause.TOO_SHORT, None]
            assert load(ava.root).sources == sources


def test_what_is_there_is_not_lost_where_more_cannot_be_had(film: Film, site: Site, tmp_path: Path) -> None:
    full = film().path
    early = film(EARLY).path
    shrinking, vanishing = VAL[:2]
    root = tmp_path / "ava"
    for video in VAL[:2]:
        site.put(video, full)
    with Mirror(site.folder) as mirror:
        before = rows(root, site, VAL[:2], f"mirror={mirror.url}")
        files = {video: (root / "windows" / f"{video}.mp4").read_bytes() for video in VAL[:2]}
        site.put(shrinking, early)
        (site.folder / "trainval" / f"{vanishing}.mp4").unlink()
        wider = (Fraction(894), Fraction(1807))
        after = rows(root, site, VAL[:2], window=wider)
        assert told(after) == {shrinking: ("partial", "too_short"), vanishing: ("partial", "not_found")}
        for video in VAL[:2]:
            assert (after[video].path, after[video].bytes) == (before[video].path, before[video].bytes)
            assert (root / "windows" / f"{video}.mp4").read_bytes() == files[video]
        # Asked for as it was, it is all there again.
        site.put(shrinking, full)
        site.put(vanishing, full)
        assert {row.state for row in rows(root, site, VAL[:2]).values()} == {State.HAVE}
        assert load_window(root) == wider


def load_window(root: Path) -> tuple[Fraction, Fraction] | None:
    with get(root=root, confirm=lambda cost: False) as ava:
        return ava.settings.window


def test_a_wider_window_is_fetched_and_a_narrower_one_is_there(
    film: Film, site: Site, tmp_path: Path
) -> None:
    site.put(VAL[0], film().path)
    root = tmp_path / "ava"
    with Mirror(site.folder) as mirror:
        first = rows(root, site, VAL[:1], f"mirror={mirror.url}")[VAL[0]]
        toml = root / "avakit.toml"
        toml.write_text(toml.read_text() + "window = [800, 1900]\n")
        wider = rows(root, site, VAL[:1])[VAL[0]]
        assert wider.window == (Fraction(800), Fraction(1900))
        assert wider.bytes > first.bytes
        toml.write_text(toml.read_text().replace("[800, 1900]", "[880, 1810]"))
        asked = len(mirror.log)
        assert rows(root, site, VAL[:1])[VAL[0]] == wider
        assert len(mirror.log) == asked
        # What somebody cut short is seen by its size, and fetched again.
        place = root / "windows" / f"{VAL[0]}.mp4"
        place.write_bytes(place.read_bytes()[:1000])
        assert rows(root, site, VAL[:1])[VAL[0]].bytes == place.stat().st_size > first.bytes


def test_windows_without_a_ledger_are_accepted_and_not_fetched(
    film: Film, site: Site, tmp_path: Path
) -> None:
    """As after a kill between the rename and the ledger's entry."""
    whole, torn = VAL[:2]
    for video in (whole, torn):
        site.put(video, film().path)
    root = tmp_path / "ava"
    with Mirror(site.folder) as mirror:
        source = f"mirror={mirror.url}/"
        before = rows(root, site, VAL[:2], source)
        (root / ".avakit" / "ledger.sqlite").unlink()
        place = root / "windows" / f"{torn}.mp4"
        place.write_bytes(place.read_bytes()[:-1000])
        asked = len(mirror.requests(f"/trainval/{whole}.mp4"))
        found = rows(root, site, VAL[:2])
        assert told(found) == {whole: ("have", None), torn: ("have", None)}
        assert len(mirror.requests(f"/trainval/{whole}.mp4")) == asked
        assert (found[whole].origin, found[whole].bytes) == (before[whole].origin, before[whole].bytes)
        assert found[torn].bytes == before[torn].bytes
        # A file that is narrower than what is asked for now does not count.
        (root / ".avakit" / "ledger.sqlite").unlink()
        wider = rows(root, site, [whole], window=(Fraction(800), Fraction(1806)))
        assert wider[whole].bytes > before[whole].bytes


def test_a_whole_movie_must_have_its_md5(film: Film, site: Site, tmp_path: Path) -> None:
    known, unknown = "1j20qq1JyX4", VAL[0]
    movie = film().path
    site.labels.joinpath("ava_val_v2.2.csv").write_text(f"{known},0902,0.1,0.1,0.5,0.9,12,0\n")
    for video in (known, unknown):
        site.put(video, movie)
    root = tmp_path / "ava"
    with Mirror(site.folder) as mirror:
        found = rows(root, site, [known, unknown], f"mirror={mirror.url}", whole=True)
    assert told(found) == {known: ("missing", "corrupt"), unknown: ("have", None)}
    assert "MD5" in (found[known].message or "")
    assert (found[unknown].kind, found[unknown].path) == (Kind.WHOLE, f"videos/{unknown}.mp4")
    assert (root / "videos" / f"{unknown}.mp4").read_bytes() == movie.read_bytes()
    assert lies(root / "videos") == {f"{unknown}.mp4"}
    assert not lies(root / ".avakit" / "partial")
    # A window fetched whole, for its server gives no parts, is held to it too.
    with Mirror(site.folder, faults={"*": NoRanges()}) as mirror:
        fallen = rows(tmp_path / "windows", site, [known], f"mirror={mirror.url}")
    assert told(fallen) == {known: ("missing", "corrupt")}
    assert not lies(tmp_path / "windows" / "windows")
    assert not lies(tmp_path / "windows" / ".avakit" / "partial")


def test_a_folder_s_movies_are_linked_or_cut_and_never_altered(
    film: Film, tmp_path: Path, site: Site
) -> None:
    movie = film().path
    mine = tmp_path / "mine"
    (mine / "test").mkdir(parents=True)
    plain, linked = VAL[:2]
    (mine / f"{plain}.mp4").write_bytes(movie.read_bytes())
    (mine / f"{plain}.mp4").chmod(0o444)
    try:
        (mine / "test" / f"{linked}.mp4").symlink_to(movie)
    except OSError:
        pytest.skip("links cannot be made here")
    before = [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in (mine / f"{plain}.mp4", movie)]
    for whole, folder in ((False, "windows"), (True, "videos")):
        root = tmp_path / folder
        found = rows(root, site, VAL[:2], f"folder={mine}", whole=whole)
        assert told(found) == {plain: ("have", None), linked: ("have", None)}
        assert lies(root / folder) == {f"{plain}.mp4", f"{linked}.mp4"}
        assert not (root / folder / f"{linked}.mp4").is_symlink()
        assert not lies(root / ".avakit" / "partial")
    if (tmp_path / "videos").stat().st_dev == mine.stat().st_dev:
        assert (tmp_path / "videos" / "videos" / f"{plain}.mp4").samefile(mine / f"{plain}.mp4")
    assert before == [(path, path.stat().st_mtime_ns, path.read_bytes()) for path, _, _ in before]


def test_a_later_split_is_added_and_retry_takes_up_its_causes_alone(site: Site, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    root = tmp_path / "ava"
    (site.labels / "ava_train_v2.2.csv").write_text("-5KQ66BBWC4,0902,0.1,0.1,0.5,0.9,12,0\n")
    folder = f"folder={tmp_path / 'empty'}"
    with get("v2.2", root=root, splits=["val"], sources=[folder], annotations=site.labels) as ava:
        assert len(ava.videos) == 64
        tried = len(ava.ledger.attempts())
    with get(root=root, splits=["train"]) as ava:
        assert ava.settings.splits == ("val", "train")
        assert len(ava.videos) == 299
        assert len(ava.ledger.attempts()) == tried + 235
    with get(root=root, retry=[Cause.NETWORK]) as ava:
        assert len(ava.ledger.attempts()) == tried + 235
        assert load(ava.root).retry == ()
    with get(root=root, retry=[Cause.NOT_FOUND, Cause.NETWORK]) as ava:
        assert len(ava.ledger.attempts()) == 2 * (tried + 235)
    toml = root / "avakit.toml"
    toml.write_text(toml.read_text() + 'retry = ["network"]\n')
    with get(root=root) as ava:
        assert len(ava.ledger.attempts()) == 2 * (tried + 235)


def test_cookies_stay_and_must_be_there(site: Site, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    jar = tmp_path / "cookies.txt"
    with pytest.raises(UsageError, match="no file of cookies"):
        run(tmp_path / "ava", site, VAL[:1], cookies=jar)
    assert not (tmp_path / "ava").exists()
    jar.write_text("# Netscape HTTP Cookie File\n")
    with run(tmp_path / "ava", site, VAL[:1], f"folder={tmp_path / 'empty'}", cookies=jar) as ava:
        assert load(ava.root).cookies == str(jar)
    jar.unlink()
    with pytest.raises(UsageError, match="no file of cookies"):
        get(root=tmp_path / "ava")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"splits": ["vall"]}, "has no split"),
        ({"videos": ["abc"]}, "abc"),
        ({"videos": ["aaaaaaaaaaa"]}, "has no video aaaaaaaaaaa"),
        ({"sources": ["youtub"]}, "not a source"),
        ({"sources": ["folder=/nowhere/at/all"]}, "no folder"),
        ({"sources": ["mirror=ftp://host/"]}, "not a URL"),
        ({"sources": ["mirror=http://me:secret@host/"]}, "holds a password"),
        ({"proxy": "http://me:secret@host"}, "holds a password"),
        ({"annotations": "http://me:secret@host/"}, "holds a password"),
        ({"jobs": 0}, "jobs"),
        ({"limit_rate": "fast"}, "fast"),
        ({"window": (10, 5)}, "window"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_made(
    options: dict[str, object], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as error:
        get("v2.2", root=tmp_path / "ava", **options)  # type: ignore[arg-type]
    assert sentence in str(error.value)
    assert "secret" not in str(error.value)
    assert not (tmp_path / "ava").exists()


def test_a_root_of_another_release_is_left_alone(site: Site, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run(tmp_path / "ava", site, VAL[:1], f"folder={tmp_path / 'empty'}").close()
    with pytest.raises(RootMismatch, match=r"holds v2\.2"):
        get("v2.1", root=tmp_path / "ava")


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends a process there")
def test_a_stop_leaves_what_was_finished(film: Film, site: Site, tmp_path: Path) -> None:
    for video in VAL[:2]:
        site.put(video, film().path)
    root = tmp_path / "ava"
    with Mirror(site.folder, rate=300e3, delay=0.01) as mirror:

        def stop() -> None:
            while mirror.sent() < 400_000:
                threading.Event().wait(0.02)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=stop).start()
        with pytest.raises(Interrupted):
            run(root, site, VAL[:2], f"mirror={mirror.url}")
        assert not lies(root / "windows")
        mirror.rate = None
        assert any(name.endswith(".map") for name in lies(root / ".avakit" / "partial"))
        assert {row.state for row in rows(root, site, VAL[:2]).values()} == {State.HAVE}
    assert not lies(root / ".avakit" / "partial")
