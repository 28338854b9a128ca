"""The sound of a rehearsal movie: a short beep at each whole second, coded once and repeated."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import count

import av
import numpy as np
from av.audio.stream import AudioStream
from av.stream import Stream

from avakit.rehearsal.recipe import Recipe

_LOOP = 8  # seconds: a whole number of packets at both rates below


def add_sound(output: av.container.OutputContainer, recipe: Recipe) -> AudioStream:
    """Add a mono stream: AAC of 16 kHz for mp4 and mkv, Opus for webm."""
    codec, rate = ("libopus", 48000) if recipe.container == "webm" else ("aac", 16000)
    stream = output.add_stream(codec, rate=rate, layout="mono")
    if not isinstance(stream, AudioStream):
        raise TypeError(f"{codec} codes no sound.")
    stream.bit_rate = 12000
    return stream


def sound_packets(stream: AudioStream, recipe: Recipe) -> Iterator["av.Packet[Stream]"]:
    """Yield the sound's packets from the movie's start to its end, time stamps in samples.

    An encoder begins with samples of its own. An mp4 that starts at 0 keeps them before time 0, as usual, and
    so does Matroska, which has a field for them; in any other mp4 the sound begins at the movie's very start.
    """
    rate = stream.rate
    packets = _encode(stream, rate)
    size = packets[1].pts - packets[0].pts
    loop = _LOOP * rate // size
    lead = -packets[0].pts
    keep = 0 if recipe.container == "mp4" and recipe.start else lead
    skip = (lead - keep) // size
    start = int(recipe.start * rate) - keep
    for index in count():
        stamp = start + index * size
        if stamp >= (recipe.start + recipe.seconds) * rate:
            return
        place = index + skip
        data = packets[place if place < loop else loop + place % loop].data
        packet = av.Packet(data)
        packet.pts = packet.dts = stamp
        packet.duration, packet.time_base = size, Fraction(1, rate)
        packet.stream = stream
        packet.is_keyframe = True
        yield packet


class _Piece:
    """The bytes of one packet and its time stamp in samples."""

    def __init__(self, packet: "av.Packet[AudioStream]") -> None:
        self.pts = packet.pts or 0
        self.data = bytes(packet)


def _encode(stream: AudioStream, rate: int) -> list[_Piece]:
    """Return the packets of three loops; the second one joins on to itself without a click."""
    samples = np.zeros(3 * _LOOP * rate, np.int16)
    beep = (9000 * np.sin(2 * np.pi * 1000 * np.arange(rate // 20) / rate)).astype(np.int16)
    for second in range(3 * _LOOP):
        samples[second * rate : second * rate + len(beep)] = beep
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate = rate
    frame.pts = 0
    frame.time_base = Fraction(1, rate)
    pieces = [_Piece(packet) for packet in stream.encode(frame)]
    pieces += [_Piece(packet) for packet in stream.encode(None)]
    return pieces
