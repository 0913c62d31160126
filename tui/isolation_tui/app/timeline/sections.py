"""Sections of the timeline: the tests of one file in run order, and their lanes."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...model import FixtureLife, Outcome, TableEventKind, Test
from ..glyphs import BY_SEVERITY, SEVERITY
from .lanes import Lane

WAITING = SEVERITY[Outcome.WAITING]
WORST_OF_GOOD = SEVERITY[Outcome.RUNNING]

TABLE_LANES: tuple[tuple[str, TableEventKind], ...] = (
    ("tables", TableEventKind.CREATED),
    ("tables", TableEventKind.DROPPED),
    ("models", TableEventKind.REGISTERED),
    ("models", TableEventKind.REFUSED),
    ("models", TableEventKind.CLEARED),
    ("models", TableEventKind.REMOVED),
    ("models", TableEventKind.DISPOSED),
)
"""(topic, kind) of the lanes of table events, in order. Empty lanes are not shown."""


@dataclass(eq=False)
class Section:
    """The tests of one file. ``columns`` has those that started, in run order, then those that wait. ``revision`` grows
    with every change to the drawing."""

    file: str
    whole: bool = False
    """Whether it is the section of the whole run, for fixtures that span files."""
    columns: list[Test] = field(default_factory=list)
    column_of: dict[Test, int] = field(default_factory=dict)
    severity: bytearray = field(default_factory=bytearray)
    """The rank of each column's outcome in :data:`isolation_tui.app.glyphs.SEVERITY`."""
    lanes: dict[tuple[object, str], Lane] = field(default_factory=dict)
    marks: dict[TableEventKind, dict[int, int]] = field(default_factory=dict)
    """Kind of table event -> column -> number of events."""
    dirty: set[int] = field(default_factory=set)
    """Columns of tests that started with leftover rows."""
    revision: int = 0
    started: int = 0
    active: int = 0
    began_at: float = 0.0
    ended_at: float = 0.0
    choice: bool | None = None
    """Whether the user opened or folded it; None while the timeline decides."""
    open: bool = False
    first: int = 0
    """The column at the left edge, if not all fit."""

    def add(self, test: Test) -> None:
        """Add a collected test, which waits."""
        if test not in self.column_of:
            self.column_of[test] = len(self.columns)
            self.columns.append(test)
            self.severity.append(SEVERITY[test.outcome])
            self.revision += 1

    def start(self, test: Test) -> None:
        """The test runs: move it after the tests that ran before it."""
        self.add(test)
        here, there = self.column_of[test], self.started
        if here < there:
            return
        if here != there:
            other = self.columns[there]
            self.columns[here], self.columns[there] = other, test
            self.column_of[other], self.column_of[test] = here, there
            self.severity[here] = SEVERITY[other.outcome]
        self.severity[there] = SEVERITY[test.outcome]
        self.started += 1
        self.began_at = self.began_at or test.started
        self.revision += 1

    def note(self, test: Test) -> None:
        """Update the test's outcome."""
        column = self.column_of.get(test)
        if column is None:
            return
        severity = SEVERITY[test.outcome]
        if self.severity[column] != severity:
            self.severity[column] = severity
        self.ended_at = max(self.ended_at, test.ended or test.started)
        self.revision += 1

    def lane(self, life: FixtureLife, by_worker: bool) -> Lane:
        """The lane that shows the life."""
        worker = life.worker if by_worker and life.definition.scope != "function" else ""
        key = (life.definition, worker)
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = Lane(life.definition, worker)
        return lane

    def mark(self, kind: TableEventKind, test: Test) -> None:
        """Add a table event during the test."""
        column = self.column_of.get(test)
        if column is not None:
            marks = self.marks.setdefault(kind, {})
            marks[column] = marks.get(column, 0) + 1
            self.revision += 1

    def mark_dirty(self, test: Test) -> None:
        """The test started with leftover rows."""
        column = self.column_of.get(test)
        if column is not None:
            self.dirty.add(column)
            self.revision += 1

    # -- queries -----------------------------------------------------------------------------------------------

    def ordered_lanes(self) -> list[Lane]:
        """The lanes, widest scope first; within a scope by first setup."""
        return sorted(self.lanes.values(), key=lambda lane: (lane.definition.width, lane.worker))

    def count(self, outcome: Outcome) -> int:
        return self.severity.count(SEVERITY[outcome])

    @property
    def bad(self) -> int:
        """Number of tests that failed in any way."""
        return sum(self.count(outcome) for outcome in BY_SEVERITY if outcome.bad)

    @property
    def done(self) -> bool:
        """Whether no test waits or runs."""
        return not (self.count(Outcome.WAITING) or self.count(Outcome.RUNNING))

    def first_bad(self) -> Test | None:
        """The failing test that ran first."""
        return next(
            (test for test, rank in zip(self.columns, self.severity, strict=True) if rank > WORST_OF_GOOD), None
        )
