"""Cookies: one jar for all connections of a run, and the file that they come from."""

import os
import stat
from pathlib import Path

import pycurl


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


class Jar:
    """The cookies of a run: those of a file, and what servers set since, for every connection. libcurl sends
    each to the hosts that it is for, and to no other; nothing is written back.
    """

    def __init__(self, file: Path) -> None:
        """Read a file in Netscape's format."""
        self.share = pycurl.CurlShare()
        self.share.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_COOKIE)
        self._reader = pycurl.Curl()
        self._reader.setopt(pycurl.SHARE, self.share)
        self._reader.setopt(pycurl.COOKIEFILE, os.fsencode(file))
        self._reader.setopt(pycurl.COOKIELIST, "RELOAD")

    def has(self, host: str, name: str) -> bool:
        """Return whether there is a cookie of that name for a host."""
        for line in self._reader.getinfo(pycurl.INFO_COOKIELIST):
            domain, _, _, _, _, found = line.removeprefix("#HttpOnly_").split("\t")[:6]
            if found == name and (host == domain.lstrip(".") or host.endswith(f".{domain.lstrip('.')}")):
                return True
        return False
