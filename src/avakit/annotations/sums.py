"""SHA256SUMS: what the official files were when they came, so that a change of them is seen later.

In the form that `sha256sum --check` reads.
"""

import os
import re
from pathlib import Path

from avakit.transfer.checksums import hash_file
from avakit.transfer.disk import disk_errors

_NAME = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  ([^/\\]+)")


def record(folder: Path, name: str) -> None:
    """Note what the file `name` in `folder` is now. Raises RootError or DiskFull."""
    sums = _read(folder) | {name: sha256(folder / name)}
    text = "".join(f"{value}  {key}\n" for key, value in sorted(sums.items()))
    temporary = folder / f".{_NAME}.{os.getpid()}.part"
    with disk_errors(folder / _NAME):
        try:
            temporary.write_text(text, encoding="utf-8", newline="\n")
            temporary.replace(folder / _NAME)
        finally:
            temporary.unlink(missing_ok=True)


def state(folder: Path, name: str) -> str:
    """Return what the file `name` in `folder` is: absent, unknown (not recorded), same or changed."""
    if not (folder / name).is_file():
        return "absent"
    recorded = _read(folder).get(name)
    if recorded is None:
        return "unknown"
    return "same" if sha256(folder / name) == recorded else "changed"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    return hash_file(path, ["sha256"])["sha256"]


def _read(folder: Path) -> dict[str, str]:
    path = folder / _NAME
    if not path.is_file():
        return {}
    with disk_errors(path):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    found = (_LINE.fullmatch(line) for line in lines)
    return {line[2]: line[1] for line in found if line}
