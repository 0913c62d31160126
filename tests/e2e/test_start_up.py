"""What a start loads: a suite of a second is not to wait for what it does not use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Write = Callable[[Mapping[str, str]], Path]

PROGRAM = """
import sys
from isolation_tui.cli import main
status = main()
print(*sorted({part for name in sys.modules for part in (name, name.partition(".")[0])}), file=sys.stderr)
sys.exit(status)
"""


@pytest.fixture
def loaded(tool: Any, project: Write, tmp_path: Path) -> Callable[..., set[str]]:
    """The modules that are loaded after the command succeeded."""
    project({"test_it.py": "def test_it(): pass\n"})

    def run(*words: str) -> set[str]:
        command = [sys.executable, "-c", PROGRAM, *words]
        done = subprocess.run(command, cwd=tmp_path, env=tool.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return set(done.stderr.splitlines()[-1].split())

    return run


def test_a_headless_run_loads_no_screen_no_parser_and_no_watcher(loaded: Callable[..., set[str]]) -> None:
    assert not loaded("launch", "suite", "--headless") & {"textual", "libcst", "watchfiles"}


TRIALS = {
    "isolation_tui.experiments.investigation",
    "isolation_tui.experiments.prober",
    "isolation_tui.experiments.planner",
    "pytest_isolation.trials",
}


def test_a_headless_run_that_proves_nothing_loads_no_trials(loaded: Callable[..., set[str]]) -> None:
    assert not loaded("launch", "suite", "--headless") & TRIALS


def test_the_dashboard_loads_trials_when_they_are_asked_for() -> None:
    program = "import sys, isolation_tui.app.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    assert not set(done.stdout.split()) & TRIALS


def test_the_version_loads_hardly_anything(loaded: Callable[..., set[str]]) -> None:
    assert not loaded("--version") & {"textual", "rich", "libcst", "watchfiles", "msgspec", "pytest_isolation"}


def test_looking_at_a_clean_project_and_help_need_no_parser(loaded: Callable[..., set[str]]) -> None:
    assert not loaded("fix", "--help") & {"textual", "libcst"}
