"""Fold rows: what each test found, wrote and left in tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..authors import UNKNOWN, Author, author_of
from ..ledger import KEYS_KEPT, StandingRows, TableRows
from ..rows import ResidueTotal, RowsAtStart, RowsLeft, RowWrite, TableBeforeFirstWrite, Verified
from .registry import folds

if TYPE_CHECKING:
    from ..run import Run, Worker
    from ..test import Test

MOST_WRITTEN = 200
"""How many writes of one test are kept."""


@folds(ev.RowsWritten)
def rows_written(run: Run, worker: Worker, at: float, fact: ev.RowsWritten) -> None:
    table = _table(worker, fact.database, fact.table)
    test = run.tests.get(fact.unit.nodeid)
    _add_write(test, table, fact)
    if test is not None:
        test.tables_written[fact.database, fact.table] = None
        if (table.database, table.table) not in test.tables_before:
            test.tables_before[table.database, table.table] = _before(run, worker, table, test)
    table.before_change(worker.starts)
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
            table.remove(fact.taken, test, fact.gone)
        if fact.inexact and not fact.kept:
            table.mark_inexact()
    if fact.kept > 0:
        life = worker.lives.get(fact.unit.life)
        entry = StandingRows(
            unit=fact.unit,
            place=fact.place,
            at=at,
            rows=fact.kept,
            life=life,
            test=test,
            inexact=fact.inexact,
            escape=fact.escape,
            open=is_open,
            attempt=test.attempt if test is not None else 0,
            author=author_of(run, worker.name, fact.unit, fact.place),
            way=_way(fact),
            keys=tuple(fact.keys[:KEYS_KEPT]),
        )
        table.add(entry)
        if fact.unit.life:
            worker.tables_of_life.setdefault(fact.unit.life, {})[table] = None
        if fact.unit.life and life is None:
            worker.nameless.setdefault(fact.unit.life, []).append((table, entry))


def _add_write(test: Test | None, table: TableRows, fact: ev.RowsWritten) -> None:
    """Add it to the test's writes; the outcome of a transaction replaces what was open."""
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
                database=table.database,
                table=table.table,
                inserted=fact.inserted,
                updated=fact.updated,
                deleted=fact.deleted,
                state=fact.state,
                unit=fact.unit,
                place=fact.place,
                inexact=fact.inexact,
                escape=fact.escape,
                way=_way(fact),
                keys=tuple(fact.keys[:KEYS_KEPT]),
            )
        )


def _way(fact: ev.RowsWritten) -> str:
    return fact.way or ("savepoint" if fact.escape else "")


def _before(run: Run, worker: Worker, table: TableRows, test: Test) -> TableBeforeFirstWrite:
    """The table before the test's first write to it."""
    standing = sum(entry.rows for entry in table.standing() if entry.test is not test)
    if table.first is None:
        return TableBeforeFirstWrite(standing, 0, UNKNOWN, ev.Place())
    first = table.first
    author = author_of(run, worker.name, first.unit, first.place)
    return TableBeforeFirstWrite(standing, table.inserted, author, first.place)


def fixture_known(run: Run, worker: Worker, life_id: int) -> None:
    """Name the author of what a fixture wrote during its set-up, which has just been reported."""
    for table, entry in worker.nameless.pop(life_id, ()):
        entry.life = worker.lives.get(life_id)
        entry.charge(author_of(run, worker.name, entry.unit, entry.place))
        table.refresh()


def fixture_ended(run: Run, worker: Worker, life_id: int) -> None:
    """Count the rows that a wide fixture leaves: from now on they are leftover rows."""
    life, tables = worker.lives.get(life_id), worker.tables_of_life.pop(life_id, {})
    if life is None or life.definition.scope == "function":
        return
    for table in tables:
        mine = [entry for entry in table.standing() if entry.life is life]
        if mine:
            table.before_change(worker.starts)
            table.refresh()
        for entry in mine:
            if not entry.open:
                total_of(run, table, entry).rows += entry.rows


@folds(ev.DatabasesUsed)
def databases_used(run: Run, worker: Worker, at: float, fact: ev.DatabasesUsed) -> None:
    """At a test's end: record what it found in the databases that it used."""
    test = run.tests.get(fact.nodeid)
    if test is None:
        return
    known = [worker.databases[number] for number in fact.databases if number in worker.databases]
    test.latest.databases_used = tuple(database.label for database in known)
    found = []
    for number in fact.databases:
        for table in worker.rows.get(number, {}).values():
            rows = table.at_start if table.begun == worker.starts else table.found()
            if rows is not None:
                found.append(rows)
                if rows.dirty and test not in run.dirty_starts:  # an earlier attempt was counted
                    _count_start(run, table, rows, test)
    test.latest.rows_found = tuple(found)
    if test.dirty_start:
        run.dirty_starts[test] = None


def _count_start(run: Run, table: TableRows, found: RowsAtStart, test: Test) -> None:
    """Count the test as one that started with rows of these authors: those named, and those whose rows remain."""
    unchanged = found is table.found()
    totals = table.start_totals if unchanged else None
    if totals is None:
        totals = _start_totals(run, table, found, test)
        if unchanged:
            table.start_totals = totals
    for total in totals:
        total.met += 1


def _start_totals(run: Run, table: TableRows, found: RowsAtStart, test: Test) -> list[ResidueTotal]:
    """The totals of these authors, which count at least the rows that the test found."""
    totals: list[ResidueTotal] = []
    rows: dict[Author, int] = {}
    for entry in table.standing():
        if entry.at < test.latest.started and not (entry.intended or entry.open):
            rows[entry.author] = rows.get(entry.author, 0) + entry.rows
    rows.update((share.author, share.rows) for share in found.shares if not share.intended)
    for author, number in rows.items():
        key = (author, table.database, table.table)
        total = run.residue.get(key)
        if total is None:
            place = next((share.place for share in found.shares if share.author == author), ev.Place())
            total = run.residue[key] = ResidueTotal(author, table.database, table.table, place)
        total.rows = max(total.rows, number)
        totals.append(total)
    return totals


@folds(ev.RowsCounted)
def rows_counted(run: Run, worker: Worker, at: float, fact: ev.RowsCounted) -> None:
    """Compare real counts at a test's end with the ledger. The first count of a table whose creation was not seen tells
    how many rows are from before the suite."""
    test = run.tests.get(fact.nodeid)
    if test is None:
        return
    counted: dict[str, int | None] = dict(fact.rows)
    if fact.why_not:
        counted = {name: None for number, name in test.tables_written if number == fact.database}
    database = worker.databases.get(fact.database)
    for name, rows in counted.items():
        table = _table(worker, fact.database, name)
        known = sum(entry.rows for entry in table.standing() if not entry.open)
        if table.before is None and rows is not None:
            was_created = database is not None and database.has(name)
            table.before = 0 if was_created else max(rows - known, 0)
        test.verified.append(
            Verified(
                database=table.database,
                table=name,
                ledger=known + (table.before or 0),
                counted=rows,
                why_not=fact.why_not,
            )
        )


def test_ended(run: Run, worker: Worker, test: Test) -> None:
    """Record the rows that remain of the test, and of the fixtures that served it alone."""
    left: list[RowsLeft] = []
    for number, name in test.tables_written:
        table = worker.rows.get(number, {}).get(name)
        for entry in table.entries if table is not None else ():
            ours = entry.test is test and entry.attempt == test.attempt
            if table is not None and ours and (entry.life is None or entry.life.definition.scope == "function"):
                left.append(_left(table, entry))
                if not entry.open:
                    total_of(run, table, entry).rows += entry.rows
    test.latest.rows_left = tuple(left)


def _left(table: TableRows, entry: StandingRows) -> RowsLeft:
    return RowsLeft(
        database=table.database,
        table=table.table,
        author=entry.author,
        rows=entry.rows,
        place=entry.place,
        inexact=entry.inexact or table.inexact,
        open=entry.open,
        escape=entry.escape,
    )


def total_of(run: Run, table: TableRows, entry: StandingRows) -> ResidueTotal:
    """What the entry's author left in that table over the run."""
    total = entry.total
    if total is None:
        key = (entry.author, table.database, table.table)
        total = run.residue.get(key)
        if total is None:
            total = run.residue[key] = ResidueTotal(entry.author, table.database, table.table, entry.place)
        entry.total = total
    total.inexact = total.inexact or entry.inexact or table.inexact
    total.way = total.way or entry.way
    if entry.keys and len(total.keys) < KEYS_KEPT:
        total.keys = tuple(dict.fromkeys((*total.keys, *entry.keys)))[:KEYS_KEPT]
    return total


def tables_dropped(worker: Worker, fact: ev.TablesDropped) -> None:
    for name in fact.tables:
        table = worker.rows.get(fact.database, {}).get(name)
        if table is not None:
            table.before_change(worker.starts)
            table.clear()
            table.first, table.inserted = None, 0


def tables_created(worker: Worker, fact: ev.TablesCreated) -> None:
    """Rows come back with a DROP that was rolled back, and the ledger has forgotten them."""
    if fact.by == "rollback":
        for name in fact.tables:
            _table(worker, fact.database, name).mark_inexact()


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
