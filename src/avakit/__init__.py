"""avakit: gets Google's AVA data set, proves that it is right, and trains on it.

`get(release, root=...)` gets a data set, `adopt(files, root=...)` takes files into one, and `open(root)`
opens one that is there; `plan(release)` says before what it costs. `prepare(ava, ["keyframes"])` makes
pictures of it, `open_pictures(ava, "keyframes", video)` reads them, and `verify(ava)` looks whether all is
right. `lint(files)` checks labels, and `statistics(ava.annotations, ava.release)` counts them.
`open_video(path)` gives the pictures of any movie by the second. Every error is an `AvakitError`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from avakit.causes import Cause
from avakit.errors import AvakitError
from avakit.version import __version__

if TYPE_CHECKING:
    from avakit.annotations.lint import lint
    from avakit.annotations.statistics import statistics
    from avakit.collection.adopt import adopt
    from avakit.collection.get import get
    from avakit.collection.plan import plan
    from avakit.dataset.ava import Dataset
    from avakit.dataset.ava import open_dataset as open  # noqa: A004 - avakit.open, as gzip.open
    from avakit.media.movie import open_movie as open_video
    from avakit.preparation.prepare import prepare
    from avakit.preparation.reading.pictures import open_pictures
    from avakit.proof.verify import verify

__all__ = [
    "AvakitError",
    "Cause",
    "Dataset",
    "__version__",
    "adopt",
    "get",
    "lint",
    "open",
    "open_pictures",
    "open_video",
    "plan",
    "prepare",
    "statistics",
    "verify",
]

# Imported when they are used: `avakit --help` needs neither FFmpeg nor a database.
_LATE = {
    "Dataset": ("avakit.dataset.ava", "Dataset"),
    "adopt": ("avakit.collection.adopt", "adopt"),
    "get": ("avakit.collection.get", "get"),
    "lint": ("avakit.annotations.lint", "lint"),
    "open": ("avakit.dataset.ava", "open_dataset"),
    "open_pictures": ("avakit.preparation.reading.pictures", "open_pictures"),
    "open_video": ("avakit.media.movie", "open_movie"),
    "plan": ("avakit.collection.plan", "plan"),
    "prepare": ("avakit.preparation.prepare", "prepare"),
    "statistics": ("avakit.annotations.statistics", "statistics"),
    "verify": ("avakit.proof.verify", "verify"),
}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module 'avakit' has no attribute {name!r}")
    module, attribute = _LATE[name]
    found: object = getattr(import_module(module), attribute)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
