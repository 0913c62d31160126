"""How a project stands with regard to the fix, in words for people, with the commands that finish or undo it."""

from __future__ import annotations

import shlex
from pathlib import Path

from .apply import FixStatus


def describe_status(status: FixStatus, root: Path) -> tuple[str, str]:
    """What stands in the project at ``root``, and what can be done about it; both '' where it is clean."""
    match status:
        case FixStatus.CLEAN:
            return "", ""
        case FixStatus.APPLIED:
            return f"The conftest fix stands applied in {root}", f"Take it back with: {fix_command(root, 'undo')}"
        case FixStatus.INTERRUPTED_APPLY:
            ways = f"Finish it with: {fix_command(root, 'finish')}, or take it back with: {fix_command(root, 'undo')}"
            return f"An earlier fix in {root} was cut off half way (interrupted apply)", ways
        case FixStatus.INTERRUPTED_UNDO:
            what = f"An earlier fix in {root} was cut off half way (interrupted undo)"
            return what, f"Finish taking it back with: {fix_command(root, 'undo')}"


def fix_command(root: Path, deed: str) -> str:
    """The command as one would type it from here, as in ``isolation-tui fix demo_app --undo``."""
    try:
        shown = str(root.relative_to(Path.cwd()))
    except (ValueError, OSError):
        shown = str(root)
    return f"isolation-tui fix {shlex.quote(shown)} --{deed}"
