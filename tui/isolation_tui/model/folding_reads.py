"""Folding what tests read, and what a real count of their rows said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from .rows import Read

if TYPE_CHECKING:
    from .run import Run, Worker


def tables_read(run: Run, worker: Worker, at: float, fact: ev.TablesRead) -> None:
    test = run.tests.get(fact.unit.nodeid)
    if test is None:
        return
    database = worker.databases.get(fact.database)
    label = database.label if database is not None else f"database {fact.database}"
    for table in fact.tables:
        test.tables_read.setdefault((label, table), Read(label, table, fact.unit, fact.place, fact.inexact))


def rows_counted(run: Run, worker: Worker, at: float, fact: ev.RowsCounted) -> None:
    test = run.tests.get(fact.nodeid)
    if test is not None:
        test.rows_counted.append(fact)
