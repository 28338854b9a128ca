"""Time stamps and numbers of pictures, as arrays."""

import numpy as np
import numpy.typing as npt

Ticks = npt.NDArray[np.int64]


def distinct(*some: Ticks) -> Ticks:
    """Return each number that is in one of the arrays once, ascending.

    As `np.unique` does, which imports masked arrays for it: a twentieth of a second for each process.
    """
    ordered = np.sort(np.concatenate(some)) if some else np.array([], dtype=np.int64)
    first = np.ones(len(ordered), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]
