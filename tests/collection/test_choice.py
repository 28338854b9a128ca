from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from avakit.causes import Cause
from avakit.collection.choice import estimate, is_there, pending
from avakit.collection.request import Request, Wish
from avakit.dataset.root import Root
from avakit.dataset.rows import Kind, State, VideoRow
from avakit.releases import catalogue
from avakit.windows.span import Window

V22 = catalogue.release("v2.2")
VIDEO = "-IELREHX_js"


def request(path: Path, whole: bool = False, window: tuple[int, int] = (895, 1806)) -> Request:
    return Request(Root(path), V22.seconds, Window(Fraction(window[0]), Fraction(window[1])), whole)


@pytest.fixture
def have(tmp_path: Path) -> VideoRow:
    (tmp_path / "windows").mkdir()
    (tmp_path / "windows" / f"{VIDEO}.mp4").write_bytes(b"1234")
    return VideoRow(
        VIDEO, "train", State.HAVE, kind=Kind.WINDOW, path=f"windows/{VIDEO}.mp4", bytes=4,
        window=(Fraction(895), Fraction(1806)),
    )  # fmt: skip


def test_a_video_is_there_while_its_file_is_as_it_was(have: VideoRow, tmp_path: Path) -> None:
    assert is_there(have, request(tmp_path))
    assert is_there(have, request(tmp_path, window=(900, 1800)))
    assert not is_there(have, request(tmp_path, window=(890, 1806)))
    assert not is_there(have, request(tmp_path, window=(895, 1807)))
    assert not is_there(have, request(tmp_path, whole=True))
    assert is_there(replace(have, kind=Kind.WHOLE), request(tmp_path, whole=True))
    assert is_there(replace(have, kind=Kind.WHOLE), request(tmp_path, window=(0, 5000)))
    for state in (State.PARTIAL, State.MISSING, State.ASKED):
        assert not is_there(replace(have, state=state), request(tmp_path))
    assert not is_there(replace(have, bytes=5), request(tmp_path))
    (tmp_path / "windows" / f"{VIDEO}.mp4").unlink()
    assert not is_there(have, request(tmp_path))
    assert is_there(replace(have, path=None, bytes=0), request(tmp_path)), "dropped, its products are made"


def test_what_is_pending_and_what_is_taken_up_again(have: VideoRow, tmp_path: Path) -> None:
    videos = V22.splits["train"].videos[:4]
    known = {
        videos[0].id: replace(have, id=videos[0].id, path=None),
        videos[1].id: VideoRow(videos[1].id, "train", State.MISSING, cause=Cause.NETWORK),
        videos[2].id: VideoRow(videos[2].id, "train", State.ASKED),
    }
    asked = Wish(Root(tmp_path), V22)
    assert pending(videos, known, (), asked) == list(videos[1:])
    assert pending(videos, known, (Cause.NETWORK,), asked) == [videos[1]]
    assert pending(videos, known, (Cause.GONE,), asked) == []


def test_a_window_costs_a_fifth_of_its_movie() -> None:
    assert estimate(V22, 299, True).bytes == pytest.approx(157e9, rel=0.01)
    assert estimate(V22, 299, False).bytes == pytest.approx(157e9 / 5, rel=0.01)
    assert estimate(V22, 0, False) == type(estimate(V22, 0, False))(0, 0)


def test_what_is_wanted_of_a_clip_is_its_own() -> None:
    clip = "000QsbOC-a4"
    release = replace(V22, own_seconds={clip: (3,)})
    wish = Wish(Root(Path("ava")), release, (Fraction(900), Fraction(1800)))
    assert wish.of(VIDEO).window == Window(Fraction(900), Fraction(1800))
    assert wish.of(VIDEO).seconds == V22.seconds
    assert wish.of(clip).window == Window(Fraction(0), Fraction(8))
    assert wish.of(clip).seconds == (3,)
    assert release.grid_of(clip).count == 240
    own = replace(release, learns=True, window=None)
    assert [Wish(Root(Path("ava")), own).of(clip).whole, Wish(Root(Path("ava")), own).windowed] == [
        True,
        False,
    ]
