"""Threads that tests and fixtures leave running, as one suite leaves them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from isolation_tui.app.card.process_state import held_lines
from isolation_tui.app.glyphs import ASCII
from isolation_tui.diagnose.conclusions import NOTHING
from isolation_tui.model.queries import charged
from isolation_tui.report.leaks import draw_leaks
from observing import Seen, observe, write

JOBS = """
    import threading

    over = threading.Event()

    def pump():
        over.wait(60)

    def start(**kwargs):
        thread = threading.Thread(target=pump, **kwargs)
        thread.start()
        return thread

    class Poller(threading.Thread):
        def run(self): over.wait(60)
    """

CONFTEST = """
    import jobs, pytest

    @pytest.fixture(scope="session", autouse=True)
    def over():
        yield
        jobs.over.set()

    @pytest.fixture
    def worker(): return jobs.start(name="worker", daemon=True)

    @pytest.fixture
    def joined():
        thread = jobs.threading.Thread(target=(stop := jobs.threading.Event()).wait)
        thread.start()
        yield
        stop.set()
        thread.join()

    @pytest.fixture(scope="module")
    def server():
        jobs.start(name="left server")
        yield

    @pytest.fixture(scope="module")
    def tidy_server():
        stop = jobs.threading.Event()
        thread = jobs.threading.Thread(target=stop.wait, name="tidy server")
        thread.start()
        yield
        stop.set()
        thread.join()
    """

TESTS = """
    import concurrent.futures, functools, multiprocessing.pool, threading, _thread
    import jobs

    def test_nothing(): pass
    def test_calls(): jobs.start(name="called")
    def test_uses_a_fixture(worker): pass
    def test_uses_a_tidy_fixture(joined): pass
    def test_joins():
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start(); stop.set(); thread.join()
    def test_first_with_servers(server, tidy_server): pass
    def test_second_with_servers(server, tidy_server): pass
    def test_of_a_class(): jobs.Poller(name="poller", daemon=True).start()
    def test_of_a_timer():
        timer = threading.Timer(60, functools.partial(jobs.pump))
        timer.name = "timer"
        timer.start()
    def test_of_a_built_in():
        lock = _thread.allocate_lock(); lock.acquire()
        threading.Thread(target=lock.acquire, daemon=True, name="built in").start()
    def test_pools():
        pools.append(concurrent.futures.ThreadPoolExecutor(2))
        pools[0].submit(jobs.over.wait, 60)
        pools.append(multiprocessing.pool.ThreadPool(1))
    def test_foreign():
        begun = _thread.allocate_lock(); begun.acquire()
        def work():
            threading.current_thread()
            begun.release()
            jobs.over.wait(60)
        _thread.start_new_thread(work, ())
        begun.acquire()
    def test_hostile():
        class Hostile(threading.Thread):
            touched = []
            def __getattribute__(self, name):
                if threading.current_thread() is threading.main_thread() and looking: Hostile.touched.append(name)
                return super().__getattribute__(name)
            @property
            def name(self): raise RuntimeError("hands off")
            def run(self): jobs.over.wait(60)
        hostile.append(Hostile)
        Hostile(daemon=True, name="hostile").start()
        looking.append(1)
    def test_nobody_touched_it():
        looking.clear()
        assert hostile[0].touched == []
    def test_end_of_timers():
        for thread in threading.enumerate():
            if type(thread) is threading.Timer: thread.cancel()
        for pool in pools[1:]: pool.terminate()

    pools, hostile, looking = [], [], []
    """


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    files = {"jobs.py": JOBS, "conftest.py": CONFTEST, "test_a.py": TESTS, "test_b.py": "def test_last(): pass"}
    return observe(write(tmp_path_factory.mktemp("threads") / "suite", files), "-q")


def left(seen: Seen) -> dict[str, tuple[str, str, bool, str]]:
    """Thread -> who started it, during which test, whether it is a daemon, and the function that it runs."""
    return {
        thread.name: (
            charged(seen.run, thread.worker, thread.unit),
            thread.unit.nodeid.partition("::")[2],
            thread.daemon,
            thread.place.function,
        )
        for thread in seen.run.threads_left
    }


def test_the_suite_passes_and_no_probe_gave_up(seen: Seen) -> None:
    assert seen.run.counts.passed == len(seen.run.tests), seen.output
    assert seen.run.disabled_probes == []


def test_a_thread_is_charged_to_the_test_or_fixture_that_started_it(seen: Seen) -> None:
    assert left(seen) == {
        "called": ("the test's call", "test_calls", False, "pump"),
        "worker": ("fixture worker", "test_uses_a_fixture", True, "pump"),
        "left server": ("fixture server", "test_first_with_servers", False, "pump"),
        "poller": ("the test's call", "test_of_a_class", True, "Poller.run"),
        "timer": ("the test's call", "test_of_a_timer", False, "pump"),
        "built in": ("the test's call", "test_of_a_built_in", True, "acquire"),
        "hostile": ("the test's call", "test_hostile", True, "test_hostile.<locals>.Hostile.run"),
    }


def test_the_card_of_the_test_shows_its_thread(seen: Seen) -> None:
    run, test = seen.run, seen.test("::test_calls")
    lines = [line.plain for line in held_lines(run, test, ASCII, 80)]
    assert lines == ["  thread called, left running  the test's call  jobs.py:6"]
    assert held_lines(run, seen.test("::test_joins"), ASCII, 80) == []


def test_the_summary_counts_threads_and_names_the_first(seen: Seen) -> None:
    console = Console(file=io.StringIO(), width=100)
    draw_leaks(console, seen.run, NOTHING)
    assert console.file.getvalue() == "7 threads left running, the first by test_calls: called (jobs.py:6)\n"  # type: ignore[attr-defined]


def test_the_part_can_be_switched_off_by_its_name(tmp_path: Path) -> None:
    root = write(tmp_path / "suite", {"jobs.py": JOBS, "conftest.py": CONFTEST, "test_a.py": TESTS})
    run = observe(root, "-q", "-k", "calls", off=("threads",)).run
    assert (run.counts.passed, run.threads_left, run.disabled_probes) == (1, [], [])
