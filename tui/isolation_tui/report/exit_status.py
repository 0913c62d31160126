"""How a run ended: the exit status, and sentences about any end that was not normal."""

from __future__ import annotations

import signal

from ..errors import Status
from ..model import Outcome, Run
from ..text.sanitize import clean, clean_lines
from ..text.wording import number

SIGNAL_BASE = 128
"""Added to a signal's number, this is the exit status of a process that the signal ended, as in a shell."""


def exit_status(run: Run) -> int:
    """The exit status for a run: pytest's own, unless its process died.

    SUITE_DIED if the process ended before pytest did, whatever its status: ``os._exit(0)`` in a test is no success.
    128+n if we stopped it and signal n ended it.
    """
    status = run.exit_status or 0
    if run.crashed or (status < 0 and not run.stopped):
        return int(Status.SUITE_DIED)
    return SIGNAL_BASE - status if status < 0 else status


def not_run(run: Run) -> int:
    """How many collected tests did not run."""
    return sum(test.outcome is Outcome.NOT_RUN for test in run.tests.values())


def how_it_ended(run: Run, damage: str = "") -> list[str]:
    """Sentences about a run that did not end normally; none for a run that simply passed or failed.

    ``damage`` is what is wrong with the recording that the run was read from.
    """
    lines = []
    left = not_run(run)
    if damage:
        lines.append(f"The recording is damaged: {damage}. The rest of it is shown.")
    elif exit_status(run) == Status.SUITE_DIED:
        lines.append(_death(run))
    elif run.stopped:
        lines.append("The run was stopped.")
    elif run.interrupted:
        lines.append(f"pytest was interrupted: {_first(run)}.")
    current = [test for test in run.tests.values() if test.outcome is Outcome.CRASHED]
    lines += [f"It was running {clean(test.nodeid)}" for test in current]
    if run.crashed and not damage and not current:
        lines += _last_reported(run)
    lost = sum(test.outcome is Outcome.UNKNOWN for test in run.tests.values())
    if lost:
        lines.append(f"The outcome of {number(lost, 'test')} is unknown: facts about them were lost.")
    if left:
        lines.append(f"{number(left, 'test')} did not run.")
    if run.internal_errors:
        lines.append(f"pytest had an internal error (INTERNALERROR): {clean(run.internal_errors[0].message)}")
    return lines


def _death(run: Run) -> str:
    status = run.exit_status or 0
    if status < 0:
        return f"pytest's process was killed by {signal_name(-status)}."
    return f"pytest's process exited before pytest finished (os._exit or similar, status {status})."


def _last_reported(run: Run) -> list[str]:
    """The last test that reported, and the next one.

    The plugin sends its facts every few hundredths of a second, so a test that kills its process sooner than that is
    unknown; then the next test is the best guess.
    """
    if run.worker_count or not run.tests:
        return []
    ended = [test for test in run.tests.values() if test.started]
    last = max(ended, key=lambda test: test.started, default=None)
    after = [test for test in run.tests.values() if not test.started and (last is None or test.index > last.index)]
    reported = f"The last test that reported is {clean(last.nodeid)}" if last is not None else "No test reported"
    return [reported + (f"; {clean(after[0].nodeid)} was next." if after else ".")]


def _first(run: Run) -> str:
    return clean(run.interrupted.strip().splitlines()[0]) if run.interrupted.strip() else "no reason given"


def signal_name(number_: int) -> str:
    """``SIGKILL``, or ``signal 70`` if it has no name on this system."""
    try:
        return signal.Signals(number_).name
    except ValueError:
        return f"signal {number_}"


def needs_output(run: Run) -> bool:
    """Whether pytest's own output is needed to explain the end: no test ran, or pytest itself failed."""
    return exit_status(run) not in (0, 1) and not (run.stopped and run.tests)


def output_tail(run: Run, lines: int = 40) -> list[str]:
    """The last lines of pytest's output, made safe."""
    printed = clean_lines("".join(run.output).rstrip())
    return [line.rstrip() for line in printed[-lines:]] if any(printed) else []
