"""Which of the formats that a site offers is taken: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

DEFAULT_HEIGHT = 720
"""Pixels. AVA's mirror has most movies at 360 to 480 lines, and the frameworks train on 224 to 320: what is
larger than this costs bytes alone.
"""

_CONTAINERS = {"mp4": "mp4", "m4a": "mp4", "webm": "webm"}
_CODECS = ("avc", "h264", "vp9", "vp09", "vp8", "av01")
"""Codecs of pictures, the quickest to decode exactly first."""


@dataclass(frozen=True)
class Format:
    """One format of a video, as yt-dlp tells of it.

    `ext`: mp4, m4a, webm …; `pictures`, `sound`: codecs, None where there is none; `height` in pixels, `rate`
    in kbit/s, 0 where unknown; `preference`: of the language, higher is better; `plain`: it is one file that
    can be read by ranges; `pieces`: it comes in pieces alone, those of a play list ("hls") or of a list of
    fragments ("dash"), and `told` is all that yt-dlp's downloader of such must know. URLs may hold a
    signature: they are not shown.
    """

    id: str
    ext: str
    pictures: str | None
    sound: str | None
    height: int = 0
    rate: float = 0.0
    preference: int = 0
    plain: bool = True
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    pieces: Literal["hls", "dash"] | None = None
    told: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)

    @property
    def container(self) -> str | None:
        """mp4 or webm, None where windows cannot be cut out of it. Play lists are made an mp4."""
        return "mp4" if self.pieces == "hls" else _CONTAINERS.get(self.ext)


@dataclass(frozen=True)
class Choice:
    """The format of the pictures, and that of the sound where it is a file of its own."""

    pictures: Format
    sound: Format | None = None


def choose(formats: Sequence[Format], height: int | None = None) -> Choice | None:
    """Return the best pictures of at most `height` lines (None: 720), and sound for them.

    If all are higher, the lowest. Of one height pictures alone, which are coded better, come before a file of
    both, and what decodes quickly before what does not. Sound in the pictures' own container comes first.
    Only where no format is a file that can be read by ranges and cut, one that comes in pieces is taken, as
    a whole; of a play list, one that has its own sound before one that has none, for the clocks of two play
    lists need not begin together. Returns None where there is none either.
    """
    files = _fitting(formats, height, [one for one in formats if one.plain])
    return files or _fitting(formats, height, [one for one in formats if one.pieces and not one.plain])


def _fitting(formats: Sequence[Format], height: int | None, wanted: Sequence[Format]) -> Choice | None:
    """Return the best of the `wanted` formats, with sound for it out of all."""
    limit = height or DEFAULT_HEIGHT
    fitting = [one for one in wanted if one.container and one.pictures]
    low = [one for one in fitting if one.height <= limit]
    if not fitting:
        return None
    best = max(low, key=_worth) if low else min(fitting, key=lambda one: (one.height, -one.rate))
    return Choice(best, None if best.sound or best.pieces == "hls" else _sound_for(best, formats))


def _worth(one: Format) -> tuple[int, bool, bool, int, float]:
    codec = (one.pictures or "").casefold()
    quick = next((at for at, name in enumerate(_CODECS) if codec.startswith(name)), len(_CODECS))
    heard = one.pieces != "hls" or one.sound is not None
    return one.height, heard, one.sound is None, -quick, one.rate


def _sound_for(pictures: Format, formats: Sequence[Format]) -> Format | None:
    fit = [one for one in formats if one.plain or (pictures.pieces and one.pieces == "dash")]
    alone = [one for one in fit if one.container and one.sound and not one.pictures]
    return max(alone, key=lambda one: _worth_hearing(one, pictures), default=None)


def _worth_hearing(one: Format, pictures: Format) -> tuple[int, bool, bool, float]:
    # What was made louder and quieter ("drc") is not what was recorded.
    return one.preference, one.container == pictures.container, "drc" not in one.id, one.rate
