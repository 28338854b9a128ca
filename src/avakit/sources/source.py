"""What every source can do, and the words that choose one."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from avakit.errors import UsageError
from avakit.releases.model import Video
from avakit.sources.access import Access
from avakit.sources.baidu import Baidu
from avakit.sources.bucket import Bucket
from avakit.sources.folder import Folder
from avakit.sources.inria import Inria, inria
from avakit.sources.listing import Listing
from avakit.sources.mirror import CVDF, Mirror
from avakit.sources.offer import Missing, Offer
from avakit.sources.youtube import YouTube
from avakit.sources.ytdlp import installed


class Source(Protocol):
    """Somebody who may have videos."""

    @property
    def name(self) -> str:
        """The word it was chosen by, without credentials."""

    def find(self, video: Video) -> Offer | Missing:
        """Look for a video. What fails in passing is tried again first; no `TransferError` gets out.

        Raises `Interrupted`, and `UsageError` for an id that is none.
        """


_ALONE: dict[str, Callable[[Access], Source]] = {
    "cvdf": lambda access: Mirror(CVDF, access.http, name="cvdf"),
    "inria": lambda _: Inria(),
    "youtube": YouTube,
    "baidu": Baidu,
}
_WITH_PLACE: dict[str, Callable[[str, Access], Source]] = {
    "mirror": lambda place, access: Mirror(place, access.http),
    "folder": lambda place, access: Folder(Path(place)),
    "listing": lambda place, access: Listing(place, access.http),
    "inria": lambda place, access: inria(place, access.http),
    "bucket": Bucket,
}


WORDS = "cvdf, youtube, mirror=URL, listing=URL, inria, inria=URL, folder=PATH, bucket=URL or baidu"
"""The words that choose a source."""


def usual() -> tuple[str, ...]:
    """Return the sources that are tried where none is named: the mirror, then YouTube if yt-dlp is here."""
    return ("cvdf", "youtube") if installed() else ("cvdf",)


def parse(text: str, access: Access) -> Source:
    """Return the source that a word chooses, one of `WORDS`.

    Raises `UsageError` for any other, for what is not a URL, and for a folder that is not there.
    """
    word, equals, place = text.partition("=")
    if text in _ALONE:
        return _ALONE[text](access)
    if equals and place and word in _WITH_PLACE:
        return _WITH_PLACE[word](place, access)
    # Anything longer may be an address with a password in it.
    shown = repr(word) if re.fullmatch(r"[\w-]{1,20}", word) else "That"
    raise UsageError(f"{shown} is not a source", f"Give {WORDS}.")
