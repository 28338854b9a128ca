"""A bucket of S3, GCS or Azure that has videos: `<id>.<ext>` in a folder of it, in `trainval/` or in
`test/`."""

from collections.abc import Iterator
from copy import copy
from functools import partial
from threading import Lock

from avakit.causes import Cause
from avakit.errors import LoginNeeded, NotFound, TransferError
from avakit.releases.model import Video
from avakit.sources.access import Access
from avakit.sources.asking import ask
from avakit.sources.containers import FOLDERS, candidates
from avakit.sources.health import Health, Watched
from avakit.sources.offer import Missing, Offer, missing
from avakit.transfer import accounts, objects

MOST_KEYS = 10_000
"""A folder of more keys, or of odd ones, is not listed to its end; each name that a video may have is asked
for instead.
"""


class Bucket:
    """A `Source` of objects. Credentials are the clouds' own, from the environment: see
    `transfer.accounts`.
    """

    def __init__(self, url: str, access: Access) -> None:
        """Look in `url`: `s3://name/folder`, or `gs://` or `az://`. Raises `UsageError` if it is none of
        them.
        """
        self._place = accounts.place(url)
        self._stop = access.http.stop
        self._health = Health()
        self._lock = Lock()
        self._asked = False
        self._keys: frozenset[str] | None = None
        self._refused: TransferError | None = None
        self._bucket: objects.Bucket | None = None
        try:
            self._bucket = objects.Bucket(self._place, access.http, access.proxy)
        except ImportError:
            pass  # said of each video
        except TransferError as error:
            self._refused = error

    @property
    def name(self) -> str:
        """`bucket=` and the address."""
        return f"bucket={self._place.name}"

    def find(self, video: Video) -> Offer | Missing:
        """Look for the object, the known container first. Raises `Interrupted`, `UsageError`."""
        containers = candidates(video)
        if self._bucket is None:
            said = f"{self.name} does not give {video.id}: "
            why = (
                "obstore is not installed. pip install 'avakit[bucket]'"
                if self._refused is None
                else self._refused
            )
            return Missing(self.name, Cause.SETUP, f"{said}{why}")
        try:
            keys = self._listed(self._bucket)
            refused = self._refused
            for key, container in _names(video, containers):
                if keys is None or key in keys:
                    try:
                        return self._offer(video, self._open(self._bucket, key), container)
                    except (NotFound, LoginNeeded) as error:
                        refused = error if not isinstance(refused, LoginNeeded) else refused
        except TransferError as error:
            return missing(self.name, video.id, error)
        tried = f"{video.id}.{{{','.join(containers)}}}"
        absent = NotFound(f"It has no {tried}, nor has its trainval or test", "Give another --source.")
        return missing(self.name, video.id, refused or absent)

    def _open(self, bucket: objects.Bucket, key: str) -> objects.ObjectReader:
        return ask(self._health, partial(bucket.open, key), self._stop)

    def _offer(self, video: Video, reader: objects.ObjectReader, container: str) -> Offer | Missing:
        if reader.version.size == 0:
            said = f"{self.name} has {video.id}, but {reader.name} is empty. Give another --source."
            return Missing(self.name, Cause.CORRUPT, said)
        return Offer(self.name, Watched(reader, self._health), container, None)

    def _listed(self, bucket: objects.Bucket) -> frozenset[str] | None:
        """Return the keys, listed once; None where that is not allowed, or they are too many."""
        with self._lock:
            if isinstance(self._refused, LoginNeeded) and self._refused.asked:
                raise copy(self._refused)  # the account itself is wrong
            if not self._asked:
                try:
                    keys = ask(self._health, partial(bucket.keys, MOST_KEYS), self._stop)
                except LoginNeeded as error:
                    self._refused = error
                    if error.asked:
                        raise
                    keys = None  # one may be allowed to read what one may not list
                self._keys = None if keys is None else frozenset(keys)
                self._asked = True
            return self._keys


def _names(video: Video, containers: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the keys that a video may have, the likeliest first, each with its container."""
    known = f"{video.folder}/" if video.folder else ""
    places = dict.fromkeys((known, "", *(f"{folder}/" for folder in FOLDERS)))
    for container in containers:
        for place in places:
            yield f"{place}{video.id}.{container}", container
