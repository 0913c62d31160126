"""A question to the planner: one test, the run in which it was seen, and who is suspected.

Plain data, derived from a model of the run elsewhere; so the planner can be tested against simulated suites.
"""

from __future__ import annotations

from dataclasses import dataclass

from .trial import Location


@dataclass(frozen=True, slots=True)
class Candidate:
    """Tests that are suspected together, or one file that is suspected for what its import does.

    A wide fixture as polluter is represented by the test in which it was first set up. ``location`` is what they may
    have changed; ``reason`` says why they are suspected, for people; of the ``weight`` the larger comes first.
    """

    tests: tuple[str, ...] = ()
    location: Location | None = None
    reason: str = ""
    weight: float = 0.0
    file: str = ""
    fits: bool = False


@dataclass(frozen=True, slots=True)
class EarlierTest:
    """A test that ran before the one in question, and whether it passed."""

    nodeid: str
    passed: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """Why did ``victim`` end as it did, and does that depend on other tests?

    ``earlier`` are the tests that ran before it on its worker, in order. ``signature`` is that of its failure, '' if it
    passed. ``files`` are all test files that the observed session imported.

    ``twice`` asks whether it fails when it runs twice in a row. ``repeats`` is how often a pass is repeated before an
    accusation is dropped for good; ``confirmations`` how often a proof is repeated, with and without the polluter.
    ``noise`` are tests known to differ between equal trials; where the victim is one of them, a proof is repeated more
    often. With ``further``, polluters beside the first are looked for, and cleaners.

    ``confirmed`` are sets of tests that were proven, in a process of their own, to make another test fail;
    ``own_failures`` are signatures of failures that other tests of the victim's file have alone, with only that file
    imported. Neither is confirmed in a new process once more. So many candidates as ``fresh_tries`` are tried in a
    process of their own at once; later ones in a fork first, where there are forks.
    """

    victim: str
    earlier: tuple[EarlierTest, ...] = ()
    signature: str = ""
    candidates: tuple[Candidate, ...] = ()
    files: tuple[str, ...] = ()
    twice: bool = False
    repeats: int = 1
    confirmations: int = 3
    noise: tuple[str, ...] = ()
    confirmed: tuple[tuple[str, ...], ...] = ()
    own_failures: tuple[str, ...] = ()
    fresh_tries: int = 2
    further: bool = True
    most_sets: int = 4
    most_trials: int = 200

    @property
    def earlier_ids(self) -> tuple[str, ...]:
        """Node ids of the earlier tests, each once, in order."""
        return tuple(dict.fromkeys(test.nodeid for test in self.earlier))

    @property
    def ranked(self) -> tuple[Candidate, ...]:
        """The candidates, the most suspected first."""
        return tuple(sorted(self.candidates, key=lambda candidate: -candidate.weight))


def file_of(nodeid: str) -> str:
    """The file that a node id begins with."""
    return nodeid.partition("::")[0]


def name_of(nodeid: str) -> str:
    """A node id without its file: ``TestUsers::test_create[admin]``."""
    return nodeid.partition("::")[2] or nodeid
