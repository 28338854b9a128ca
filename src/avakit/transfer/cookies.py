"""Cookies: one jar for all connections of a run, and the file that they come from."""

import os
import re
import stat
from pathlib import Path

import pycurl

ADVICE = "Check --cookies: it wants what curl and yt-dlp call cookies.txt, with tabs between the fields."

_LARGEST = 1 << 20
_REMARK = re.compile(r"\s*#(?!HttpOnly_)")
_TABS = (5, 6)
"""Seven fields of a cookie, of which the last may be empty, and its tab cut off by an editor."""


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


def unfit(path: Path) -> str | None:
    """Return why a file cannot be one of cookies in Netscape's format, None if it can.

    A line that is none among others that are is passed over, as curl and yt-dlp do.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would keep us waiting, and its bytes come once
            return f"{path} is no file of cookies in Netscape's format"
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return f"There is no file of cookies at {path}"
    except OSError as error:
        return f"The cookies in {path} cannot be read ({error.strerror})"
    lines = [line for line in text.splitlines() if line.strip() and not _REMARK.match(line)]
    if not lines or ("\0" not in text and any(map(_is_cookie, lines))):
        return None
    return f"{path} is no file of cookies in Netscape's format"


def _is_cookie(line: str) -> bool:
    return line.count("\t") in _TABS or line.lower().startswith("set-cookie:")


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
