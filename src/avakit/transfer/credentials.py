"""Names and passwords that a person set for a server: the environment's, netrc's, the keyring's.

netrc is read by libcurl itself, for every host that it names. What is found here is meant for servers that
the user named and that asked for it (401), and for no other: see `sources.listing`.
"""

import netrc
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from avakit.errors import UsageError
from avakit.transfer.address import target

USER = "AVAKIT_USER"
PASSWORD = "AVAKIT_PASSWORD"  # noqa: S105 - the name of a variable
SERVICE = "avakit"

_KEYRING_SECONDS = 60.0
"""A keyring may have to ask its owner first; one that never answers must not hold up a run."""


@dataclass(frozen=True)
class Login:
    """A name and a password. `where` says where they were set, to be shown; the two are never."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    where: str


def login_for(url: str, environ: Mapping[str, str] | None = None) -> Login | None:
    """Return what to answer a server that asks for a name and a password, None if nothing is set.

    It is `AVAKIT_USER` with `AVAKIT_PASSWORD`, else what the keyring has under the server's name (host, or
    host:port) or under `avakit`, if it is installed. Raises `UsageError` for a name that no server can be
    told.
    """
    values = os.environ if environ is None else environ
    user, password = values.get(USER) or None, values.get(PASSWORD)
    if user is not None and (":" in user or not _sendable(user)):
        raise UsageError(f"{USER} holds a sign that no server can be told", "Set it to the bare name.")
    if user is not None and password is not None:
        plain = password.rstrip("\r\n")  # files of secrets end so
        if not _sendable(plain):
            raise UsageError(f"{PASSWORD} is not text in UTF-8", "Set it again.")
        return Login(user, plain, f"{USER} and {PASSWORD}")
    return _from_keyring(_services(url), user)


def signed_in(url: str, login: Login | None) -> str:
    """Return a URL with a login in it, as `Http.open` takes it; it is not to be shown. Raises `UsageError`
    if it is no URL.
    """
    if login is None:
        return url
    parts = urlsplit(target(url).url)
    place = f"{quote(login.user, safe='')}:{quote(login.password, safe='')}@{parts.netloc}"
    return urlunsplit((parts.scheme, place, parts.path, parts.query, ""))


def in_netrc(url: str, environ: Mapping[str, str] | None = None) -> bool:
    """Return whether netrc has a name for the host of a URL, so that it was sent already."""
    values = os.environ if environ is None else environ
    names = [values["NETRC"]] if values.get("NETRC") else []
    home = Path(values.get("HOME") or Path.home())
    for file in (*map(Path, names), home / ".netrc", home / "_netrc"):
        try:
            return netrc.netrc(str(file)).authenticators(urlsplit(url).hostname or "") is not None
        except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
            continue
    return False


def how_to_set(url: str) -> str:
    """Return the sentence that says where a name and a password for a server are set."""
    host = urlsplit(url).hostname or "the server"
    return (
        f"Set {USER} and {PASSWORD} in the environment, or put them into netrc for {host}, or into the "
        f"keyring (keyring set {host} NAME; pip install 'avakit[keyring]'); then run again."
    )


def _services(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return (*([f"{host}:{parts.port}"] if parts.port else []), host, SERVICE)


def _sendable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return text.isprintable()


def _from_keyring(services: tuple[str, ...], user: str | None) -> Login | None:
    """Ask the keyring in a thread of its own, which is left behind if it does not answer."""
    found: list[Login] = []
    asking = threading.Thread(target=_ask_keyring, args=(services, user, found), daemon=True)
    asking.start()
    asking.join(_KEYRING_SECONDS)
    return found[0] if found else None


def _ask_keyring(services: tuple[str, ...], user: str | None, found: list[Login]) -> None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return
    for service in services:
        try:
            known = keyring.get_credential(service, user)
        except (KeyringError, OSError, RuntimeError, ValueError, TypeError):
            return  # a keyring that is locked, or not there: as if it had nothing
        if known is not None and known.password and _sendable(known.username + known.password):
            found.append(Login(known.username, known.password, f"the keyring ({service})"))
            return
