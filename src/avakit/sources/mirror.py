"""A server that has the videos as CVDF's has: `trainval/<id>.<ext>` and `test/<id>.<ext>` under one
address."""

from functools import partial
from urllib.parse import urlsplit, urlunsplit

from avakit.causes import Cause
from avakit.errors import (
    LoginNeeded,
    NotFound,
    TransferError,
    UsageError,
)
from avakit.releases.model import Video
from avakit.sources.asking import ask
from avakit.sources.containers import FOLDERS, candidates, md5_of
from avakit.sources.entrance import Entrance
from avakit.sources.health import Health, Watched
from avakit.sources.offer import Missing, Offer, missing
from avakit.transfer.address import target
from avakit.transfer.http import Http, HttpReader
from avakit.transfer.ranges import MIB

CVDF = "https://s3.amazonaws.com/ava-dataset"
"""CVDF's mirror: the base of the addresses that AVA's own page gives."""


class Mirror:
    """A `Source` at a URL. Name and password come from where `transfer.credentials` finds them, or stand in
    the URL; they are never shown.
    """

    def __init__(self, base: str, http: Http, name: str | None = None) -> None:
        """Ask at `base`; `name` is how it is called if not `mirror=URL`. Raises `UsageError` if that is no
        URL."""
        self._name = name or f"mirror={target(base).name}"
        self._base = base
        self._http = http
        # What is set for a server that a person named is not told to the publisher's.
        self._entrance = http if name else Entrance(base, http)
        self._health = Health()

    @property
    def name(self) -> str:
        """`cvdf`, or `mirror=` and the URL without credentials."""
        return self._name

    def find(self, video: Video) -> Offer | Missing:
        """Try the known container, then the others. Raises `Interrupted`, `UsageError`."""
        if video.folder not in ("", *FOLDERS):
            raise UsageError(
                f"{video.folder!r} is not a folder of a mirror", f"It is one of {', '.join(FOLDERS)}."
            )
        refusals: list[TransferError] = []
        for container in candidates(video):
            try:
                reader = self._ask(self._url(video, container))
            except (NotFound, LoginNeeded) as error:
                # Amazon S3 refuses what does not exist: the next container may be the one that does.
                refusals.append(error)
            except TransferError as error:
                return missing(self.name, video.id, error)
            else:
                return self._offer(video, container, reader)
        return self._missing(video, refusals)

    def _ask(self, url: str) -> HttpReader:
        """Open a URL, as patiently as the server has deserved."""
        return ask(self._health, partial(_open, self._entrance, url), self._http.stop)

    def _offer(self, video: Video, container: str, reader: HttpReader) -> Offer | Missing:
        if reader.version.size == 0:
            said = f"{self.name} has {video.id}, but {reader.name} is empty. Give another --source."
            return Missing(self.name, Cause.CORRUPT, said)
        return Offer(self.name, Watched(reader, self._health), container, md5_of(video, container))

    def _missing(self, video: Video, refusals: list[TransferError]) -> Missing:
        """Speak of a login where one was asked for: the video may well be there."""
        telling = next((error for error in refusals if isinstance(error, LoginNeeded)), refusals[0])
        tried = ", ".join(candidates(video))
        found = missing(self.name, video.id, telling)
        return Missing(found.source, found.cause, f"{found.message} (Tried: {tried}.)")

    def _url(self, video: Video, container: str) -> str:
        parts = urlsplit(self._base)
        folder = f"{video.folder}/" if video.folder else ""
        path = f"{parts.path.rstrip('/')}/{folder}{video.id}.{container}"
        return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def _open(entrance: Entrance | Http, url: str) -> HttpReader:
    reader = entrance.open(url)
    # No movie is so small; a large one may be called so by a server that knows no better.
    if reader.media_type == "text/html" and (reader.version.size or 0) < MIB:
        raise NotFound(
            f"{reader.name} answered with a web page, not with a movie", "Check the URL of the source."
        )
    return reader
