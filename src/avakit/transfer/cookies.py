"""Files of cookies: whoever can read one can act as its owner."""

import os
import stat
from pathlib import Path


def open_to_others(path: Path) -> str | None:
    """Return what is to be said of a file that other people on this machine can read, None if they cannot.

    It is about the files of a POSIX system: on Windows, where a profile is closed to others, None.
    """
    if os.name == "nt":
        return None
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if not mode & (stat.S_IRGRP | stat.S_IROTH):
        return None
    return (
        f"Others can read the cookies in {path}, and with them act as you. Close it to them: chmod 600 {path}"
    )
