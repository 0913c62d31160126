"""A trial: chosen tests in a chosen order from a known start, and what came of it.

Plain values. The planner asks for trials and reads their results; the prober runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..text.wording import listed


class Outcome(StrEnum):
    """What became of a test in a trial."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """Setup or teardown raised."""
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    NOT_RUN = "not run"
    """Never reached, or never collected."""
    CRASHED = "crashed"
    """Its process died while it ran."""
    TIMED_OUT = "timed out"

    @property
    def good(self) -> bool:
        """Whether pytest counts it as no failure."""
        return self in (Outcome.PASSED, Outcome.SKIPPED, Outcome.XFAILED, Outcome.XPASSED)

    @property
    def bad(self) -> bool:
        """Whether it failed, by an error of its own that has a signature."""
        return self in (Outcome.FAILED, Outcome.ERROR)


_LABELS = {
    "rows": "rows of {name}",
    "table": "table {name}",
    "metadata": "{name} in MetaData",
    "environment": "environment variable {name}",
    "global": "global {name}",
    "class_attribute": "class attribute {name}",
    "memoised": "memoised value {name}",
    "app_config": "configuration {name}",
    "logging": "logging configuration {name}",
    "cwd": "the current directory",
    "random": "the random generator",
    "warnings": "the warning filters",
}


@dataclass(frozen=True, slots=True)
class Location:
    """A place where state is kept between tests, as data.

    ``kind`` is one of ``rows``, ``table``, ``metadata``, ``environment``, ``global``, ``class_attribute``,
    ``memoised``, ``app_config``, ``logging``, ``cwd``, ``random``, ``warnings``, or another word that a probe knows.
    ``name`` is the table, the variable, or the dotted name; ``database`` the database's or MetaData's label; ``keys``
    are primary keys of the rows, where they are known.
    """

    kind: str
    name: str = ""
    database: str = ""
    keys: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """For people: ``rows 7 and 8 of products``, ``environment variable SHOP_CURRENCY``."""
        if self.kind == "rows" and 0 < len(self.keys) <= 3:
            noun = "row" if len(self.keys) == 1 else "rows"
            return f"{noun} {listed(self.keys)} of {self.name}"
        return _LABELS.get(self.kind, "{kind} {name}").format(kind=self.kind.replace("_", " "), name=self.name).strip()


@dataclass(frozen=True, slots=True)
class Trial:
    """One run to make: ``tests`` in exactly this order (a test may be there twice), of which ``victim`` is judged.

    ``undo`` is state to put back as it was right before the victim. ``why`` is one phrase for people: ``alone``,
    ``after test_import``.

    All test files of the session are imported first, except ``without_files``, whether their tests run or not. Only a
    trial that is ``fresh`` and leaves out no file is free to import the files of ``tests`` alone: it is a process of
    its own, and a plain pytest command that a person may repeat.
    """

    tests: tuple[str, ...]
    victim: str
    undo: Location | None = None
    without_files: tuple[str, ...] = ()
    fresh: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What became of one test of a trial. ``signature`` is its normalised error, '' if it passed; ``message`` the first
    lines of the error."""

    __test__ = False  # its name is no reason for pytest to collect it

    nodeid: str
    outcome: Outcome
    signature: str = ""
    phase: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of a trial: the outcomes in the order the tests ran.

    ``start`` is the fingerprint of the state that it began from: equal trials start equal. ``problem`` says why the
    trial shows nothing ('' if it does): it crashed, could not collect, was stopped. ``command`` is a plain pytest
    command that repeats it. ``fresh`` says that it had a process of its own.
    """

    trial: Trial
    outcomes: tuple[TestOutcome, ...] = ()
    seconds: float = 0.0
    start: str = ""
    problem: str = ""
    command: tuple[str, ...] = ()
    fresh: bool = False

    @property
    def victim(self) -> TestOutcome | None:
        """The last outcome of the test that is judged; None if it never ran."""
        return next((each for each in reversed(self.outcomes) if each.nodeid == self.trial.victim), None)
