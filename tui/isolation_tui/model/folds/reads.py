"""Fold reads: the tables that tests read, and whose leftover rows were there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..authors import Author
from ..ledger import StandingRows, TableRows
from ..rows import AuthorShare, ResidueRead, TableRead
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
    standing = [entry for entry in rows.standing() if entry.test is not test]
    left = sorted((entry for entry in standing if not entry.intended), key=_age)
    if not left:
        return
    shares: dict[Author, AuthorShare] = {}
    for entry in left:
        known = shares.get(entry.author)
        if known is None:
            shares[entry.author] = AuthorShare(entry.author, entry.rows, entry.place, False, way=entry.way)
        else:
            number, way = known.rows + entry.rows, known.way or entry.way
            shares[entry.author] = AuthorShare(entry.author, number, known.place, False, way=way)
    named = tuple(share for share in shares.values() if share.author.known)[:MET_NAMED]
    inexact = rows.inexact or any(entry.inexact for entry in left)
    met = ResidueRead(
        read=read,
        shares=named,
        others=len(shares) - len(named),
        intended=len(left) < len(standing),
        inexact=inexact,
        since=left[0].at,
    )
    test.residue_met[read.database, read.table] = met
    for entry in left:
        if entry.author.known:
            total = total_of(run, rows, entry)
            total.rows = max(total.rows, entry.rows)
            total.readers[test] = met


def _age(entry: StandingRows) -> float:
    return entry.at
