"""Whatever a trial's tests do, the trial ends, says what happened, and leaves nothing running."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from isolation_tui.experiments.prober import Prober
from isolation_tui.experiments.trial import Outcome
from trial_project import trial, write_project

FAULTS = """
    import os, signal, subprocess, sys, time
    from pathlib import Path

    HERE = Path(__file__).parents[1]  # not put back, as the project is

    def test_fine(): pass

    def test_hangs():
        Path(HERE, "pid").write_text(str(os.getpid()))
        while True: time.sleep(1)

    def test_exits(): os._exit(0)
    def test_killed(): os.kill(os.getpid(), signal.SIGKILL)
    def test_interrupts(): raise KeyboardInterrupt
    def test_closes(): os.closerange(3, 200)

    def test_leaves_children():
        for new_session in (False, True):
            command = [sys.executable, "-c", "import time; time.sleep(600)"]
            child = subprocess.Popen(command, start_new_session=new_session)
            with Path(HERE, "pid").open("a") as file:
                file.write(f"{child.pid}\\n")
    """
FINE = "test_faults.py::test_fine"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("exits", "the interpreter ended with status 0"),
        ("killed", "the interpreter was killed by signal 9"),
        ("interrupts", "the run was ended by KeyboardInterrupt"),
    ],
)
def test_a_process_that_dies_names_the_test_that_ran(tmp_path: Path, name: str, how: str, fork: bool) -> None:
    ids = (FINE, f"test_faults.py::test_{name}", FINE)
    with Prober(write_project(tmp_path / "project", {"test_faults.py": FAULTS}), fork=fork) as prober:
        result = prober.run(trial(*ids))
    assert result.fresh is not fork
    assert [each.outcome for each in result.outcomes] == [Outcome.PASSED, Outcome.CRASHED, Outcome.NOT_RUN]
    assert result.problem == f"{how} while {ids[1]} ran"


def test_closed_descriptors_do_not_silence_the_report(tmp_path: Path) -> None:
    with Prober(write_project(tmp_path / "project", {"test_faults.py": FAULTS}, "-s")) as prober:
        result = prober.run(trial("test_faults.py::test_closes", FINE))
    assert [each.outcome for each in result.outcomes] == [Outcome.PASSED] * 2


def test_a_trial_that_hangs_is_ended_at_its_limit(tmp_path: Path, fork: bool) -> None:
    with Prober(write_project(tmp_path / "project", {"test_faults.py": FAULTS}), limit=6, fork=fork) as prober:
        result = prober.run(trial(FINE, "test_faults.py::test_hangs"))
    assert [each.outcome for each in result.outcomes] == [Outcome.PASSED, Outcome.TIMED_OUT]
    assert result.problem == "the trial took longer than 6 s while test_faults.py::test_hangs ran"
    assert not _running(tmp_path)


def test_children_are_ended_with_their_trial(tmp_path: Path, fork: bool) -> None:
    with Prober(write_project(tmp_path / "project", {"test_faults.py": FAULTS}), fork=fork) as prober:
        result = prober.run(trial("test_faults.py::test_leaves_children"))
        assert result.problem == ""
        assert not _running(tmp_path)
        assert prober.run(trial(FINE)).fresh is not fork
    assert len(_pids(tmp_path)) == 2
    assert not _running(tmp_path)


def test_a_trial_is_stopped_from_another_thread(tmp_path: Path, fork: bool) -> None:
    results = []
    with Prober(write_project(tmp_path / "project", {"test_faults.py": FAULTS}), fork=fork) as prober:
        hanging = trial(FINE, "test_faults.py::test_hangs", FINE)
        thread = threading.Thread(target=lambda: results.append(prober.run(hanging)))
        thread.start()
        _wait_until(lambda: _pids(tmp_path))
        prober.stop()
        thread.join()
        assert prober.run(hanging).problem == "the trial was stopped"
    assert results[0].problem == "the trial was stopped"
    assert [each.outcome for each in results[0].outcomes] == [Outcome.PASSED, Outcome.NOT_RUN, Outcome.NOT_RUN]
    assert not _running(tmp_path)


def test_an_interpreter_that_is_gone_is_reported(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {"test_faults.py": FAULTS})
    gone = replace(project, python=str(tmp_path / "python"))
    with Prober(gone) as prober:
        assert prober.run(trial(FINE)).problem.startswith(f"{tmp_path / 'python'} could not be started")


def test_a_conftest_that_fails_is_reported(tmp_path: Path) -> None:
    files = {"test_faults.py": FAULTS, "conftest.py": "raise ValueError('no server')\n"}
    with Prober(write_project(tmp_path / "project", files)) as prober:
        result = prober.run(trial(FINE))
    assert "no server" in result.problem
    assert [each.outcome for each in result.outcomes] == [Outcome.NOT_RUN]


def _pids(folder: Path) -> list[int]:
    try:
        return [int(line) for line in (folder / "pid").read_text().split()]
    except OSError:
        return []


def _running(folder: Path) -> list[int]:
    """Those of the pids that are no zombies, after a moment to be ended in."""
    until = time.monotonic() + 20
    while (alive := [pid for pid in _pids(folder) if _alive(pid)]) and time.monotonic() < until:
        time.sleep(0.02)
    return alive


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_until(condition: object) -> None:
    assert callable(condition)
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
