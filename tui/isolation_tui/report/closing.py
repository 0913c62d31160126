"""The last words of the dashboard, in the plain terminal: counts, findings, where the recording lies."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .comparison import draw_before_after
from .exit_status import exit_status
from .output import emit, rendered
from .summary import draw_summary

if TYPE_CHECKING:
    from rich.console import Console

    from ..workbench import Workbench


def close_with_words(workbench: Workbench) -> int:
    """Print them; the status to leave with, that of the last run (0 where nothing ran)."""
    if not workbench.sources:
        return 0
    last = workbench.sources[-1]

    def draw(console: Console) -> None:
        draw_summary(console, last, brief=True)
        before, after = workbench.before_after()
        if before is not None and after is not None:
            console.print()
            draw_before_after(console, before, after)

    emit(sys.stdout, rendered(sys.stdout, draw))
    return exit_status(last.run)
