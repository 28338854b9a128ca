"""What a source says of a video: an offer, or why there is none."""

from dataclasses import dataclass
from fractions import Fraction

from avakit.causes import Cause, cause_of
from avakit.errors import TransferError
from avakit.transfer.reader import Reader


@dataclass(frozen=True)
class Offer:
    """A source has the video.

    `reader`: its bytes. `container`: mp4, mkv or webm. `md5`: of the whole file, where it must be that of the
    publisher's mirror; None if nobody knows it. `sound`: the bytes of the sound, where it is a file of its
    own, whose time is that of the pictures. `begins`: the second of the movie at which the file begins, if it
    was cut out of it.
    """

    source: str
    reader: Reader
    container: str
    md5: str | None
    sound: Reader | None = None
    begins: Fraction = Fraction(0)


@dataclass(frozen=True)
class Missing:
    """A source does not have the video. `message` names source and video, and holds the original sentence."""

    source: str
    cause: Cause
    message: str


def missing(source: str, video_id: str, error: TransferError) -> Missing:
    """Return what a failure of a source means for a video."""
    return Missing(source, cause_of(error), f"{source} does not give {video_id}: {error}")
