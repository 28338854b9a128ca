import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from avakit.media.ticks import distinct

numbers = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)


@given(st.lists(st.lists(numbers)))
def test_each_once_in_order(some: list[list[int]]) -> None:
    arrays = [np.array(one, np.int64) for one in some]
    found = distinct(*arrays)
    assert found.dtype == np.int64
    assert found.tolist() == sorted({number for one in some for number in one})


def test_a_process_that_decodes_imports_no_more_than_it_takes() -> None:
    """What it does not take would keep every process of every movie waiting."""
    code = (
        "import sys, numpy as np; import avakit.preparation.make, avakit.preparation.stills;"
        "from avakit.media.ticks import distinct; distinct(np.array([1, 1]));"
        "print(*{'duckdb', 'numpy.ma', 'importlib.metadata', 'avakit.preparation.clips'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
