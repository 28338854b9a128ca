"""A netdisk, then YouTube: each video comes from whoever has it, and each other one has its true cause."""

from functools import partial
from pathlib import Path

import pytest
from tests.collection.site import VAL, Site
from tests.conftest import Movies
from tests.sources.tube import TubeIE, tube

from avakit.causes import Cause
from avakit.collection.get import get
from avakit.rehearsal.netdisk import LOGIN, Netdisk
from avakit.rehearsal.numbers import label
from avakit.sources import source
from avakit.sources.baidu import CODE, SHARE, Baidu
from avakit.sources.youtube import YouTube

SAID = {
    3: ("Private video. Sign in if you've been granted access to this video", Cause.PRIVATE),
    4: ("This video has been removed by the uploader", Cause.GONE),
    5: ("Sign in to confirm you’re not a bot.", Cause.BOT),
}


def test_a_netdisk_and_youtube(
    site: Site, movies: Movies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = movies("mp4-25", seconds=2100)["mp4-25"]
    jar, zeros = tmp_path / "cookies.txt", tmp_path / "zeros"
    jar.write_text(f"# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tBDUSS\t{LOGIN}\n")
    jar.chmod(0o600)
    zeros.write_bytes(bytes(300_000))
    shared = {f"/AVA/{VAL[0]}.mp4": movie.path, f"/AVA/{VAL[1]}.mp4": zeros, f"/AVA/{VAL[3]}.mp4": zeros}
    with Netdisk(shared, code="s3cr") as disk, tube() as site_of_all:
        for number in (1, 2):
            site_of_all.put(VAL[number], movie.path, None)
        site_of_all.said = {VAL[number]: said for number, (said, _) in SAID.items()}
        monkeypatch.setenv(SHARE, f"https://pan.baidu.com/s/1{disk.share}")
        monkeypatch.setenv(CODE, "s3cr")
        monkeypatch.setitem(source._ALONE, "baidu", lambda access: Baidu(access, disk.url))
        page = f"{site_of_all.url}/watch/{{}}".format
        with_extractor = partial(YouTube, page=page, extractors=[TubeIE], key="Tube", pause=(0.0, 0.0))
        monkeypatch.setitem(source._ALONE, "youtube", with_extractor)
        with get(
            "v2.2",
            root=tmp_path / "ava",
            videos=VAL[:6],
            sources=["baidu", "youtube"],
            annotations=site.labels,
            cookies=jar,
            jobs=1,
        ) as ava:
            rows = ava.ledger.videos()
            attempts = [[one.cause for one in ava.ledger.attempts(video)] for video in VAL[:6]]
            for video in VAL[:3]:
                for second in (902, 1798):
                    assert label(ava.videos[video].window.frame_at(second).rgb).number == movie.number_at(
                        second
                    )
    absent = Cause.NOT_FOUND
    told = [[Cause.CORRUPT, Cause.PRIVATE], *([absent, SAID[number][1]] for number in (4, 5))]
    assert attempts == [[None], [Cause.CORRUPT, None], [absent, None], *told]
    assert [rows[video].source for video in VAL[:3]] == ["baidu", "youtube", "youtube"]
    for number, (said, cause) in SAID.items():
        assert rows[VAL[number]].cause is cause
        assert said.rstrip(".") in (rows[VAL[number]].message or "")
