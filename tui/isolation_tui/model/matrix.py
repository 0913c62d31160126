"""The matrix of tables and tests: what each test did to each table, in the MetaData and in the database.

Whether all tests share one registration, or each has a new one, can be seen in the cells of a row
(:meth:`Matrix.cell`) and in its totals (:meth:`Matrix.totals`). Tables of one name are one row, in whichever MetaData
or database they are: a suite that makes an engine for each test would otherwise have a row for each test.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

from .run import Run
from .tables import TableEvent, TableEventKind
from .test import Attempt, Test


class Layer(Enum):
    """The two places where a table can be."""

    METADATA = "MetaData"
    DATABASE = "database"


class Mark(Enum):
    """The content of a cell. The first four are about the MetaData, KEPT and the last three about the database."""

    KEPT = "kept"
    """It was there before the test, and the test did not change it."""
    NEW = "new"
    """Registered during the test."""
    REFUSED = "refused"
    """A second definition was refused."""
    CLEARED = "cleared"
    """Removed from its MetaData by ``clear`` or ``remove``."""
    CREATED = "created"
    DROPPED = "dropped"
    REBUILT = "rebuilt"
    """Created and dropped in one test, in either order."""


_LAYER_OF = {
    TableEventKind.REGISTERED: Layer.METADATA,
    TableEventKind.REFUSED: Layer.METADATA,
    TableEventKind.CLEARED: Layer.METADATA,
    TableEventKind.REMOVED: Layer.METADATA,
    TableEventKind.CREATED: Layer.DATABASE,
    TableEventKind.DROPPED: Layer.DATABASE,
}
_TAKEN_OUT = (TableEventKind.CLEARED, TableEventKind.REMOVED)

_REMEMBERED = 1_000
"""Number of tests whose events are kept sorted by table, because those on screen are drawn repeatedly."""

_Tables = dict[str, list[TableEvent]]


@dataclass(slots=True)
class Totals:
    """The totals of one row, over the tests that have ended.

    ``brought`` is the number of tests during which it was registered (or created in the database), ``outside`` how
    often that happened outside any test, as at import. ``held`` is the number of tests that had it.
    """

    layer: Layer
    brought: int = 0
    outside: int = 0
    workers: int = 1
    """How many processes (of pytest-xdist) brought it."""
    held: int = 0
    refused: int = 0
    taken: int = 0
    """Number of tests during which it was cleared or removed, or dropped from the database."""

    @property
    def times(self) -> int:
        return self.brought + self.outside

    @property
    def fresh(self) -> bool:
        """Whether every test that had it had a new one."""
        return self.held > 1 and self.brought == self.held

    @property
    def shared(self) -> bool:
        """Whether tests used what another test, or an import, registered or created."""
        return self.held > max(1, self.brought)

    def words(self) -> str:
        """``registered once, used by 36 tests, refused 22x``: the row in words."""
        verb = "registered" if self.layer is Layer.METADATA else "created"
        tests = "1 test" if self.held == 1 else f"{self.held} tests"
        if self.fresh:
            text = f"{verb} new for each of {tests}"
        elif not self.times:
            text = f"found by {tests}" if self.held else f"never {verb}"
        else:
            often = "once" if self.times == 1 else f"{self.times}x"
            if 1 < self.workers == self.times:
                often = f"once in each of {self.workers} workers"
            text = f"{verb} {often}, used by {tests}"
        if self.refused:
            text += f", refused {self.refused}x"
        if self.taken and self.layer is Layer.METADATA:
            text += f", cleared {self.taken}x"
        return text


@dataclass(slots=True)
class _Row:
    brought: int = 0
    workers: set[str] = field(default_factory=set)
    outside: int = 0
    refused: int = 0
    taken: int = 0
    extra: int = 0
    """Tests that had it neither at their start nor at their end."""


class Matrix:
    """The matrix of a run. Call :meth:`update` first; it reads only what is new since the last call.

    With a ``file``, only the tests of that file are added up.
    """

    def __init__(self, run: Run, file: str | None = None) -> None:
        self.run = run
        self.file = file
        self.tables: dict[Layer, list[str]] = {Layer.METADATA: [], Layer.DATABASE: []}
        """Table names by layer, in the order in which they were first seen."""
        self.holders: dict[Layer, dict[str, None]] = {Layer.METADATA: {}, Layer.DATABASE: {}}
        """Labels of the MetaData and of the databases that were seen, in order (an ordered set)."""
        self._rows: dict[Layer, dict[str, _Row]] = {Layer.METADATA: {}, Layer.DATABASE: {}}
        self._edges: dict[Layer, Counter[frozenset[str]]] = {Layer.METADATA: Counter(), Layer.DATABASE: Counter()}
        self._held: dict[Layer, tuple[int, Counter[str]]] = {}
        self._by_test: dict[str, tuple[Attempt, int, dict[Layer, _Tables]]] = {}
        self._events_seen = 0
        self._tests_seen = 0
        self._unfinished: list[Test] = []
        self._ended = 0
        self._left = False

    # -- growing -----------------------------------------------------------------------------------------------

    @property
    def behind(self) -> bool:
        """Whether a limited update left something for the next."""
        return self._events_seen < len(self.run.table_events) or bool(self._left)

    def update(self, limit: int = 0) -> bool:
        """Add what is new in the run; True if anything here changed.

        ``limit`` bounds how many facts one call reads (0: all), so that a long run does not block the screen.
        """
        run = self.run
        changed = self.behind or self._tests_seen < len(run.order)
        room = limit or len(run.table_events) + 1
        new = run.table_events[self._events_seen : self._events_seen + room]
        for event in new:
            test = run.tests.get(event.unit.nodeid)
            if test is None or self._counts(test):
                self._see(event)
        self._events_seen += len(new)
        room -= len(new)
        self._left = False
        self._unfinished.extend(filter(self._counts, run.order[self._tests_seen :]))
        self._tests_seen = len(run.order)
        waiting = []
        for at, test in enumerate(self._unfinished):
            if room <= 0 and limit:
                self._left = True
                waiting.extend(self._unfinished[at:])
                break
            if test.outcome.ended and (test.ended or run.finished):
                self._add_up(test)
                room -= 1 + len(test.table_events)
                changed = True
            else:
                waiting.append(test)
        self._unfinished = waiting
        return changed

    def _counts(self, test: Test) -> bool:
        return self.file is None or test.file == self.file

    def _see(self, event: TableEvent) -> None:
        layer = _LAYER_OF.get(event.kind)
        if layer is None:
            return
        row = self._row(layer, event.table)
        self.holders[layer][event.holder] = None
        if event.kind is TableEventKind.REFUSED:
            row.refused += 1
        if event.kind in (TableEventKind.REGISTERED, TableEventKind.CREATED):
            row.workers.add(event.worker)
            row.outside += event.unit.nodeid not in self.run.tests

    def _add_up(self, test: Test) -> None:
        """Add one ended test to the rows' totals."""
        self._ended += 1
        happened = _by_table(test)
        for layer in Layer:
            start, end = _edges(test, layer)
            had = start | end
            self._edges[layer][had] += 1
            for table in had:
                if table not in self._rows[layer]:
                    self._row(layer, table)
            for table, events in happened[layer].items():
                row = self._row(layer, table)
                kinds = {event.kind for event in events}
                if TableEventKind.REGISTERED in kinds or TableEventKind.CREATED in kinds:
                    row.brought += 1
                    row.extra += table not in had
                if TableEventKind.DROPPED in kinds or not kinds.isdisjoint(_TAKEN_OUT):
                    row.taken += 1

    def _row(self, layer: Layer, table: str) -> _Row:
        known = self._rows[layer].get(table)
        if known is None:
            known = self._rows[layer][table] = _Row()
            self.tables[layer].append(table)
        return known

    # -- questions ---------------------------------------------------------------------------------------------

    def cell(self, layer: Layer, table: str, test: Test) -> Mark | None:
        """What ``test`` did to ``table``; None if the table was not there."""
        events = self._events_of(test)[layer].get(table)
        if events:
            kinds = {event.kind for event in events}
            if layer is Layer.DATABASE:
                if len(kinds) == 2:
                    return Mark.REBUILT
                return Mark.CREATED if TableEventKind.CREATED in kinds else Mark.DROPPED
            if TableEventKind.REFUSED in kinds:
                return Mark.REFUSED
            return Mark.NEW if TableEventKind.REGISTERED in kinds else Mark.CLEARED
        sets = test.latest.metadata_at_start if layer is Layer.METADATA else test.latest.database_at_start
        return Mark.KEPT if any(held.get(table) for held in sets.values()) else None

    def events(self, layer: Layer, table: str, test: Test) -> list[TableEvent]:
        """What happened to ``table`` during ``test``, in order of time."""
        return self._events_of(test)[layer].get(table, [])

    def origin(self, layer: Layer, table: str, test: Test) -> TableEvent | None:
        """The last registration (or creation) of the table before ``test`` started, in its process."""
        comes = TableEventKind.REGISTERED if layer is Layer.METADATA else TableEventKind.CREATED
        return self.run.table_history.last((comes,), test.worker, table, until=test.latest.started)

    def totals(self, layer: Layer, table: str) -> Totals:
        """The totals of the row."""
        row = self._rows[layer].get(table, _Row())
        held = self._held_counts(layer)[table] + row.extra
        return Totals(
            layer=layer,
            brought=row.brought,
            outside=row.outside,
            workers=len(row.workers),
            held=held,
            refused=row.refused,
            taken=row.taken,
        )

    def _held_counts(self, layer: Layer) -> Counter[str]:
        # Most tests have the same set, so counting sets first is far cheaper than counting the tables of each test.
        cached = self._held.get(layer)
        if cached is None or cached[0] != self._ended:
            counts: Counter[str] = Counter()
            for tables, number in self._edges[layer].items():
                for table in tables:
                    counts[table] += number
            cached = self._held[layer] = (self._ended, counts)
        return cached[1]

    def _events_of(self, test: Test) -> dict[Layer, _Tables]:
        known = self._by_test.get(test.nodeid)
        if known is not None and known[:2] == (test.latest, len(test.table_events)):
            return known[2]
        if len(self._by_test) >= _REMEMBERED:
            self._by_test.clear()
        found = _by_table(test)
        self._by_test[test.nodeid] = (test.latest, len(test.table_events), found)
        return found


def _by_table(test: Test) -> dict[Layer, _Tables]:
    found: dict[Layer, _Tables] = {Layer.METADATA: {}, Layer.DATABASE: {}}
    for event in test.table_events:
        layer = _LAYER_OF.get(event.kind)
        if layer is not None:
            found[layer].setdefault(event.table, []).append(event)
    return found


def _edges(test: Test, layer: Layer) -> tuple[frozenset[str], frozenset[str]]:
    if layer is Layer.METADATA:
        return _union(test.metadata_at_start), _union(test.metadata_at_end)
    return _union(test.database_at_start), _union(test.database_at_end)


def _union(sets: dict[str, frozenset[str]]) -> frozenset[str]:
    held = [tables for tables in sets.values() if tables]
    return held[0] if len(held) == 1 else frozenset().union(*held)


def columns(run: Run, file: str | None = None) -> list[tuple[str, list[Test]]]:
    """Tests that have started, by file, in the order in which they ran."""
    files: dict[str, list[Test]] = {}
    for test in run.order:
        if file is None or test.file == file:
            files.setdefault(test.file, []).append(test)
    return list(files.items())
