"""The command as a person runs it: a process of its own, real projects, real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

import isolation_tui
import pytest_isolation
from shop_project import SHOP

PATIENCE = 300.0
"""Seconds after which a process that should have ended is called stuck; the machine may be busy."""

REPOSITORY = Path(__file__).parents[2]


@dataclass
class Ended:
    """A process that has ended, and what it printed."""

    status: int
    out: str
    err: str


@dataclass
class Tool:
    """Runs ``isolation-tui`` in ``folder``; ``environment`` may be changed before. ``started_by`` is a command that
    has the tool's as its arguments."""

    folder: Path
    environment: dict[str, str]
    started_by: tuple[str, ...] = ()
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str | Path, **streams: int | IO[str]) -> subprocess.Popen[str]:
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        process = subprocess.Popen(
            [*self.started_by, sys.executable, "-m", "isolation_tui", *map(str, words)],
            cwd=self.folder,
            env=self.environment,
            text=True,
            **given,  # type: ignore[call-overload]
        )
        self.started.append(process)
        return process

    def run(self, *words: str | Path) -> Ended:
        return self.end(self.start(*words))

    def end(self, process: subprocess.Popen[str]) -> Ended:
        out, err = process.communicate(timeout=PATIENCE)
        return Ended(process.returncode, out, err)


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    """The command, with a state folder of its own; whatever it leaves running is killed and fails the test."""
    made = Tool(tmp_path, _environment(tmp_path))
    yield made
    stuck = [process for process in made.started if process.poll() is None]
    for process in stuck:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not stuck


def _environment(tmp_path: Path) -> dict[str, str]:
    left_out = ("PYTEST", "ISOLATION", "COV", "VIRTUAL_ENV", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    kept.pop("PYTHONPATH", None)
    roots = {str(Path(package.__file__ or "").parents[1]) for package in (isolation_tui, pytest_isolation)}
    if all(Path(root).is_relative_to(REPOSITORY) and "site-packages" not in root for root in roots):
        kept["PYTHONPATH"] = os.pathsep.join(sorted(roots))  # not installed: run from the tree
    return {**kept, "ISOLATION_TUI_STATE": str(tmp_path / "state"), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def project(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Write a project's files; its folder, ``suite``."""

    def write(files: Mapping[str, str]) -> Path:
        root = tmp_path / "suite"
        for relative, text in files.items():
            path = root / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return root

    return write


@pytest.fixture
def shop(project: Callable[[Mapping[str, str]], Path]) -> Path:
    """The small Flask-SQLAlchemy project that the fix's own tests use: the conftest recipe fits it."""
    pytest.importorskip("flask_sqlalchemy")
    return project(SHOP)


def wait_until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Look until ``condition`` holds; fail with ``what`` was awaited."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[..., None]:
    return wait_until
