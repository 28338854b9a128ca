"""Baidu netdisk, against a rehearsal of it that follows its protocol."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.collection.site import VAL
from tests.collection.site import Site as Labels
from tests.conftest import Movies

from avakit.causes import Cause
from avakit.collection.get import get
from avakit.errors import LoginNeeded
from avakit.rehearsal.netdisk import LOGIN, Netdisk
from avakit.rehearsal.numbers import label
from avakit.releases.model import Video
from avakit.sources.access import Access
from avakit.sources.baidu import CODE, SHARE, Baidu
from avakit.sources.offer import Missing, Offer
from avakit.transfer.http import Http

CODE_SET = "s3cr"
DATA = bytes(range(256)) * 2000
Find = Callable[..., Offer | Missing]


def jar(folder: Path, login: str = LOGIN) -> Path:
    file = folder / "cookies.txt"
    file.write_text(f"# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tBDUSS\t{login}\n")
    file.chmod(0o600)
    return file


def settings(disk: Netdisk, code: str = CODE_SET) -> dict[str, str]:
    return {SHARE: f"https://pan.baidu.com/s/1{disk.share}", CODE: code}


@pytest.fixture
def cookies(tmp_path: Path) -> Path:
    return jar(tmp_path)


@pytest.fixture
def wire(http: Http, cookies: Path) -> Iterator[Http]:
    """`http` is for its short pauses."""
    with Http(stall=1, cookies=cookies) as made:
        yield made


def files(tmp_path: Path, *paths: str) -> dict[str, Path]:
    file = tmp_path / "data.bin"
    file.write_bytes(DATA)
    return dict.fromkeys(paths, file)


def test_found_saved_and_read(wire: Http, video: Video, tmp_path: Path) -> None:
    path = f"/AVA/videos/{video.id}.mkv"
    with Netdisk(files(tmp_path, "/AVA/readme.txt", path), code=CODE_SET) as disk:
        source = Baidu(Access(wire), disk.url, settings(disk))
        found = source.find(video)
        assert isinstance(found, Offer)
        assert (found.source, found.container, found.md5) == ("baidu", "mkv", None)
        assert found.reader.version.size == len(DATA)
        assert found.reader.ranges
        assert b"".join(found.reader.read(1000, 300_000)) == DATA[1000:300_000]
        assert found.reader.name == f"baidu:{path}"
        assert list(disk.saved) == [f"/avakit/77/{video.id}.mkv"]
        # Another run finds it saved; the cookies of the login go to no other host.
        again = Baidu(Access(wire), disk.url, settings(disk)).find(video)
        assert isinstance(again, Offer)
        assert disk.log.count("/share/transfer") == 1
        assert disk.log.count("/share/verify") == 2
        assert disk.cookies
        assert set(disk.cookies) == {""}


def test_a_code_may_stand_in_the_link(wire: Http, video: Video, tmp_path: Path) -> None:
    with Netdisk(files(tmp_path, f"/{video.id}.mp4"), code=CODE_SET) as disk:
        for link in (
            f"https://pan.baidu.com/s/1{disk.share}?pwd=",
            f"http://x/share/init?surl={disk.share}&pwd=",
        ):
            assert isinstance(Baidu(Access(wire), disk.url, {SHARE: link + CODE_SET}).find(video), Offer)


def test_thousands_of_files_in_pages(wire: Http, video: Video, tmp_path: Path) -> None:
    names = [f"/many/{number:05d}.mp4" for number in range(2500)]
    with Netdisk(files(tmp_path, *names, f"/many/{video.id}.mkv"), code=CODE_SET) as disk:
        source = Baidu(Access(wire), disk.url, settings(disk))
        assert isinstance(source.find(video), Offer)
        assert disk.log.count("/share/list") == 4
        assert isinstance(source.find(video), Offer)
        assert disk.log.count("/share/list") == 4


def test_a_video_that_is_not_in_the_share(wire: Http, video: Video, tmp_path: Path) -> None:
    with Netdisk(files(tmp_path, "/other.mp4"), code=CODE_SET) as disk:
        found = Baidu(Access(wire), disk.url, settings(disk)).find(video)
    assert isinstance(found, Missing)
    assert found.cause is Cause.NOT_FOUND
    assert video.id in found.message


@pytest.mark.parametrize(
    ("environment", "login", "cause", "says"),
    [
        ({}, True, Cause.SETUP, "AVAKIT_BAIDU_SHARE is not set"),
        ({SHARE: "https://[x"}, True, Cause.SETUP, "not the link of a share"),
        ({SHARE: "https://pan.baidu.com/s/1../../x"}, True, Cause.SETUP, "not the link of a share"),
        ({SHARE: "https://pan.baidu.com/s/1Abcdef"}, False, Cause.LOGIN, "no cookies"),
    ],
)
def test_what_is_not_set_is_an_instruction(
    wire: Http, http: Http, video: Video, environment: dict[str, str], login: bool, cause: Cause, says: str
) -> None:
    found = Baidu(Access(wire if login else http), "http://127.0.0.1:1", environment).find(video)
    assert isinstance(found, Missing)
    assert found.cause is cause
    assert says in found.message
    for word in (SHARE, CODE, "--cookies", "BDUSS", video.id):
        assert word in found.message


@pytest.mark.parametrize(
    ("call", "number", "cause"),
    [
        ("/share/verify", -9, Cause.LOGIN),
        ("/share/verify", -12, Cause.LOGIN),
        ("/share/verify", -62, Cause.BOT),
        ("/share/verify", -19, Cause.BOT),
        ("/share/verify", 105, Cause.GONE),
        ("/share/list", -8, Cause.GONE),
        ("/share/list", -7, Cause.GONE),
        ("/share/list", -21, Cause.GONE),
        ("/share/list", 31034, Cause.RATE_LIMIT),
        ("/share/list", 31415926, Cause.SERVER),
        ("/api/gettemplatevariable", -6, Cause.LOGIN),
        ("/share/transfer", -10, Cause.DISK),
        ("/share/transfer", 1919, Cause.GONE),
        ("/share/transfer", 132, Cause.BOT),
        ("/api/filemetas", 31045, Cause.LOGIN),
    ],
)
def test_numbers_of_errors(
    wire: Http, video: Video, tmp_path: Path, call: str, number: int, cause: Cause
) -> None:
    shared = files(tmp_path, f"/{video.id}.mp4")
    with Netdisk(shared, code=CODE_SET, errors={call: number}) as disk:
        source = Baidu(Access(wire), disk.url, settings(disk))
        found = source.find(video)
        assert isinstance(found, Missing)
        assert found.cause is cause
        assert str(number) in found.message
        assert video.id in found.message
        assert CODE_SET not in found.message
        assert disk.share not in found.message
        asked = len(disk.log)
        assert isinstance(source.find(video), Missing)
        # What does not pass is not asked for again for each video.
        if call in ("/share/verify", "/share/list") and cause not in (Cause.RATE_LIMIT, Cause.SERVER):
            assert len(disk.log) == asked


def test_a_wrong_code_an_unknown_login_and_a_full_netdisk(
    http: Http, wire: Http, video: Video, tmp_path: Path
) -> None:
    shared = files(tmp_path, f"/{video.id}.mp4")
    with Netdisk(shared, code=CODE_SET, room=0) as disk:
        wrong = Baidu(Access(wire), disk.url, settings(disk, "wr0g")).find(video)
        full = Baidu(Access(wire), disk.url, settings(disk)).find(video)
        (tmp_path / "other").mkdir()
        with Http(cookies=jar(tmp_path / "other", "stale")) as stale:
            unknown = Baidu(Access(stale), disk.url, settings(disk)).find(video)
    told = [(one.cause, one.message) for one in (wrong, full, unknown) if isinstance(one, Missing)]
    assert [cause for cause, _ in told] == [Cause.LOGIN, Cause.DISK, Cause.LOGIN]
    assert "extraction code is wrong" in told[0][1]
    assert "your netdisk is full" in told[1][1]
    assert "export its cookies anew" in told[2][1]
    assert "wr0g" not in told[0][1]
    assert "stale" not in told[2][1]


def test_a_link_that_expires_is_renewed(wire: Http, video: Video, tmp_path: Path) -> None:
    with Netdisk(files(tmp_path, f"/{video.id}.mp4"), code=CODE_SET, uses=3) as disk:
        found = Baidu(Access(wire), disk.url, settings(disk)).find(video)
        assert isinstance(found, Offer)
        for start in range(0, 500_000, 50_000):
            assert b"".join(found.reader.read(start, start + 50_000)) == DATA[start : start + 50_000]
        assert len(disk.given) >= 5
    # Links that never serve a byte are not asked for without end.
    with Netdisk(files(tmp_path, f"/{video.id}.mp4"), code=CODE_SET, uses=1) as disk:
        found = Baidu(Access(wire), disk.url, settings(disk)).find(video)
        assert isinstance(found, Offer)
        with pytest.raises(LoginNeeded):
            b"".join(found.reader.read(0, 1000))
        assert len(disk.given) <= 4


def test_answers_that_are_none(wire: Http, video: Video, tmp_path: Path) -> None:
    """A server that speaks something else altogether."""
    from tests.transfer.servers import Scripted, say

    for body in (b"", b"[1]", b"<html>", b"[" * 100_000, b'{"errno":"x"}', b'{"errno":0,"list":[{}, 5]}'):
        server = Scripted(lambda request, line, body=body: say(line, "200 OK", body))  # type: ignore[misc]
        try:
            disk = Netdisk({})
            found = Baidu(Access(wire), server.url, settings(disk)).find(video)
        finally:
            server.close()
        assert isinstance(found, Missing)
        assert found.cause in (Cause.SERVER, Cause.NOT_FOUND)


@pytest.mark.timeout(120)
def test_a_window_exact_by_number_and_no_secret_anywhere(
    movies: Movies, tmp_path: Path, http: Http, cookies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = movies("mp4-25", seconds=2100)["mp4-25"]
    site = Labels(tmp_path / "labels")
    root = tmp_path / "ava"
    with Netdisk({f"/AVA/{VAL[0]}.mp4": movie.path}, code=CODE_SET, uses=4) as disk:
        monkeypatch.setitem(
            __import__("avakit.sources.source", fromlist=["_ALONE"])._ALONE,
            "baidu",
            lambda access: Baidu(access, disk.url),
        )
        for name, value in settings(disk).items():
            monkeypatch.setenv(name, value)
        with get(
            "v2.2", root=root, videos=VAL[:2], sources=["baidu"], annotations=site.labels, cookies=cookies
        ) as ava:
            rows = ava.ledger.videos()
            assert [rows[video].cause for video in VAL[:2]] == [None, Cause.NOT_FOUND]
            assert rows[VAL[0]].source == "baidu"
            for second in (902, 1500, 1798):
                assert label(ava.videos[VAL[0]].window.frame_at(second).rgb).number == movie.number_at(second)
        secrets = [CODE_SET, disk.share, LOGIN, "secret-sign", "key-of-a-rehearsal", "token-of-a-rehearsal"]
    for path in root.rglob("*"):
        if path.is_file() and path.parent.name != "windows":
            text = path.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in text], path
    assert cookies.read_text().count(LOGIN) == 1
    assert os.environ[CODE] == CODE_SET
