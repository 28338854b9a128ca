"""Jobs that lead to further jobs, in the order in which they finish what was begun."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, Self, TypeVar

J = TypeVar("J")

_GLANCE = 0.2  # seconds between two looks at the event that stops a run


class Line(Generic[J]):
    """An iterator of jobs for `run_jobs` that grows while they are done.

    It waits where no job is left but one under way may lead to more, and ends when none can. `stop`: ends it
    at once.
    """

    def __init__(self, jobs: Iterable[J], stop: threading.Event) -> None:
        """Begin with these, which are taken one by one, only when nothing else is to be done."""
        self._later = iter(jobs)
        self._next: deque[J] = deque()
        self._under_way = 0
        self._stop = stop
        self._changed = threading.Condition()

    def __iter__(self) -> Self:
        """Return itself."""
        return self

    def __next__(self) -> J:
        """Return the next job; wait for it, if it may still come."""
        with self._changed:
            while not self._stop.is_set():
                job = self._taken()
                if job is not None:
                    self._under_way += 1
                    return job
                if self._under_way == 0:
                    break
                self._changed.wait(_GLANCE)
            raise StopIteration

    def settle(self, further: Iterable[J] = ()) -> None:
        """Note that a job has ended, and what it leads to: this comes before all that waits."""
        with self._changed:
            self._under_way -= 1
            self._next.extendleft(reversed(list(further)))
            self._changed.notify_all()

    def drop(self, unwanted: Callable[[J], bool]) -> None:
        """Take jobs out again that nobody needs any more."""
        with self._changed:
            self._next = deque(job for job in self._next if not unwanted(job))

    def _taken(self) -> J | None:
        return self._next.popleft() if self._next else next(self._later, None)
