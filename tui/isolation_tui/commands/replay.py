"""``isolation-tui replay``: show a recorded run, in the dashboard, headless, or as a list of its facts."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import click

from ..errors import Status, ToolError
from ..recording import Recording
from ..report.facts import fact_lines
from ..report.output import JsonTarget, emit, note
from ..session import ReplaySession
from ..text.sanitize import clean
from ..workbench import Workbench
from .dashboard import has_terminal, show
from .headless import headless

LINES_AT_ONCE = 500
"""Facts that are printed in one write."""


@click.command(
    short_help="Show a recorded run.",
    epilog="""\b
Examples:
  isolation-tui replay run.ndjson
  isolation-tui replay run.ndjson --headless --json -
  isolation-tui replay --facts run.ndjson | less
""",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--headless", "without_screen", is_flag=True, help="No dashboard: print the summary to stdout.")
@click.option("--json", "json_name", metavar="FILE|-", help="Write the JSON document (- stdout). Implies --headless.")
@click.option("--facts", is_flag=True, help="Print the recorded facts by name, one a line.")
def replay(file: Path, without_screen: bool, json_name: str | None, facts: bool) -> int:
    """Show a run that was recorded with launch --record FILE.

    Exits with the status of that run, or 65 if the recording is damaged (the rest of it is shown).
    """
    if facts:
        if without_screen or json_name is not None:
            raise click.UsageError("--facts cannot be combined with --headless or --json.")
        return _print_facts(Recording(file))
    target = JsonTarget.named(json_name)
    source = ReplaySession(file)
    without_screen = without_screen or target is not None
    if not without_screen and not has_terminal():
        note("this is not a terminal; printing the summary.")
        without_screen = True
    workbench = Workbench(None, replay=[source])
    if not without_screen:
        return show(workbench)
    with headless(workbench, target) as run:
        return run.replay(source)


def _print_facts(recording: Recording) -> int:
    """Print every fact. Returns 0, or BAD_RECORDING if the recording is damaged."""
    lines = fact_lines(recording.lines())
    while batch := list(islice(lines, LINES_AT_ONCE)):
        emit(sys.stdout, "\n".join(batch) + "\n")
    if recording.damage:
        raise ToolError(
            Status.BAD_RECORDING, f"The recording {clean(str(recording.path))} is damaged: {recording.damage}."
        )
    return 0
