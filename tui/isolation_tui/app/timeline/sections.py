"""A section of the timeline: the tests of one file in the order they ran, and the lanes over them."""

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
"""Lanes of what befell tables, in the order in which they stand; only those that something is in are shown."""


@dataclass(eq=False)
class Section:
    """``columns`` are its tests: those that started, in run order, then those that wait. ``revision`` grows whenever
    it would be drawn differently."""

    file: str
    whole: bool = False
    """The section of the whole run, which holds what spans files."""
    columns: list[Test] = field(default_factory=list)
    column_of: dict[Test, int] = field(default_factory=dict)
    severity: bytearray = field(default_factory=bytearray)
    """One byte a column: the outcome, as :data:`isolation_tui.app.glyphs.SEVERITY` ranks it."""
    lanes: dict[tuple[object, str], Lane] = field(default_factory=dict)
    marks: dict[TableEventKind, dict[int, int]] = field(default_factory=dict)
    """Kind of table event -> column -> how many."""
    dirty: set[int] = field(default_factory=set)
    """Columns of tests that started with rows of others."""
    revision: int = 0
    started: int = 0
    active: int = 0
    began_at: float = 0.0
    ended_at: float = 0.0
    choice: bool | None = None
    """Open or folded by the user's own hand; None while the timeline decides."""
    open: bool = False
    first: int = 0
    """The column at the left edge where not all of them fit."""

    def add(self, test: Test) -> None:
        """A collected test; it waits."""
        if test not in self.column_of:
            self.column_of[test] = len(self.columns)
            self.columns.append(test)
            self.severity.append(SEVERITY[test.outcome])
            self.revision += 1

    def start(self, test: Test) -> None:
        """It runs now: it takes the column after those that ran before it."""
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
        """Its outcome may have changed."""
        column = self.column_of.get(test)
        if column is None:
            return
        severity = SEVERITY[test.outcome]
        if self.severity[column] != severity:
            self.severity[column] = severity
        self.ended_at = max(self.ended_at, test.ended or test.started)
        self.revision += 1

    def lane(self, life: FixtureLife, by_worker: bool) -> Lane:
        """The lane on which a life is drawn."""
        worker = life.worker if by_worker and life.definition.scope != "function" else ""
        key = (life.definition, worker)
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = Lane(life.definition, worker)
        return lane

    def mark(self, kind: TableEventKind, test: Test) -> None:
        """Something befell a table during the test."""
        column = self.column_of.get(test)
        if column is not None:
            marks = self.marks.setdefault(kind, {})
            marks[column] = marks.get(column, 0) + 1
            self.revision += 1

    def mark_dirty(self, test: Test) -> None:
        """It started with rows that others had left."""
        column = self.column_of.get(test)
        if column is not None:
            self.dirty.add(column)
            self.revision += 1

    # -- questions -----------------------------------------------------------------------------------------------

    def ordered_lanes(self) -> list[Lane]:
        """The widest scope on top; within a scope in the order in which they first lived."""
        return sorted(self.lanes.values(), key=lambda lane: (lane.definition.width, lane.worker))

    def count(self, outcome: Outcome) -> int:
        return self.severity.count(SEVERITY[outcome])

    @property
    def bad(self) -> int:
        """How many tests failed in any way."""
        return sum(self.count(outcome) for outcome in BY_SEVERITY if outcome.bad)

    @property
    def done(self) -> bool:
        """Whether nothing of it waits or runs."""
        return not (self.count(Outcome.WAITING) or self.count(Outcome.RUNNING))

    def first_bad(self) -> Test | None:
        """The failing test that ran first."""
        return next(
            (test for test, rank in zip(self.columns, self.severity, strict=True) if rank > WORST_OF_GOOD), None
        )
