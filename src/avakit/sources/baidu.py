"""Baidu netdisk: a share of somebody's, saved into one's own netdisk, and fetched from there.

The share's link and extraction code come from the environment, the login from the cookies of one's own
browser. What is saved stays in the netdisk, in its folder /avakit.
"""

import os
import re
from collections.abc import Mapping
from functools import partial
from threading import RLock
from urllib.parse import parse_qs, urlsplit

from avakit.causes import Cause
from avakit.errors import NetworkFailed, NotFound, RateLimited, ServerFailed, Stalled, TransferError
from avakit.releases.model import Video
from avakit.sources.access import Access
from avakit.sources.baidu_causes import Refused
from avakit.sources.baidu_client import HOME, Entry, Netdisk
from avakit.sources.baidu_reader import LinkReader
from avakit.sources.containers import ALL, candidates
from avakit.sources.health import Health, Watched, was_reached
from avakit.sources.offer import Missing, Offer, missing
from avakit.transfer.address import plain
from avakit.transfer.http import HttpReader

SHARE = "AVAKIT_BAIDU_SHARE"
CODE = "AVAKIT_BAIDU_CODE"
HOW = (
    f"Set {SHARE} to the share's link (https://pan.baidu.com/s/1…) and {CODE} to its extraction code, and "
    "give --cookies FILE: the cookies of a browser that is logged in to pan.baidu.com (BDUSS and STOKEN)."
)
_SHORT = r"[A-Za-z0-9_-]{4,60}"
_PASSING = (NetworkFailed, Stalled, ServerFailed, RateLimited)


class Baidu:
    """A `Source` of one share. Its link, code and cookies are never shown."""

    def __init__(self, access: Access, base: str = HOME, environment: Mapping[str, str] = os.environ) -> None:
        """Speak to `base`. What is not set is said for each video that is looked for."""
        self._http = access.http
        self._lock = RLock()
        self._health = Health()
        self._files: dict[str, list[Entry]] | None = None
        self._refused: TransferError | None = None
        self._lacking = _lacking(access, base, environment)
        share, code = _share(environment)
        self._disk = Netdisk(access.http, share or "", code, base)

    @property
    def name(self) -> str:
        """`baidu`."""
        return "baidu"

    def find(self, video: Video) -> Offer | Missing:
        """Look for `<id>.<ext>` in all folders of the share. Raises `Interrupted`, `UsageError`."""
        containers = candidates(video)
        if self._lacking is not None:
            cause, what = self._lacking
            return Missing(self.name, cause, f"{self.name} does not give {video.id}: {what}. {HOW}")
        try:
            with self._lock:  # one conversation at a time: it takes several for a robot
                if (refusal := self._health.refusal()) is not None:
                    raise refusal
                found = self._offer(video, containers)
        except Refused as error:
            self._health.answered()
            return Missing(self.name, error.cause, f"{self.name} does not give {video.id}: {error}")
        except TransferError as error:
            self._note(error)
            return missing(self.name, video.id, error)
        self._health.answered()
        return found

    def _offer(self, video: Video, containers: tuple[str, ...]) -> Offer | Missing:
        entry, container = self._entry(video, containers)
        if entry.size == 0:
            said = f"{self.name} has {video.id}, but {plain(entry.path)} is empty. Give another --source."
            return Missing(self.name, Cause.CORRUPT, said)
        path = self._disk.save(entry)
        reader = LinkReader(f"baidu:{plain(entry.path)}", partial(self._open, path))
        if reader.version.size != entry.size:
            said = (
                f"{self.name} has {video.id}, but {reader.name} has {reader.version.size} bytes and not the "
                f"{entry.size} of its list. Delete /avakit in your netdisk and run again."
            )
            return Missing(self.name, Cause.CORRUPT, said)
        return Offer(self.name, Watched(reader, self._health), container, None)

    def _entry(self, video: Video, containers: tuple[str, ...]) -> tuple[Entry, str]:
        files = self._listed()
        for container in containers:
            for entry in files.get(f"{video.id}.{container}", ()):
                return entry, container
        raise NotFound(
            f"There is no {video.id}.{{{','.join(containers)}}} in the share", "Give another --source for it."
        )

    def _listed(self) -> dict[str, list[Entry]]:
        """Return the movies of the share by name. A refusal that does not pass is final for the run."""
        if self._files is None:
            if self._refused is not None:
                raise self._refused.with_traceback(None)
            files: dict[str, list[Entry]] = {}
            try:
                for entry in self._disk.entries():
                    if entry.name.endswith(tuple(f".{container}" for container in ALL)):
                        files.setdefault(entry.name, []).append(entry)
            except TransferError as error:
                if not isinstance(error, _PASSING):
                    self._refused = error
                raise
            self._files = files
        return self._files

    def _open(self, path: str) -> HttpReader:
        with self._lock:  # while a file is read, another may be looked for
            return self._disk.open(path)

    def _note(self, error: TransferError) -> None:
        if isinstance(error, RateLimited):
            self._health.limited()
        elif isinstance(error, NetworkFailed | Stalled | ServerFailed):
            self._health.failed(reached=was_reached(error))
        else:
            self._health.answered()


def _share(environment: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the short name of the share that is set, and its code; each None where there is none."""
    try:
        parts = urlsplit(environment.get(SHARE, "").strip())
        query = parse_qs(parts.query)
    except ValueError:
        return None, None
    code = environment.get(CODE, "").strip() or next(iter(query.get("pwd", [])), "") or None
    found = re.fullmatch(rf"/s/1({_SHORT})/?", parts.path)
    if found:
        return found[1], code
    short = next(iter(query.get("surl", [])), "")  # as the page that asks for the code is called
    return (short if re.fullmatch(_SHORT, short) else None), code


def _lacking(access: Access, base: str, environment: Mapping[str, str]) -> tuple[Cause, str] | None:
    """Return what a person has yet to set, and the cause that this is; None if all is there."""
    if not environment.get(SHARE, "").strip():
        return Cause.SETUP, f"{SHARE} is not set"
    if _share(environment)[0] is None:
        return Cause.SETUP, f"{SHARE} is not the link of a share"
    host = urlsplit(base).hostname or ""
    if access.http.jar is None or not access.http.jar.has(host, "BDUSS"):
        return Cause.LOGIN, f"no cookies of a login at {host} were given"
    return None
