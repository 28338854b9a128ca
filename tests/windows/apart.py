"""The two files that YouTube makes of a movie: pictures alone, and sound alone, in fragments or with Cues."""

from pathlib import Path

import av

_FRAGMENTS = "delay_moov+default_base_moof+global_sidx+skip_trailer"


def apart(movie: Path, folder: Path) -> tuple[Path, Path]:
    """Write pictures and sound of a movie into files of their own; return where they are."""
    suffix = ".webm" if movie.suffix == ".webm" else ".mp4"
    pictures, sound = folder / f"{movie.stem}.pictures{suffix}", folder / f"{movie.stem}.sound{suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    for kind, out in (("video", pictures), ("audio", sound)):
        if not out.exists():
            _write(movie, kind, out)
    return pictures, sound


def _write(movie: Path, kind: str, out: Path) -> None:
    options = {"cues_to_front": "1", "avoid_negative_ts": "disabled"}
    if out.suffix == ".mp4":
        cut = "frag_keyframe" if kind == "video" else "frag_custom"
        options = {"movflags": f"{cut}+{_FRAGMENTS}", "avoid_negative_ts": "disabled", "use_editlist": "1"}
        if kind == "audio":
            options |= {"movflags": _FRAGMENTS, "frag_duration": "5000000"}
    temporary = out.with_name(f".{out.name}")
    with (
        av.open(str(movie)) as source,
        av.open(str(temporary), "w", format=out.suffix[1:], container_options=options) as target,
    ):
        stream = source.streams.video[0] if kind == "video" else source.streams.audio[0]
        copy = target.add_stream_from_template(stream, opaque=True)
        copy.time_base = stream.time_base
        for packet in source.demux(stream):
            if packet.size:
                packet.stream = copy
                target.mux_one(packet)
    temporary.replace(out)
