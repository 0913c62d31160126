"""Folding what units write into tables: what each test found, wrote and left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..authors import UNKNOWN, Author, author_of
from ..rows import (
    KEYS_KEPT,
    ResidueTotal,
    RowsAtStart,
    RowsLeft,
    RowWrite,
    StandingRows,
    TableBeforeFirstWrite,
    TableRows,
    Verified,
)
from .registry import folds

if TYPE_CHECKING:
    from ..run import Run, Worker
    from ..test import Test

MOST_WRITTEN = 200
"""How many entries a test's list of what was written holds at most."""


@folds(ev.RowsWritten)
def rows_written(run: Run, worker: Worker, at: float, fact: ev.RowsWritten) -> None:
    table = _table(worker, fact.database, fact.table)
    test = run.tests.get(fact.unit.nodeid)
    _note(test, table, fact)
    if test is not None:
        test.tables_written[fact.database, fact.table] = None
        if (table.database, table.table) not in test.tables_before:
            test.tables_before[table.database, table.table] = _before(run, worker, table, test)
    table.touch(worker.starts)
    if fact.settled:
        table.close(fact.unit)
    elif fact.inserted:
        table.inserted += fact.inserted
        if table.first is None:
            table.first = fact
    if fact.state == "rolled back":
        return
    is_open = fact.state == "open"
    if not is_open:
        if fact.emptied:
            table.clear()
        if fact.taken:
            table.take(fact.taken, test, fact.gone)
        if fact.inexact and not fact.kept:
            table.inexact = True
    if fact.kept > 0:
        life = worker.lives.get(fact.unit.life)
        entry = StandingRows(fact.unit, fact.place, at, fact.kept, life, test, fact.inexact, fact.escape, is_open)
        entry.author = author_of(run, worker.name, fact.unit, fact.place)
        entry.attempt = test.attempt if test is not None else 0
        entry.way, entry.keys = _way(fact), tuple(fact.keys)[:KEYS_KEPT]
        table.add(entry)
        if fact.unit.life:
            worker.tables_of_life.setdefault(fact.unit.life, {})[table] = None
        if fact.unit.life and life is None:
            worker.nameless.setdefault(fact.unit.life, []).append((table, entry))


def _note(test: Test | None, table: TableRows, fact: ev.RowsWritten) -> None:
    """In the test's own list; what was open there is replaced by what became of it."""
    if test is None:
        return
    if fact.settled:
        test.latest.rows_written = [
            written
            for written in test.rows_written
            if (written.state, written.unit, written.table, written.database)
            != ("open", fact.unit, table.table, table.database)
        ]
    if len(test.rows_written) < MOST_WRITTEN:
        test.rows_written.append(
            RowWrite(
                table.database, table.table, fact.inserted, fact.updated, fact.deleted, fact.state, fact.unit,
                fact.place, fact.inexact, fact.escape, _way(fact), tuple(fact.keys)[:KEYS_KEPT],
            )
        )  # fmt: skip


def _way(fact: ev.RowsWritten) -> str:
    return fact.way or ("savepoint" if fact.escape else "")


def _before(run: Run, worker: Worker, table: TableRows, test: Test) -> TableBeforeFirstWrite:
    """What the test has not written to yet."""
    standing = sum(entry.rows for entry in table.standing() if entry.test is not test)
    if table.first is None:
        return TableBeforeFirstWrite(standing, 0, UNKNOWN, ev.Place())
    first = table.first
    author = author_of(run, worker.name, first.unit, first.place)
    return TableBeforeFirstWrite(standing, table.inserted, author, first.place)


def fixture_known(run: Run, worker: Worker, life_id: int) -> None:
    """A fixture's set-up has ended: what it wrote came a moment before."""
    for table, entry in worker.nameless.pop(life_id, ()):
        entry.life = worker.lives.get(life_id)
        entry.author = author_of(run, worker.name, entry.unit, entry.place)
        table.forget()


def fixture_goes(run: Run, worker: Worker, life_id: int) -> None:
    """A wide fixture has ended: rows that it leaves are intended no more."""
    life, tables = worker.lives.get(life_id), worker.tables_of_life.pop(life_id, {})
    if life is None or life.definition.scope == "function":
        return
    for table in tables:
        mine = [entry for entry in table.standing() if entry.life is life]
        if mine:
            table.touch(worker.starts)
        for entry in mine:
            if not entry.open:
                tally_of(run, table, entry).rows += entry.rows


@folds(ev.DatabasesUsed)
def databases_used(run: Run, worker: Worker, at: float, fact: ev.DatabasesUsed) -> None:
    """Only now is it known in which databases it could find anything."""
    test = run.tests.get(fact.nodeid)
    if test is None:
        return
    known = [worker.databases[number] for number in fact.databases if number in worker.databases]
    test.latest.databases_used = tuple(database.label for database in known)
    found = []
    for number in fact.databases:
        for table in worker.rows.get(number, {}).values():
            stood = table.at_start if table.begun == worker.starts else table.found()
            if stood is not None:
                found.append(stood)
                if stood.dirty:
                    _meet(run, table, stood, test)
    test.latest.rows_found = tuple(found)
    if test.dirty_start:
        run.dirty_starts[test] = None


def _meet(run: Run, table: TableRows, stood: RowsAtStart, test: Test) -> None:
    """The test started with rows of these authors: those named, and those whose rows still stand."""
    rows: dict[Author, int] = {}
    for entry in table.standing():
        if entry.at < test.latest.started and not (entry.intended or entry.open):
            rows[entry.author] = rows.get(entry.author, 0) + entry.rows
    rows.update((share.author, share.rows) for share in stood.shares if not share.intended)
    for name in rows:
        tally = run.residue.get((name, table.database, table.table))
        if tally is None:
            place = next((share.place for share in stood.shares if share.author == name), ev.Place())
            tally = run.residue[name, table.database, table.table] = ResidueTotal(
                name, table.database, table.table, place
            )
        tally.rows = max(tally.rows, rows[name])
        tally.met += 1


@folds(ev.RowsCounted)
def rows_counted(run: Run, worker: Worker, at: float, fact: ev.RowsCounted) -> None:
    """A test's end. Of a table that was not seen to be created, the first count tells what was there before."""
    test = run.tests.get(fact.nodeid)
    if test is None:
        return
    counted: dict[str, int | None] = dict(fact.rows)
    if fact.why_not:
        counted = {name: None for number, name in test.tables_written if number == fact.database}
    database = worker.databases.get(fact.database)
    for name, rows in counted.items():
        table = _table(worker, fact.database, name)
        stands = sum(entry.rows for entry in table.standing() if not entry.open)
        if table.before is None and rows is not None:
            was_created = database is not None and name in database.tables
            table.before = 0 if was_created else max(rows - stands, 0)
        test.verified.append(Verified(table.database, name, stands + (table.before or 0), rows, fact.why_not))


def test_ended(run: Run, worker: Worker, test: Test) -> None:
    """What stands of it, and of the fixtures that served it alone."""
    left: list[RowsLeft] = []
    seen: set[int] = set()
    for number, name in test.tables_written:
        table = worker.rows.get(number, {}).get(name)
        if table is None or id(table) in seen:
            continue
        seen.add(id(table))
        for entry in table.entries:
            ours = entry.test is test and entry.attempt == test.attempt
            if ours and (entry.life is None or entry.life.definition.scope == "function"):
                inexact = entry.inexact or table.inexact
                left.append(
                    RowsLeft(
                        table.database, table.table, entry.author, entry.rows, entry.place,
                        inexact, entry.open, entry.escape,
                    )
                )  # fmt: skip
                if not entry.open:
                    tally_of(run, table, entry).rows += entry.rows
    test.latest.rows_left = tuple(left)


def tally_of(run: Run, table: TableRows, entry: StandingRows) -> ResidueTotal:
    """What the entry's author left in that table in the course of the run."""
    key = (entry.author, table.database, table.table)
    tally = run.residue.get(key)
    if tally is None:
        tally = run.residue[key] = ResidueTotal(entry.author, table.database, table.table, entry.place)
    tally.inexact = tally.inexact or entry.inexact or table.inexact
    tally.way = tally.way or entry.way
    if entry.keys and len(tally.keys) < KEYS_KEPT:
        tally.keys = tuple(dict.fromkeys((*tally.keys, *entry.keys)))[:KEYS_KEPT]
    return tally


def tables_dropped(worker: Worker, fact: ev.TablesDropped) -> None:
    for name in fact.tables:
        table = worker.rows.get(fact.database, {}).get(name)
        if table is not None:
            table.touch(worker.starts)
            table.clear()
            table.first, table.inserted = None, 0


def tables_created(worker: Worker, fact: ev.TablesCreated) -> None:
    """A DROP that was rolled back brings back rows that were forgotten."""
    if fact.by == "rollback":
        for name in fact.tables:
            _table(worker, fact.database, name).inexact = True


def database_gone(worker: Worker, number: int) -> None:
    for table in worker.rows.pop(number, {}).values():
        table.clear()


def _table(worker: Worker, number: int, name: str) -> TableRows:
    tables = worker.rows.setdefault(number, {})
    known = tables.get(name)
    if known is None:
        database = worker.databases.get(number)
        known = tables[name] = TableRows(database.label if database is not None else f"database {number}", name)
    return known
