"""Data of one's own: what `[custom]` in `avakit.toml` says of it."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from avakit.dataset.second import Second, ordered

_SPLIT = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_MOST_SECONDS = 1_000_000


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_several), Field(strict=False, min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Seconds(_Table):
    """The annotated seconds of every movie: from `first` to `last`, `step` apart."""

    first: Second
    last: Second
    step: Second = Fraction(1)

    @model_validator(mode="after")
    def _sensible(self) -> "Seconds":
        if not self.step or self.first > self.last or (self.last - self.first) / self.step > _MOST_SECONDS:
            raise ValueError("no seconds, or too many")
        if any((second * 10**6).denominator != 1 for second in (self.first, self.step)):
            raise ValueError("finer than a millionth of a second")
        return self

    def all(self) -> tuple[int | Fraction, ...]:
        """Return them, ascending; a whole one as an int."""
        count = int((self.last - self.first) / self.step) + 1
        seconds = (self.first + place * self.step for place in range(count))
        return tuple(int(second) if second.denominator == 1 else second for second in seconds)


class Frames(_Table):
    """The grid of frames: `rate` a second, `first` is where it begins (None: with the window)."""

    rate: int = Field(default=30, ge=1, le=1000)
    first: Second | None = None


class Custom(_Table):
    """What data of one's own is.

    `labels`: per split its csv files, seen from the root; `excluded`: per split a list of seconds that the
    evaluation leaves out; `classes`: a label map (None: AVA's 80 actions); `window`: start and stop of what
    is fetched of every movie, in its seconds (None: all of it); `seconds`: the annotated ones (None: those
    that the labels name); `frames`: the grid of frames.
    """

    title: str = ""
    kind: Literal["actions", "speaker", "speech"] = "actions"
    labels: Mapping[str, Paths] = Field(min_length=1)
    excluded: Mapping[str, str] = Field(default_factory=dict)
    classes: str | None = None
    window: tuple[Second, Second] | None = Field(default=None, strict=False)
    seconds: Seconds | None = None
    frames: Frames = Frames()

    @field_validator("labels", "excluded")
    @classmethod
    def _splits(cls, files: Mapping[str, object]) -> Mapping[str, object]:
        if any(_SPLIT.fullmatch(split) is None for split in files):
            raise ValueError("no name of a split")
        return files

    @field_validator("labels")
    @classmethod
    def _each_once(cls, labels: Mapping[str, Paths]) -> Mapping[str, Paths]:
        if any(len(set(files)) < len(files) for files in labels.values()):
            raise ValueError("its labels would count twice")
        return labels

    @field_validator("excluded")
    @classmethod
    def _of_labels(cls, excluded: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        if excluded and info.data.get("kind") != "actions":
            raise ValueError("labels of actions alone have excluded seconds")
        if not excluded.keys() <= info.data.get("labels", excluded).keys():
            raise ValueError("a split without labels")
        return excluded

    @field_validator("window")
    @classmethod
    def _in_order(cls, window: tuple[Fraction, Fraction] | None) -> tuple[Fraction, Fraction] | None:
        return ordered(window)


ALLOWED = {
    "custom.title": "a text",
    "custom.kind": '"actions", "speaker" or "speech"',
    "custom.labels": "a csv, or a list of them, each once, a split: "
    '{ train = "a.csv", val = ["b.csv", "c.csv"] }',
    "custom.excluded": "a list of seconds for splits of custom.labels, of actions alone: "
    '{ val = "val_excluded.csv" }',
    "custom.classes": "the path of a label map: pbtxt, or csv with id,name,group",
    "custom.window": "[start, stop] in seconds of the movie, the start from 0, before the stop",
    "custom.seconds": "{ first = 0, last = 9, step = 1 }, with at most 6 decimals and a million seconds",
    "custom.frames": "{ rate = 30, first = 0 }: so many a second, from there on",
}
"""What each key may be, for messages."""
