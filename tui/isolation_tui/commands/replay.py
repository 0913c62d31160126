"""``isolation-tui replay``: a recorded run through the same fold, in the dashboard or headless."""

from __future__ import annotations

from pathlib import Path

import click

from ..report.output import JsonTarget, note
from ..session import ReplaySession
from ..workbench import Workbench
from .dashboard import has_terminal, show
from .headless import headless


@click.command(
    epilog="""\b
Examples:
  isolation-tui replay run.ndjson
  isolation-tui replay run.ndjson --headless --json -
"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--headless", "without_screen", is_flag=True, help="No dashboard: the summary on stdout.")
@click.option("--json", "json_name", metavar="FILE|-", help="Write the JSON document (- stdout). Headless.")
def replay(file: Path, without_screen: bool, json_name: str | None) -> int:
    """Show a run that was recorded with launch --record FILE.

    Ends with that run's own status; 65 where the recording is damaged (what there is, is shown).
    """
    target = JsonTarget.named(json_name)
    source = ReplaySession(file)
    without_screen = without_screen or target is not None
    if not without_screen and not has_terminal():
        note("this is no terminal; showing the summary.")
        without_screen = True
    workbench = Workbench(None, replay=[source])
    if not without_screen:
        return show(workbench)
    with headless(workbench, target) as run:
        return run.replay(source)
