"""Runs small suites for real: bare, and observed by a :class:`LiveSession`. Gives both outcomes side by side.

root = write(tmp_path / "suite", {"test_it.py": "def test_it(): pass"})
seen = observe(root, "-q")
assert seen.run.counts.passed == 1
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from isolation_tui.launch import Project
from isolation_tui.model import Counts, Run, Stamped, TableEvent, TableEventKind
from isolation_tui.model import Test as ObservedTest
from isolation_tui.recording import Recording
from isolation_tui.session import LiveSession

PATIENCE = 300.0
"""Seconds after which a run that should have ended is called stuck; the machine may be busy."""

Fact = TypeVar("Fact")
_LAST_LINE = re.compile(r"^(?:=+ )?((?:\d+ [a-z ]+(?:, )?)+|no tests (?:ran|collected).*?) in [\d.]+s", re.MULTILINE)


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write a project's files below ``root``, which is returned."""
    for relative, text in files.items():
        path = root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return root


def clean_environment(changes: Mapping[str, str | None] = {}) -> dict[str, str]:
    """A plain user's environment, with these changes. Neither our roots nor the pytest that runs this are in it: the
    plugin has to come by itself."""
    ours = ("PYTEST", "PYTHONPATH", "ISOLATION", "COV_", "VIRTUAL_ENV", "COLUMNS", "NO_COLOR", "FORCE_COLOR")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    for name, value in changes.items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    return env


@contextlib.contextmanager
def environment(changes: Mapping[str, str | None] = {}) -> Iterator[None]:
    """While entered, ours is :func:`clean_environment`: a session hands its own on to pytest."""
    kept, clean = dict(os.environ), clean_environment(changes)
    os.environ.clear()
    os.environ.update(clean)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


@dataclass
class Ended:
    """A pytest that has ended: its status, and what it printed."""

    status: int
    output: str

    @property
    def last_line(self) -> dict[str, int]:
        return last_line(self.output)


@dataclass
class Seen(Ended):
    """An observed one: the model, and the facts as they were recorded."""

    run: Run = field(default_factory=Run)
    recorded: Path = Path()

    @property
    def facts(self) -> list[Stamped]:
        return list(Recording(self.recorded))

    def of(self, kind: type[Fact]) -> list[Fact]:
        """The facts of one kind, in order."""
        return [stamped.fact for stamped in self.facts if isinstance(stamped.fact, kind)]

    def test(self, name: str) -> ObservedTest:
        """The one test whose node id ends so."""
        (found,) = [test for nodeid, test in self.run.tests.items() if nodeid.endswith(name)]
        return found

    def events(self, kind: TableEventKind, table: str | None = None) -> list[TableEvent]:
        found = [event for event in self.run.table_events if event.kind is kind]
        return [event for event in found if table in (None, event.table)]


def project(root: Path, *args: str, python: str = sys.executable) -> Project:
    return Project(root, root, args, python)


def bare(root: Path, *args: str, python: str = sys.executable, env: Mapping[str, str | None] = {}) -> Ended:
    """Plain ``python -m pytest``, its output into a file as a session's is."""
    output = root.parent / f"{root.name}.output"
    with output.open("wb") as sink:
        ended = subprocess.run(
            [python, "-m", "pytest", *args],
            cwd=root, env=clean_environment(env), stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
            check=False, timeout=PATIENCE, start_new_session=True,
        )  # fmt: skip
    return Ended(ended.returncode, output.read_text(errors="replace"))


def observe(
    root: Path,
    *args: str,
    python: str = sys.executable,
    env: Mapping[str, str | None] = {},
    meanwhile: Callable[[LiveSession], object] = lambda session: None,
    **options: Any,
) -> Seen:
    """The same under a :class:`LiveSession`; ``meanwhile`` is called with it after each look at it."""
    recorded = root.parent / f"{root.name}.ndjson"
    with environment(env):
        session = LiveSession(project(root, *args, python=python), record=recorded, **options)

        def ended() -> bool:
            session.poll()
            meanwhile(session)
            return session.finished

        try:
            wait_until(ended, "the run ends")
        finally:
            session.close()
    return Seen(session.run.exit_status or 0, "".join(session.run.output), session.run, recorded)


def wait_until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Look until ``condition`` holds; fail with ``what`` was awaited."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.01)


def last_line(output: str) -> dict[str, int]:
    """pytest's own closing line: ``{"failed": 1, "passed": 2, "warnings": 1}``."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", output)
    found = _LAST_LINE.findall(plain)
    assert found, f"no closing line in\n{output}"
    pairs = re.findall(r"(\d+) ([a-z ]+)", found[-1])
    plural = {"error": "errors", "warning": "warnings"}
    return {plural.get(word.strip(), word.strip()): int(number) for number, word in pairs}


def as_last_line(counts: Counts) -> dict[str, int]:
    """The model's counts in the words of pytest's closing line."""
    said = {
        "failed": counts.failed,
        "passed": counts.passed,
        "skipped": counts.skipped,
        "deselected": counts.deselected,
        "xfailed": counts.xfailed,
        "xpassed": counts.xpassed,
        "warnings": counts.warnings,
        "errors": counts.errors,
        "rerun": counts.reruns,
    }
    return {word: number for word, number in said.items() if number}


def comparable(output: str, root: Path) -> str:
    """Output without what differs between any two runs: durations, addresses, process ids, the folder."""
    text = output.replace(str(root), "ROOT")
    text = re.sub(r"=+( .*? in )[\d.]+s(?: \([\d:]+\))? =+", r"==\1N s ==", text)
    text = re.sub(r"^\d+\.\d+s (setup|call|teardown) .*$|^\(\d+ durations? <.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\d+\.\d+s\b", "N s", text)
    text = re.sub(r"0x[0-9a-f]+", "0xN", text)
    text = re.sub(r"(--randomly-seed|p)=\d+", r"\1=N", text)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
