"""``isolation-tui launch``: run a suite and observe it, in the dashboard or headless."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import Status, ToolError
from ..launch import Project, describe_interpreter, find_project
from ..recording import RECORDINGS_BEGIN
from ..report.output import JsonTarget, note, refuse_over_another
from ..settings import PROBES, SAFE, ProjectSettings, SettingsError, read_project
from ..text.sanitize import clean
from ..workbench import Workbench
from .arguments import EXIT_STATUSES, PytestCommand, pytest_args
from .dashboard import has_terminal, show
from .headless import headless
from .headless_fix import FixMeasurement


@click.command(
    cls=PytestCommand,
    short_help="Run a suite and observe it.",
    epilog="""\b
Examples:
  isolation-tui launch demo_app
  isolation-tui launch tests/test_api.py -- -k login -x
  isolation-tui launch --headless --json report.json
  isolation-tui launch demo_app --headless --fix
  isolation-tui launch --python ../other/.venv/bin/python --watch

"""
    + EXIT_STATUSES,
)
@click.argument("path", required=False)
@click.option(
    "--python", metavar="EXE", help="The project's interpreter. Default: its .venv or venv, VIRTUAL_ENV, ours."
)
@click.option("--watch", is_flag=True, help="Run again when a file is saved.")
@click.option("--headless", is_flag=True, help="No dashboard: print progress to stderr, a summary to stdout.")
@click.option("--json", "json_name", metavar="FILE|-", help="Write the JSON document (- stdout). Implies --headless.")
@click.option("--fix", is_flag=True, help="Run, apply the conftest fix, run again, compare, undo. Implies --headless.")
@click.option("--keep-fix", is_flag=True, help="Like --fix, but leave the fix applied.")
@click.option("--prove", is_flag=True, help="Find out by trials why tests fail, see prove --help. Implies --headless.")
@click.option("--restore", metavar="COMMAND", multiple=True, help="With --prove: run this before each trial.")
@click.option("--record", metavar="FILE", type=click.Path(path_type=Path), help="Record the run for replay.")
@click.option(
    "--tcp",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help="Use loopback TCP, not a Unix socket; 0: any port.",
)
@click.option("--verify", is_flag=True, help="Count rows with queries after each test, where that is safe.")
@click.option(
    "--off", metavar="PROBE", multiple=True, type=click.Choice(PROBES), help=f"Switch off a probe: {', '.join(PROBES)}."
)
@click.option("--safe", is_flag=True, help="Replace nothing in SQLAlchemy, Flask and Python; observe less.")
@click.option("--select", metavar="NODEID", multiple=True, help="Run only this test. Can be repeated.")
def launch(path: str | None, **given: Any) -> int:
    """Run the suite at PATH (a folder, file or node id; default: the current folder) and observe it.

    pytest's own arguments follow --. Nothing is installed into the project.
    """
    fixing = given["fix"] or given["keep_fix"]
    proving = given["prove"]
    without_screen = given["headless"] or fixing or proving or given["json_name"] is not None
    if fixing and (given["watch"] or given["select"]):
        raise click.UsageError("--fix runs the whole suite twice and cannot be combined with --watch or --select.")
    if proving and (given["watch"] or fixing):
        raise click.UsageError("--prove cannot be combined with --watch or --fix.")
    if given["record"] is not None:
        refuse_over_another(given["record"], RECORDINGS_BEGIN, "a recording")
    target = JsonTarget.named(given["json_name"])
    project = find_project(path, pytest_args(), given["python"])
    settings = _settings(project)
    explanation = describe_interpreter(project, given["python"])
    if explanation:
        note(clean(explanation))
    if not without_screen and not has_terminal():
        note("this is not a terminal; running headless.")
        without_screen = True
    workbench = Workbench(
        project,
        record=given["record"],
        colour=not without_screen,
        port=given["tcp"],
        watching=given["watch"],
        ignore=[target.path] if target is not None else [],
        verify=given["verify"] or settings.verify,
        off=[
            *(probe for probe in PROBES if probe in given["off"] or probe in settings.off),
            *([SAFE] if given["safe"] else []),
        ],
    )
    if not without_screen:
        return show(workbench, given["select"])
    with headless(workbench, target) as run:
        if fixing:
            return FixMeasurement(run, keep=given["keep_fix"]).run()
        if proving:
            from .headless_proof import run_and_prove  # a run without trials does not load them

            return run_and_prove(run, project, given["select"], given["restore"])
        return run.watch(given["select"]) if given["watch"] else run.once(given["select"])


def _settings(project: Project) -> ProjectSettings:
    try:
        return read_project(project.root)
    except SettingsError as error:
        raise ToolError(
            Status.USAGE, str(error), "Correct the file, or remove the setting to use its default."
        ) from error
