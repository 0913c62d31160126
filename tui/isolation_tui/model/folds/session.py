"""Fold the session: its start, collection, warnings, and the ends of connections, workers and the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..outcome import Outcome, RunState
from ..test import Test
from .registry import folds

if TYPE_CHECKING:
    from ..run import Run, Worker

LOST_AFTER = 2.0
"""Seconds: if the process ends so long after its connection, the connection was lost, and not the process."""

STREAM_LOST = "The suite's connection was lost while it ran on: what happened after that is unknown."


@folds(ev.RunStarted)
def run_started(run: Run, worker: Worker, at: float, fact: ev.RunStarted) -> None:
    run.started_at = at
    run.command, run.cwd, run.python = tuple(fact.command), fact.cwd, fact.python
    run.project, run.fix = fact.project, fact.fix


@folds(ev.Hello)
def hello(run: Run, worker: Worker, at: float, fact: ev.Hello) -> None:
    worker.hello = fact
    worker.connected = True
    if run.state is RunState.STARTING:
        run.state = RunState.COLLECTING


@folds(ev.SessionStarted)
def session_started(run: Run, worker: Worker, at: float, fact: ev.SessionStarted) -> None:
    run.rootdir = run.rootdir or fact.rootdir
    run.config_file = run.config_file or fact.config_file
    run.worker_count = max(run.worker_count, fact.worker_count)
    _note_limits(run, fact.limits)


@folds(ev.LibraryArmed)
def library_armed(run: Run, worker: Worker, at: float, fact: ev.LibraryArmed) -> None:
    worker.libraries[fact.name] = fact.version
    _note_limits(run, fact.limits)


def _note_limits(run: Run, limits: list[str]) -> None:
    run.limits.extend(limit for limit in limits if limit not in run.limits)


@folds(ev.Collected)
def collected(run: Run, worker: Worker, at: float, fact: ev.Collected) -> None:
    for nodeid in fact.nodeids:
        run.test(nodeid)
    run.total = max(run.total, len(run.tests))


@folds(ev.Deselected)
def deselected(run: Run, worker: Worker, at: float, fact: ev.Deselected) -> None:
    # -k, -m and chunks of a long list come one after the other; every worker deselects the same tests.
    worker.deselected += len(fact.nodeids)
    run.counts.deselected = max(run.counts.deselected, worker.deselected)


@folds(ev.CollectionFailed)
def collection_failed(run: Run, worker: Worker, at: float, fact: ev.CollectionFailed) -> None:
    if fact.nodeid not in run.files_failed:
        run.files_failed.add(fact.nodeid)
        run.collection_errors.append(fact)
        if not fact.ends_pytest:
            run.counts.errors += 1


@folds(ev.CollectionFinished)
def collection_finished(run: Run, worker: Worker, at: float, fact: ev.CollectionFinished) -> None:
    run.total = max(fact.total, len(run.tests))
    if run.state is not RunState.FINISHED:
        run.state = RunState.RUNNING


@folds(ev.WarningCaught)
def warning(run: Run, worker: Worker, at: float, fact: ev.WarningCaught) -> None:
    run.warnings.append(fact)
    run.counts.warnings += 1
    if fact.nodeid in run.tests:
        run.tests[fact.nodeid].warnings.append(fact)


@folds(ev.SessionFinished)
def session_finished(run: Run, worker: Worker, at: float, fact: ev.SessionFinished) -> None:
    worker.finished = True
    worker.current = None
    if worker.hello is None or worker.hello.role != "worker":
        if fact.exit_status is not None:
            run.exit_status = fact.exit_status
        run.ended_at = at


@folds(ev.Interrupted)
def interrupted(run: Run, worker: Worker, at: float, fact: ev.Interrupted) -> None:
    run.interrupted = run.interrupted or fact.reason


@folds(ev.InternalError)
def internal_error(run: Run, worker: Worker, at: float, fact: ev.InternalError) -> None:
    run.internal_errors.append(fact)


@folds(ev.FactsDropped)
def facts_dropped(run: Run, worker: Worker, at: float, fact: ev.FactsDropped) -> None:
    worker.dropped = max(worker.dropped, fact.total)


@folds(ev.ProbeDisabled)
def probe_disabled(run: Run, worker: Worker, at: float, fact: ev.ProbeDisabled) -> None:
    run.disabled_probes.append(fact)


@folds(ev.Output)
def output(run: Run, worker: Worker, at: float, fact: ev.Output) -> None:
    run.output.append(fact.text)


@folds(ev.WorkerCrashed)
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


@folds(ev.Disconnected)
def disconnected(run: Run, worker: Worker, at: float, fact: ev.Disconnected) -> None:
    lost = run.worker(fact.who)
    lost.connected, lost.disconnected_at = False, at


@folds(ev.ProcessEnded)
def process_ended(run: Run, worker: Worker, at: float, fact: ev.ProcessEnded) -> None:
    """The end of the run. After a crash, the running test has crashed, tests after it did not run, and tests before it
    that were not reported have an unknown outcome."""
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
    running = [known.current for known in run.workers.values() if known.current is not None]
    for known in run.workers.values():
        known.current, known.connected = None, False
    for test in run.tests.values():
        if not test.outcome.ended:
            test.outcome = _last_outcome(run, test, running, lost)
            test.ended = at if test in running else test.ended
    run.exit_status = fact.status
    run.finish(at)


def _last_outcome(run: Run, test: Test, running: list[Test], lost: bool) -> Outcome:
    if lost:
        return Outcome.UNKNOWN
    if not run.crashed:
        # A test that started and is not running was interrupted; under pytest-xdist its worker was lost.
        lost_with_its_worker = run.worker_count and not run.stopped and test.position >= 0 and test not in running
        return Outcome.UNKNOWN if lost_with_its_worker else Outcome.NOT_RUN
    if test in running:
        return Outcome.CRASHED
    came_before = not run.worker_count and any(test.index < other.index for other in running)
    return Outcome.UNKNOWN if came_before else Outcome.NOT_RUN
