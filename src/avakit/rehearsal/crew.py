"""Making several movies at once."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import TypeVar

from avakit.engine.run import run_jobs
from avakit.engine.worker import Worker
from avakit.errors import AvakitError

J = TypeVar("J")


def make_each(
    make: Callable[[Path, J], None], folder: Path, jobs: Sequence[J], processes: int | None
) -> None:
    """Call `make(folder, job)` for each job in child processes, `processes` at once (None: one a core).

    The children are the engine's workers, so a script that calls this needs no `if __name__ == "__main__"`.
    """

    def work(job: J, worker: Worker) -> None:
        worker.call(make, folder, job, timeout=None, about="making a movie")

    def record(job: J, result: AvakitError | None) -> None:
        if result is not None:
            raise result

    if len(jobs) > 1 and processes != 1:
        run_jobs(jobs, work, record, workers=min(len(jobs), processes or os.cpu_count() or 1), stop=Event())
    else:
        for job in jobs:
            make(folder, job)
