"""What can go wrong on our side, each with an exit status of its own. pytest's own statuses (0 to 5) stay pytest's."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Exit statuses of the tool itself."""

    USAGE = 64
    """The command's words are off."""
    BAD_RECORDING = 65
    """Not a recording, or of a newer protocol."""
    NO_SUCH_PATH = 66
    INTERPRETER = 67
    """The project's interpreter is missing, or has no pytest."""
    PYTEST_TOO_OLD = 68
    FIX = 69
    """The fix does not fit, or could not be applied or undone; nothing was changed."""
    INTERNAL = 70
    """A defect of ours."""
    LISTEN = 71
    """No socket could be opened (a port in use, no private folder)."""
    SUITE_DIED = 72
    """pytest's process ended without its own end: killed, or left by os._exit."""
    CANNOT_WRITE = 73
    """A recording or a report could not be written."""


class ToolError(Exception):
    """A failure of ours, for a person: ``what`` happened (and where), ``next_step``: what to do about it."""

    def __init__(self, status: Status, what: str, next_step: str = "") -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\n  {self.next_step}" if self.next_step else self.what
