"""Fold reads: the tables that tests read, and whose leftover rows were there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..ledger import Leftovers, TableRows
from ..rows import ResidueRead, ResidueTotal, TableRead
from .registry import folds
from .rows import total_of

if TYPE_CHECKING:
    from ..run import Run, Worker
    from ..test import Test

STRENGTH = {"match": 1, "key": 2, "scan": 3, "clash": 4}
"""Of the ways in which a table is read: the higher, the more rows of others can matter."""
MET_NAMED = 5
"""How many authors a test keeps for a table in which it read their rows."""


@folds(ev.TablesRead)
def tables_read(run: Run, worker: Worker, at: float, fact: ev.TablesRead) -> None:
    test = run.tests.get(fact.unit.nodeid)
    if test is None:
        return
    database = worker.databases.get(fact.database)
    label = database.label if database is not None else f"database {fact.database}"
    for table in fact.tables:
        known = test.tables_read.get((label, table))
        if known is not None and STRENGTH.get(known.how, 0) >= STRENGTH.get(fact.how, 0):
            continue
        read = TableRead(label, table, fact.unit, fact.place, inexact=fact.inexact, how=fact.how, emptied=fact.emptied)
        test.tables_read[label, table] = read
        rows = worker.rows.get(fact.database, {}).get(table)
        if rows is not None and not fact.emptied and fact.unit.phase != "teardown":
            _record_residue(run, test, read, rows)


def _record_residue(run: Run, test: Test, read: TableRead, rows: TableRows) -> None:
    """Record whose leftover rows were in the table: neither the test's own, nor those of a wide fixture. Reads during
    teardown do not count, because they clean up."""
    left = rows.leftovers(test)
    if left is None:
        return
    met = ResidueRead(
        read=read,
        shares=left.shares[:MET_NAMED],
        others=left.unknown + max(len(left.shares) - MET_NAMED, 0),
        intended=left.intended,
        inexact=left.inexact,
        since=left.entries[0].at,
    )
    test.residue_met[read.database, read.table] = met
    if left.totals is None:
        left.totals = _totals(run, rows, left)
    for total in left.totals:
        total.readers[test] = met


def _totals(run: Run, rows: TableRows, left: Leftovers) -> list[ResidueTotal]:
    """The totals of their known authors, which count at least these rows."""
    totals: dict[ResidueTotal, None] = {}
    for entry in left.entries:
        if entry.author.known:
            total = total_of(run, rows, entry)
            total.rows = max(total.rows, entry.rows)
            totals[total] = None
    return list(totals)
