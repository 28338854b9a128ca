"""avakit: gets Google's AVA data set, proves that it is right, and trains on it.

`get(release, root=...)` gets a data set and `open(root)` opens one that is there;
`prepare(ava, ["keyframes"])` makes pictures of it, and `verify(ava)` looks whether all is right.
`open_video(path)` gives the pictures of any movie by the second. Every error is an `AvakitError`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from avakit.causes import Cause
from avakit.errors import AvakitError
from avakit.version import __version__

if TYPE_CHECKING:
    from avakit.collection.get import get
    from avakit.dataset.ava import Dataset
    from avakit.dataset.ava import open_dataset as open  # noqa: A004 - avakit.open, as gzip.open
    from avakit.media.movie import open_movie as open_video
    from avakit.preparation.prepare import prepare
    from avakit.proof.verify import verify

__all__ = [
    "AvakitError",
    "Cause",
    "Dataset",
    "__version__",
    "get",
    "open",
    "open_video",
    "prepare",
    "verify",
]

# Imported when they are used: `avakit --help` needs neither FFmpeg nor a database.
_LATE = {
    "Dataset": ("avakit.dataset.ava", "Dataset"),
    "get": ("avakit.collection.get", "get"),
    "open": ("avakit.dataset.ava", "open_dataset"),
    "open_video": ("avakit.media.movie", "open_movie"),
    "prepare": ("avakit.preparation.prepare", "prepare"),
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
