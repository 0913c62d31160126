"""An investigation: the tests of one observed run, proven one after another by trials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    verdict is unknown. ``kept`` says that the SQLite files are as they were before the run.
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
        kept: bool = True,
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
        self._run = run
        self._dirty = frozenset(() if restore else _left_in(run, files=not kept))
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
        verdict = self._if_the_start_is_that_of_the_run(verdict)
        self._series.learn(verdict)
        return verdict

    def _if_the_start_is_that_of_the_run(self, verdict: Verdict) -> Verdict:
        """The verdict; unknown if the test failed alone in a database that holds what the observed run left."""
        test = self._run.tests[verdict.victim]
        dirty = next((label for label in test.databases_used if label in self._dirty), "")
        if not dirty or verdict.kind not in (Kind.FAILS_ALONE, Kind.NEEDS_EARLIER_TEST):
            return verdict
        return Verdict(
            verdict.victim,
            Kind.UNKNOWN,
            reason=f"it fails alone, but in {dirty}, which holds what the observed run left: pass --restore",
            signature=verdict.signature,
            trials=verdict.trials,
        )

    def _try(self, trial: Trial) -> TrialResult:
        """A trial with a process of its own is made by the very command that is printed for people, where there is
        one: a command line can neither leave out the import of a file, nor undo a change."""
        plain = trial.fresh and not trial.without_files and trial.undo is None and self._prober.command(trial)
        result = self._prober.confirm(trial) if plain else self._prober.run(trial)
        self._on_trial(result)
        return result


def _left_in(run: Run, *, files: bool) -> Iterator[str]:
    """Labels of the databases that outlive a process and in which the run left rows; SQLite ``files`` among them."""
    for total in run.residue.values():
        on_server = not total.database.startswith("sqlite")
        in_file = ":memory:" not in total.database and not total.database.endswith("://")
        if total.rows and (on_server or (files and in_file)):
            yield total.database
