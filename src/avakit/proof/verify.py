"""The verb `verify`: acceptance of all that is there, against the labels and against the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from avakit.causes import Cause, cause_of
from avakit.dataset import lock
from avakit.dataset.ava import Dataset
from avakit.dataset.ledger import Ledger
from avakit.dataset.products import problem_of
from avakit.dataset.root import Root
from avakit.dataset.rows import ProductRow, State, VideoRow
from avakit.engine.progress import Progress, Silent
from avakit.engine.run import run_jobs
from avakit.engine.worker import Worker
from avakit.errors import AvakitError, DamagedMovie, NotFound, ShortMovie, UsageError
from avakit.proof.accept import accept

_AGAIN = "Run avakit get: it is fetched again."
_MAKE_AGAIN = "Run avakit prepare: it is made again."
_PATIENCE = 900.0
_DEEP_PATIENCE = 4 * 3600.0


@dataclass(frozen=True)
class Finding:
    """What was looked at: a video's `window` or `whole` movie, or a product by its name. `problem`: None if
    right.
    """

    video: str
    what: str
    problem: str | None = None
    next_step: str | None = None


def verify(
    dataset: Dataset,
    *,
    videos: Iterable[str] | None = None,
    deep: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> list[Finding]:
    """Look at every window, whole movie and product that came into its place; return a finding for each.

    Every packet of a movie is read and some of its pictures are decoded, or all with `deep`; of a product its
    files are counted. What is wrong is noted in the ledger, so that `get` and `prepare` mend it; no file is
    touched. `videos`: these ids alone. Raises `RootError`, `UsageError` and `Interrupted`.
    """
    wanted = None if videos is None else set(videos)
    findings: list[Finding] = []
    shown = progress or Silent()
    stop = Event()
    root, release = dataset.root, dataset.release
    with lock.hold(root), Ledger.write(root.ledger) as ledger, shown:
        known = ledger.videos()
        if unknown := sorted((wanted or set()) - set(known)):
            raise UsageError(
                f"{unknown[0]!a} was not asked for in {root.path}", "avakit status lists those that were."
            )
        rows = [
            row for row in known.values() if row.path is not None and (wanted is None or row.id in wanted)
        ]
        shown.expect(len(rows))

        def work(row: VideoRow, worker: Worker) -> None:
            path = root.path / (row.path or "")
            if not path.is_file():
                raise NotFound(f"{path} is gone", _AGAIN)
            if row.state is not State.MISSING and path.stat().st_size != row.bytes:
                raise DamagedMovie(f"{path} has {path.stat().st_size} bytes, not {row.bytes}", _AGAIN)
            patience = _DEEP_PATIENCE if deep else _PATIENCE
            seconds = release.seconds_of(row.id)
            seen = worker.call(accept, path, seconds, deep, timeout=patience, about=f"reading {path}")
            if seen.lacking and row.state is not State.PARTIAL:  # of that one it is known
                raise ShortMovie(f"{path} has no picture at {len(seen.lacking)} annotated seconds", _AGAIN)

        def record(row: VideoRow, result: AvakitError | None) -> None:
            problem = None if result is None else result.what
            now = _noted(row, result, root)
            if now != row:
                ledger.put(replace(now, at=0))
            kind = row.kind.value if row.kind else "window"
            findings.append(Finding(row.id, kind, problem, _AGAIN if problem else None))
            shown.done(row.id, problem)

        run_jobs(rows, work, record, workers=jobs or dataset.settings.jobs, stop=stop, log=root.log)
        for product in ledger.products():
            if product.have and (wanted is None or product.video in wanted):
                findings.append(_product(root, product, ledger))
    return sorted(findings, key=lambda finding: (finding.video, finding.what))


def _noted(row: VideoRow, problem: AvakitError | None, root: Root) -> VideoRow:
    """Return what is known of a video now. One that was found wrong and is right again counts as there."""
    size = _size(root.path / (row.path or ""))
    if problem is None:
        if row.state is not State.MISSING:
            return row
        return replace(row, state=State.HAVE, bytes=size, cause=None, message=None, next_step=None)
    cause = Cause.DISK if isinstance(problem, NotFound) else cause_of(problem)
    return replace(row, state=State.MISSING, bytes=size, cause=cause, message=str(problem), next_step=_AGAIN)


def _product(root: Root, row: ProductRow, ledger: Ledger) -> Finding:
    """Look whether a product is as it was made."""
    problem = problem_of(root, row, sizes=True)
    if problem is None:
        return Finding(row.video, row.product)
    ledger.put_product(replace(row, have=False, message=f"{problem}.", at=0))
    return Finding(row.video, row.product, problem, _MAKE_AGAIN)


def _size(path: Path) -> int:
    """Return how many bytes a file has, 0 if it is not there."""
    return path.stat().st_size if path.is_file() else 0
