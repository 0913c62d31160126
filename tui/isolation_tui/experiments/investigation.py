"""An investigation: the tests of one observed run, proven one after another by trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType

from ..diagnose.conclusions import Conclusions
from ..launch import Project
from ..model import Run
from .evidence import Questions
from .planner import Series, drive, plan
from .prober import Prober
from .restore import sqlite_files
from .trial import Trial, TrialResult
from .verdict import Kind, Verdict

OnTrial = Callable[[TrialResult], None]


class Investigation:
    """Answers questions about the tests of ``run`` by trials in the project's own interpreter.

    ``run`` must have finished; ``found`` are its conclusions, which say whom to try first. ``on_trial`` is called with
    each result, in the thread that calls :meth:`prove`. A context manager: at its end nothing is left running, and the
    databases that the trials wrote to are as they were. With ``further``, polluters beside the first are looked for,
    which takes runs of all that went before. ``problem`` is why trials cannot begin like the run did: then every
    verdict is unknown.
    """

    def __init__(
        self,
        project: Project,
        run: Run,
        found: Conclusions,
        *,
        restore: Sequence[str] = (),
        further: bool = True,
        problem: str = "",
        on_trial: OnTrial = print,
    ) -> None:
        self._questions = Questions(run, found.findings)
        self._series = Series(further)
        self._on_trial = on_trial
        self._prober = Prober(
            project,
            files=list(dict.fromkeys(test.file for test in run.order)),
            observed=run.elapsed,
            databases=sqlite_files(
                (each.label for worker in run.workers.values() for each in worker.databases.values()), project.cwd
            ),
            restore=restore,
        )
        self._problem = problem
        self._stopped = False

    def __enter__(self) -> Investigation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def stop(self) -> None:
        """End the trial that runs, and make no others; from any thread. The verdict then is unknown."""
        self._stopped = True
        self._prober.stop()

    def close(self) -> None:
        self._prober.close()

    def prove(self, nodeid: str) -> Verdict:
        """Make trials until they show why the test ended as it did, or that they cannot."""
        if self._problem:
            return Verdict(nodeid, Kind.UNKNOWN, reason=self._problem)
        question = self._questions.about(nodeid)
        if question is None:
            return Verdict(nodeid, Kind.UNKNOWN, reason="it did not run to its end in the observed run")
        verdict = drive(plan(self._series.prepared(question)), self._try)
        self._series.learn(verdict)
        return verdict

    def _try(self, trial: Trial) -> TrialResult:
        """A trial with a process of its own is made by the very command that is printed for people, where there is
        one: a command line can neither leave out the import of a file, nor undo a change."""
        plain = trial.fresh and not trial.without_files and trial.undo is None and self._prober.command(trial)
        result = self._prober.confirm(trial) if plain else self._prober.run(trial)
        self._on_trial(result)
        return result
