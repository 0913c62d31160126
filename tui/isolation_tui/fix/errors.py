"""What a recipe can refuse, each with a sentence a person can act on."""

from __future__ import annotations

from collections.abc import Sequence


class FixError(Exception):
    """A recipe could not be planned, applied or undone; ``str(error)`` says what happened, where, and what to do."""


class NothingToFix(FixError):
    """No recipe fits this project; ``reason`` is one sentence saying why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChangedSincePlan(FixError):
    """A file is no longer what the plan was made from; nothing was touched. ``files`` are relative to the root."""

    def __init__(self, files: Sequence[str]) -> None:
        super().__init__(f"{_listed(files)} changed after the fix was planned; plan it again. Nothing was touched.")
        self.files = tuple(files)


class EditedSinceFix(FixError):
    """A file the fix wrote was edited afterwards; nothing was touched. ``files`` are relative to the root."""

    def __init__(self, files: Sequence[str]) -> None:
        super().__init__(
            f"{_listed(files)} edited since the fix was applied; undoing would lose that edit. Nothing was touched: "
            "take the edit back, or undo the fix by hand."
        )
        self.files = tuple(files)


class FixInterrupted(FixError):
    """An earlier apply or undo was cut off; it has to be finished or undone first."""


class FixBusy(FixError):
    """Another process is applying or undoing a fix in this project right now."""


def _listed(files: Sequence[str]) -> str:
    return f"{', '.join(files)} {'was' if len(files) == 1 else 'were'}"
