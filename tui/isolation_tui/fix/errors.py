"""The errors of planning, applying and undoing a fix; each message says what to do."""

from __future__ import annotations

from collections.abc import Sequence


class FixError(Exception):
    """A fix could not be planned, applied or undone."""


class NothingToFix(FixError):
    """No recipe fits this project; ``reason`` is one sentence that says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChangedSincePlan(FixError):
    """A file changed since the plan was made; nothing was changed. ``files`` are relative to the root."""

    def __init__(self, files: Sequence[str]) -> None:
        super().__init__(f"{_listed(files)} changed after the fix was planned; plan it again. No file was written.")
        self.files = tuple(files)


class EditedSinceFix(FixError):
    """A file that the fix wrote was edited; nothing was changed. ``files`` are relative to the root."""

    def __init__(self, files: Sequence[str]) -> None:
        super().__init__(
            f"{_listed(files)} edited since the fix was applied, and undoing would lose that. No file was written: "
            "revert the edit, or undo the fix by hand."
        )
        self.files = tuple(files)


class FixInterrupted(FixError):
    """An earlier apply or undo was interrupted and must be finished or undone first."""


class FixBusy(FixError):
    """Another process is applying or undoing a fix in this project."""


def _listed(files: Sequence[str]) -> str:
    return f"{', '.join(files)} {'was' if len(files) == 1 else 'were'}"
