"""From an observed run to the question of a hunt: what each test leaves, reads and cleans up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...diagnose import Finding
from ...model import Outcome, Run, StateResidue, Test
from ...model.tables import TableEventKind
from ..evidence import Questions, Weight, observed_signature, state_location
from ..question import Candidate
from ..trial import Location
from .question import HuntQuestion, LeftBehind, ObservedTest

MOST_SUSPECTS = 12

Tables = Mapping[str, frozenset[str]]


def hunt_question(run: Run, findings: Iterable[Finding] = (), *, seed: int = 0, orders: int = 8) -> HuntQuestion:
    """The question that a finished run raises. Tests that did not run to their end are left out."""
    questions = Questions(run, findings)
    tests = [test for test in run.order if test.outcome not in (Outcome.RUNNING, Outcome.UNKNOWN, Outcome.WAITING)]
    return HuntQuestion(
        tests=tuple(_observed(test, questions.suspects(test.nodeid)) for test in tests),
        left=tuple(dict.fromkeys(left for test in tests for left in _left(test))),
        reads={test.nodeid: places for test in tests if (places := tuple(dict.fromkeys(_read(test))))},
        cleans={test.nodeid: places for test in tests if (places := tuple(dict.fromkeys(_cleaned(test))))},
        not_run=len(run.tests) - len(tests),
        files=tuple(dict.fromkeys(test.file for test in run.tests.values())),
        seed=seed,
        orders=orders,
    )


def _observed(test: Test, suspects: tuple[Candidate, ...]) -> ObservedTest:
    return ObservedTest(
        nodeid=test.nodeid,
        worker=test.worker,
        passed=not test.outcome.bad,
        signature=observed_signature(test) if test.outcome.bad else "",
        suspects=suspects[:MOST_SUSPECTS],
    )


def _left(test: Test) -> Iterator[LeftBehind]:
    for rows in test.rows_left:
        location = Location("rows", rows.table, rows.database)
        reason = f"left rows in {rows.table}"
        yield LeftBehind(test.nodeid, _rows(rows.database, rows.table), location, reason, Weight.ROWS_READ)
    for write in test.rows_written:
        if write.state != "rolled back" and (write.updated or write.deleted):
            location = Location("rows", write.table, write.database)
            reason = f"changed or deleted rows of {write.table}"
            yield LeftBehind(test.nodeid, _rows(write.database, write.table), location, reason, Weight.ROWS_CHANGED)
    for entry in _last_changes(test):
        if entry.change != "restored":
            reason = f"changed {entry.what} {entry.name}"
            yield LeftBehind(test.nodeid, entry.location, state_location(entry), reason, Weight.STATE_THERE)
    yield from _tables(test.nodeid, "table", test.database_at_start, test.database_at_end)
    yield from _tables(test.nodeid, "metadata", test.metadata_at_start, test.metadata_at_end)


def _last_changes(test: Test) -> Iterable[StateResidue]:
    """The last change of each location during the test."""
    return {entry.location: entry for entry in test.state_changed}.values()


def _tables(nodeid: str, kind: str, start: Tables, end: Tables) -> Iterator[LeftBehind]:
    for holder in dict.fromkeys([*start, *end]):
        before, after = start.get(holder, frozenset()), end.get(holder, frozenset())
        for table in sorted(before ^ after):
            what = "left" if table in after else "removed"
            location = Location(kind, table, holder)
            yield LeftBehind(
                nodeid, f"{kind} {holder}.{table}", location, f"{what} {location.label}", Weight.TABLE_READ
            )


def _read(test: Test) -> Iterator[str]:
    for (database, table), read in test.tables_read.items():
        if not read.emptied:
            yield _rows(database, table)
        yield f"table {database}.{table}"
    for reach in test.state_in_reach:
        yield reach.location


def _cleaned(test: Test) -> Iterator[str]:
    for write in test.rows_written:
        if write.deleted and write.state != "rolled back":
            yield _rows(write.database, write.table)
    for event in test.table_events:
        if event.kind is TableEventKind.DROPPED:
            yield _rows(event.holder, event.table)
    for entry in _last_changes(test):
        if entry.change == "restored":
            yield entry.location


def _rows(database: str, table: str) -> str:
    return f"rows {database}.{table}"
