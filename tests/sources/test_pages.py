import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.sources.pages import MOST_LINKS, Entry, read

ROWS = {
    "Apache's table": (
        '<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>'
        '<tr><td><a href="/">Parent Directory</a></td><td>&nbsp;</td><td align="right">  - </td></tr>'
        '<tr><td valign="top"><img src="/icons/movie.gif" alt="[VID]"></td><td><a href="-FaXLcSFjUI.mp4">'
        '-FaXLcSFj..&gt;</a></td><td align="right">2017-06-01 12:00  </td><td align="right">365M</td>'
        "<td>&nbsp;</td></tr></table><address>Apache/2.4.10 Server at 127.0.0.1 Port 80</address>",
        Entry("-FaXLcSFjUI.mp4", 365 * 2**20, "2017-06-01 12:00"),
    ),
    "Apache's list": (
        '<pre><img src="/i.gif"> <A HREF="lSCEt_mCHlM.mkv">lSCEt_mCHlM.mkv</A>  2017-06-01 12:00  2.6G  x\n',
        Entry("lSCEt_mCHlM.mkv", round(2.6 * 2**30), "2017-06-01 12:00"),
    ),
    "nginx": (
        '<a href="../">../</a>\n<a href="_2Isct32Msg.mkv">_2Isct32Msg.mkv</a> 01-Jun-2017 12:00 382730240\n',
        Entry("_2Isct32Msg.mkv", 382730240, "01-Jun-2017 12:00"),
    ),
    "lighttpd": (
        '<tr><td class="n"><a href="a.mkv">a.mkv</a></td><td class="m">2017-Jun-01 12:00:00</td>'
        '<td class="s">365.0M</td><td class="t">video/mp4</td></tr>',
        Entry("a.mkv", 365 * 2**20, "2017-Jun-01 12:00:00"),
    ),
    "Caddy": (
        '<tr class="file"><td></td><td><a href="./a.mkv"><svg/><span class="name">a.mkv</span></a></td>'
        '<td class="size" data-size="382730240"><div class="sizebar-text">365 MiB</div></td>'
        '<td class="timestamp"><time datetime="2017-06-01T12:00:00Z">06/01/2017 12:00:00 PM</time></td></tr>',
        Entry("a.mkv", 365 * 2**20, "06/01/2017"),
    ),
    "Python": ('<ul>\n<li><a href="-a.mkv">-a.mkv</a></li>\n</ul><hr>', Entry("-a.mkv")),
}


@pytest.mark.parametrize("server", ROWS)
def test_rows_of_the_usual_servers(server: str) -> None:
    text, entry = ROWS[server]
    page = read(f"<html><body><h1>Index of /ava</h1>{text}</body></html>")
    assert page.files == (entry,)
    assert page.folders == ()
    assert not page.asks


@pytest.mark.parametrize(
    ("href", "name"),
    [
        ("a%20b.mp4", "a b.mp4"),
        ("a&amp;b.mp4", "a&b.mp4"),
        ("%C3%A4.mp4", "ä.mp4"),
        ("%2e%2e", None),
        ("..", None),
        ("../a.mp4", None),
        ("..%2fa.mp4", None),
        ("x%5ca.mp4", None),
        ("/ava/a.mp4", None),
        ("//evil.example/a.mp4", None),
        ("http://evil.example/a.mp4", None),
        ("file:a.mp4", None),
        ("javascript:x", None),
        ("?C=S;O=A", None),
        ("#a.mp4", None),
        ("a%00.mp4", None),
        ("a%0d%0ab.mp4", None),
        ("%ff.mp4", None),
        ("", None),
        ("a" * 256, None),
    ],
)
def test_links(href: str, name: str | None) -> None:
    files = read(f'<a class="x" href="{href}">x</a> 5').files
    assert [entry.name for entry in files] == ([] if name is None else [name])


def test_quotes_are_as_one_likes_and_a_file_counts_once() -> None:
    page = read("<a href='a.mp4'>a</a><A title=x HREF=b.mp4>b</A><a href=a.mp4>again</a><a name=c>c</a>")
    assert [entry.name for entry in page.files] == ["a.mp4", "b.mp4"]


def test_folders() -> None:
    page = read('<a href="../">..</a><a href="trainval/">t</a><a href="./test/">t</a><a href="a/b/">no</a>')
    assert page.folders == ("trainval", "test")
    assert page.files == ()


def test_a_page_that_asks_for_a_login() -> None:
    assert read('<form><input name="p" type="password"></form>').asks
    assert read("<INPUT TYPE=password>").asks
    assert not read('<a href="a.mp4">a</a><input type="password">').asks


def test_pages_of_any_size_are_read_up_to_a_bound_and_soon() -> None:
    began = time.process_time()
    rows = "".join(f'<a href="{n:011d}.mp4">{n}</a>  01-Jun-2017 12:00  {n}\n' for n in range(MOST_LINKS + 9))
    page = read(rows)
    assert len(page.files) == MOST_LINKS
    assert page.files[-1].size == MOST_LINKS - 1
    assert time.process_time() - began < 8


@pytest.mark.parametrize(
    "text", ["<a ", "<!--", "<a href", "<a href=", "<a href=' ", "<input ", "<a x>&#", "<", "&", "<a \n"]
)
def test_pages_made_to_be_slow(text: str) -> None:
    began = time.process_time()
    read(text * (2**20 // len(text)))
    assert time.process_time() - began < 4


PIECES = st.sampled_from(
    [
        '<a href="',
        '">',
        "</a>",
        "<a ",
        "../",
        "%2e",
        "%2F",
        "&#47;",
        "a.mp4",
        "2017-06-01 12:00",
        "365M",
        "\0",
        "<",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5)).map("".join))
def test_whatever_comes_names_lie_in_the_folder(text: str) -> None:
    page = read(text)
    for name in (*(entry.name for entry in page.files), *page.folders):
        assert name not in ("", ".", "..")
        assert "/" not in name
        assert "\\" not in name
        assert name.isprintable()
