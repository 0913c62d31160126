"""The conclusions of a run: its findings, the failing tests that they leave unexplained, and its leaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..model import Leak, Run, Test, leaks
from ..text.wording import number
from . import diagnose
from .finding import Finding


@dataclass(frozen=True, slots=True)
class Conclusions:
    """All conclusions of a run.

    ``failed`` counts the tests that failed; ``unexplained`` are those that are in no finding, in run order.
    ``reads_known`` is False if reading was not watched: then it is not known which tests read a leak."""

    findings: tuple[Finding, ...] = ()
    leaks: tuple[Leak, ...] = ()
    failed: int = 0
    unexplained: tuple[Test, ...] = ()
    reads_known: bool = False
    by_test: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """Node id -> the findings in which it is a victim, or in which it is charged."""

    @property
    def causes(self) -> tuple[Finding, ...]:
        """The findings that explain failures."""
        return tuple(finding for finding in self.findings if not finding.harmless)

    @property
    def harmless(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.harmless)

    def of(self, test: Test) -> tuple[Finding, ...]:
        return self.by_test.get(test.nodeid, ())

    def sentence(self) -> str:
        """``5 causes explain 95 of 117 failing tests, 2 more may explain 10``; '' where nothing failed.

        Only a cause that trials have proven explains; what rests on observation alone may explain.
        """
        if not self.failed:
            return f"{_causes(self.causes)} what could not be collected" if self.causes else ""
        failing = "1 failing test" if self.failed == 1 else f"{self.failed} failing tests"
        if not self.causes:
            return f"No known cause for {failing}"
        proven = tuple(cause for cause in self.causes if cause.proven)
        suspected = tuple(cause for cause in self.causes if not cause.proven)
        first, rest = (proven, suspected) if proven else (suspected, ())
        more = f", {len(rest)} more may explain {len(_victims(rest) - _victims(first))}" if rest else ""
        return f"{_causes(first)} {len(_victims(first))} of {failing}{more}"


NOTHING = Conclusions()
"""The conclusions before anything is known."""


def conclude(run: Run) -> Conclusions:
    """Draw all conclusions from what was observed. Looks at every test of the run: do not call it for every fact."""
    return conclusions_of(run, diagnose(run), leaks(run))


def conclusions_of(run: Run, findings: Iterable[Finding], left: Iterable[Leak]) -> Conclusions:
    """The conclusions that consist of these findings and leaks."""
    findings = tuple(findings)
    by_test: dict[str, list[Finding]] = defaultdict(list)
    explained: set[str] = set()
    for finding in findings:
        for nodeid in dict.fromkeys((*finding.tests, finding.culprit)):
            by_test[nodeid].append(finding)
        if not finding.harmless:
            explained.update(finding.tests)
    failed = [test for test in run.order if test.failure is not None or test.outcome.bad]
    return Conclusions(
        findings=findings,
        leaks=tuple(left),
        failed=len(failed),
        unexplained=tuple(test for test in failed if test.nodeid not in explained),
        reads_known=any(test.tables_read for test in run.order),
        by_test={nodeid: tuple(found) for nodeid, found in by_test.items() if nodeid in run.tests},
    )


def _causes(causes: Sequence[Finding]) -> str:
    """``1 cause explains``, ``2 causes may explain``."""
    proven = all(cause.proven for cause in causes)
    verb = "may explain" if not proven else "explains" if len(causes) == 1 else "explain"
    return f"{number(len(causes), 'cause')} {verb}"


def _victims(causes: Iterable[Finding]) -> set[str]:
    return {nodeid for cause in causes for nodeid in cause.tests}
