"""The movies that preparation is timed on: real people, looped to 35 minutes, made once.

The two clips of the real data, where AVAKIT_REAL_DATA leads to them; without it the rehearsal's scenery. The
camera wanders over them, so that no picture is like the one before.
"""

import os
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from avakit.media.movie import open_movie
from avakit.rehearsal import scenery

RATE = 25
LENGTH = 2100
_ROUND = 500  # pictures that are coded; all others are these again
_FIRST = 110  # and before them some, so that second 900 lies in the middle of a group, as in real movies
_BOUND = 3600  # seconds that FFmpeg may take


@dataclass(frozen=True)
class Kind:
    """A movie: its size in pixels, kbit a second of its pictures, pictures from sync frame to sync frame."""

    name: str
    width: int
    height: int
    kbits: int
    sync: int

    @property
    def title(self) -> str:
        """What a table calls it."""
        return f"{self.name} ({self.width}×{self.height}, sync {self.sync})"


KINDS = {
    kind.name: kind
    for kind in (
        Kind("v360", 640, 360, 700, 250),
        Kind("v360g48", 640, 360, 700, 48),
        Kind("v720", 1280, 720, 2500, 250),
    )
}


def movie(world: Path, kind: Kind) -> Path:
    """Return the movie, made where it is not there yet."""
    clips = real()
    path = world / f"{kind.name}-{'real' if clips else 'drawn'}.mp4"
    if not path.exists():
        world.mkdir(parents=True, exist_ok=True)
        _make(path, kind, clips or _drawn(world))
    return path


def real() -> list[Path]:
    """Return the clips of real people, none where they are not on this machine."""
    folder = os.environ.get("AVAKIT_REAL_DATA")
    return sorted((Path(folder) / "video").glob("*.mp4")) if folder else []


def told(span: int) -> str:
    """Return of what, and how much, all figures are that follow."""
    of_what = "real people" if real() else "drawn scenery: AVAKIT_REAL_DATA is not set"
    return f"Movies of {of_what}; {span} s of each; {os.cpu_count()} cores."


def ffmpeg(*words: str | Path) -> None:
    """Run ffmpeg, as anybody would but silently."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *words]
    subprocess.run(command, check=True, timeout=_BOUND)


def _make(path: Path, kind: Kind, clips: list[Path]) -> None:
    parts = [path.with_suffix(f".{name}.mp4") for name in ("first", "round")]
    for part, pictures in zip(parts, (_FIRST, _ROUND), strict=True):
        _code(part, kind, clips, pictures)
    first, again = (f"file '{part.name}'\n" for part in parts)
    names = path.with_suffix(".txt")
    names.write_text(first + again * (LENGTH * RATE // _ROUND + 1))
    made = path.with_suffix(".part.mp4")
    sound = ["-f", "lavfi", "-i", "anoisesrc=color=pink:amplitude=0.3:sample_rate=44100"]
    coding = ["-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", "-b:a", "96k", "-t", str(LENGTH)]
    ffmpeg("-f", "concat", "-i", names, *sound, *coding, "-movflags", "+faststart", made)
    _require_even(made)
    made.replace(path)
    for left in (*parts, names):
        left.unlink()


def _code(path: Path, kind: Kind, clips: list[Path], pictures: int) -> None:
    """Code some pictures of each clip, one behind the other."""
    inputs: list[str | Path] = []
    chains = []
    for number, clip in enumerate(clips):
        still = clip.suffix == ".png"
        endless = ["-loop", "1", "-framerate", str(RATE)] if still else ["-stream_loop", "-1"]
        inputs += [*endless, "-i", clip]
        chains.append(
            f"[{number}:v]fps={RATE},"
            f"scale={kind.width * 5 // 4}:{kind.height * 5 // 4}"
            f":force_original_aspect_ratio=increase:flags=bicubic,"
            f"crop={kind.width}:{kind.height}"
            f":x='(iw-ow)/2*(1+sin(t*0.9))':y='(ih-oh)/2*(1+cos(t*0.7))',"
            f"trim=end_frame={pictures // len(clips)},setpts=PTS-STARTPTS,setsar=1[v{number}];"
        )
    joined = "".join(f"[v{number}]" for number in range(len(clips)))
    graph = f"{''.join(chains)}{joined}concat=n={len(clips)}:v=1,format=yuv420p[v]"
    groups = ["-g", str(kind.sync), "-keyint_min", str(kind.sync), "-sc_threshold", "0", "-bf", "3"]
    rate = ["-c:v", "libx264", "-b:v", f"{kind.kbits}k", "-r", str(RATE)]
    ffmpeg(*inputs, "-filter_complex", graph, "-map", "[v]", *rate, *groups, path)


def _drawn(world: Path) -> list[Path]:
    paths = []
    for paint in (scenery.room, scenery.street):
        paths.append(world / f"{paint.__name__}.png")
        scenery.picture(paint).save(paths[-1])
    return paths


def _require_even(path: Path) -> None:
    """Assert that picture k comes on screen at k / 25 s, over all seams (the very end may be torn)."""
    timeline = open_movie(path).timeline
    count, step = (LENGTH - 1) * RATE, Fraction(1, RATE) / timeline.time_base
    assert timeline.seconds(0) == 0, timeline.seconds(0)
    assert np.array_equal(timeline.pts[:count] - timeline.pts[0], np.arange(count) * int(step))
