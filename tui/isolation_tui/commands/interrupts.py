"""Ctrl-C, SIGTERM and SIGHUP, counted instead of raised: whoever drives a run decides what may be cut off, and when."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

from ..report.exit_status import SIGNAL_BASE

_WATCHED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


class Interrupts:
    """While entered, these signals only count. One that was ignored before (``nohup``, a background job) stays so.

    ``count`` is how often we were asked to stop.
    """

    def __init__(self) -> None:
        self.count = 0
        self._ended_by = 0
        self._taken = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _WATCHED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def take(self) -> bool:
        """Whether we were asked (again) since the last call; each asking is handed out once."""
        if self._taken < self.count:
            self._taken += 1
            return True
        return False

    def status(self, otherwise: int) -> int:
        """The status to leave with: 128+n where a signal other than Ctrl-C ended us, else ``otherwise``."""
        return SIGNAL_BASE + self._ended_by if self._ended_by else otherwise

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if number != signal.SIGINT:
            self._ended_by = number
