"""A verdict: what trials have proven about one test."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .question import Candidate
from .trial import Location, TrialResult


class Kind(StrEnum):
    """What is wrong with a test. The value is the word in JSON and on screen."""

    ORDER_DEPENDENT = "order-dependent"
    """It passes alone, and fails after its polluters."""
    NEEDS_EARLIER_TEST = "needs-earlier-test"
    """It fails alone, or fails otherwise there, and passes after its state-setters."""
    FAILS_ALONE = "fails-alone"
    """It fails in the same way alone: no other test is to blame."""
    NON_IDEMPOTENT = "non-idempotent"
    """It fails when it runs a second time."""
    FLAKY = "flaky"
    """Equal trials differ."""
    NOT_REPRODUCED = "not-reproduced"
    """What was observed did not happen again."""
    UNKNOWN = "unknown"


TestSet = tuple[str, ...]
"""Node ids in the order they ran: a minimal set, all of which are needed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about ``victim``, and the trials that it rests on.

    ``polluters`` are the minimal sets of tests after which it fails, ``setters`` those after which it passes though it
    fails alone, ``cleaners`` those which heal it between a polluter and itself, and ``polluting_files`` minimal sets of
    files whose import alone makes it fail. ``complete`` says that with them away the observed order gives the outcome
    that the victim has alone: there are no others. ``location`` is what carries it, as sure as ``grade`` says: A
    undoing it heals (certain), B reproduced and suspected from evidence, C reproduced, place unknown; '' where no
    cause is proven.
    ``refuted`` are candidates after which the victim did not fail as observed. ``reason`` says why it is flaky or
    unknown, or what limits the verdict; ``unconfirmed`` why a process of its own could not confirm what others showed.
    ``failures`` of ``runs`` equal trials failed, where it is flaky. ``signature`` is that of the failure in question.
    """

    victim: str
    kind: Kind
    polluters: tuple[TestSet, ...] = ()
    setters: tuple[TestSet, ...] = ()
    cleaners: tuple[TestSet, ...] = ()
    polluting_files: tuple[TestSet, ...] = ()
    location: Location | None = None
    grade: str = ""
    refuted: tuple[Candidate, ...] = ()
    found_without_evidence: bool = False
    complete: bool = False
    reason: str = ""
    unconfirmed: str = ""
    failures: int = 0
    runs: int = 0
    signature: str = ""
    trials: tuple[TrialResult, ...] = ()
    command: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether it names a cause."""
        return bool(self.polluters or self.setters or self.polluting_files)
