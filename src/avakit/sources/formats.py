"""Which of the formats that a site offers is taken: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
    can be read by ranges. The URL may hold a signature: it is not shown.
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

    @property
    def container(self) -> str | None:
        """mp4 or webm, None where windows cannot be cut out of it."""
        return _CONTAINERS.get(self.ext)


@dataclass(frozen=True)
class Choice:
    """The format of the pictures, and that of the sound where it is a file of its own."""

    pictures: Format
    sound: Format | None = None


def choose(formats: Sequence[Format], height: int | None = None) -> Choice | None:
    """Return the best pictures of at most `height` lines (None: 720), and sound for them.

    If all are higher, the lowest. Of one height pictures alone, which are coded better, come before a file of
    both, and what decodes quickly before what does not. Sound in the pictures' own container comes first.
    Returns None where no format is a file that can be read by ranges and cut.
    """
    limit = height or DEFAULT_HEIGHT
    fitting = [one for one in formats if one.plain and one.container and one.pictures]
    low = [one for one in fitting if one.height <= limit]
    if not fitting:
        return None
    best = max(low, key=_worth) if low else min(fitting, key=lambda one: (one.height, -_worth(one)[3]))
    return Choice(best, None if best.sound else _sound_for(best, formats))


def _worth(one: Format) -> tuple[int, bool, int, float]:
    codec = (one.pictures or "").casefold()
    quick = next((at for at, name in enumerate(_CODECS) if codec.startswith(name)), len(_CODECS))
    return one.height, one.sound is None, -quick, one.rate


def _sound_for(pictures: Format, formats: Sequence[Format]) -> Format | None:
    alone = [one for one in formats if one.plain and one.container and one.sound and not one.pictures]
    return max(alone, key=lambda one: _worth_hearing(one, pictures), default=None)


def _worth_hearing(one: Format, pictures: Format) -> tuple[int, bool, bool, float]:
    # What was made louder and quieter ("drc") is not what was recorded.
    return one.preference, one.container == pictures.container, "drc" not in one.id, one.rate
