"""Fold pytest's reports of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..counts import Counts
from ..outcome import Outcome
from ..tables import tables_held
from ..test import Attempt, Phase, Test
from . import rows
from .registry import folds

if TYPE_CHECKING:
    from ..run import Run, Worker


@folds(ev.TestStarted)
def test_started(run: Run, worker: Worker, at: float, fact: ev.TestStarted) -> None:
    test = run.test(fact.nodeid)
    if test.outcome is Outcome.CRASHED and not worker.connected:
        return  # the controller reported the loss of the worker before the worker's own last facts arrived
    run.total = max(run.total, len(run.tests))
    if test.position < 0:
        test.position = len(worker.order)
        worker.order.append(test)
        run.order.append(test)
        test.started = at
    test.worker = worker.name
    test.file, test.line = fact.file or test.file, fact.line
    test.outcome = Outcome.RUNNING
    test.latest = Attempt(
        fact.attempt,
        at,
        worker.starts,
        metadata_at_start=tables_held(worker.metadata),
        database_at_start=tables_held(worker.databases),
        state_found=worker.state_met.latest,
    )
    worker.starts += 1
    worker.current = test


@folds(ev.PhaseFinished)
def phase_finished(run: Run, worker: Worker, at: float, fact: ev.PhaseFinished) -> None:
    test = run.test(fact.nodeid)
    if fact.subtest is not None:
        _count_subtest(run.counts, test, fact)
        return
    phase = Phase(
        when=fact.when,
        outcome=fact.outcome,
        duration=fact.duration / 1e9,
        ended=at,
        exception=fact.exception,
        message=fact.message,
        place=fact.place,
        traceback=fact.traceback,
        xfail=fact.xfail,
        life=fact.life,
    )
    test.phases.append(phase)
    for life_id in fact.uses:
        life = worker.lives.get(life_id)
        if life is not None:
            test.latest.add_life(life)
            life.add_user(test)
    if fact.outcome == "rerun":
        run.counts.reruns += 1
    else:
        _count(run.counts, test, phase)
    if fact.when == "teardown":
        _end(run, test, worker, at)


def _end(run: Run, test: Test, worker: Worker, at: float) -> None:
    test.ended = at
    if test.outcome is Outcome.RUNNING:  # only reruns so far; the next attempt decides
        test.outcome = Outcome.WAITING
    elif not test.counted:
        test.counted = True
        run.done += 1
    rows.test_ended(run, worker, test)
    test.latest.metadata_at_end = tables_held(worker.metadata)
    test.latest.database_at_end = tables_held(worker.databases)
    if worker.current is test:
        worker.current = None


def _count(counts: Counts, test: Test, phase: Phase) -> None:
    """Count one report as pytest's own terminal reporter does (its ``pytest_report_teststatus``)."""
    if phase.outcome == "failed":
        if phase.when == "call":
            # A strict xfail that passed is reported as a plain failure.
            counts.failed += 1
            test.outcome = Outcome.FAILED
        else:
            counts.errors += 1
            test.outcome = Outcome.ERROR
    elif phase.outcome == "skipped":
        if phase.xfail is not None:
            counts.xfailed += 1
            test.outcome = Outcome.XFAILED
        else:
            counts.skipped += 1
            test.outcome = Outcome.SKIPPED
    elif phase.when == "call":
        if phase.xfail is not None:
            counts.xpassed += 1
            test.outcome = Outcome.XPASSED
        else:
            counts.passed += 1
            test.outcome = Outcome.PASSED


def _count_subtest(counts: Counts, test: Test, fact: ev.PhaseFinished) -> None:
    test.subtests.append((fact.subtest or "", fact.outcome))
    if fact.outcome == "failed":
        counts.subtests_failed += 1
        counts.failed += 1  # pytest's last line counts it in addition to its test, which fails as well
    elif fact.outcome == "passed":
        counts.subtests_passed += 1
