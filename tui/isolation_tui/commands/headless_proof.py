"""Trials without a dashboard: each failing test of a run is proven, with progress on stderr."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from ..diagnose.conclusions import conclude
from ..experiments.investigation import Investigation
from ..experiments.observed_start import ObservedStart
from ..experiments.proven import with_verdicts
from ..experiments.trial import TrialResult
from ..experiments.verdict import Verdict
from ..experiments.verdict_text import trial_line
from ..launch import Project
from ..model import Run, Test
from ..report.exit_status import exit_status
from ..report.json.document import run_document
from ..report.summary import draw_summary
from ..report.verdicts import draw_verdicts
from ..session import Source
from ..text.sanitize import clean
from .headless import POLL_INTERVAL, Headless


def run_and_prove(driver: Headless, project: Project, select: Sequence[str], restore: Sequence[str]) -> int:
    """Run the suite, prove each failing test, and report both. Returns the exit status of the run."""
    driver.note_earlier_fix()
    source, problem = observe(driver, project, select)
    run = source.run
    verdicts = make_trials(driver, project, run, failing(run), restore, problem)
    found = with_verdicts(run, conclude(run), verdicts)
    driver.print(lambda console: draw_summary(console, source, found=found))
    driver.print(lambda console: draw_verdicts(console, verdicts))
    driver.write_json(run_document(run, found=found, verdicts=verdicts))
    return driver.interrupts.status(exit_status(run))


def observe(driver: Headless, project: Project, select: Sequence[str] = ()) -> tuple[Source, str]:
    """Run the suite, and put the project's databases back as they were before. Returns the run, and why trials cannot
    begin like it did ('' if they can)."""
    start = ObservedStart(project)
    problem = start.keep()
    try:
        source = driver.run(select)
    except BaseException:
        start.abandon()
        raise
    return source, start.put_back(source.run) or problem


def failing(run: Run) -> list[Test]:
    """The tests that failed, in run order."""
    return [test for test in run.order if test.outcome.bad]


def make_trials(
    driver: Headless, project: Project, run: Run, tests: Sequence[Test], restore: Sequence[str], problem: str = ""
) -> list[Verdict]:
    """Find the verdicts in a thread; Ctrl-C ends the trial in progress and skips the rest."""
    verdicts: list[Verdict] = []
    failure: list[BaseException] = []

    def shown(result: TrialResult) -> None:
        driver.progress.note(f"  {clean(trial_line(result, ''))}")

    def work(investigation: Investigation) -> None:
        try:
            for test in tests:
                if investigation.stopped:
                    return
                driver.progress.note(f"Proving {clean(test.nodeid)}")
                verdicts.append(investigation.prove(test.nodeid))
        except BaseException as error:
            failure.append(error)

    investigation = Investigation(
        project,
        run,
        conclude(run),
        restore=restore,
        further=len(tests) == 1,
        problem="" if restore else problem,
        on_trial=shown,
    )
    with investigation:
        thread = threading.Thread(target=work, args=(investigation,), name="trials")
        thread.start()
        while thread.is_alive():
            if driver.interrupts.consume():
                driver.progress.note("Stopping: ending the trial and restoring the start.")
                investigation.stop()
            time.sleep(POLL_INTERVAL)
    if failure:
        raise failure[0]
    return verdicts
