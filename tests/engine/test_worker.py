import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.engine import calls

from avakit.engine import wire
from avakit.engine import worker as worker_module
from avakit.engine.worker import Worker
from avakit.errors import AvakitError, DamagedMovie, Interrupted, RateLimited, WorkerDied

ROOT = Path(__file__).parents[2]


def gone(pid: int, within: float = 1.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True  # ended, and nobody has collected it yet
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_results_come_back_from_one_child() -> None:
    with Worker() as worker:
        assert worker.call(calls.add, 1, 2, timeout=20) == 3
        first = worker.call(calls.pid, timeout=20)
        assert first != os.getpid()
        assert worker.call(calls.pid, timeout=20) == first
        blob = os.urandom(3_000_001)
        assert worker.call(calls.echo, blob, timeout=20) == blob


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted as Linux shows them")
def test_numpy_starts_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would start one a core, and so would each process: on a large machine more than a user may have."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    with Worker() as worker:
        before, after = worker.call(calls.threads_with_numpy, timeout=20)
    assert after == before


def test_errors_of_avakit_come_back_as_they_were() -> None:
    with Worker() as worker:
        with pytest.raises(DamagedMovie) as damaged:
            worker.call(calls.be_damaged, timeout=20)
        assert str(damaged.value) == "x.mp4 is damaged. Fetch it again."
        pid = worker.call(calls.pid, timeout=20)
        with pytest.raises(RateLimited) as limited:
            worker.call(calls.be_limited, timeout=20)
        assert limited.value.wait == 7.5
        assert worker.call(calls.pid, timeout=20) == pid


def test_a_bug_is_raised_with_the_childs_traceback() -> None:
    with Worker() as worker:
        with pytest.raises(ZeroDivisionError) as bug:
            worker.call(calls.divide, timeout=20)
        assert "return 1 / 0" in "".join(bug.value.__notes__)
        with pytest.raises(RuntimeError, match="UntransportableError: 1 2"):
            worker.call(calls.be_untransportable, timeout=20)
        with pytest.raises(RuntimeError, match="SystemExit: no more"):
            worker.call(calls.exit_python, timeout=20)
        with pytest.raises(Exception, match="lambda"):
            worker.call(calls.return_untransportable, timeout=20)
        assert worker.call(calls.add, 1, 2, timeout=20) == 3


def test_what_cannot_be_sent_is_a_bug_here() -> None:
    with Worker() as worker, pytest.raises(Exception, match="lambda"):
        worker.call(lambda: 1, timeout=20)


def test_a_crash_names_what_was_worked_on_and_the_next_call_starts_afresh() -> None:
    with Worker() as worker:
        first = worker.call(calls.pid, timeout=20)
        with pytest.raises(WorkerDied, match=r"process reading x\.mkv ended by itself \(exit code 3\)"):
            worker.call(calls.leave, 3, timeout=20, about="reading x.mkv")
        assert worker.call(calls.pid, timeout=20) != first
        with pytest.raises(WorkerDied, match="process reading x ran out of memory"):
            worker.call(calls.out_of_memory, timeout=20, about="reading x")


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_a_crash_in_c_is_named_by_its_signal(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Worker(log=log) as worker:
        with pytest.raises(WorkerDied, match="SIGABRT"):
            worker.call(calls.abort, timeout=20)
        with pytest.raises(WorkerDied, match="SIGSEGV"):
            worker.call(calls.segfault, timeout=20)
        assert worker.call(calls.add, 1, 2, timeout=20) == 3
    assert "segfault" in log.read_text()  # the stack, by faulthandler


def test_a_hang_ends_at_its_time_limit(tmp_path: Path) -> None:
    with Worker() as worker:
        worker.call(calls.add, 1, 2, timeout=20)
        start = time.monotonic()
        with pytest.raises(WorkerDied, match=r"process reading x gave no sign of life for 0\.3 seconds"):
            worker.call(calls.sleep_in_c, 60, tmp_path / "started", timeout=0.3, about="reading x")
        assert time.monotonic() - start < 3
        assert gone(int((tmp_path / "started").read_text()))
        assert worker.call(calls.add, 1, 2, timeout=20) == 3


def test_a_stop_ends_the_call() -> None:
    stop = threading.Event()
    with Worker(stop) as worker:
        worker.call(calls.add, 1, 2, timeout=20)
        threading.Timer(0.2, stop.set).start()
        start = time.monotonic()
        with pytest.raises(Interrupted, match=r"^Reading clip was stopped"):
            worker.call(calls.sleep, 60, timeout=None, about="reading clip")
        assert time.monotonic() - start < 3


def test_progress_comes_as_it_is_made_and_counts_as_life() -> None:
    seen: list[object] = []
    with Worker() as worker:
        assert worker.call(calls.count, 6, 0.25, timeout=1.2, on_progress=seen.append) == 6
    assert seen == [0, 1, 2, 3, 4, 5]


def test_libraries_that_print_do_not_disturb(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Worker(log=log) as worker:
        assert worker.call(calls.noise, timeout=20) == ""
        assert worker.call(calls.add, 1, 2, timeout=20) == 3
    text = log.read_text()
    assert "to stdout" in text
    assert "raw to stdout" in text
    assert "to stderr" in text


def test_a_child_killed_from_outside_while_idle_is_replaced() -> None:
    with Worker() as worker:
        pid = worker.call(calls.pid, timeout=20)
        os.kill(pid, 9)
        assert gone(pid)
        time.sleep(0.1)
        assert worker.call(calls.pid, timeout=20) != pid


def test_close_ends_the_child_and_may_be_repeated() -> None:
    worker = Worker()
    worker.close()
    pid = worker.call(calls.pid, timeout=20)
    worker.close()
    worker.close()
    assert gone(pid)


def test_no_descriptor_is_left_behind() -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("/proc is needed")
    with Worker() as worker:
        worker.call(calls.pid, timeout=20)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with Worker() as worker:
            worker.call(calls.pid, timeout=20)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


PARENT = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from avakit.engine.worker import Worker
from tests.engine import calls
Worker().call(calls.{call}, {arguments}, timeout=None)
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="what is promised of C code that never yields, Linux alone can do"
)
def test_a_child_busy_in_c_is_gone_within_a_second_of_its_parents_sudden_death(tmp_path: Path) -> None:
    started = tmp_path / "started"
    script = PARENT.format(root=str(ROOT), call="sleep_in_c", arguments=f"60, Path({str(started)!r})")
    parent = subprocess.Popen([sys.executable, "-c", script])
    while not (started.exists() and started.read_text()):
        assert parent.poll() is None
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    assert gone(int(started.read_text()))


def test_the_child_takes_no_module_from_the_folder_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit('taken from here')")
    monkeypatch.chdir(tmp_path)
    with Worker() as worker:
        assert worker.call(calls.add, 1, 2, timeout=20) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is needed")
def test_the_child_is_out_of_reach_of_ctrl_c_and_first_to_go_when_memory_is_short() -> None:
    with Worker() as worker:
        pid = worker.call(calls.pid, timeout=20)
        assert os.getpgid(pid) == pid
        assert int(Path(f"/proc/{pid}/oom_score_adj").read_text()) >= 600
        os.kill(pid, signal.SIGINT)
        assert worker.call(calls.pid, timeout=20) == pid


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with (
        Worker(log=tmp_path / "absent" / "log") as worker,
        pytest.raises(AvakitError, match=r"No such.*absent"),
    ):
        worker.call(calls.pid, timeout=20)


def test_a_machine_that_starts_no_process_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    with Worker() as worker, pytest.raises(AvakitError, match="could not be started"):
        worker.call(calls.pid, timeout=20)


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from avakit.engine.worker import Worker\nfrom tests.engine import calls\n"
        "print(Worker().call(calls.add, 1, 2, timeout=20))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("3\n", "", 0)


def test_the_end_of_its_input_alone_ends_a_busy_child(tmp_path: Path) -> None:
    """As on systems that cannot end it themselves: a child that was given no lifeline."""
    child = subprocess.Popen(
        [sys.executable, "-P", str(Path(worker_module.__file__).with_name("child.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    path = "\0".join([str(ROOT), *sys.path]).encode()
    child.stdin.write(len(path).to_bytes(8, "big") + path)
    child.stdin.write(wire.pack((calls.sleep_and_tell, (60.0, tmp_path / "started"), False)))
    child.stdin.flush()
    while not (tmp_path / "started").exists():
        assert child.poll() is None
        time.sleep(0.02)
    child.stdin.close()
    assert child.wait(1) == 0
