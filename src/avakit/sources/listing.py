"""A directory page of a web server, such as Apache or nginx make them, whose files are named `<id>.<ext>`."""

from collections.abc import Mapping
from copy import copy
from functools import partial
from threading import Lock
from urllib.parse import quote, urlsplit, urlunsplit

from avakit.causes import Cause
from avakit.errors import (
    Changed,
    LoginNeeded,
    NetworkFailed,
    NotFound,
    ServerFailed,
    Stalled,
    TransferError,
)
from avakit.releases.model import Video
from avakit.sources import pages
from avakit.sources.asking import ask
from avakit.sources.containers import ALL, FOLDERS, candidates
from avakit.sources.entrance import Entrance
from avakit.sources.health import Health, Watched
from avakit.sources.offer import Missing, Offer, missing
from avakit.transfer.address import target
from avakit.transfer.http import Http, HttpReader
from avakit.transfer.ranges import MIB

_LARGEST_PAGE = 32 * MIB
_LARGEST_MESSAGE = MIB
_PLAIN = {"text/html", "application/xhtml+xml", ""}

Found = tuple[str, pages.Entry]
"""The address of a file, and what its page says of it."""


class Listing:
    """A `Source` of the files that a directory page lists, and the pages of its folders `trainval` and
    `test`.

    The pages are fetched once, when the first video is looked for. A name and a password are sent once the
    server asked for them, and to no other server: see `transfer.credentials`.
    """

    def __init__(self, url: str, http: Http, word: str = "listing", advice: str = "") -> None:
        """Look at `url`; `word` is what it was chosen by, `advice` what to do when it lets nobody in. Raises
        `UsageError` if it is no URL.
        """
        asked = target(url)
        self._name = f"{word}={asked.name}"
        self._first, self._base = _places(asked.url)
        self._entrance = Entrance(url, http, advice)
        self._http = http
        self._health = Health()
        self._lock = Lock()
        self._known: Mapping[str, list[Found]] | None = None
        self._refused: TransferError | None = None

    @property
    def name(self) -> str:
        """`listing=` and the URL without credentials."""
        return self._name

    def find(self, video: Video) -> Offer | Missing:
        """Look for the video among what is listed, the known container first. Raises `Interrupted`,
        `UsageError`.
        """
        containers = candidates(video)
        try:
            listed = self._listed().get(video.id, [])
            refused = self._refused
            for url, entry in sorted(listed, key=partial(_order, containers)):
                try:
                    reader = ask(self._health, partial(self._open_file, url, entry), self._http.stop)
                    return self._offer(video, reader, entry)
                except (NotFound, LoginNeeded) as error:
                    refused = error
        except TransferError as error:
            return missing(self._name, video.id, error)
        tried = f"{video.id}.{{{','.join(containers)}}}"
        absent = NotFound(f"It lists no {tried}, nor do its trainval and test", "Give another --source.")
        return missing(self._name, video.id, refused or absent)

    def _offer(self, video: Video, reader: HttpReader, entry: pages.Entry) -> Offer | Missing:
        if reader.version.size == 0:
            said = f"{self._name} has {video.id}, but {reader.name} is empty. Give another --source."
            return Missing(self._name, Cause.CORRUPT, said)
        return Offer(self._name, Watched(reader, self._health), _container(entry.name), None)

    def _listed(self) -> Mapping[str, list[Found]]:
        """Return what is listed, by id. It is asked for once, unless the server could not be reached."""
        with self._lock:
            if self._known is None:
                if self._refused is not None:
                    raise copy(self._refused)
                try:
                    self._known = self._read_all()
                except (NetworkFailed, Stalled, ServerFailed):
                    raise
                except TransferError as error:
                    self._refused = error
                    raise
            return self._known

    def _read_all(self) -> Mapping[str, list[Found]]:
        page = self._page(self._first)
        if not page.files and not page.folders:
            raise NotFound(f"{target(self._first).name} lists no files", "Give the URL of a directory page.")
        known: dict[str, list[Found]] = {}
        _add(known, self._base, page)
        for folder in FOLDERS:
            if folder in page.folders:
                place = _below(self._base, f"{folder}/")
                try:
                    _add(known, place, self._page(place))
                except (LoginNeeded, NotFound) as error:
                    self._refused = error  # it may be this one that has what the others do not
        return known

    def _page(self, url: str) -> pages.Page:
        """Fetch and read a page. Raises `LoginNeeded` for one that asks for a login instead."""
        page = pages.read(ask(self._health, partial(self._text, url), self._http.stop))
        if page.asks:
            raise self._login_page(url)
        return page

    def _text(self, url: str) -> str:
        reader = self._entrance.open(url)
        if reader.media_type not in _PLAIN:
            raise NotFound(
                f"{reader.name} is no directory page ({reader.media_type})",
                "Give the URL of the folder, or folder=PATH or mirror=URL.",
            )
        data = bytearray()
        try:
            for part in reader.read(0, None):
                data += part
                if len(data) > _LARGEST_PAGE:
                    break
        except Changed as error:  # it is made anew for each request
            raise NetworkFailed(error.what, error.advice) from error
        if len(data) > _LARGEST_PAGE:
            raise TransferError(f"{reader.name} is larger than a directory page", "Check the URL.")
        return data.decode("utf-8", "replace")

    def _open_file(self, url: str, entry: pages.Entry) -> HttpReader:
        reader = self._entrance.open(url)
        if reader.media_type != "text/html" or (reader.version.size or 0) >= _LARGEST_MESSAGE:
            return reader
        if pages.read(self._text(url)).asks:
            raise self._login_page(url)
        said = f" ({entry.size} bytes, {entry.date})" if entry.size and entry.date else ""
        raise NotFound(
            f"{reader.name} is listed{said}, but it is a web page, not a movie", "Give another --source."
        )

    def _login_page(self, url: str) -> LoginNeeded:
        how = "Sign in with a browser and give --cookies FILE, if it asks for that."
        return LoginNeeded(
            f"{target(url).name} answered with a page that asks for a login",
            f"{self._entrance.advice} {how}".strip(),
        )


def _places(url: str) -> tuple[str, str]:
    """Return the URL of the page, and that of the folder that its names are in."""
    parts = urlsplit(url)
    folder, slash, last = parts.path.rpartition("/")
    named = last.lower().endswith((".html", ".htm", ".php"))
    path = folder + slash if named else f"{parts.path.rstrip('/')}/"
    base = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
    return (url if named else base), base


def _add(known: dict[str, list[Found]], place: str, page: pages.Page) -> None:
    """Note the movies of a page."""
    for entry in page.files:
        name, _, _ = entry.name.rpartition(".")
        if name and _container(entry.name) in ALL:
            known.setdefault(name, []).append((_below(place, entry.name), entry))


def _below(folder: str, name: str) -> str:
    parts = urlsplit(folder)
    return urlunsplit((parts.scheme, parts.netloc, parts.path + quote(name), parts.query, ""))


def _container(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _order(containers: tuple[str, ...], found: Found) -> tuple[bool, int, int]:
    """The known container first; of the others the largest, as far as the page says."""
    _, entry = found
    container = _container(entry.name)
    place = containers.index(container) if container in containers else len(containers)
    return place > 0, -(entry.size or 0), place
