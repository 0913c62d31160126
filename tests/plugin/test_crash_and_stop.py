"""Suites that die, and suites that are stopped: the running test is named, teardown is awaited, nothing is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

import environments
from isolation_tui.launch import process
from isolation_tui.model import Outcome
from isolation_tui.session import LiveSession, ReplaySession
from observing import PATIENCE, Seen, environment, observe, project, wait_until, write

pytestmark = pytest.mark.slow

WAITS = """
    import os, signal, subprocess, sys, time
    from pathlib import Path
    import pytest

    def wait_for(name):
        until = time.monotonic() + 60
        while not Path(name).exists() and time.monotonic() < until: time.sleep(0.01)

    @pytest.fixture(scope="module")
    def server():
        yield
        Path("stopping").touch()
        {teardown}
        Path("stopped").touch()

    def test_before(server): pass

    def test_running(server):
        Path("running").touch()
        {running}

    def test_never(server): pass
    """


def suite(tmp_path: Path, running: str, teardown: str = "pass") -> Path:
    text = WAITS.replace("{running}", running).replace("{teardown}", teardown)
    return write(tmp_path / "suite", {"test_it.py": text})


def outcomes(seen: Seen) -> dict[str, Outcome]:
    return {test.name: test.outcome for test in seen.run.tests.values()}


def once(condition: Callable[[], object], then: Callable[[LiveSession], object]) -> Callable[[LiveSession], None]:
    """Do it, once, as soon as the condition holds."""
    done: list[bool] = []

    def look(session: LiveSession) -> None:
        if not done and condition():
            done.append(True)
            then(session)

    return look


def gone(group: int) -> bool:
    """Whether no process of the group runs any more."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("how", "status"),
    [("os._exit(7)", 7), ("os._exit(0)", 0), ("os.kill(os.getpid(), signal.SIGKILL)", -9), ("os.abort()", -6)],
)
def test_the_test_that_ended_the_process_is_named_and_the_rest_is_not_run(
    tmp_path: Path, how: str, status: int
) -> None:
    seen = observe(suite(tmp_path, how), "-q", python=environments.CURRENT.interpreter)
    assert outcomes(seen)["test_running"] is Outcome.CRASHED
    assert outcomes(seen)["test_never"] is Outcome.NOT_RUN
    # Facts of the last twentieth of a second die with the process.
    assert outcomes(seen)["test_before"] in (Outcome.PASSED, Outcome.UNKNOWN)
    assert seen.run.crashed
    assert seen.run.exit_status == status


def test_a_suite_that_is_killed_from_outside_is_a_crash_and_not_a_stop(tmp_path: Path) -> None:
    root = suite(tmp_path, "wait_for('never')")
    kill = once((root / "running").exists, lambda session: os.kill(session.pid, signal.SIGKILL))
    seen = observe(root, "-q", python=environments.CURRENT.interpreter, meanwhile=kill)
    assert (seen.run.crashed, seen.run.stopped, seen.run.exit_status) == (True, False, -9)
    assert outcomes(seen)["test_running"] is Outcome.CRASHED


def test_a_crash_is_the_same_when_replayed(tmp_path: Path) -> None:
    seen = observe(suite(tmp_path, "os._exit(7)"), "-q", python=environments.CURRENT.interpreter)
    replayed = ReplaySession(seen.recorded)
    while replayed.poll():
        pass
    assert replayed.run.crashed
    assert {test.name: test.outcome for test in replayed.run.tests.values()} == outcomes(seen)
    assert replayed.run.counts == seen.run.counts
    assert replayed.damage == ""


def test_a_worker_that_crashes_takes_its_test_with_it_and_the_others_run_on(tmp_path: Path) -> None:
    root = write(
        tmp_path / "suite",
        {
            "test_it.py": """
                import os, pytest

                @pytest.mark.parametrize("n", range(8))
                def test_it(n):
                    if n == 3: os._exit(1)
                """
        },
    )
    seen = observe(root, "-q", "-n2", "-p", "no:randomly", python=environments.PLUGINS.interpreter)
    crashed = [name for name, outcome in outcomes(seen).items() if outcome is Outcome.CRASHED]
    assert crashed == ["test_it[3]"]
    assert not seen.run.crashed
    assert (seen.run.counts.failed, seen.status) == (1, 1)
    # What the lost worker said in its last twentieth of a second is lost with it, and nothing else.
    others = [outcome for name, outcome in outcomes(seen).items() if name not in ("test_it[2]", "test_it[3]")]
    assert set(others[4:]) == {Outcome.PASSED}


def test_stopping_awaits_the_teardown(tmp_path: Path) -> None:
    root = suite(tmp_path, "wait_for('never')", teardown="time.sleep(0.3)")
    stop = once((root / "running").exists, lambda session: session.stop())
    seen = observe(root, "-q", python=environments.CURRENT.interpreter, meanwhile=stop)
    assert (root / "stopped").exists()
    assert (seen.run.stopped, seen.run.crashed, seen.status) == (True, False, 2)
    assert outcomes(seen)["test_never"] is Outcome.NOT_RUN
    assert seen.run.interrupted.startswith("KeyboardInterrupt")
    (server,) = [life for life in seen.run.lives if life.definition.name == "server"]
    assert server.torn_down is not None


def test_asking_again_insists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "STOP_PATIENCE", (PATIENCE * 2, PATIENCE * 2))  # no second signal comes
    root = suite(tmp_path, "wait_for('never')", teardown="wait_for('never')")
    first = once((root / "running").exists, lambda session: session.stop())
    second = once((root / "stopping").exists, lambda session: session.stop())
    seen = observe(
        root, "-q", python=environments.CURRENT.interpreter, meanwhile=lambda session: (first(session), second(session))
    )
    assert seen.run.exit_status == -signal.SIGTERM
    assert not (root / "stopped").exists()


def test_a_suite_that_does_not_stop_is_made_to_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "STOP_PATIENCE", (0.3, 0.3))
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN)"
    root = suite(tmp_path, f"{deaf}; Path('deaf').touch(); wait_for('never')")
    stop = once((root / "deaf").exists, lambda session: session.stop())
    seen = observe(root, "-q", python=environments.CURRENT.interpreter, meanwhile=stop)
    assert seen.run.exit_status == -signal.SIGKILL
    assert seen.run.stopped


def test_closing_ends_everything_that_the_suite_started(tmp_path: Path) -> None:
    child = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); Path('child').touch()"
    root = suite(tmp_path, f"{child}; wait_for('never')")
    with environment():
        session = LiveSession(project(root, "-q", python=environments.CURRENT.interpreter))
        group = session.pid
        wait_until(lambda: session.poll() is None or (root / "child").exists(), "the child has been started")
        session.close()
    wait_until(lambda: gone(group), "nothing of it runs")
    assert session.run.finished
    assert session.run.stopped


def test_stopping_ends_what_the_suite_started_and_left_behind(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    child = f"subprocess.Popen([sys.executable, '-c', {deaf!r}], stdout=subprocess.PIPE).stdout.readline()"
    root = suite(tmp_path, f"{child}; Path('child').touch(); wait_for('never')")
    groups: list[int] = []

    def stop(session: LiveSession) -> None:
        groups.append(session.pid)
        session.stop()

    observe(root, "-q", python=environments.CURRENT.interpreter, meanwhile=once((root / "child").exists, stop))
    wait_until(lambda: gone(groups[0]), "nothing of it runs")
    assert (root / "stopped").exists()


def test_stopping_with_workers_awaits_their_teardown(tmp_path: Path) -> None:
    root = suite(tmp_path, "wait_for('never')")
    stop = once((root / "running").exists, lambda session: session.stop())
    seen = observe(root, "-q", "-n1", "-p", "no:randomly", python=environments.PLUGINS.interpreter, meanwhile=stop)
    assert (root / "stopped").exists()
    assert (seen.run.stopped, seen.run.crashed) == (True, False)


def test_stopping_before_pytest_has_begun_is_a_stop_too(tmp_path: Path) -> None:
    seen = observe(
        suite(tmp_path, "pass"), python=environments.CURRENT.interpreter,
        meanwhile=once(lambda: True, lambda session: session.stop()),
    )  # fmt: skip
    assert seen.run.stopped
    assert not seen.run.crashed


def test_a_suite_whose_background_child_holds_the_connection_is_not_waited_for_long(tmp_path: Path) -> None:
    root = suite(tmp_path, "os.fork() or (wait_for('released'), Path('child ended').touch(), os._exit(0))")
    seen = observe(root, "-q", python=environments.CURRENT.interpreter)
    assert seen.run.counts.passed == 3
    assert not (root / "child ended").exists()
    (root / "released").touch()
    wait_until((root / "child ended").exists, "the child ends")
