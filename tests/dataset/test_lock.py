import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engine import calls

from avakit.dataset.lock import hold
from avakit.dataset.root import Root, create
from avakit.engine.worker import Worker
from avakit.errors import RootBusy, RootError

HOLDER = """
import sys, time
from pathlib import Path
from avakit.dataset.lock import hold
from avakit.dataset.root import Root
with hold(Root(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(root: Root) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root.path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_one_process_at_a_time_works_in_a_root_and_its_sudden_death_frees_it(tmp_path: Path) -> None:
    root = create(tmp_path)
    process = holder(root)
    with pytest.raises(RootBusy, match=rf"process {process.pid}\) works in"), hold(root):
        pass
    process.kill()
    process.communicate()
    with hold(root):
        assert root.lock.read_text() == str(os.getpid())


def test_the_lock_holds_within_a_process_and_is_given_back(tmp_path: Path) -> None:
    root = create(tmp_path)
    for _ in range(2):
        with hold(root), pytest.raises(RootBusy), hold(root):
            pass
    with hold(create(tmp_path / "other")), hold(root):
        pass


def test_it_is_given_back_when_the_work_fails(tmp_path: Path) -> None:
    root = create(tmp_path)
    with pytest.raises(ZeroDivisionError), hold(root):
        raise ZeroDivisionError
    with hold(root):
        pass


def test_child_processes_do_not_inherit_it(tmp_path: Path) -> None:
    root = create(tmp_path)
    with Worker() as worker:
        with hold(root):
            worker.call(calls.pid, timeout=30)
        with hold(root):
            worker.call(calls.pid, timeout=30)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_does_not_keep_it(tmp_path: Path) -> None:
    root = create(tmp_path)
    script = (
        "import os, sys, time\nfrom pathlib import Path\nfrom avakit.dataset.lock import hold\n"
        "from avakit.dataset.root import Root\n"
        "with hold(Root(Path(sys.argv[1]))):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n        time.sleep(60)\n        os._exit(0)\n"
        "print(child, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(root.path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        process.wait(30)
        with hold(root):
            pass
    finally:
        os.kill(child, 9)
        process.stdout.close()


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(RootError, match=r"lock cannot be used .*No such file"),
        hold(Root(tmp_path / "absent")),
    ):
        pass
