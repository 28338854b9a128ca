import pytest
from hypothesis import given
from hypothesis import strategies as st

from avakit.errors import TransferError, UsageError
from avakit.transfer.address import is_closed, redirected, shown, target


def test_credentials_are_taken_out() -> None:
    there = target("https://me%40home:p%2Fw@host:8443/a b/é.mp4?sig=secret#top")
    assert there.url == "https://host:8443/a%20b/%C3%A9.mp4?sig=secret"
    assert (there.user, there.password) == ("me@home", "p/w")
    assert there.name == "https://host:8443/a%20b/%C3%A9.mp4?…"
    assert there.host == "host:8443"
    assert "p/w" not in repr(there)
    assert target("http://bücher.example/x").url == "http://xn--bcher-kva.example/x"
    assert target("http://[::1]:8/x").url == "http://[::1]:8/x"
    assert target("http://[::1]/x").host == "::1:80"
    assert target("http://host/a%20b").url == "http://host/a%20b"


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://h/x", "host/x", "", "http://", "http://h:x/", "http://a b/"]
)
def test_others_are_no_urls(url: str) -> None:
    with pytest.raises(UsageError):
        target(url)


def test_redirects() -> None:
    came = target("https://me:pw@host/a/b")
    assert redirected(came, "../c").url == "https://host/c"
    assert redirected(came, "/c").password == "pw"
    assert redirected(came, "https://other/c").user is None
    assert redirected(came, "https://host:444/c").user is None
    assert redirected(came, "http://host/c").user is None
    for address in ("https://you:wp@host/c", "https://you:wp@other/c"):
        assert redirected(came, address).user in ("me", None)
    for bad in ("file:///etc/passwd", "gopher://x/", "http://[::1/x", "//[", "http://h:99999999/"):
        with pytest.raises(TransferError, match="neither http nor https"):
            redirected(came, bad)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "a.localhost",
        "169.254.169.254",
        "10.1.2.3",
        "192.168.1.1",
        "172.16.0.1",
        "0.0.0.0",
        "::1",
        "[::1]",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "100.64.0.1",
        "224.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "10.1",
        "0",
        "0.1.2.3",
        "::",
        "::127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "fec0::1",
        "localhost.",
    ],
)
def test_closed_networks(host: str) -> None:
    assert is_closed(host)


@pytest.mark.parametrize(
    "host",
    [
        "8.8.8.8",
        "host.org",
        "2606:4700::1",
        "198.18.0.5",
        "172.32.0.1",
        "",
        "134744072",
        "8.8",
        "64:ff9b::808:808",
    ],
)
def test_open_networks(host: str) -> None:
    assert not is_closed(host)


@given(st.text(st.characters(codec="ascii"), min_size=3).map(lambda text: f"pw{text}pw"))
def test_no_password_is_shown(password: str) -> None:
    url = f"http://user:{password}@host/path?token={password}#{password}"
    assert password not in shown(url)
    assert password not in shown(f"user:{password}@host")


@pytest.mark.parametrize("password", ["secret", "sec/ret", "sec?ret", "sec#ret", "sec@ret", "sec ret", "é"])
def test_no_password_is_in_a_refusal(password: str) -> None:
    with pytest.raises(UsageError) as caught:
        target(f"http://user:{password}@host:port/")
    assert password not in str(caught.value)
    assert "sec" not in str(caught.value)


def test_what_is_shown() -> None:
    assert shown("http://me:a/b@host/x") == "http://host/x"
    assert shown("http://host/x?a=1#b") == "http://host/x?…"
    assert shown("http://host/x?mail=me@home") == "http://…"
    assert shown("file:///etc/passwd") == "file:///etc/passwd"
    assert shown("host/x") == "host/x"


def test_what_strangers_say_is_plain_and_short() -> None:
    assert shown("http://h/\x1b[31m") == "http://h/\N{REPLACEMENT CHARACTER}[31m"
    assert len(shown(f"http://h/{'a' * 9000}")) < 400
    password = "p" * 9000
    assert "pppp" not in shown(f"http://me:{password}@h/")
