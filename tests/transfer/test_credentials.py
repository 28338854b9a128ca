import threading
import time
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from avakit.errors import UsageError
from avakit.transfer import credentials
from avakit.transfer.address import target
from avakit.transfer.credentials import Login, how_to_set, in_netrc, login_for, signed_in

URL = "http://thoth.example:8080/ava/"


class Kept(KeyringBackend):
    """A keyring of one's own. `mood`: what it does when it is asked."""

    priority = 1

    def __init__(self, known: dict[tuple[str, str], str], mood: str = "") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known = known
        self.mood = mood

    def get_password(self, service: str, username: str) -> str | None:
        return self.known.get((service, username))

    def get_credential(self, service: str, username: str | None) -> keyring.credentials.Credential | None:
        if self.mood == "locked":
            raise KeyringLocked("the owner is away: s3cret")
        if self.mood == "hangs":
            threading.Event().wait(3)
        for (known, user), password in self.known.items():
            if known == service and username in (None, user):
                return keyring.credentials.SimpleCredential(user, password)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.known[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.known[service, username]


@pytest.fixture(autouse=True)
def _own_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


def test_the_environment_comes_first() -> None:
    keyring.set_keyring(Kept({("thoth.example", "me"): "other"}))
    found = login_for(URL, {"AVAKIT_USER": "me", "AVAKIT_PASSWORD": "s3cret\n"})
    assert found == Login("me", "s3cret", "AVAKIT_USER and AVAKIT_PASSWORD")
    assert "s3cret" not in repr(found)
    assert login_for(URL, {"AVAKIT_USER": "me", "AVAKIT_PASSWORD": ""}) == Login(
        "me", "", "AVAKIT_USER and AVAKIT_PASSWORD"
    )


@pytest.mark.parametrize("service", ["thoth.example:8080", "thoth.example", "avakit"])
@pytest.mark.parametrize("environ", [{}, {"AVAKIT_USER": "me"}, {"AVAKIT_PASSWORD": "of nobody"}])
def test_then_the_keyring(service: str, environ: dict[str, str]) -> None:
    keyring.set_keyring(Kept({("another", "you"): "no", (service, "me"): "s3cret"}))
    assert login_for(URL, environ) == Login("me", "s3cret", f"the keyring ({service})")


def test_nothing_is_set() -> None:
    assert login_for(URL, {}) is None
    assert login_for(URL, {"AVAKIT_PASSWORD": "s3cret"}) is None
    keyring.set_keyring(Kept({("thoth.example", "me"): "s3cret"}))
    assert login_for(URL, {"AVAKIT_USER": "you"}) is None
    keyring.set_keyring(Kept({("thoth.example", "me"): "s3cret"}, "locked"))
    assert login_for(URL, {}) is None


def test_a_keyring_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "_KEYRING_SECONDS", 0.2)
    keyring.set_keyring(Kept({("thoth.example", "me"): "s3cret"}, "hangs"))
    began = time.monotonic()
    assert login_for(URL, {}) is None
    assert time.monotonic() - began < 2


def test_what_no_server_can_be_told() -> None:
    for user in ("a:b", "a\nb", "a\udcffb"):
        with pytest.raises(UsageError, match="AVAKIT_USER"):
            login_for(URL, {"AVAKIT_USER": user, "AVAKIT_PASSWORD": "s3cret"})
    for password in ("a\nb", "s3\udcffcret"):
        with pytest.raises(UsageError, match="AVAKIT_PASSWORD") as caught:
            login_for(URL, {"AVAKIT_USER": "me", "AVAKIT_PASSWORD": password})
        assert "s3" not in str(caught.value)


TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)


@given(TEXT.filter(lambda text: ":" not in text and text != ""), TEXT)
def test_a_login_comes_out_of_a_url_as_it_went_in(user: str, password: str) -> None:
    there = target(signed_in("http://[::1]:81/a%20b?x=1", Login(user, password, "")))
    assert (there.user, there.password) == (user, password)
    assert there.url == "http://[::1]:81/a%20b?x=1"
    assert signed_in("http://a/b", None) == "http://a/b"


def test_netrc(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert not in_netrc(URL, home)
    (tmp_path / ".netrc").write_text("machine thoth.example login me password s3cret\n")
    assert in_netrc(URL, home)
    assert not in_netrc("http://other.example/", home)
    (tmp_path / ".netrc").write_text("what is this")
    assert not in_netrc(URL, home)
    (tmp_path / "mine").write_text("machine thoth.example login me password s3cret\n")
    assert in_netrc(URL, {**home, "NETRC": str(tmp_path / "mine")})


def test_the_sentence_names_the_host_and_all_three_places() -> None:
    said = how_to_set("http://thoth.example:8080/ava/?key=s3cret")
    for word in (
        "AVAKIT_USER and AVAKIT_PASSWORD",
        "netrc for thoth.example",
        "keyring set thoth.example NAME",
    ):
        assert word in said
    assert "s3cret" not in said
