"""The dashboard in a real terminal: a broken suite is run, examined, fixed, compared, and the fix undone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from terminals import Terminal

REPOSITORY = Path(__file__).parents[2]
DEMO = REPOSITORY / "demo_app"

pytestmark = pytest.mark.skipif(not Terminal.available(), reason="tmux is not installed: the dashboard is not tried")

Open = Callable[..., Terminal]


@pytest.fixture
def open_terminal(tmp_path: Path, tool) -> Iterator[Open]:  # type: ignore[no-untyped-def]
    opened: list[Terminal] = []

    def make(*words: str, size: tuple[int, int] = (160, 48), **environment: str) -> Terminal:
        given = {**tool.environment, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
        terminal = Terminal([sys.executable, "-m", "isolation_tui", *words], tmp_path, given, size)
        opened.append(terminal)
        return terminal

    yield make
    for terminal in opened:
        terminal.close()


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    copy = tmp_path / "demo"
    shutil.copytree(DEMO, copy, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    return copy


def _back(terminal: Terminal) -> None:
    """To the timeline. Waits for it: a key right after Escape is another key, for any terminal."""
    terminal.press("Escape")
    terminal.wait_for("shared by 36", "f Findings")


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and ".pytest_cache" not in path.parts
    }


def _left(terminal: Terminal, status: int) -> str:
    """Wait for the end; the terminal must be as it was before."""
    shown = terminal.wait_for(f"LEFT={status}")
    assert not terminal.alternate()
    assert not terminal.mouse()
    return shown


def _processes_below(folder: Path) -> str:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return "\n".join(line for line in listed.splitlines() if str(folder) in line and "pytest" in line)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(160, 48), (80, 24)], ids=["160x48", "80x24"])
def test_the_demo_breaks_is_mended_and_is_as_it_was(open_terminal: Open, demo: Path, size: tuple[int, int]) -> None:
    before = _contents(demo)
    terminal = open_terminal("launch", "demo", "--python", sys.executable, size=size)
    terminal.wait_for("287/287")
    terminal.wait_for("34", "83", "shared by 36")
    terminal.press("?")
    terminal.wait_for("Everywhere")
    _back(terminal)
    for key, title in (
        ("m", "registered"),
        ("f", "products"),
        ("o", "170 passed"),
        ("u", "34 failed"),
    ):
        terminal.press(key)
        terminal.wait_for(title)
    _back(terminal)

    terminal.press("x")
    terminal.wait_for("conftest.py")
    terminal.press("x")
    terminal.wait_for("fix: on", "287/287")
    assert _contents(demo) != before
    terminal.press("b")
    terminal.wait_for("healed", "170", "255")
    terminal.press("x")
    terminal.wait_for("Undo")
    terminal.press("x")
    terminal.wait_for("fix: off", "287/287")
    assert _contents(demo) == before
    _back(terminal)

    terminal.press("/")
    terminal.press(*"is:error")
    terminal.wait_for("83 of 287", "Keep")
    terminal.press("Enter")
    terminal.wait_for("83 of 287", "f Findings")  # the letters are verbs again
    terminal.press("R")
    terminal.wait_for("117/117")
    terminal.press("q")
    summary = _left(terminal, 1)
    assert "Traceback" not in summary
    assert not _processes_below(demo)


def test_quitting_during_a_run_awaits_the_teardown(open_terminal: Open, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pytest.ini").write_text("[pytest]\n")
    (project / "test_long.py").write_text(
        "import pathlib, threading, pytest\n\n"
        "@pytest.fixture(scope='session')\ndef held():\n    yield\n"
        "    pathlib.Path(__file__).with_name('torn-down').touch()\n\n"
        "def test_it(held):\n    threading.Event().wait(600)\n"
    )
    terminal = open_terminal("launch", "project", "--python", sys.executable)
    terminal.wait_for("running", "test_it")
    terminal.press("q")
    _left(terminal, 2)
    assert (project / "torn-down").exists()
    assert not _processes_below(project)


def test_a_terminal_that_is_too_small_says_so(open_terminal: Open, tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(
        "import pathlib\n\ndef test_one():\n    pathlib.Path(__file__).with_name('ran').touch()\n"
    )
    terminal = open_terminal("launch", "test_one.py", "--python", sys.executable, size=(40, 10))
    terminal.wait_for("60", "15")
    while not (tmp_path / "ran").exists():
        terminal.wait_for("60", "15")
    terminal.press("q")
    shown = terminal.wait_for("LEFT=")
    assert not terminal.alternate()
    assert "Traceback" not in shown


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="asks /proc who runs")
@pytest.mark.parametrize("moment", ["at once", "at rest"])
def test_a_terminal_that_is_closed_takes_the_dashboard_with_it(
    open_terminal: Open, tmp_path: Path, wait_until: Callable[..., None], moment: str
) -> None:
    suite = tmp_path / "suite"
    suite.mkdir()
    (suite / "test_it.py").write_text("import time\n\ndef test_it():\n    time.sleep(600)\n")
    if moment == "at rest":
        (suite / "test_it.py").write_text("def test_it(): pass\n")
    terminal = open_terminal("launch", str(suite))
    terminal.wait_for("1/1" if moment == "at rest" else "test_it.py", "f Findings")

    def running() -> list[bytes]:
        found = []
        for each in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = each.read_bytes()
            except OSError:
                continue  # it has just ended
            if str(suite).encode() in words and b"tmux" not in words and not words.startswith(b"sh\0"):
                found.append(words)
        return found

    assert running()
    terminal.close()
    wait_until(lambda: not running(), "the end of the dashboard, and of pytest")
