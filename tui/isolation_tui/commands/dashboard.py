"""The way to the screen: the only place outside ``app/`` that imports it, and only when it is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ..report.closing import close_with_words
from ..workbench import Workbench
from .interrupts import Interrupts


def show(workbench: Workbench, select: Sequence[str] = ()) -> int:
    """The dashboard; afterwards its last words in the plain terminal. The status to leave with."""
    from ..app.app import run_app  # Textual: on this path alone

    with Interrupts() as interrupts:  # Ctrl-C is a key there; kill and a hangup are not
        try:
            if workbench.can_run:
                workbench.start(select)
            run_app(workbench, asked_to_leave=interrupts.take)
        finally:
            workbench.close()
    return interrupts.status(close_with_words(workbench))


def has_terminal() -> bool:
    """Whether there is a terminal to show it in."""
    streams = (sys.stdin, sys.stdout, sys.stderr)  # Textual draws on the standard error
    return all(stream is not None and stream.isatty() for stream in streams) and os.environ.get("TERM") != "dumb"
