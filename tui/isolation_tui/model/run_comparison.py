"""Compare two runs of one suite: which tests healed, broke or stayed as they were."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .outcome import Outcome
from .run import Run
from .test import Test


class Change(Enum):
    """How a test changed from one run to the next. The value is the word on screen and in reports."""

    HEALED = "healed"
    """Failed (or errored) before, passes now."""
    STILL = "still failing"
    """Failed before and fails now, in any way: an error that became a failure is not healed."""
    BROKE = "broke"
    """Did not fail before, fails now."""
    NEW = "new"
    """Only in the second run."""
    GONE = "gone"
    """Only in the first run."""
    UNPROVEN = "not compared"
    """Failed in one run, and was skipped or did not run in the other."""
    SAME = "unchanged"
    """Failed in neither."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One node id in both runs; None for a run that does not have it."""

    nodeid: str
    before: Test | None
    after: Test | None
    change: Change


@dataclass(frozen=True, slots=True)
class Delta:
    """One figure of both runs, e.g. ``Delta("errors", 83, 24)``."""

    name: str
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class RunComparison:
    """The result of :func:`compare`. Pairs are in the order of the second run; those that are gone come last."""

    before: Run
    after: Run
    pairs: tuple[Pair, ...]
    counts: tuple[Delta, ...]
    """Passed, failed, errors, skipped, xfailed, xpassed, as pytest counts them."""

    def of(self, change: Change) -> tuple[Pair, ...]:
        """The pairs of one kind of change."""
        return tuple(pair for pair in self.pairs if pair.change is change)

    @property
    def healed(self) -> tuple[Pair, ...]:
        return self.of(Change.HEALED)

    @property
    def still(self) -> tuple[Pair, ...]:
        return self.of(Change.STILL)

    @property
    def broke(self) -> tuple[Pair, ...]:
        return self.of(Change.BROKE)

    @property
    def new(self) -> tuple[Pair, ...]:
        return self.of(Change.NEW)

    @property
    def gone(self) -> tuple[Pair, ...]:
        return self.of(Change.GONE)

    @property
    def seconds(self) -> tuple[float, float]:
        """How long each run took."""
        return self.before.elapsed, self.after.elapsed


def compare(before: Run, after: Run) -> RunComparison:
    """Match two runs by node id. Compare finished runs: a test that has not run yet is left out."""
    pairs = [
        Pair(nodeid, before.tests.get(nodeid), test, _change(before.tests.get(nodeid), test))
        for nodeid, test in after.tests.items()
    ]
    pairs.extend(
        Pair(nodeid, test, None, Change.GONE) for nodeid, test in before.tests.items() if nodeid not in after.tests
    )
    old, new = before.counts.as_dict(), after.counts.as_dict()
    return RunComparison(before, after, tuple(pairs), tuple(Delta(name, old[name], new[name]) for name in old))


_SILENT = (Outcome.SKIPPED, Outcome.NOT_RUN, Outcome.UNKNOWN, Outcome.WAITING, Outcome.RUNNING)


def _change(before: Test | None, after: Test) -> Change:
    if before is None:
        return Change.NEW
    was, now = before.outcome, after.outcome
    if was.bad and now.bad:
        return Change.STILL
    if (was.bad and now in _SILENT) or (now.bad and was in _SILENT and was is not Outcome.SKIPPED):
        return Change.UNPROVEN
    if was.bad:
        return Change.HEALED
    return Change.BROKE if now.bad else Change.SAME
