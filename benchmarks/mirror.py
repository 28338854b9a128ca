"""The rehearsal mirror in a process of its own, as a user's server is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from avakit.rehearsal.mirror import Mirror


class Served:
    """A running mirror: its address, and how many bytes it has sent."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.url = self._answer()

    def sent(self) -> int:
        """Return how many bytes of bodies went out by now."""
        assert self._process.stdin is not None
        self._process.stdin.write("sent\n")
        self._process.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def served(folder: Path, delay: float, rate: float) -> Iterator[Served]:
    """Serve a folder: `delay` seconds before each answer, `rate` bytes a second and connection."""
    command = [sys.executable, "-m", "benchmarks.mirror", str(folder), str(delay), str(rate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Served(process)
        finally:
            if process.stdin is not None:
                process.stdin.close()


def main() -> None:
    """Serve until standard input ends; answer each of its lines with the bytes sent."""
    folder, delay, rate = sys.argv[1:]
    with Mirror(Path(folder), delay=float(delay), rate=float(rate)) as mirror:
        print(mirror.url, flush=True)
        for _ in sys.stdin:
            print(mirror.sent(), flush=True)


if __name__ == "__main__":
    main()
