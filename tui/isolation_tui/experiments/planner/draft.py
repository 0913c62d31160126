"""A verdict in the making."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..question import Candidate, Question
from ..trial import Location, Trial, TrialResult
from ..verdict import Kind, TestSet, Verdict
from .notebook import Notebook


@dataclass(slots=True)
class Draft:
    """What is proven so far. A plan that stops early keeps it."""

    question: Question
    kind: Kind = Kind.UNKNOWN
    polluters: list[TestSet] = field(default_factory=list)
    setters: list[TestSet] = field(default_factory=list)
    cleaners: list[TestSet] = field(default_factory=list)
    polluting_files: list[TestSet] = field(default_factory=list)
    location: Location | None = None
    grade: str = ""
    refuted: list[Candidate] = field(default_factory=list)
    found_without_evidence: bool = False
    complete: bool = False
    reason: str = ""
    unconfirmed: str = ""
    failures: int = 0
    runs: int = 0
    shown: Trial | None = None
    """The trial that shows it, without anything undone."""

    @property
    def proven(self) -> bool:
        return bool(self.polluters or self.setters or self.polluting_files)

    def flaky(self, failures: int, runs: int, why: str) -> None:
        """Equal trials differ: then no trial proves anything, and no test is named."""
        self._withdraw()
        self.kind = Kind.FLAKY
        self.failures, self.runs = failures, runs
        self.reason = f"{why}, it fails in {failures} of {runs} equal trials"

    def stopped(self, reason: str) -> None:
        """The plan ends early. What is proven stays so; else the answer is unknown."""
        self.reason = reason
        if not self.proven:
            self._withdraw()
            self.kind = Kind.UNKNOWN

    def _withdraw(self) -> None:
        for named in (self.polluters, self.setters, self.cleaners, self.polluting_files, self.refuted):
            named.clear()
        self.location, self.grade = None, ""
        self.found_without_evidence = self.complete = False

    def verdict(self, notebook: Notebook) -> Verdict:
        proven = [*self.polluters, *self.setters, *self.polluting_files]
        named = {item for each in proven for item in each}  # refuted alone, and part of a set that is needed jointly
        return Verdict(
            victim=self.question.victim,
            kind=self.kind,
            polluters=tuple(self.polluters),
            setters=tuple(self.setters),
            cleaners=tuple(self.cleaners),
            polluting_files=tuple(self.polluting_files),
            location=self.location,
            grade=self.grade,
            refuted=tuple(each for each in self.refuted if named.isdisjoint({*each.tests, each.file})),
            found_without_evidence=self.found_without_evidence,
            complete=self.complete,
            reason=self.reason,
            unconfirmed=self.unconfirmed,
            failures=self.failures,
            runs=self.runs,
            signature=notebook.signature,
            trials=tuple(notebook.results),
            command=self._command(notebook.results),
        )

    def _command(self, trials: Sequence[TrialResult]) -> tuple[str, ...]:
        """The command of the trial that shows it: of one in a process of its own, where there is one. None where plain
        pytest was seen not to show it."""
        if self.shown is None or self.unconfirmed:
            return ()
        equal = (self.shown.tests, None, self.shown.without_files)
        results = [each for each in trials if (each.trial.tests, each.trial.undo, each.trial.without_files) == equal]
        results.sort(key=lambda result: not result.fresh)
        return next((each.command for each in results if each.command and not each.problem), ())
