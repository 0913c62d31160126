"""What whole orders teach about one test without any evidence: who always came before it where it failed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..trial import TestOutcome
from .question import ObservedTest


def failed(outcome: TestOutcome) -> bool:
    """Whether the test failed. A teardown error is that of a wide fixture which happened to end with it."""
    return not outcome.outcome.good and outcome.phase != "teardown"


class Clues:
    """Remembers each whole order, and which tests failed in it."""

    def __init__(self, observed: Sequence[ObservedTest]) -> None:
        self._orders: list[tuple[dict[str, int], frozenset[str]]] = []
        for worker in dict.fromkeys(test.worker for test in observed):
            tests = [test for test in observed if test.worker == worker]
            bad = frozenset(test.nodeid for test in tests if not test.passed)
            self._orders.append(({test.nodeid: position for position, test in enumerate(tests)}, bad))

    def note(self, outcomes: Iterable[TestOutcome]) -> None:
        """Remember the outcomes of a whole order."""
        positions: dict[str, int] = {}
        bad = set()
        for position, outcome in enumerate(outcomes):
            positions[outcome.nodeid] = position
            if failed(outcome):
                bad.add(outcome.nodeid)
        self._orders.append((positions, frozenset(bad)))

    def suspects(self, victim: str, earlier: Iterable[str], *, brittle: bool, strict: bool) -> tuple[str, ...]:
        """Those of ``earlier`` that came before the victim wherever it failed (passed, if it is brittle). If
        ``strict``, also never before it elsewhere, which is right unless others clean up in between."""
        orders = [(positions, (victim in bad) is not brittle) for positions, bad in self._orders if victim in positions]
        return tuple(
            test
            for test in earlier
            if all(
                (positions.get(test, len(positions)) < positions[victim]) is gives
                for positions, gives in orders
                if gives or strict
            )
        )

    def contradict(self, victim: str, named: Collection[str], *, brittle: bool, or_healed: bool) -> bool:
        """Whether the victim failed (passed, if it is brittle) in a whole order in which none of the named tests came
        before it; or, with ``or_healed``, did not though all of them did."""
        for positions, bad in self._orders:
            if victim in positions:
                before = [positions.get(test, len(positions)) < positions[victim] for test in named]
                gives = (victim in bad) is not brittle
                if (gives and not any(before)) or (or_healed and all(before) and not gives):
                    return True
        return False
