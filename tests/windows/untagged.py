"""Cuts of movies as other tools make them: they begin somewhere in the movie, and do not say where."""

from fractions import Fraction
from pathlib import Path

import av

from avakit.windows.cut import Cut, cut
from avakit.windows.span import Window


def untagged(movie: Path, window: Window, out: Path) -> Fraction:
    """Write a window of a movie to `out` without a word of where it begins; return that second."""
    tagged = out.with_name(f"{out.name}.tagged")
    assert isinstance(cut(movie, movie.name, window, tagged), Cut)
    options = {"fflags": "+bitexact", "avoid_negative_ts": "disabled"}
    with (
        av.open(str(tagged)) as source,
        av.open(str(out), "w", format="mp4", container_options=options) as target,
    ):
        origin = Fraction(source.metadata["AVAKIT_ORIGIN"])
        copies = {s.index: target.add_stream_from_template(s, opaque=True) for s in source.streams}
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    tagged.unlink()
    return origin
