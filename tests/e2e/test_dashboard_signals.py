"""The dashboard in a real terminal, ended by a signal: pytest tears down first, and the terminal is given back."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

Write = Callable[[Mapping[str, str]], Path]


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 2)], ids=["TERM", "HUP", "INT"]
)
def test_a_signal_ends_the_dashboard_in_order(
    tool: Any, project: Write, wait_until: Callable[..., None], number: int, status: int
) -> None:
    root = project(
        {
            "test_waiting.py": """\
                import pathlib, time
                import pytest

                HERE = pathlib.Path(__file__).parent

                @pytest.fixture(autouse=True)
                def held():
                    yield
                    (HERE / "torn-down").touch()

                def test_waits():
                    (HERE / "reached").touch()
                    time.sleep(600)
                """
        }
    )
    tool.environment |= {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    ours, theirs = pty.openpty()
    was = termios.tcgetattr(theirs)
    shown = bytearray()

    def drain() -> None:
        try:
            while data := os.read(ours, 65536):
                shown.extend(data)
        except OSError:  # Linux: the other end is closed
            pass

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    process = tool.start("launch", "suite", stdin=theirs, stdout=theirs, stderr=theirs)
    wait_until((root / "reached").exists, "the waiting test")
    wait_until(lambda: b"\x1b[?1049h" in shown, "the dashboard")
    process.send_signal(number)
    assert process.wait(timeout=120) == status
    assert (root / "torn-down").exists()
    assert termios.tcgetattr(theirs) == was
    os.close(theirs)
    reader.join(timeout=30)
    os.close(ours)
    assert b"\x1b[?1049l" in shown
    assert b"suite: no tests ran in" in shown.rpartition(b"\x1b[?1049l")[2]
    assert b"Traceback" not in shown
