"""The process that makes one mp4 of the segments of a play list."""

import os
import subprocess
import sys
from contextlib import suppress
from typing import BinaryIO, cast

from avakit.text import one_line

_CHUNK = 1 << 16
_PATIENCE = 5.0
_MOST_WORDS = 300
_MODULE = "avakit.sources.ytdlp_remux"


class Remuxing:
    """Segments go in by one thread, the mp4 comes out by another. It ends when it is killed, or when no more
    goes in.
    """

    def __init__(self, seconds: float) -> None:
        """Start it, for segments that are said to be so long. Raises OSError where the machine has no room
        for a process.
        """
        path = os.pathsep.join(part for part in sys.path if part)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _MODULE, f"{seconds:.6f}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            # A terminal's Ctrl-C goes to the parent alone, which decides.
            process_group=None if sys.platform == "win32" else 0,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def put(self, data: bytes) -> None:
        """Let a segment go in. Raises OSError if the process has ended."""
        stream = cast(BinaryIO, self._process.stdin)
        stream.write(data)
        stream.flush()

    def finish(self) -> None:
        """Let no more go in."""
        with suppress(OSError):
            cast(BinaryIO, self._process.stdin).close()

    def get(self) -> bytes:
        """Return what comes out next, nothing at the end."""
        return os.read(cast(BinaryIO, self._process.stdout).fileno(), _CHUNK)

    def failed(self) -> str | None:
        """Return, at the end, what was wrong with the segments; None if nothing was."""
        said = cast(BinaryIO, self._process.stderr).read(_MOST_WORDS).decode("utf-8", "replace")
        if self._process.wait(_PATIENCE) == 0:
            return None
        return one_line(said) or f"reading them ended with status {self._process.returncode}"

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        self.finish()

    def close(self) -> None:
        """Close what it wrote to; for the thread that reads, when nobody reads any more."""
        for stream in (self._process.stdout, self._process.stderr):
            cast(BinaryIO, stream).close()
