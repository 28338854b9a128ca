"""The sample tables of an mp4 as FFmpeg reads them: its time stamps, without its step for each packet.

FFmpeg makes an index of a stream's packets when it opens a file: where they lie, when they are decoded. What
the tables say is held against it, so that a file of which it makes something else is left to it.
"""

from dataclasses import dataclass

import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from avakit.media.sampletable import Flags, Numbers, Samples
from avakit.media.ticks import distinct
from avakit.media.tracks import Track

_ENTRIES = {"h264": (b"avc1", b"avc3"), "hevc": (b"hvc1", b"hev1"), "aac": (b"mp4a",)}
"""Codecs whose packets FFmpeg gives as the tables have them, and how their sample descriptions are called."""

_ENDS, _AMONG = 64, 128


@dataclass(frozen=True, eq=False)
class Aligned:
    """The packets of a stream in the order in which they are decoded, with FFmpeg's time stamps (ticks).

    `samples`: as the file has them. `discarded`: what FFmpeg flags as not to be shown, by the edit list.
    """

    samples: Samples
    pts: Numbers
    dts: Numbers
    discarded: Flags


def aligned(track: Track, stream: VideoStream | AudioStream) -> Aligned | None:
    """Return the packets of a stream by the tables of its track, None where FFmpeg would give others."""
    samples, entries = track.samples, stream.index_entries
    if samples is None or not len(entries) or track.entry not in _ENTRIES.get(stream.codec_context.name, ()):
        return None
    if stream.time_base is None or stream.time_base * track.timescale != 1:
        return None
    shown = samples.dts + samples.offset
    hidden = np.zeros(len(samples), np.bool_)
    if track.edit is not None:
        hidden = (shown < track.edit.start) | (shown >= track.edit.start + track.edit.duration)
    begins = np.flatnonzero(samples.pos == entries[0].pos)
    if len(begins) != 1 or begins[0] + len(entries) > len(samples):
        return None
    chosen = slice(int(begins[0]), int(begins[0]) + len(entries))
    part = samples.part(chosen)
    dts = part.dts + (entries[0].timestamp - int(part.dts[0]))
    found = Aligned(part, dts + part.offset, dts, hidden[chosen])
    return found if _agrees(found, stream) else None


def _agrees(found: Aligned, stream: VideoStream | AudioStream) -> bool:
    """Return whether FFmpeg's index is the same at both ends and at many places between."""
    entries, count = stream.index_entries, len(found.dts)
    among = np.linspace(0, count - 1, min(count, _AMONG)).astype(np.int64)
    ends = np.arange(min(count, _ENDS))
    pictures = stream.type == "video"
    for at in distinct(ends, among, count - 1 - ends).tolist():
        entry, sample = entries[at], found.samples
        if (entry.pos, entry.size, entry.timestamp) != (sample.pos[at], sample.size[at], found.dts[at]):
            return False
        if pictures and (entry.is_keyframe, entry.is_discard) != (sample.sync[at], found.discarded[at]):
            return False
    return True
