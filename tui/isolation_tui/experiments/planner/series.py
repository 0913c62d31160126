"""Questions about many tests of one run: what is proven for one of them is tried first for the next."""

from __future__ import annotations

from dataclasses import replace

from ..question import Candidate, Question, file_of
from ..verdict import Kind, TestSet, Verdict

SAME_FAILURE, SAME_SET = 2_000.0, 1_000.0
"""Weights above those of any evidence: proven for another test that failed so; proven for any other test."""


class Series:
    """Remembers verdicts, and prepares each question with them.

    No test is named without trials of its own. But a set that was proven in a process of its own, and a failure that
    tests of a file have on their own account, are not confirmed in a new process for each victim again; and ``further``
    polluters, which take the whole order to find, are looked for where the set is new only.

        series = Series()
        for question in questions:
            verdict = drive(plan(series.prepared(question)), prober.run)
            series.learn(verdict)
    """

    def __init__(self, further: bool = False) -> None:
        self._further = further
        self._proven: dict[TestSet, set[str]] = {}
        """Set of polluters -> signatures of the failures that it was proven to cause."""
        self._own: dict[str, set[str]] = {}
        """File -> signatures of failures that its tests have on their own account."""

    def learn(self, verdict: Verdict) -> None:
        """Remember what the verdict proves, if trials in a process of their own are among those it rests on."""
        fresh = [result.trial.tests for result in verdict.trials if result.fresh and not result.problem]
        for polluters in verdict.polluters:
            if (*polluters, verdict.victim) in fresh or polluters in self._proven:
                self._proven.setdefault(polluters, set()).add(verdict.signature)
        if verdict.kind is Kind.FAILS_ALONE and (verdict.victim,) in fresh:
            self._own.setdefault(file_of(verdict.victim), set()).add(verdict.signature)

    def prepared(self, question: Question) -> Question:
        """The question, with the sets that are proven for other tests in front of its own candidates."""
        earlier = set(question.earlier_ids)
        suspected = {candidate.tests for candidate in question.candidates}
        known = []
        for polluters, failures in self._proven.items():
            alike = question.signature in failures
            if earlier.issuperset(polluters) and (alike or polluters in suspected):
                weight = SAME_FAILURE if alike else SAME_SET
                known.append(Candidate(polluters, reason="makes other tests fail", weight=weight))
        best = max(known, key=lambda candidate: candidate.weight, default=None)
        top = question.ranked[0].tests if question.candidates else ()
        return replace(
            question,
            candidates=(*([best] if best is not None else ()), *question.candidates),
            confirmed=tuple(self._proven),
            own_failures=tuple(sorted(self._own.get(file_of(question.victim), ()))),
            fresh_tries=1,
            further=self._further and best is None and top not in self._proven,
        )
