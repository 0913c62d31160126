"""A save runs the suite again, once; and nothing that is no save does."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

import pytest

from isolation_tui.launch import find_project
from isolation_tui.watch import Watcher, affects_tests
from isolation_tui.workbench import Workbench

PATIENCE = 60.0


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ISOLATION_TUI_STATE", str(tmp_path / "state"))
    folder = tmp_path / "build" / "project"  # a name that is ignored inside a project, not above it
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "shop.py").write_text("PRICE = 1\n")
    (folder / "test_shop.py").write_text("import shop\n\ndef test_price():\n    assert shop.PRICE == 1\n")
    return folder


@pytest.fixture
def workbench(project: Path) -> Iterator[Workbench]:
    bench = Workbench(find_project(str(project), python=sys.executable), watching=True)
    yield bench
    bench.close()


def poll_until(bench: Workbench, reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < deadline, [source.run.state for source in bench.sources]
        if not bench.poll():
            time.sleep(0.01)


def finished(bench: Workbench, runs: int) -> bool:
    return len(bench.sources) == runs and all(source.finished for source in bench.sources)


def run_first(bench: Workbench) -> None:
    bench.start()
    poll_until(bench, lambda: finished(bench, 1))


def save_and_wait(bench: Workbench, project: Path, runs: int) -> None:
    """A save that certainly counts: whatever came before it has been seen by then."""
    (project / "shop.py").write_text("PRICE = 2\n")
    poll_until(bench, lambda: finished(bench, runs))


def test_a_save_runs_the_suite_again_and_says_why(workbench: Workbench, project: Path) -> None:
    run_first(workbench)
    # Longer than it was: Python takes bytecode for that of a file of the same size which was saved in the same second.
    (project / "shop.py").write_text("PRICE = 2  # saved\n")
    poll_until(workbench, lambda: finished(workbench, 2))
    assert [source.run.counts.failed for source in workbench.sources] == [0, 1]
    assert workbench.reason == "shop.py saved"


def test_an_editor_that_saves_in_three_steps_causes_one_run(workbench: Workbench, project: Path) -> None:
    run_first(workbench)
    for text in ("PRICE = 7\n", "PRICE = 8\n"):
        (project / "4913").write_text("")
        (project / "4913").unlink()
        (project / ".shop.py.swp").write_text("swap")
        (project / "shop.py~").write_text("backup")
        os.replace(project / "shop.py", project / "shop.py~")
        (project / "shop.py").write_text(text)
    poll_until(workbench, lambda: finished(workbench, 2))
    (project / "test_shop.py").touch()
    poll_until(workbench, lambda: finished(workbench, 3))
    assert workbench.reason == "test_shop.py saved"


def test_caches_version_control_and_what_suites_write_are_no_saves(workbench: Workbench, project: Path) -> None:
    run_first(workbench)
    for name in ("__pycache__/a.py", ".git/config.py", ".venv/lib/a.py", "node_modules/a.py", "shop.egg-info/a.py"):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    for name in ("report.json", "shop.db", "log.txt", "shop.pyc", "run.ndjson"):
        (project / name).write_text("x")
    save_and_wait(workbench, project, 2)


@pytest.fixture
def waiting_test(project: Path) -> None:
    """Written before the watcher starts, which would take it for a save."""
    (project / "test_shop.py").write_text(
        "import pathlib, threading, pytest\n\n"
        "@pytest.fixture\ndef held():\n    yield\n    pathlib.Path('torn-down.log').touch()\n\n"
        "def test_long(held):\n    pathlib.Path('started.log').touch()\n    threading.Event().wait(600)\n"
    )


@pytest.mark.usefixtures("waiting_test")
def test_a_save_during_a_run_stops_it_and_starts_another(project: Path, request: pytest.FixtureRequest) -> None:
    workbench: Workbench = request.getfixturevalue("workbench")
    workbench.start()
    poll_until(workbench, (project / "started.log").exists)
    (project / "test_shop.py").write_text("def test_short():\n    pass\n")
    poll_until(workbench, lambda: finished(workbench, 2))
    first, second = (source.run for source in workbench.sources)
    assert first.stopped
    assert (project / "torn-down.log").exists()
    assert second.counts.passed == 1


@pytest.mark.parametrize(
    "path",
    ["shop.py", "a/b/shop.py", "pyproject.toml", "templates/mail.html", "schema.sql", ".env", "setup.cfg"],
)
def test_source_and_settings_matter(path: str) -> None:
    assert affects_tests(PurePath(path))


@pytest.mark.parametrize(
    "path",
    ["a/.b.py.swp", "4913", "b.py~", ".#b.py", "venv/a.py", "__pycache__/a.py", ".isolation-tui-b.py", "data.json"],
)
def test_the_rest_does_not_matter(path: str) -> None:
    assert not affects_tests(PurePath(path))


def test_a_watcher_that_cannot_watch_says_so(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "missing")
    deadline = time.monotonic() + PATIENCE
    while not watcher.failed and time.monotonic() < deadline:
        time.sleep(0.01)
    watcher.close()
    assert "missing" in watcher.failed
