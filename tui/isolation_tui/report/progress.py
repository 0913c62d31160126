"""The progress of a headless run, on the standard error: a line updated in place, or on a pipe a line now and then."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TextIO

from ..model import Run, RunState
from ..text.measure import keep_start
from ..text.sanitize import clean
from ..text.wording import seconds
from .output import emit

ON_A_TERMINAL = 0.1
"""Seconds between two updates of the line."""

ON_A_PIPE = 5.0
"""Seconds between two lines, unless the state changes."""


class Progress:
    """The progress line. Call :meth:`show` at any rate, and :meth:`clear` before printing anything else."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._in_place = (
            self._stream is not None and self._stream.isatty() and os.environ.get("TERM") not in ("dumb", "")
        )
        self._shown = ""
        self._state: tuple[object, ...] = ()
        self._next = 0.0

    def show(self, run: Run) -> None:
        """Show how far the run is, if an update is due."""
        now = time.monotonic()
        state = (id(run), run.state)
        if state == self._state and now < self._next:
            return
        began_running = not self._in_place and run.state is RunState.RUNNING and state != self._state
        self._state = state
        self._next = now + (ON_A_TERMINAL if self._in_place else ON_A_PIPE)
        if run.state is not RunState.FINISHED:
            self._emit(_line(run), began_running)

    def show_line(self, line: str) -> None:
        """Show a line of another kind, if an update is due."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + (ON_A_TERMINAL if self._in_place else ON_A_PIPE)
            self._emit(clean(line))

    def _emit(self, line: str, always: bool = False) -> None:
        if self._in_place:
            width = shutil.get_terminal_size().columns
            text = keep_start(line, max(width - 1, 10))
            if text != self._shown:
                emit(self._stream, f"\r\x1b[2K{text}")
                self._shown = text
        elif line != self._shown or always:
            emit(self._stream, f"{line}\n")
            self._shown = line

    def note(self, text: str) -> None:
        """Print a line that stays."""
        self.clear()
        emit(self._stream, f"{clean(text)}\n")

    def clear(self) -> None:
        """Erase the line that is updated in place."""
        if self._in_place and self._shown:
            emit(self._stream, "\r\x1b[2K")
            self._shown = ""


def _line(run: Run) -> str:
    if run.state is RunState.STARTING:
        return "starting pytest"
    if run.state is RunState.COLLECTING:
        return f"collecting, {len(run.tests)} tests so far" if run.tests else "collecting"
    running = run.running
    at = f"  {clean(running[0].nodeid)}" if running else ""
    counts = run.counts.line() if run.done else ""
    return f"{run.done}/{run.total}  {counts}{'  ' if counts else ''}{seconds(run.elapsed)}{at}"
