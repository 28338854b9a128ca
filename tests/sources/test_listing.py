"""Directory pages of real servers, behind a name and a password that must be seen nowhere."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.collection.labels import write_labels
from tests.conftest import Movies
from tests.sources import webservers
from tests.sources.conftest import Site
from tests.sources.webservers import PASSWORD, USER, Server

import avakit
from avakit.causes import Cause
from avakit.errors import Interrupted, UsageError
from avakit.rehearsal.numbers import read
from avakit.releases.model import Video
from avakit.sources.access import Access
from avakit.sources.listing import Listing
from avakit.sources.mirror import Mirror
from avakit.sources.offer import Missing, Offer
from avakit.sources.source import parse
from avakit.transfer import credentials
from avakit.transfer.http import Http

FULL = 2100


def video(id_: str, container: str | None = None) -> Video:
    return Video(id_, "trainval", container, None, ())


def found(source: Listing, id_: str, container: str | None = None) -> Offer:
    offer = source.find(video(id_, container))
    assert isinstance(offer, Offer), offer
    return offer


def refused(source: Listing, id_: str = "-FaXLcSFjUI") -> Missing:
    missing = source.find(video(id_))
    assert isinstance(missing, Missing)
    assert missing.message.startswith(f"{source.name} does not give {id_}: ")
    assert PASSWORD not in missing.message
    assert USER not in missing.message
    return missing


@pytest.fixture(scope="module")
def real_nginx() -> Iterator[Server]:
    if not Path(webservers.NGINX).exists():
        pytest.skip("nginx is not installed")
    with webservers.nginx() as server:
        webservers.fill(server.www)
        yield server


@pytest.fixture(scope="module")
def real_apache() -> Iterator[Server]:
    if not Path(webservers.APACHE).exists():
        pytest.skip("apache2 is not installed (Debian's apache2-bin)")
    with webservers.apache() as server:
        webservers.fill(server.www)
        yield server


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVAKIT_USER", USER)
    monkeypatch.setenv("AVAKIT_PASSWORD", PASSWORD)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AVAKIT_USER", "AVAKIT_PASSWORD", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(credentials, "_from_keyring", lambda *_: None)


def check_all(source: Listing, listed_sizes: dict[str, int | None]) -> None:
    for id_, size in {
        "_2Isct32Msg": 365 * 2**20,
        "lSCEt_mCHlM": int(2.6 * 2**30),
        "-FaXLcSFjUI": 1000,
    }.items():
        offer = found(source, id_)
        assert offer.reader.version.size == size
        assert offer.container == ("mp4" if id_[0] == "-" else "mkv")
        assert offer.md5 is None
        assert offer.reader.ranges
    assert b"".join(found(source, "-FaXLcSFjUI").reader.read(10, 20)) == b"x" * 10
    for n in range(16):
        assert found(source, f"video{n:06d}").container == ("mp4", "mkv", "webm")[n % 3]
    sizes = {id_: entries[0][1].size for id_, entries in source._listed().items()}
    assert {id_: sizes[id_] for id_ in listed_sizes} == listed_sizes
    assert len(sizes) == 20
    absent = source.find(video("zzzzzzzzzzz"))
    assert isinstance(absent, Missing)
    assert absent.cause is Cause.NOT_FOUND


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize(("place", "large"), [("exact", int(2.6 * 2**30)), ("human", 3 * 2**30)])
def test_nginx(real_nginx: Server, http: Http, place: str, large: int) -> None:
    source = Listing(f"{real_nginx.url}/{place}", http)
    check_all(source, {"_2Isct32Msg": 365 * 2**20, "lSCEt_mCHlM": large})


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize("place", ["table", "fancy", "plain"])
def test_apache(real_apache: Server, http: Http, place: str) -> None:
    sizes = (None, None) if place == "plain" else (365 * 2**20, round(2.6 * 2**30))
    check_all(
        Listing(f"{real_apache.url}/{place}/", http),
        dict(zip(("_2Isct32Msg", "lSCEt_mCHlM"), sizes, strict=True)),
    )


def test_python_and_the_folders_of_a_mirror(site: Site, http: Http) -> None:
    site.media_type = "text/html"
    site.files["/ava/"] = b'<li><a href="trainval/">trainval/</a></li><li><a href="odd/">odd/</a></li>'
    site.files["/ava/trainval/"] = b'<li><a href="-5KQ66BBWC4.MKV">x</a></li><li><a href="a.txt">a</a></li>'
    source = Listing(f"{site.url}/ava", http)
    assert isinstance(source.find(video("zzzzzzzzzzz")), Missing)
    site.media_type = "video/x-matroska"
    site.files["/ava/trainval/-5KQ66BBWC4.MKV"] = b"movie"
    offer = found(source, "-5KQ66BBWC4")
    assert (offer.reader.name, offer.container) == (f"{site.url}/ava/trainval/-5KQ66BBWC4.MKV", "mkv")
    assert site.asked.count("/ava/") == 2  # for its first byte, and whole
    assert "/ava/odd/" not in site.asked


@pytest.mark.usefixtures("login")
def test_the_password_is_told_once_asked_for_and_to_nobody_else(
    real_nginx: Server, http: Http, site: Site
) -> None:
    told = real_nginx.told()
    assert found(Listing(f"{real_nginx.url}/open/", http), "-FaXLcSFjUI")
    away = refused(Listing(f"{real_nginx.url}/away/", http))
    assert away.cause is Cause.LOGIN
    assert "it is another server than" in away.message
    assert real_nginx.told() == told
    site.otherwise = 403
    assert refused(Listing(f"{site.url}/", http)).cause is Cause.LOGIN


@pytest.mark.usefixtures("login")
def test_a_mirror_that_was_named_is_told_too_and_the_publishers_is_not(
    real_nginx: Server, http: Http
) -> None:
    wanted = Video("-FaXLcSFjUI", "", "mp4", None, ())
    assert isinstance(Mirror(f"{real_nginx.url}/exact", http).find(wanted), Offer)
    told = real_nginx.told()
    publishers = Mirror(f"{real_nginx.url}/exact", http, name="cvdf").find(wanted)
    assert isinstance(publishers, Missing)
    assert publishers.cause is Cause.LOGIN
    assert real_nginx.told() == told


@pytest.mark.parametrize("word", ["listing", "inria"])
def test_without_a_login_the_sentence_says_what_to_set(real_nginx: Server, http: Http, word: str) -> None:
    source = parse(f"{word}={real_nginx.url}/exact/", Access(http))
    assert isinstance(source, Listing)
    missing = refused(source)
    assert missing.cause is Cause.LOGIN
    assert "401 Unauthorized" in missing.message
    assert "none is set" in missing.message
    assert "Set AVAKIT_USER and AVAKIT_PASSWORD" in missing.message
    assert "netrc for 127.0.0.1" in missing.message
    assert ("requestaccess.php" in missing.message) is (word == "inria")


@pytest.mark.parametrize("server", ["real_nginx", "real_apache"])
def test_a_wrong_password(
    server: str, request: pytest.FixtureRequest, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVAKIT_USER", USER)
    monkeypatch.setenv("AVAKIT_PASSWORD", "wrong-one")
    place = "exact" if server == "real_nginx" else "table"
    made: Server = request.getfixturevalue(server)
    source = Listing(f"{made.url}/{place}/", http)
    missing = refused(source)
    assert missing.cause is Cause.LOGIN
    assert "does not accept the name and the password of AVAKIT_USER and AVAKIT_PASSWORD" in missing.message
    assert "wrong-one" not in missing.message
    before = made.log() if server == "real_nginx" else []
    assert refused(source, "_2Isct32Msg").cause is Cause.LOGIN
    assert server != "real_nginx" or made.log() == before  # asked no more


def test_netrc(real_nginx: Server, http: Http, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f'machine 127.0.0.1 login "{USER}" password "{PASSWORD}"\n')
    assert found(Listing(f"{real_nginx.url}/exact/", http), "-FaXLcSFjUI")
    netrc.write_text("machine 127.0.0.1 login me password wrong-one\n")
    missing = refused(Listing(f"{real_nginx.url}/exact/", http))
    assert "does not accept the name and the password of netrc" in missing.message


def test_pages_that_ask_for_a_login(real_nginx: Server, http: Http) -> None:
    missing = refused(Listing(f"{real_nginx.url}/signed/", http))
    assert missing.cause is Cause.LOGIN
    assert "a page that asks for a login" in missing.message
    assert "--cookies FILE" in missing.message


def test_what_is_no_directory_page(site: Site, http: Http) -> None:
    site.files["/a.mp4/"] = b"movie"
    missing = refused(Listing(f"{site.url}/a.mp4", http))
    assert (missing.cause, "is no directory page" in missing.message) == (Cause.NOT_FOUND, True)
    site.media_type = "text/html"
    site.files["/empty/"] = b"<h1>Welcome</h1>"
    assert "lists no files" in refused(Listing(f"{site.url}/empty", http)).message
    with pytest.raises(UsageError):
        Listing("ftp://host/", http)


def test_what_is_listed_and_is_not_there(site: Site, http: Http) -> None:
    site.media_type = "text/html"
    site.files["/"] = (
        b'<a href="-FaXLcSFjUI.mp4">x</a> 01-Jun-2017 12:00  365M\n<a href="-FaXLcSFjUI.mkv">x</a>'
    )
    source = Listing(site.url, http)
    assert "404" in refused(source).message
    assert site.asked[-2:] == ["/-FaXLcSFjUI.mp4", "/-FaXLcSFjUI.mkv"]
    site.files["/-FaXLcSFjUI.mkv"] = b"<h1>Gone</h1>"
    assert "is a web page, not a movie" in refused(source).message
    site.files["/-FaXLcSFjUI.mkv"] = b'<input type="password">'
    assert refused(source).cause is Cause.LOGIN
    site.media_type = "video/mp4"
    site.files["/-FaXLcSFjUI.mkv"] = b""
    empty = source.find(video("-FaXLcSFjUI"))
    assert isinstance(empty, Missing)
    assert empty.cause is Cause.CORRUPT
    site.files["/-FaXLcSFjUI.mkv"] = b"movie"
    assert found(source, "-FaXLcSFjUI", "mkv").container == "mkv"


def test_a_folder_that_is_closed_is_said_so(site: Site, http: Http) -> None:
    site.media_type = "text/html"
    site.files["/"] = b'<a href="test/">t</a><a href="a.mp4">a</a>'
    site.statuses["/test/"] = [403]
    assert refused(Listing(site.url, http)).cause is Cause.LOGIN


def test_a_server_that_is_down_is_not_waited_for_again_and_again(http: Http) -> None:
    source = Listing(f"http://127.0.0.1:{webservers.free_port()}/", http)
    for _ in range(3):
        assert refused(source).cause is Cause.NETWORK
    began = time.monotonic()
    assert "not asked any more" in refused(source).message
    assert time.monotonic() - began < 0.5


def test_a_page_that_never_ends(site: Site, http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avakit.sources.listing._LARGEST_PAGE", 1000)
    site.media_type = "text/html"
    site.files["/"] = b"<a href=a.mp4>" * 1000
    assert "larger than a directory page" in refused(Listing(site.url, http)).message


def test_an_interruption(site: Site, http: Http) -> None:
    http.stop.set()
    with pytest.raises(Interrupted):
        Listing(site.url, http).find(video("-FaXLcSFjUI"))


def test_one_page_for_many_threads(site: Site, http: Http) -> None:
    site.media_type = "text/html"
    site.files["/"] = b'<a href="a.mp4">a</a>'
    source = Listing(site.url, http)
    threads = [threading.Thread(target=source.find, args=(video(f"{n:011d}"),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.asked == ["/", "/"]


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_windows_are_fetched_and_the_password_is_nowhere(kind: str, movies: Movies, tmp_path: Path) -> None:
    program = webservers.NGINX if kind == "nginx" else webservers.APACHE
    if not Path(program).exists():
        pytest.skip(f"{kind} is not installed")
    movie = movies("mp4-25", seconds=FULL)["mp4-25"]
    ids = ("-5KQ66BBWC4", "-FaXLcSFjUI")
    write_labels(tmp_path / "labels", ids, "ava_train_v2.2.csv")
    root = tmp_path / "ava"
    with (webservers.nginx if kind == "nginx" else webservers.apache)() as server:
        webservers.fill(server.www, movie.path)
        url = f"{server.url}/{'exact' if kind == 'nginx' else 'table'}/"
        command = [
            *(sys.executable, "-m", "avakit", "get", "v2.2", "--root", str(root), "--videos=" + ids[0]),
            *("--source", f"listing={url}", "--annotations", str(tmp_path / "labels"), "--yes"),
        ]
        secrets = {"AVAKIT_USER": USER, "AVAKIT_PASSWORD": PASSWORD, "HOME": str(tmp_path)}
        said, lines = watched(command, {**os.environ, **secrets})
        assert said[0] == 0, said
        del secrets["AVAKIT_PASSWORD"]
        wrong = [*command[:7], f"--videos={ids[1]}", *command[8:]]
        refusal = watched(wrong, {**os.environ, **secrets, "AVAKIT_PASSWORD": "wrong-one"})
        assert refusal[0][0] == 3, refusal
        assert "does not accept the name and the password" in refusal[0][1]
    with avakit.open(root) as ava:
        window = ava.videos[ids[0]].window
        for second in (902, 1350, 1798):
            assert read(window.frame_at(second).rgb) == movie.number_at(second)
    told = [text.encode() for text in (said[1], *lines, refusal[0][1], *refusal[1])]
    told += [path.read_bytes() for path in root.rglob("*") if path.is_file()]
    assert len(told) > 5
    quoted = "s3cr%3At%2F%20p"
    for text in told:
        for secret in (PASSWORD.encode(), quoted.encode(), b"s3cr", b"wrong-one"):
            assert secret not in text


def watched(command: list[str], environ: dict[str, str]) -> tuple[tuple[int, str], set[str]]:
    """Run a command; return its exit code with what it said, and the command lines seen meanwhile."""
    lines: set[str] = set()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ
    ) as run:
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.2):
                for path in Path("/proc").glob("[0-9]*/cmdline"):
                    try:
                        lines.add(path.read_text(errors="replace"))
                    except OSError:
                        continue

        looking = threading.Thread(target=look)
        looking.start()
        said, _ = run.communicate(timeout=200)
        over.set()
        looking.join()
    return (run.returncode, said), {line for line in lines if "avakit" in line}
