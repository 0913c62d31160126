"""Count the rows that a statement wrote, as far as that is known without a query.

* insertmanyvalues: dispatched once, when all batches have been sent and their rows fetched; or, with events, for each
  batch, whose parameters differ by version, and before SQLite has counted what is not fetched yet.
* SQLite's ``total_changes`` counts every row that the connection wrote. Rows of a RETURNING are counted when they have
  been fetched: aiosqlite has done so when the statement is dispatched.
* Some drivers count the last set of parameters alone, or nothing.
"""

import weakref
from typing import Any, Sequence

from . import sql_writes as sql
from .commit_ledger import Cell, Ledger, add
from .drivers import WRAPPED, has_several_values, rows_returned
from .primary_keys import deleted

_UNKNOWN = 2**63


class Written:
    """One statement that was executed. ``batched``: by insertmanyvalues, of which ``whole`` says that
    all batches have been sent."""

    __slots__ = ("batched", "context", "cursor", "many", "parameters", "shape", "whole")

    def __init__(
        self, shape: sql.Shape, cursor: Any, parameters: Any, context: Any, many: bool, batched: bool, whole: bool
    ) -> None:
        self.shape, self.cursor, self.parameters, self.context = shape, cursor, parameters, context
        self.many, self.batched, self.whole = many, batched, batched and whole


def count(written: Written, ledger: Ledger, cell: Cell, dbapi: Any, primary: Any) -> None:
    """Add the rows to ``cell``. ``primary`` are the columns of the table's primary key, None where they are not known;
    ``dbapi`` is SQLite's own connection, or another database's."""
    shape = written.shape
    if shape.vague or (shape.several and not ledger.lite):
        cell.inexact = True
    if ledger.lite:
        if shape.returning and not written.whole:
            _fetched_later(written, ledger, cell, dbapi)
            return
        rows = _of_lite(written, ledger, cell, dbapi)
    else:
        rows = _of_server(written, ledger, cell)
    gone: Sequence[str] = ()
    if shape.by and primary is not None and rows == (len(written.parameters) if written.many else 1):
        gone = deleted(shape.by, written.parameters, written.many, primary)
    add(cell, shape.verb, rows, gone)


def count_at_once(ledger: Ledger, cell: Cell, dbapi: Any, verb: str, rows: int) -> bool:
    """The usual case on SQLite, a statement that is ``simple``. False where it takes more to tell."""
    if rows < 0 or ledger.unsure is not None:
        return False
    ledger.expected += rows
    ledger.last = cell
    if ledger.expected != dbapi.total_changes:
        ledger.compare(dbapi.total_changes)
    if verb == "insert":  # a hundred thousand of them may come
        cell.inserted += rows
        cell.kept += rows
    else:
        add(cell, verb, rows)
    return True


def _of_lite(written: Written, ledger: Ledger, cell: Cell, dbapi: Any) -> int:
    changes = dbapi.total_changes
    rows: int = written.cursor.rowcount
    if written.whole or (written.batched and rows <= 0):
        rows = _batched(written, ledger)
    if rows < 0:  # Python's sqlite3 takes it for no write: it begins with WITH, or with a comment
        rows = max(changes - ledger.expected, 0)
        cell.inexact = cell.inexact or ledger.unsure is not None
    elif ledger.unsure is not None:
        ledger.compare(changes - rows)
    ledger.expected += rows
    ledger.last = cell
    if ledger.expected != changes:
        ledger.compare(changes)
    return rows


def _fetched_later(written: Written, ledger: Ledger, cell: Cell, dbapi: Any) -> None:
    verb = written.shape.verb
    if ledger.lite == WRAPPED and not getattr(written.cursor, "server_side", False):
        rows = dbapi.total_changes - ledger.expected
        if ledger.unsure is not None or (verb == sql.INSERT and rows > _most(written)):
            cell.inexact = True  # a trigger's may be among them
        ledger.compare(dbapi.total_changes)
        add(cell, verb, max(rows, 0))
        return
    ledger.compare(dbapi.total_changes)  # of what came before
    rows = _batched(written, ledger) if written.batched else 0
    ledger.expected += rows
    ledger.last, ledger.unsure = cell, (cell, verb)
    cell.unsure = not rows
    add(cell, verb, rows)


def _most(written: Written) -> int:
    """How many rows an INSERT can have written, if only its own."""
    compiled = written.context.compiled
    if compiled is None or getattr(compiled, "isplaintext", False) or not getattr(compiled, "isinsert", False):
        return _UNKNOWN
    statement = compiled.statement
    if getattr(statement, "select", None) is not None or has_several_values(statement):
        return _UNKNOWN
    return len(written.context.compiled_parameters)


def _of_server(written: Written, ledger: Ledger, cell: Cell) -> int:
    shape, many, rows = written.shape, written.many, written.cursor.rowcount
    if written.batched:
        return int(rows) if rows > 0 and not written.whole else _batched(written, ledger)
    if rows < 0 or (many and rows != len(written.parameters)):
        if rows < 0 or shape.verb == sql.INSERT:  # some drivers count the last set of parameters alone
            rows = len(written.parameters) if many else 1
        if not (many and shape.verb == sql.INSERT and not shape.several and not shape.lenient):
            cell.inexact = True
    return int(rows)


def _batched(written: Written, ledger: Ledger) -> int:
    """Once for each context, as it may come with every batch."""
    context = written.context
    if ledger.counted is not None and ledger.counted() is context:
        return 0
    ledger.counted = weakref.ref(context)
    returned = rows_returned(context) if written.whole else None
    return len(returned if returned is not None else context.compiled_parameters)
