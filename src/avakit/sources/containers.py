"""Under which names a video may lie."""

from avakit.releases.model import Video, check_id

CONTAINERS = ("mp4", "mkv", "webm")
ALL = (*CONTAINERS, "mov", "m4v", "avi")
"""AVA's containers, and those that data of one's own may come in."""
FOLDERS = ("trainval", "test")


def candidates(video: Video) -> tuple[str, ...]:
    """Return the containers to try, the known one first. Raises `UsageError` if the id is none."""
    check_id(video.id)
    known = (video.container,) if video.container else ()
    tried = CONTAINERS if video.folder else ALL
    return (*known, *(one for one in tried if one not in known))


def md5_of(video: Video, container: str) -> str | None:
    """Return the MD5 that a file in this container must have: it is known of the mirror's own container
    alone."""
    return video.md5 if video.container in (None, container) else None
