"""URLs and addresses: what may be said of them, and where a redirect may lead."""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from avakit.errors import TransferError, UsageError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST = re.compile(r"[A-Za-z0-9._:%~-]+")
_PORTS = {"http": 80, "https": 443}
_CLOSED = [
    ipaddress.ip_network(text)
    # Not 198.18.0.0/15, reserved as it is: proxies that answer names themselves use it for the internet.
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
]


@dataclass(frozen=True)
class Target:
    """Where a request goes: a URL without credentials, and the credentials beside it."""

    url: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """Name or address, with the port: what requests are counted by."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: what credentials hold for."""
        return f"{urlsplit(self.url).scheme}://{self.host}"

    @property
    def name(self) -> str:
        """What to call it in a message. What a query says is left out: it may be a signature or a token."""
        return _without_query(self.url)


def target(url: str) -> Target:
    """Take a URL apart. Raises `UsageError` unless it is a whole http or https URL."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as error:
        raise _no_url(shown(url)) from error
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host):
        raise _no_url(shown(url))
    host = f"[{host}]" if ":" in host else host
    netloc = host if port is None else f"{host}:{port}"
    # A path may come as people type it; what is escaped already stays so.
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    bare = urlunsplit((parts.scheme, netloc, path, query, ""))
    user = None if parts.username is None else unquote(parts.username)
    return Target(bare, user, None if parts.password is None else unquote(parts.password))


def redirected(came_from: Target, location: str) -> Target:
    """Return where a redirect leads; credentials go along to the same origin only.

    Raises `TransferError` if that is neither http nor https.
    """
    try:
        there = target(urljoin(came_from.url, location))
    except UsageError as error:
        raise TransferError(
            f"{came_from.name} sends on to {shown(location)}, which is neither http nor https",
            "Check the URL: this server is not to be trusted.",
        ) from error
    if there.user is None and there.origin == came_from.origin:
        return Target(there.url, came_from.user, came_from.password)
    return there


def shown(text: str) -> str:
    """Return what may be shown of a text that was given as a URL: no user, password, query or fragment.

    The text need not be a URL, and a password may hold any sign: what could belong to one is left out.
    """
    scheme = _SCHEME.match(text)
    start = scheme[0] if scheme else ""
    before, at, after = text[len(start) :].rpartition("@")
    if at and ("?" in before or "#" in before):
        return f"{start}…"
    return start + _without_query(after)


def _without_query(text: str) -> str:
    bare, mark, _ = text.partition("#")[0].partition("?")
    return f"{bare}{'?…' if mark else ''}"


def is_closed(host: str) -> bool:
    """Return whether an address, or a name for this machine, lies in a network of its own: not on the
    internet."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    plain = mapped or address
    special = plain.is_loopback or plain.is_link_local or plain.is_unspecified or plain.is_multicast
    return special or any(plain in network for network in _CLOSED if network.version == plain.version)


def _no_url(text: str) -> UsageError:
    return UsageError(
        f"{text!r} is not a URL that can be fetched", "Give one such as https://host/folder/file."
    )
