"""Tests that fork, exec, close descriptors, or start another pytest: the plugin survives, and so does the suite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

import environments
from isolation_tui.model import Outcome
from observing import observe, write
from pytest_isolation.events import Hello

pytestmark = pytest.mark.slow

SELF_HARM = {
    "forks": """
        import os
        def test_it():
            for _ in range(3):
                child = os.fork()
                if child == 0:
                    try:
                        raise SystemExit
                    finally:
                        os._exit(0)
                assert os.waitpid(child, 0)[1] == 0
        """,
    "forks without leaving": """
        import os
        def test_it():
            child = os.fork()
            if child == 0:
                import atexit
                atexit._run_exitfuncs()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
        """,
    "forks in a pool": """
        import multiprocessing
        def test_it():
            with multiprocessing.get_context("fork").Pool(2) as pool:
                assert pool.map(abs, [-1, 2]) == [1, 2]
        """,
    "looks at its threads": """
        import threading
        def test_it():
            assert threading.enumerate() == [threading.main_thread()]
        """,
    "waits for a signal": """
        import os, signal
        def test_it():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
            os.kill(os.getpid(), signal.SIGUSR1)
            assert signal.sigtimedwait([signal.SIGUSR1], 10).si_signo == signal.SIGUSR1
        """,
    "clears its environment": """
        import os
        def test_it(monkeypatch):
            for name in list(os.environ): monkeypatch.delenv(name)
        """,
    "freezes time": """
        import sys, time
        def test_it(monkeypatch):
            def frozen(*_): return 1.0
            real = {getattr(time, name): name for name in ("time", "perf_counter", "monotonic")}
            for module in list(sys.modules.values()):
                if not str(getattr(module, "__name__", "")).startswith(("_pytest", "threading")):
                    for name, value in list(vars(module).items()):
                        if type(value).__name__ == "builtin_function_or_method" and value in real:
                            monkeypatch.setattr(module, name, frozen)
        """,
    "forbids sockets": """
        import socket
        def test_it(monkeypatch):
            def forbidden(*_, **__): raise RuntimeError("no network in tests")
            for name in ("connect", "send", "sendall", "recv", "close"):
                monkeypatch.setattr(socket.socket, name, forbidden)
            monkeypatch.setattr(socket, "socket", forbidden)
        """,
    "replaces its standard streams": """
        import io, sys
        def test_it(monkeypatch):
            monkeypatch.setattr(sys, "stdout", io.StringIO())
            monkeypatch.setattr(sys, "stderr", None)
        """,
    "leaves its folder": """
        import os
        def test_it(tmp_path, monkeypatch):
            gone = tmp_path / "gone"
            gone.mkdir()
            monkeypatch.chdir(gone)
            gone.rmdir()
        """,
    "collects garbage and turns warnings to errors": """
        import gc, warnings
        def test_it():
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                gc.collect()
        """,
    "makes objects that cannot be printed": """
        import pytest
        class Bad(Exception):
            def __str__(self): raise RuntimeError("no text")
            def __repr__(self): raise RuntimeError("no text")
        @pytest.fixture(params=[Bad()])
        def bad(request): return request.param
        def test_it(bad):
            with pytest.raises(Bad): raise bad
        """,
    "forgets its imports": """
        import sys
        def test_it():
            for name in [name for name in sys.modules if name.startswith("sqlalchemy")]: del sys.modules[name]
            import sqlalchemy
        """,
    "mocks what it can": """
        import os, socket, threading, time, select, json
        from unittest import mock
        def test_it():
            with mock.patch("os.getpid"), mock.patch("select.select"), mock.patch("json.dumps"), \\
                 mock.patch("threading.Event"), mock.patch("os.fstat"), mock.patch("os.path.exists"):
                time.sleep(0.2)
        """,
}


@pytest.fixture(scope="module")
def harmed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Outcome, Outcome]]:
    """What each of them came to, with one more test after it; all in one run, as in a suite."""
    files = {}
    for number, text in enumerate(SELF_HARM.values()):
        files[f"test_{number:02}_does.py"] = text
        files[f"test_{number:02}_after.py"] = "def test_it(): pass"
    root = write(tmp_path_factory.mktemp("harm") / "suite", files)
    seen = observe(root, "-q", "-W", "error", python=environments.NEWEST.interpreter)
    assert seen.run.counts.errors == 0, seen.output
    assert not seen.run.disabled_probes
    assert not seen.run.crashed
    assert seen.run.dropped == 0
    outcomes = {test.file: test.outcome for test in seen.run.tests.values()}
    return {
        name: (outcomes[f"test_{number:02}_does.py"], outcomes[f"test_{number:02}_after.py"])
        for number, name in enumerate(SELF_HARM)
    }


@pytest.mark.parametrize("what", SELF_HARM)
def test_a_test_that_harms_itself_passes_and_the_next_one_is_reported(
    harmed: Mapping[str, tuple[Outcome, Outcome]], what: str
) -> None:
    assert harmed[what] == (Outcome.PASSED, Outcome.PASSED)


def test_a_pytest_that_a_test_starts_is_not_observed(tmp_path: Path) -> None:
    files = {
        "conftest.py": "pytest_plugins = ['pytester']\n",
        "test_it.py": """
            import subprocess, sys

            def test_inside(pytester):
                pytester.makepyfile("def test_inner(): assert 0")
                assert pytester.runpytest_inprocess().ret == 1

            def test_outside(pytester):
                pytester.makepyfile("def test_inner(): assert 0")
                assert pytester.runpytest_subprocess("-p", "pytest_isolation").ret == 1

            def test_by_hand(tmp_path):
                (tmp_path / "test_inner.py").write_text("def test_inner(): pass")
                command = [sys.executable, "-m", "pytest", "-p", "pytest_isolation", str(tmp_path)]
                assert subprocess.run(command).returncode == 0
            """,
    }
    seen = observe(write(tmp_path / "suite", files), "-q", python=environments.CURRENT.interpreter)
    assert [test.outcome for test in seen.run.tests.values()] == [Outcome.PASSED] * 3
    assert len(seen.of(Hello)) == 1
    assert "test_inner" not in "".join(seen.run.tests)
