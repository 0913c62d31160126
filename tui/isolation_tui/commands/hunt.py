"""``isolation-tui hunt``: find the tests of a suite that depend on order."""

from __future__ import annotations

import re
import threading
import time
from queue import SimpleQueue
from typing import Any

import click

from ..diagnose.conclusions import conclude
from ..errors import Status, ToolError
from ..experiments.hunt.document import dependent, to_hunt_document
from ..experiments.hunt.evidence import hunt_question
from ..experiments.hunt.hunting import BUDGET_SPENT, Hunting
from ..experiments.hunt.progress import VERSION, Beginning, Progress
from ..experiments.trial import TrialResult
from ..launch import Project, find_project
from ..report.exit_status import exit_status
from ..report.hunt import draw_hunt, progress_line, status_line
from ..report.output import JsonTarget
from ..settings import PROBES, read_project
from ..text.wording import number
from ..workbench import Workbench
from .arguments import PytestCommand, pytest_args
from .headless import POLL_INTERVAL, Headless, headless
from .headless_proof import observe

FOUND, INTERRUPTED, NO_TRIALS, NO_TESTS = 1, 2, 3, 5
"""Exit statuses beside 0."""

INTERRUPT = "it was interrupted"

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """The seconds of ``60s``, ``5m`` or ``1h``."""
    if value is None:
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", value)
    if match is None or match[2] not in _UNITS:
        raise click.BadParameter(f"{value!r} is not a duration such as 60s, 5m or 1h.", ctx, param)
    return float(match[1]) * _UNITS[match[2]]


@click.command(
    cls=PytestCommand,
    short_help="Find the tests that depend on order.",
    epilog="""\b
Examples:
  isolation-tui hunt
  isolation-tui hunt ../shop --budget 60s
  isolation-tui hunt --strict --json hunt.json -- -p no:randomly

\b
Exit statuses: 0 the hunt ended, or its budget is spent; 1 with --strict
if a test depends on order; 2 interrupted; 3 trials show nothing; 5 no
tests; 64 and above as for launch.
""",
)
@click.argument("path", required=False)
@click.option(
    "--budget", callback=_seconds, metavar="TIME", help="Stop after this time: 60s, 5m, 1h (default: no limit)."
)
@click.option(
    "--orders",
    metavar="N",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Run at most N times as many tests as the suite has in search of differences.",
)
@click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="Decides on the shuffled orders.")
@click.option("--strict", is_flag=True, help="Exit with 1 if a test depends on order.")
@click.option("--restart", is_flag=True, help="Start from the beginning, without the trials of an earlier hunt.")
@click.option("--python", metavar="EXE", help="The project's interpreter.")
@click.option(
    "--restore", metavar="COMMAND", multiple=True, help="Run this before each trial, to restore a server's database."
)
@click.option("--json", "json_name", metavar="FILE|-", help="Write what was found as JSON (- stdout).")
def hunt(path: str | None, **given: Any) -> int:
    """Find the tests of the suite at PATH (default: the current folder) that depend on order.

    Runs and observes the suite once. Then runs each test alone, tests after those whose leftovers they read, and the
    suite in other orders. Each difference is proven by further trials. A hunt that was stopped continues where it was,
    unless the project's Python files or its configuration have changed.
    """
    deadline = time.monotonic() + given["budget"] if given["budget"] is not None else None
    target = JsonTarget.named(given["json_name"])
    project = find_project(path, pytest_args(), given["python"])
    settings = read_project(project.root)
    off = [probe for probe in PROBES if probe in settings.off]
    workbench = Workbench(project, verify=settings.verify, off=off)
    with headless(workbench, target) as driver, Progress(project, given["seed"]) as progress:
        if given["restart"] or progress.beginning is None:
            status = _begin(driver, project, progress, given)
            if status is not None:
                return driver.interrupts.status(status)
        return _hunted(driver, project, progress, given, deadline)


def _begin(driver: Headless, project: Project, progress: Progress, given: dict[str, Any]) -> int | None:
    """Observe the suite. Returns an exit status if it cannot be hunted in."""
    source, problem = observe(driver, project)
    run = source.run
    if driver.interrupts.count or run.stopped:
        return INTERRUPTED
    if not run.order:
        driver.print_summary(source)
        return exit_status(run) or NO_TESTS
    if problem and not given["restore"]:
        raise ToolError(Status.CANNOT_WRITE, f"Trials cannot begin like the observed run: {problem}.")
    question = hunt_question(run, conclude(run).findings, seed=given["seed"])
    labels = dict.fromkeys(each.label for worker in run.workers.values() for each in worker.databases.values())
    progress.begin(Beginning(VERSION, question, run.elapsed, tuple(labels)))
    return None


def _hunted(
    driver: Headless, project: Project, progress: Progress, given: dict[str, Any], deadline: float | None
) -> int:
    assert progress.beginning is not None
    tests = len(progress.beginning.question.tests)
    if progress.known:
        driver.progress.note(f"Continuing after {number(len(progress.known), 'trial')} of an earlier hunt.")
    driver.progress.note(f"Hunting among {number(tests, 'test')}.")

    results = SimpleQueue[TrialResult]()
    with Hunting(
        project,
        progress.beginning,
        progress,
        orders=given["orders"],
        restore=given["restore"],
        on_trial=results.put,
    ) as hunting:
        _follow(driver, hunting, results, deadline)
    if progress.failure:
        driver.progress.note(progress.failure)
    found, stopped = hunting.hunt, hunting.stopped
    driver.print(lambda console: draw_hunt(console, found, stopped=stopped))
    driver.write_json(to_hunt_document(found, stopped=stopped, resumed=hunting.resumed, made=hunting.made))
    status = 0
    if given["strict"] and dependent(found):
        status = FOUND
    elif stopped == INTERRUPT:
        status = INTERRUPTED
    elif found.problem:
        status = NO_TRIALS
    return driver.interrupts.status(status)


def _follow(driver: Headless, hunting: Hunting, results: SimpleQueue[TrialResult], deadline: float | None) -> None:
    """Make the trials in a thread; Ctrl-C, or the end of the budget, ends the trial in progress and skips the rest."""
    failure: list[BaseException] = []

    def work() -> None:
        try:
            hunting.run(deadline)
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=work, name="trials")
    thread.start()
    while thread.is_alive() or not results.empty():
        if driver.interrupts.consume():
            driver.progress.note("Stopping: ending the trial and restoring the start.")
            hunting.stop(INTERRUPT)
        elif deadline is not None and time.monotonic() > deadline and not hunting.stopped:
            hunting.stop(BUDGET_SPENT)
        while not results.empty():
            line = progress_line(results.get())
            if line:
                driver.progress.note(f"  {line}")
        driver.progress.show_line(status_line(hunting.hunt))
        time.sleep(POLL_INTERVAL)
    driver.progress.clear()
    if failure:
        raise failure[0]
