"""Which video a file is, by the names that people have their files under. Pure."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from fractions import Fraction

from avakit.releases.model import AVA_ID
from avakit.sources.containers import ALL

Times = tuple[Fraction, Fraction]
"""Start and end, in seconds of the movie."""

_AVA_LENGTH = 11
_FORMAT = re.compile(r"\.f[0-9]+(-[a-z0-9]+)*\Z", re.ASCII | re.IGNORECASE)
_CLIP = re.compile(r"_([0-9]{6})_([0-9]{6})", re.ASCII)
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Named:
    """What a file's name says: the video, the container, and the seconds of the movie at which the file
    begins and ends, if it says that too (as Kinetics' clips do: `<id>_<start>_<end>.mp4`).
    """

    video: str
    container: str
    begins: Fraction | None = None
    ends: Fraction | None = None


def named(name: str, known: Container[str], form: str) -> tuple[Named, ...]:
    """Return the videos that a file's name speaks of: none, one, or several if it cannot be told which.

    `name`: without folders; `known`: the ids of the release, which are of the form `form`. These names are
    understood, with extensions of any case: `<id>.mp4`, `<id>.f137.mp4` and `<title> [<id>].mp4` (yt-dlp),
    `<id>_<start>_<end>.mp4` in whole seconds of six digits (Kinetics), and where ids are of AVA's form, which
    does not occur by chance, `ava_<id>.mkv`, `<title>-<id>.webm` and whatever else has an id in it.
    """
    stem, dot, extension = name.rpartition(".")
    container = extension.lower()
    if not dot or container not in ALL:
        return ()
    bare = _FORMAT.sub("", stem)
    for reading in dict.fromkeys((stem, bare)):
        if found := _read(reading, known, form):
            return tuple(Named(video, container, *(times or ())) for video, times in found)
    return ()


def _read(stem: str, known: Container[str], form: str) -> list[tuple[str, Times | None]]:
    """Return the ids in a name without its extension, the surest reading first."""
    if stem in known:
        return [(stem, None)]
    if (clip := _clip(stem)) is not None and clip[0] in known:
        return [clip]
    occurring = _anywhere(stem) if form == AVA_ID else _in_brackets(stem)
    return list({video: (video, times) for video, times in occurring if video in known}.values())


def _clip(stem: str) -> tuple[str, Times] | None:
    """Take a clip's name apart: the id, and where it begins and ends. None if it is none, or ends before it
    begins.
    """
    times = _CLIP.fullmatch(stem[-14:])
    if times is None or int(times[1]) >= int(times[2]):
        return None
    return stem[:-14], (Fraction(int(times[1])), Fraction(int(times[2])))


def _anywhere(stem: str) -> Iterator[tuple[str, Times | None]]:
    clip = _clip(stem)
    for start in range(len(stem) - _AVA_LENGTH + 1):
        stop = start + _AVA_LENGTH
        yield stem[start:stop], clip[1] if clip is not None and stop == len(clip[0]) else None


def _in_brackets(stem: str) -> Iterator[tuple[str, Times | None]]:
    return ((found, None) for found in _BRACKETS.findall(stem))
