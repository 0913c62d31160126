"""``isolation-tui prove``: find out by trials why a test fails in the suite."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from ..errors import Status, ToolError
from ..experiments.verdict import Verdict
from ..experiments.verdict_text import to_document
from ..launch import Project, find_project
from ..model import Run, Test
from ..report.output import JsonTarget
from ..report.verdicts import ANSWERED, draw_verdict, draw_verdicts
from ..session import ReplaySession
from ..settings import PROBES, read_project
from ..text.sanitize import clean
from ..workbench import Workbench
from .arguments import PytestCommand, pytest_args
from .headless import Headless, headless
from .headless_proof import failing, make_trials, observe

NOT_PROVEN = 1
"""The exit status without an answer: flaky, not reproduced, unknown."""


@click.command(
    cls=PytestCommand,
    short_help="Find out by trials why a test fails.",
    epilog="""\b
Examples:
  isolation-tui prove tests/test_orders.py::test_total
  isolation-tui prove tests/test_orders.py::test_total ../shop --json verdict.json
  isolation-tui prove --all ../shop -- -p no:randomly
  isolation-tui prove tests/test_orders.py::test_total --from run.ndjson

\b
Exit statuses: 0 answered (order-dependent, needs-earlier-test, fails-alone,
non-idempotent); 1 not answered (flaky, not-reproduced, unknown); 5 with --all
if nothing failed; 64 and above as for launch.
""",
)
@click.argument("words", metavar="NODEID [PATH]", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Prove every failing test of the run, without a NODEID.")
@click.option("--python", metavar="EXE", help="The project's interpreter.")
@click.option(
    "--from",
    "recording",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Use this recording instead of running the suite.",
)
@click.option(
    "--restore",
    metavar="COMMAND",
    multiple=True,
    help="Run this before each trial, to restore a server's database; 'template' copies it (PostgreSQL).",
)
@click.option("--json", "json_name", metavar="FILE|-", help="Write the verdict as JSON (- stdout).")
def prove(words: tuple[str, ...], **given: Any) -> int:
    """Find out by trials why NODEID fails in the suite at PATH (default: the current folder).

    Runs and observes the suite once. Then runs the test alone, after suspected tests, and with suspected state
    restored, each time from the same start, until the trials show why it fails.
    """
    nodeid, path = _nodeid_and_path(words, given["every"])
    target = JsonTarget.named(given["json_name"])
    project = find_project(path, pytest_args(), given["python"])
    settings = read_project(project.root)
    replay = [ReplaySession(given["recording"])] if given["recording"] is not None else []
    off = [probe for probe in PROBES if probe in settings.off]
    with headless(Workbench(project, replay=replay, verify=settings.verify, off=off), target) as driver:
        run, problem = _observed(driver, project, replay)
        tests = failing(run) if nodeid is None else [_named(run, nodeid)]
        verdicts = make_trials(driver, project, run, tests, given["restore"], problem)
        return _report(driver, verdicts, single=nodeid is not None)


def _nodeid_and_path(words: Sequence[str], every: bool) -> tuple[str | None, str | None]:
    most = 1 if every else 2
    if len(words) > most or (not every and not words):
        raise click.UsageError("Name one NODEID and at most one PATH, or pass --all and at most one PATH.")
    nodeid = None if every else words[0]
    rest = words if every else words[1:]
    return nodeid, rest[0] if rest else None


def _observed(driver: Headless, project: Project, replay: Sequence[ReplaySession]) -> tuple[Run, str]:
    """The finished run whose failures are examined, and why trials cannot begin like it did ('' if they can)."""
    if not replay:
        source, problem = observe(driver, project)
        return source.run, problem
    recorded = replay[0]
    while not recorded.finished:
        recorded.poll()
    return recorded.run, ""


def _named(run: Run, nodeid: str) -> Test:
    """The test with this node id. Raises :class:`ToolError`, with similar node ids, if there is none."""
    test = run.tests.get(nodeid)
    if test is None:
        near = difflib.get_close_matches(nodeid, list(run.tests), n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(map(clean, near))}?" if near else "Name a node id as pytest prints it."
        raise ToolError(Status.NO_SUCH_PATH, f"No test {clean(nodeid)} was in this run.", hint)
    if test.position < 0:
        raise ToolError(Status.NO_SUCH_PATH, f"{clean(nodeid)} did not run.", "Prove a test that has an outcome.")
    return test


def _report(driver: Headless, verdicts: Sequence[Verdict], *, single: bool) -> int:
    if single:
        for verdict in verdicts:
            driver.print(partial(draw_verdict, verdict=verdict))
            driver.write_json(to_document(verdict))
    else:
        driver.print(lambda console: draw_verdicts(console, verdicts))
        driver.write_json({"verdicts": [to_document(verdict) for verdict in verdicts]})
        if not verdicts:
            return driver.interrupts.status(5)
    answered = bool(verdicts) and all(verdict.kind in ANSWERED for verdict in verdicts)
    return driver.interrupts.status(0 if answered else NOT_PROVEN)
