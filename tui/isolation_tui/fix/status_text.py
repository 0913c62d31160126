"""The status of the fix in words, with the commands that finish or undo it."""

from __future__ import annotations

import shlex
from pathlib import Path

from .apply import FixStatus


def describe_status(status: FixStatus, root: Path) -> tuple[str, str]:
    """What the fix has left in the project at ``root``, and how to finish or undo it; both '' if it is clean."""
    match status:
        case FixStatus.CLEAN:
            return "", ""
        case FixStatus.APPLIED:
            return f"The conftest fix is applied in {root}", f"Undo it with: {fix_command(root, 'undo')}"
        case FixStatus.INTERRUPTED_APPLY:
            ways = f"Finish it with: {fix_command(root, 'finish')}, or undo it with: {fix_command(root, 'undo')}"
            return f"Applying the fix in {root} was interrupted", ways
        case FixStatus.INTERRUPTED_UNDO:
            what = f"Undoing the fix in {root} was interrupted"
            return what, f"Finish undoing it with: {fix_command(root, 'undo')}"


def fix_command(root: Path, action: str) -> str:
    """A command to type in the current folder, as in ``isolation-tui fix demo_app --undo``."""
    try:
        shown = str(root.relative_to(Path.cwd()))
    except (ValueError, OSError):
        shown = str(root)
    return f"isolation-tui fix {shlex.quote(shown)} --{action}"
