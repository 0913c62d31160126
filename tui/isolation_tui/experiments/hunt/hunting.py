"""A hunt in the project's own interpreter, within a budget, from where an earlier one stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType

from ...launch import Project
from ..prober import Prober
from ..restore import sqlite_files
from ..trial import Trial, TrialResult
from .plan import Hunt
from .progress import Beginning, Progress

BUDGET_SPENT = "the budget is spent"


class Hunting:
    """Drives a :class:`Hunt` with real trials. A context manager: at its end nothing is left running, and the project's
    files are as before.

    ``on_trial`` is called with each result, in the thread that calls :meth:`run`. Results that ``progress`` knows are
    not asked for again; ``resumed`` counts them.
    """

    def __init__(
        self,
        project: Project,
        beginning: Beginning,
        progress: Progress,
        *,
        orders: int,
        restore: Sequence[str] = (),
        on_trial: Callable[[TrialResult], None] = print,
    ) -> None:
        self.hunt = Hunt(replace(beginning.question, orders=orders))
        self.resumed = 0
        self.made = 0
        self.stopped = ""
        """Why it ended before the hunt was done, '' if it did not."""
        self._progress = progress
        self._on_trial = on_trial
        self._prober = Prober(
            project,
            files=beginning.question.files,
            observed=beginning.elapsed,
            databases=sqlite_files(beginning.databases, project.cwd),
            restore=restore,
        )

    def __enter__(self) -> Hunting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._prober.close()

    def stop(self, why: str) -> None:
        """End the trial that runs, and make no others; from any thread."""
        self.stopped = self.stopped or why
        self._prober.stop()

    def run(self, deadline: float | None = None) -> None:
        """Make trials until the hunt is done, is stopped, or the deadline (of the monotonic clock) has passed."""
        steps = self.hunt.steps()
        try:
            trial = next(steps)
            while not self.stopped:
                result = self._known(trial)
                if result is None:
                    if deadline is not None and time.monotonic() > deadline:
                        self.stopped = BUDGET_SPENT
                        return
                    result = self._made(trial)
                    if result is None:
                        return
                trial = steps.send(result)
        except StopIteration:
            return

    def _known(self, trial: Trial) -> TrialResult | None:
        """The result of an earlier hunt, as long as this one takes the same course."""
        known = self._progress.known
        if self.made or self.resumed >= len(known):
            return None
        if known[self.resumed].trial != trial:
            self._progress.forget_after(self.resumed)
            return None
        self.resumed += 1
        return known[self.resumed - 1]

    def _made(self, trial: Trial) -> TrialResult | None:
        """A new result; None if the trial was stopped."""
        plain = trial.fresh and not trial.without_files and trial.undo is None and self._prober.command(trial)
        result = self._prober.confirm(trial) if plain else self._prober.run(trial)
        if self.stopped:
            return None
        self.made += 1
        self._progress.add(result)
        self._on_trial(result)
        return result
