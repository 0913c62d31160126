"""What a hunt starts from: the tests of one observed run, what they leave behind, and what they read."""

from __future__ import annotations

from dataclasses import dataclass

from ..question import Candidate
from ..trial import Location


@dataclass(frozen=True, slots=True)
class ObservedTest:
    """A test as it ended in the observed run. ``signature`` is that of its failure; ``suspects`` are the candidates for
    what its outcome depends on, the most suspected first."""

    nodeid: str
    worker: str = ""
    passed: bool = True
    signature: str = ""
    suspects: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Something that a test left at a ``place``, such as rows in a table. ``location`` is that place for a trial that
    undoes it; ``weight`` is how much that speaks against the test once another one that reads the place fails."""

    nodeid: str
    place: str
    location: Location | None = None
    reason: str = ""
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class HuntQuestion:
    """Which of ``tests`` depend on order?

    ``tests`` are in the order in which they ran. ``reads`` and ``cleans`` are the places that each test reads, or where
    it removes what others left; what is left at a place that is in no test's ``reads`` may be read by any test.
    ``files`` are all test files; ``not_run`` counts tests that were collected and did not run to their end. ``orders``
    is how many times as many tests as the suite has may run in search of differences; ``seed`` decides on the shuffled
    orders.
    """

    tests: tuple[ObservedTest, ...]
    left: tuple[LeftBehind, ...] = ()
    reads: dict[str, tuple[str, ...]] | None = None
    cleans: dict[str, tuple[str, ...]] | None = None
    files: tuple[str, ...] = ()
    not_run: int = 0
    seed: int = 0
    orders: int = 8
