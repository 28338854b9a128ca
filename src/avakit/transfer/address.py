"""URLs and addresses: what may be said of them, and where a redirect may lead."""

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from avakit.errors import TransferError, UsageError
from avakit.text import printable

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST = re.compile(r"[A-Za-z0-9._:%~-]+")
_PORTS = {"http": 80, "https": 443}
_CLOSED = [
    ipaddress.ip_network(text)
    # Not 198.18.0.0/15, reserved as it is: proxies that answer names themselves use it for the internet.
    for text in (
        *(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "100.64.0.0/10",
            "255.255.255.255/32",
        ),
        *("fc00::/7", "fec0::/10"),
    )
]
_CARRIERS = [
    (ipaddress.IPv6Network(text), shift)
    for text, shift in (("::/96", 0), ("64:ff9b::/96", 0), ("2002::/16", 80))
]
"""Addresses of version 6 that carry one of version 4, so many bits above their end (RFC 4291, 6052, 3056)."""

_LONGEST = 300


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

    Those that stand in the address itself are left out: who we are, no server tells another.
    Raises `TransferError` if that is neither http nor https.
    """
    try:
        there = target(urljoin(came_from.url, location))
    except (UsageError, ValueError) as error:
        raise TransferError(
            f"{came_from.name} sends on to {shown(location)}, which is neither http nor https",
            "Check the URL: this server is not to be trusted.",
        ) from error
    if there.origin == came_from.origin:
        return Target(there.url, came_from.user, came_from.password)
    return Target(there.url)


def shown(text: str) -> str:
    """Return what may be shown of a text that was given as a URL: no user, password, query or fragment.

    The text need not be a URL, and a password may hold any sign: what could belong to one is left out.
    """
    scheme = _SCHEME.match(text)
    start = scheme[0] if scheme else ""
    before, at, after = text[len(start) :].rpartition("@")
    if at and ("?" in before or "#" in before):
        return f"{start}…"
    return plain(start + _without_query(after))


def plain(text: str) -> str:
    """Return what a stranger said, short, and with nothing in it that a terminal would obey."""
    kept = printable(text[:_LONGEST], "\N{REPLACEMENT CHARACTER}")
    return kept if len(text) <= _LONGEST else f"{kept}…"


def _without_query(text: str) -> str:
    bare, mark, _ = text.partition("#")[0].partition("?")
    return f"{bare}{'?…' if mark else ''}"


def is_closed(host: str) -> bool:
    """Return whether an address, or a name for this machine, lies in a network of its own: not on the
    internet."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and (_is_closed(address) or any(map(_is_closed, _carried(address))))


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a host is, None for a name. `127.1`, `2130706433` and `0x7f000001` are one
    too."""
    try:
        return ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(name))
        except (OSError, ValueError):
            return None


def _is_closed(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    special = address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    return special or any(address in network for network in _CLOSED if network.version == address.version)


def _carried(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    carried = (int(address) >> shift for network, shift in _CARRIERS if address in network)
    return [ipaddress.IPv4Address(number & 0xFFFFFFFF) for number in carried]


def _no_url(text: str) -> UsageError:
    return UsageError(
        f"{text!r} is not a URL that can be fetched", "Give one such as https://host/folder/file."
    )
