"""The errors of isolation-tui, each kind with an exit status of its own. 0 to 5 are pytest's."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Exit statuses of isolation-tui itself."""

    USAGE = 64
    """Wrong arguments or settings."""
    BAD_RECORDING = 65
    """Damaged, of a newer version, or not a recording at all."""
    NO_SUCH_PATH = 66
    INTERPRETER = 67
    """The project's interpreter is missing, too old, or has no pytest."""
    PYTEST_TOO_OLD = 68
    FIX = 69
    """The fix does not fit the project, or could not be applied or undone."""
    INTERNAL = 70
    """An internal error: a bug in this program."""
    LISTEN = 71
    """No socket could be opened (a port in use, no private folder)."""
    SUITE_DIED = 72
    """pytest's process was killed, or ended itself with os._exit."""
    CANNOT_WRITE = 73
    """A recording or a report could not be written."""


class ToolError(Exception):
    """An error to show to the user: ``what`` happened (and where), and ``next_step``, what to do about it."""

    def __init__(self, status: Status, what: str, next_step: str = "") -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\n  {self.next_step}" if self.next_step else self.what
