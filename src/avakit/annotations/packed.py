"""Files of labels that stay packed as they came: ActiveSpeaker's archives, with a csv for each movie."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from avakit.annotations.archive import is_archive, unpack_all
from avakit.errors import AnnotationError
from avakit.transfer.disk import disk_errors

_MEMBERS = "*-activespeaker.csv"


@contextmanager
def csvs(path: Path) -> Iterator[list[Path]]:
    """Hand out the csv files that a file of labels holds: itself, or the members of an archive, by name.

    What an archive holds is unpacked, and is gone when the context ends. Its content says whether it is one.
    Raises AnnotationError for an archive without such a csv and for those that `unpack` refuses, DiskFull and
    RootError.
    """
    if not is_archive(path):
        yield [path]
        return
    with disk_errors(Path(tempfile.gettempdir())):
        scratch = tempfile.TemporaryDirectory(prefix="avakit-", ignore_cleanup_errors=True)
    with scratch as folder:
        found = unpack_all(path, _MEMBERS, Path(folder))
        if not found:
            raise AnnotationError(
                f"{path} holds no {_MEMBERS}", "It is not ActiveSpeaker's: unpack it, and give its csv files."
            )
        yield [found[name] for name in sorted(found)]
