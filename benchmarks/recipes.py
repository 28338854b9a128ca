"""What people run today, as command lines: the recipes of the frameworks, and ffmpeg used well.

SlowFast's stands in its `DATASET.md`, mmaction2's in `tools/data/ava/cut_videos.sh` and
`extract_rgb_frames_ffmpeg.sh`. Both cut with re-encoding, as neither says `-c copy`, and take pictures of
the cut. The others need no cut, and are what a careful person would write.
"""

import subprocess
from fractions import Fraction
from pathlib import Path

from benchmarks.movies import RATE, ffmpeg

START = 900
FAST = 30
_BOUND = 3600


def slowfast(movie: Path, span: int, folder: Path) -> None:
    """Cut, then take 30 pictures a second of the cut."""
    cut = folder / "cut.mp4"
    ffmpeg("-ss", str(START), "-t", str(span), "-i", movie, cut)
    ffmpeg("-i", cut, "-r", str(FAST), "-q:v", "1", folder / "cut_%06d.jpg")


def mmaction2(movie: Path, span: int, folder: Path) -> None:
    """Do the same with one word more."""
    cut = folder / "cut.mp4"
    ffmpeg("-ss", str(START), "-t", str(span), "-i", movie, "-strict", "experimental", cut)
    ffmpeg("-i", cut, "-r", str(FAST), "-q:v", "1", folder / "cut_%06d.jpg")


def one_pass(movie: Path, span: int, folder: Path) -> None:
    """Take the pictures of the movie itself: no cut, nothing encoded twice."""
    words = ["-ss", str(START), "-t", str(span), "-i", str(movie), "-r", str(FAST), "-q:v", "1"]
    ffmpeg(*words, folder / "cut_%06d.jpg")


def two_halves(movie: Path, span: int, folder: Path) -> None:
    """Take each picture once, at the movie's own rate, by two processes with a half each.

    With one thread each: two on two cores leave nothing for more.
    """
    half = Fraction(span, 2)
    running = []
    for number in (0, 1):
        seek = ["-ss", str(float(START + number * half)), "-t", str(float(half))]
        words = ["-threads", "1", *seek, "-i", str(movie), "-threads", "1", "-q:v", "1"]
        out = str(folder / f"half{number}_%06d.jpg")
        running.append(subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-y", *words, out]))
    for process in running:
        assert process.wait(_BOUND) == 0


def on_grid(folder: Path, second: Fraction) -> Path:
    """Return the picture of the 30 a second that is on screen at a second of the movie."""
    return folder / f"cut_{int((second - START) * FAST) + 1:06d}.jpg"


def in_halves(folder: Path, second: Fraction, span: int) -> Path:
    """Return the same of `two_halves`."""
    half, past = divmod(second - START, Fraction(span, 2))
    return folder / f"half{int(half)}_{int(past * RATE) + 1:06d}.jpg"
