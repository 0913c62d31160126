"""The results so far, each judged against the failure in question."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from enum import Enum, auto
from typing import TypeVar

from ..question import Question
from ..trial import Location, Outcome, TestOutcome, Trial, TrialResult

T = TypeVar("T")
Steps = Generator[Trial, TrialResult, T]
"""A part of a plan: yields trials, is sent their results, returns what it learned."""

MOST_PROBLEMS = 3
"""After so many trials that show nothing, the rest will not either."""


class Seen(Enum):
    """What a trial shows of the victim."""

    PASSED = auto()
    SAME = auto()
    """It failed, with the failure in question."""
    OTHER = auto()
    """It failed in another way: that confirms nothing."""
    NOTHING = auto()
    """There was a problem, or it never ran."""


class Inconclusive(Exception):
    """No verdict can be reached, because of ``reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EqualTrialsDiffer(Exception):
    """The victim's outcome differs between equal trials: ``failures`` of ``runs`` failed."""

    def __init__(self, failures: int, runs: int, why: str) -> None:
        super().__init__(why)
        self.failures = failures
        self.runs = runs
        self.why = why


Key = tuple[tuple[str, ...], Location | None, frozenset[str]]
"""Trials with the same key are equal, though one may have a process of its own."""


class Notebook:
    """Runs trials, remembers what they showed, and counts those that are left.

    ``signature`` is that of the failure in question; '' as long as no failure has been seen.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.signature = question.signature
        self.results: list[TrialResult] = []
        self._equal: dict[Key, list[TrialResult]] = {}
        self._problems = 0
        self._passed_then = {test.nodeid: test.passed for test in question.earlier}

    def run(self, trial: Trial, optional: bool = False) -> Steps[Seen]:
        """Make the trial. A problem with an ``optional`` one has no consequences."""
        if len(self.results) >= self.question.most_trials:
            raise Inconclusive(f"no answer after {len(self.results)} trials")
        result = yield trial
        equal = self._equal.setdefault(_key(trial), [])
        if not result.problem and any(each.start != result.start for each in equal if not each.problem):
            result = replace(result, problem="it did not start from the same state as the equal trial before it")
        self.results.append(result)
        equal.append(result)
        seen = self.judge(result)
        if seen is Seen.NOTHING and not optional:
            self._problems += 1
            if self._problems >= MOST_PROBLEMS:
                raise Inconclusive(self.problem)
        return seen

    def ask(self, trial: Trial, optional: bool = False) -> Steps[Seen]:
        """What the trial shows, made only if no equal one was made before. One in a process of its own answers for
        both ways, one in a fork does not answer for a fresh one."""
        for known in self._equal.get(_key(trial), ()):
            fits = known.fresh or known.trial.fresh or not trial.fresh
            if fits and (trial.fresh == known.trial.fresh or self.judge(known) is not Seen.NOTHING):
                return self.judge(known)
        return (yield from self.run(trial, optional))

    def judge(self, result: TrialResult) -> Seen:
        """What a result shows of the victim, as compared with the failure in question."""
        victim = result.victim
        if result.problem or victim is None or victim.outcome is Outcome.NOT_RUN:
            return Seen.NOTHING
        first = next(each for each in result.outcomes if each.nodeid == result.trial.victim)
        if first is not victim and not self._good(first):  # it was to pass once
            return Seen.OTHER
        if self._good(victim):
            return Seen.PASSED
        return Seen.SAME if _signature(victim) == self.signature else Seen.OTHER

    def _good(self, outcome: TestOutcome) -> bool:
        """In a trial the victim is last, so wide fixtures are torn down with it. Where that fails, the test did not."""
        torn_down = outcome.outcome is Outcome.ERROR and outcome.phase == "teardown"
        return outcome.outcome.good or (torn_down and not self.signature.startswith("teardown"))

    def adopt_failure(self) -> None:
        """Make the failure that the last trial showed the one in question."""
        victim = self.results[-1].victim
        if victim is not None:
            self.signature = _signature(victim)

    def last_failure(self) -> str:
        """The signature of the last trial's failure, '' if it showed none."""
        victim = self.results[-1].victim if self.results else None
        return "" if victim is None or self._good(victim) else _signature(victim)

    def differing(self, trial: Trial) -> EqualTrialsDiffer:
        """The exception to raise where equal trials differ, with their counts."""
        seen = [self.judge(result) for result in self._equal.get(_key(trial), ())]
        ran = [each for each in seen if each is not Seen.NOTHING]
        return EqualTrialsDiffer(sum(each is not Seen.PASSED for each in ran), len(ran), trial.why)

    def differs_by_process(self, trial: Trial) -> bool:
        """Whether equal trials agree in processes of their own, and in others, but not with each other."""
        results = [each for each in self._equal.get(_key(trial), ()) if self.judge(each) is not Seen.NOTHING]
        fresh = [self.judge(each) for each in results if each.fresh]
        forked = [self.judge(each) for each in results if not each.fresh]
        repeated = len(fresh) > 1 and len(forked) > 1
        return repeated and len({*fresh}) == len({*forked}) == 1 and fresh[0] is not forked[0]

    def refuted(self, trial: Trial) -> bool:
        """Whether it showed something, while the tests before the victim ended as they did in the observed run."""
        results = [each for each in self._equal.get(_key(trial), ()) if self.judge(each) is not Seen.NOTHING]
        return bool(results) and all(
            self._passed_then.get(each.nodeid, each.outcome.good) == each.outcome.good
            for result in results
            for each in result.outcomes
            if each.nodeid != trial.victim
        )

    @property
    def forks(self) -> bool:
        """Whether trials that need no process of their own are quicker than others."""
        return any(not result.fresh for result in self.results)

    def skipped(self) -> bool:
        """Whether the last trial's victim did not fail because it was skipped."""
        victim = self.results[-1].victim
        return victim is not None and victim.outcome is Outcome.SKIPPED

    @property
    def problem(self) -> str:
        """Why the last trial that showed nothing did so."""
        for result in reversed(self.results):
            if self.judge(result) is Seen.NOTHING:
                return result.problem or "the test did not run"
        return ""


def _key(trial: Trial) -> Key:
    return trial.tests, trial.undo, frozenset(trial.without_files)


def _signature(outcome: TestOutcome) -> str:
    """A crash and a time-out have no error to tell them by."""
    return outcome.signature or outcome.outcome.value
