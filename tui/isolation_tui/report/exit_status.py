"""How a run ended: the status to leave with, and what a person must know beside the counts."""

from __future__ import annotations

import signal

from ..errors import Status
from ..model import Outcome, Run
from ..text.sanitize import clean, clean_lines
from ..text.wording import number

SIGNAL_BASE = 128
"""A process that a signal ended has this plus the signal's number for a status, as a shell shows it."""


def exit_status(run: Run) -> int:
    """pytest's own status. SUITE_DIED where its process ended without its own end, whatever that process says:
    ``os._exit(0)`` in a test is no success. 128+n where we stopped it and it took signal n to do so."""
    status = run.exit_status or 0
    if run.crashed or (status < 0 and not run.stopped):
        return int(Status.SUITE_DIED)
    return SIGNAL_BASE - status if status < 0 else status


def not_run(run: Run) -> int:
    """How many collected tests never had their turn."""
    return sum(test.outcome is Outcome.NOT_RUN for test in run.tests.values())


def how_it_ended(run: Run, damage: str = "") -> list[str]:
    """Sentences about an end that was not pytest's ordinary one; empty for a run that failed or passed in the usual
    way. ``damage`` is what is wrong with the recording that the run was read from."""
    lines = []
    left = not_run(run)
    if damage:
        lines.append(f"The recording is damaged: {damage}. What follows is what there is.")
    elif exit_status(run) == Status.SUITE_DIED:
        lines.append(_death(run))
    elif run.stopped:
        lines.append("The run was stopped.")
    elif run.interrupted:
        lines.append(f"pytest was interrupted: {_first(run)}.")
    on_stage = [test for test in run.tests.values() if test.outcome is Outcome.CRASHED]
    lines += [f"It was running {clean(test.nodeid)}" for test in on_stage]
    if run.crashed and not damage and not on_stage:
        lines += _last_heard(run)
    lost = sum(test.outcome is Outcome.UNKNOWN for test in run.tests.values())
    if lost:
        lines.append(f"How {number(lost, 'test')} ended is unknown: what was known of them was lost.")
    if left:
        lines.append(f"{number(left, 'test')} did not run.")
    if run.internal_errors:
        lines.append(f"pytest failed inside itself (INTERNALERROR): {clean(run.internal_errors[0].message)}")
    return lines


def _death(run: Run) -> str:
    status = run.exit_status or 0
    if status < 0:
        return f"pytest's process was ended by {signal_name(-status)}, without pytest's own end."
    return f"pytest's process ended itself (os._exit or the like, status {status}), without pytest's own end."


def _last_heard(run: Run) -> list[str]:
    """The plugin sends what it has every few hundredths of a second: a test that kills its process sooner than that
    has not been heard of. What was next then is the best there is to say."""
    if run.worker_count or not run.tests:
        return []
    ended = [test for test in run.tests.values() if test.started]
    last = max(ended, key=lambda test: test.started, default=None)
    after = [test for test in run.tests.values() if not test.started and (last is None or test.index > last.index)]
    heard = f"The last test heard of is {clean(last.nodeid)}" if last is not None else "No test was heard of"
    return [heard + (f"; {clean(after[0].nodeid)} was next." if after else ".")]


def _first(run: Run) -> str:
    return clean(run.interrupted.strip().splitlines()[0]) if run.interrupted.strip() else "no reason given"


def signal_name(number_: int) -> str:
    """``SIGKILL``, or ``signal 70`` where it has no name here."""
    try:
        return signal.Signals(number_).name
    except ValueError:
        return f"signal {number_}"


def deserves_output(run: Run) -> bool:
    """Whether only pytest's own words can explain what happened: no test ran, or pytest itself failed."""
    return exit_status(run) not in (0, 1) and not (run.stopped and run.tests)


def output_tail(run: Run, lines: int = 40) -> list[str]:
    """The end of what pytest printed, without anything that a terminal would obey."""
    printed = clean_lines("".join(run.output).rstrip())
    return [line.rstrip() for line in printed[-lines:]] if any(printed) else []
