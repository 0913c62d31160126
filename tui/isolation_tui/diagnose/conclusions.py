"""What a run comes to: its findings, the tests they explain, those that they do not, and what was left behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Leak, Run, Test, leaks
from . import diagnose
from .finding import Finding


@dataclass(frozen=True, slots=True)
class Conclusions:
    """``failed`` counts the tests that failed; ``unexplained`` are those that stand in no finding, in run order.
    ``reads_known`` is whether reading was watched at all: where it was not, nobody knows who looked at what was left.
    """

    findings: tuple[Finding, ...] = ()
    leaks: tuple[Leak, ...] = ()
    failed: int = 0
    unexplained: tuple[Test, ...] = ()
    reads_known: bool = False
    by_test: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """Node id -> the findings in which it is a victim, or in which it is charged."""

    @property
    def causes(self) -> tuple[Finding, ...]:
        """The findings by which somebody failed."""
        return tuple(finding for finding in self.findings if not finding.harmless)

    @property
    def harmless(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.harmless)

    def of(self, test: Test) -> tuple[Finding, ...]:
        return self.by_test.get(test.nodeid, ())

    def sentence(self) -> str:
        """``5 causes explain 112 of 117 failing tests``; '' where nothing failed."""
        causes, explained = len(self.causes), self.failed - len(self.unexplained)
        if not self.failed:
            what = "cause explains" if causes == 1 else "causes explain"
            return f"{causes} {what} what could not be collected" if causes else ""
        failing = "1 failing test" if self.failed == 1 else f"{self.failed} failing tests"
        if not causes:
            return f"No known cause for {failing}"
        return f"{causes} {'cause explains' if causes == 1 else 'causes explain'} {explained} of {failing}"


NOTHING = Conclusions()
"""Before anything is known."""


def conclude(run: Run) -> Conclusions:
    """Draw all conclusions. Looks at every test of the run: not for every fact anew."""
    findings = tuple(diagnose(run))
    by_test: dict[str, list[Finding]] = defaultdict(list)
    explained: set[str] = set()
    for finding in findings:
        for nodeid in dict.fromkeys((*finding.tests, finding.culprit)):
            by_test[nodeid].append(finding)
        if not finding.harmless:
            explained.update(finding.tests)
    failed = [test for test in run.order if test.failure is not None or test.outcome.bad]
    return Conclusions(
        findings,
        tuple(leaks(run)),
        len(failed),
        tuple(test for test in failed if test.nodeid not in explained),
        any(test.tables_read for test in run.order),
        {nodeid: tuple(found) for nodeid, found in by_test.items() if nodeid in run.tests},
    )
