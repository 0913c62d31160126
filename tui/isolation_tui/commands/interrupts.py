"""Count Ctrl-C, SIGTERM and SIGHUP instead of raising them, so that a command decides when to stop."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Self

from ..report.exit_status import SIGNAL_BASE

_WATCHED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


class Interrupts:
    """A context in which these signals are only counted; one that was ignored before (``nohup``) stays ignored.

    ``count`` is the number of signals so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._ended_by = 0
        self._consumed = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _WATCHED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def consume(self) -> bool:
        """Whether there is a signal that no earlier call has consumed; consumes one."""
        if self._consumed < self.count:
            self._consumed += 1
            return True
        return False

    def status(self, otherwise: int) -> int:
        """The exit status: 128+n if signal n other than Ctrl-C ended us, else ``otherwise``."""
        return SIGNAL_BASE + self._ended_by if self._ended_by else otherwise

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if number != signal.SIGINT:
            self._ended_by = number
