"""Folding the ends: of a connection, of a worker, of the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..outcome import Outcome
from ..test import Test

if TYPE_CHECKING:
    from ..run import Run, Worker

LOST_AFTER = 2.0
"""Seconds between a connection's end and its process's end from which on the connection was lost, not the process."""

STREAM_LOST = "The suite's connection was lost while it ran on: what came after that is unknown."


def worker_crashed(run: Run, worker: Worker, at: float, fact: ev.WorkerCrashed) -> None:
    lost = run.worker(fact.lost)
    lost.connected = False
    test = run.tests.get(fact.nodeid) or lost.current
    lost.current = None
    if test is not None and test.outcome is not Outcome.CRASHED:
        test.outcome = Outcome.CRASHED
        test.ended = at
        if not test.counted:
            test.counted = True
            run.done += 1
        run.counts.failed += 1  # so does pytest-xdist's own report


def disconnected(run: Run, worker: Worker, at: float, fact: ev.Disconnected) -> None:
    lost = run.worker(fact.who)
    lost.connected, lost.disconnected_at = False, at


def process_ended(run: Run, worker: Worker, at: float, fact: ev.ProcessEnded) -> None:
    """The end of the run, whichever way. Whoever was on the stage did not live to tell; those after it never got there;
    those before it that were not heard of ran, and how they ended is not known."""
    unfinished = [
        known
        for known in run.workers.values()
        if known.hello is not None and known.hello.role != "worker" and not known.finished
    ]
    lost = any(known.disconnected_at and at - known.disconnected_at > LOST_AFTER for known in unfinished)
    run.stopped = fact.stopped
    run.crashed = bool(unfinished) and not lost and not fact.stopped
    if lost and not fact.stopped:
        run.limits.append(STREAM_LOST)
    stage = [known.current for known in run.workers.values() if known.current is not None]
    for known in run.workers.values():
        known.current, known.connected = None, False
    for test in run.tests.values():
        if not test.outcome.ended:
            test.outcome = _last_outcome(run, test, stage, lost)
            test.ended = at if test in stage else test.ended
    run.exit_status = fact.status
    run.finish(at)


def _last_outcome(run: Run, test: Test, stage: list[Test], lost: bool) -> Outcome:
    if lost:
        return Outcome.UNKNOWN
    if not run.crashed:
        # One that began and stands on no stage was cut off by an interrupt; under pytest-xdist a lost worker began it.
        lost_with_its_worker = run.worker_count and not run.stopped and test.position >= 0 and test not in stage
        return Outcome.UNKNOWN if lost_with_its_worker else Outcome.NOT_RUN
    if test in stage:
        return Outcome.CRASHED
    came_before = not run.worker_count and any(test.index < other.index for other in stage)
    return Outcome.UNKNOWN if came_before else Outcome.NOT_RUN
