"""``isolation-tui prove``: find out by trials why a test fails in the suite."""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from ..diagnose.conclusions import conclude
from ..errors import Status, ToolError
from ..experiments.investigation import Investigation
from ..experiments.trial import TrialResult
from ..experiments.verdict import Verdict
from ..experiments.verdict_text import to_document, trial_line
from ..launch import Project, find_project
from ..model import Run, Test
from ..report.output import JsonTarget
from ..report.verdicts import ANSWERED, draw_verdict, draw_verdicts
from ..session import ReplaySession
from ..settings import PROBES, read_project
from ..text.sanitize import clean
from ..workbench import Workbench
from .arguments import PytestCommand, pytest_args
from .headless import POLL_INTERVAL, Headless, headless

NOT_PROVEN = 1
"""The status where a question has no answer: flaky, not reproduced, unknown."""


@click.command(
    cls=PytestCommand,
    epilog="""\b
Examples:
  isolation-tui prove tests/test_orders.py::test_total
  isolation-tui prove tests/test_orders.py::test_total ../shop --json verdict.json
  isolation-tui prove --all ../shop -- -p no:randomly
  isolation-tui prove tests/test_orders.py::test_total --from run.ndjson

\b
Exit statuses: 0 answered (order-dependent, needs-earlier-test, fails-alone,
non-idempotent); 1 not answered (flaky, not-reproduced, unknown); 5 with --all
where nothing failed; 64 and above as for launch.
""",
)
@click.argument("words", metavar="NODEID [PATH]", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Prove every failing test of the run; give no NODEID.")
@click.option("--python", metavar="EXE", help="The project's interpreter.")
@click.option(
    "--from",
    "recording",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Do not run the suite: take what was recorded.",
)
@click.option(
    "--restore", metavar="COMMAND", multiple=True, help="Run this before each trial, to put a server's database back."
)
@click.option("--json", "json_name", metavar="FILE|-", help="Write the verdict as JSON (- stdout).")
def prove(words: tuple[str, ...], **given: Any) -> int:
    """Find out by trials why NODEID fails in the suite at PATH (default: here).

    Runs the suite once and watches it. Then runs the test alone, after the tests that are suspected, and with the
    suspected state put back, each time from the same start, until that shows who makes it fail, or that nobody does.
    """
    nodeid, path = _nodeid_and_path(words, given["every"])
    target = JsonTarget.named(given["json_name"])
    project = find_project(path, pytest_args(), given["python"])
    settings = read_project(project.root)
    replay = [ReplaySession(given["recording"])] if given["recording"] is not None else []
    off = [probe for probe in PROBES if probe in settings.off]
    with headless(Workbench(project, replay=replay, verify=settings.verify, off=off), target) as driver:
        run = _observed(driver, replay)
        tests = _failing(run) if nodeid is None else [_named(run, nodeid)]
        verdicts = _prove(driver, project, run, tests, given["restore"])
        return _report(driver, verdicts, single=nodeid is not None)


def _nodeid_and_path(words: Sequence[str], every: bool) -> tuple[str | None, str | None]:
    most = 1 if every else 2
    if len(words) > most or (not every and not words):
        raise click.UsageError("Give NODEID and at most one PATH, or --all and at most one PATH.")
    nodeid = None if every else words[0]
    rest = words if every else words[1:]
    return nodeid, rest[0] if rest else None


def _observed(driver: Headless, replay: Sequence[ReplaySession]) -> Run:
    """The run that the questions are about, to its end."""
    if not replay:
        return driver.run().run
    source = replay[0]
    while not source.finished:
        source.poll()
    return source.run


def _failing(run: Run) -> list[Test]:
    return [test for test in run.order if test.outcome.bad]


def _named(run: Run, nodeid: str) -> Test:
    """The test called so. Raises :class:`ToolError`, with the nearest names, where there is none."""
    test = run.tests.get(nodeid)
    if test is None:
        near = difflib.get_close_matches(nodeid, list(run.tests), n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(map(clean, near))}?" if near else "Give a node id as pytest prints it."
        raise ToolError(Status.NO_SUCH_PATH, f"No test {clean(nodeid)} was in this run.", hint)
    if test.position < 0:
        raise ToolError(Status.NO_SUCH_PATH, f"{clean(nodeid)} did not run.", "Prove a test that has an outcome.")
    return test


def _prove(
    driver: Headless, project: Project, run: Run, tests: Sequence[Test], restore: Sequence[str]
) -> list[Verdict]:
    """The verdicts, made in a thread of their own: Ctrl-C ends the trial that runs, and leaves out the rest."""
    verdicts: list[Verdict] = []
    failure: list[BaseException] = []

    def shown(result: TrialResult) -> None:
        driver.progress.say(f"  {clean(trial_line(result, ''))}")

    def work(investigation: Investigation) -> None:
        try:
            for test in tests:
                if investigation.stopped:
                    return
                driver.progress.say(f"Proving {clean(test.nodeid)}")
                verdicts.append(investigation.prove(test.nodeid))
        except BaseException as error:
            failure.append(error)

    investigation = Investigation(project, run, conclude(run), restore=restore, further=len(tests) == 1, on_trial=shown)
    with investigation:
        thread = threading.Thread(target=work, args=(investigation,), name="trials")
        thread.start()
        while thread.is_alive():
            if driver.interrupts.take():
                driver.progress.say("Stopping: the trial is ended, and the start is put back.")
                investigation.stop()
            time.sleep(POLL_INTERVAL)
    if failure:
        raise failure[0]
    return verdicts


def _report(driver: Headless, verdicts: Sequence[Verdict], *, single: bool) -> int:
    if single:
        for verdict in verdicts:
            driver.say(partial(draw_verdict, verdict=verdict))
            driver.write(to_document(verdict))
    else:
        driver.say(lambda console: draw_verdicts(console, verdicts))
        driver.write({"verdicts": [to_document(verdict) for verdict in verdicts]})
        if not verdicts:
            return driver.interrupts.status(5)
    answered = bool(verdicts) and all(verdict.kind in ANSWERED for verdict in verdicts)
    return driver.interrupts.status(0 if answered else NOT_PROVEN)
