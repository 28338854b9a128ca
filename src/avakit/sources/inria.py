"""INRIA's mirror of the videos that were closed in some countries: a directory page for those who asked for
access, and for the others the instruction how to ask.
"""

from avakit.causes import Cause
from avakit.releases.inria import REQUEST, listed
from avakit.releases.model import Video, check_id
from avakit.sources.listing import Listing
from avakit.sources.offer import Missing
from avakit.transfer.credentials import PASSWORD, USER
from avakit.transfer.http import Http

ASK = f"Ask for access at {REQUEST}."


def inria(url: str, http: Http) -> Listing:
    """Return the source at the address that INRIA gave. Raises `UsageError` if it is no URL."""
    return Listing(url, http, "inria", ASK)


class Inria:
    """A `Source` that has nothing but an instruction, for as long as nobody gave its address."""

    @property
    def name(self) -> str:
        """Always `inria`."""
        return "inria"

    def find(self, video: Video) -> Missing:
        """Return how to get the video there, if it is one of those it has. Raises `UsageError`."""
        check_id(video.id)
        known = listed()
        if video.id not in known:
            said = (
                f"inria does not give {video.id}: it has {len(known)} videos only, and this is none of them."
            )
            return Missing(self.name, Cause.NOT_FOUND, f"{said} Give another --source.")
        return Missing(
            self.name,
            Cause.LOGIN,
            f"inria has {video.id}, one of {len(known)} videos there, for those whom it gave access. {ASK} "
            f"It sends a name, a password and an address: set {USER} and {PASSWORD} in the environment, "
            "or use netrc, and give --source inria=ADDRESS.",
        )
