"""Show the dashboard: the only module outside ``app/`` that imports it, and only when it is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..report.comparison import draw_before_after
from ..report.exit_status import exit_status
from ..report.output import emit, rendered
from ..report.summary import draw_summary
from ..workbench import Workbench
from .interrupts import Interrupts

if TYPE_CHECKING:
    from rich.console import Console


def show(workbench: Workbench, select: Sequence[str] = ()) -> int:
    """Show the dashboard, then print the summary of its last run. Returns the exit status."""
    from ..app.app import run_app  # loads Textual

    with Interrupts() as interrupts:  # Ctrl-C is a key in the dashboard; SIGTERM and SIGHUP are not
        try:
            if workbench.can_run:
                workbench.start(select)
            run_app(workbench, asked_to_quit=interrupts.consume)
        finally:
            workbench.close()
    return interrupts.status(_print_summary(workbench))


def has_terminal() -> bool:
    """Whether there is a terminal to show the dashboard in."""
    streams = (sys.stdin, sys.stdout, sys.stderr)  # Textual draws on the standard error
    return all(stream is not None and stream.isatty() for stream in streams) and os.environ.get("TERM") != "dumb"


def _print_summary(workbench: Workbench) -> int:
    """Print what is known of the last run; its exit status, 0 if nothing ran."""
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
