"""Movies in pieces, as sites give them: play lists of MPEG-TS or fragmented mp4, and lists of fragments."""

import subprocess
from pathlib import Path


def play_list(movie: Path, folder: Path, kind: str, *more: str) -> Path:
    """Write the segments of a movie (`kind`: mpegts, fmp4) and their list; return where they lie."""
    out = folder / f"{movie.stem}-{kind}{'-'.join(more)}"
    if not (out / "done").exists():
        out.mkdir(parents=True, exist_ok=True)
        run = ["ffmpeg", "-v", "error", "-y", "-i", str(movie), "-c", "copy", *more, "-f", "hls"]
        run += ["-hls_time", "5", "-hls_playlist_type", "vod", "-hls_segment_type", kind]
        subprocess.run([*run, str(out / "list.m3u8")], check=True)
        (out / "done").touch()
    return out


def fragments(movie: Path, folder: Path) -> tuple[Path, list[str], list[str]]:
    """Write pictures and sound of a movie as lists of fragments; return where, and the names of either."""
    out = folder / f"{movie.stem}-dash"
    if not (out / "done").exists():
        out.mkdir(parents=True, exist_ok=True)
        run = [
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-i",
            str(movie),
            "-c",
            "copy",
            "-f",
            "dash",
            "-seg_duration",
            "5",
        ]
        names = [
            "-init_seg_name",
            "$RepresentationID$-init",
            "-media_seg_name",
            "$RepresentationID$-$Number%05d$",
        ]
        subprocess.run([*run, *names, str(out / "x.mpd")], check=True)
        (out / "done").touch()
    found = [sorted(path.name for path in out.glob(f"{n}-[0-9]*")) for n in (0, 1)]
    return out, ["0-init", *found[0]], ["1-init", *found[1]]
