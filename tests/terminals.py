"""A real terminal for tests: tmux, with a server of its own."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 300.0
"""Seconds after which a text that should have come is called missing; the machine may be busy."""


class Terminal:
    """A shell command in a tmux window of ``width`` x ``height``. Close it."""

    def __init__(self, command: list[str], cwd: Path, environment: Mapping[str, str], size: tuple[int, int]) -> None:
        self._socket = str(cwd / "tmux-socket")
        width, height = size
        assigned = [f"{name}={value}" for name, value in environment.items()]
        told = shlex.join(["env", "-i", *assigned, *command])
        self._tmux(
            "new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(cwd), f"{told}; echo LEFT=$?; cat"
        )

    @staticmethod
    def available() -> bool:
        return shutil.which("tmux") is not None

    def screen(self) -> str:
        """What it shows now, as plain text."""
        return self._tmux("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: ``x``, ``Enter``, ``Escape``, ``C-c``."""
        self._tmux("send-keys", *keys)

    def wait_for(self, *texts: str) -> str:
        """The first screen that shows all of ``texts``."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            shown = self.screen()
            if all(text in shown for text in texts):
                return shown
            assert "Traceback (most recent call last)" not in shown, shown
            assert "LEFT=" not in shown or "LEFT=" in texts[0], shown
            time.sleep(0.1)
        raise AssertionError(f"{texts} did not come; the screen shows:\n{self.screen()}")

    def alternate(self) -> bool:
        """Whether the program has the terminal's second screen."""
        return self._tmux("display-message", "-p", "#{alternate_on}").strip() == "1"

    def mouse(self) -> bool:
        """Whether the program has asked for mouse events."""
        return self._tmux("display-message", "-p", "#{mouse_any_flag}").strip() == "1"

    def close(self) -> None:
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], capture_output=True, check=False)

    def _tmux(self, *words: str) -> str:
        asked = subprocess.run(
            ["tmux", "-u", "-S", self._socket, "-f", "/dev/null", *words], capture_output=True, text=True, check=True
        )
        return asked.stdout
