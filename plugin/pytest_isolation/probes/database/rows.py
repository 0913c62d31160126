"""Count the rows that each unit inserts, updates and deletes, and whether they are committed; without a query.

Facts about SQLAlchemy (1.3 to 2.1) and its drivers that this rests on:

* Begin, commit and rollback are announced before the driver is called, statements after it (:mod:`.engine_hooks`). A
  commit counts when the next thing happens without an error in between.
* Savepoints are known from their statements, also in raw SQL.
* A connection let go of without ``close()`` has no rollback event, only the pool's ``reset``.
* SQLite: ``in_transaction`` after a statement tells whether it was committed by itself (AUTOCOMMIT; the release of a
  savepoint that had no BEGIN), ``total_changes`` whether rows were written without an event.
* PostgreSQL: a commit after an error undoes the transaction, without an error of its own.

Not seen: rows that raw cursors, triggers and cascades wrote (on SQLite the count beside them becomes inexact), stored
procedures, and a table renamed with rows in it. A commit on the driver's own connection makes the counts inexact where
the driver knows that no transaction is open.
"""

import functools
import sys
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ...recorder import Recorder
from . import drivers, primary_keys
from . import sql_writes as sql
from .commit_ledger import COMMITTED, ROLLED_BACK, Cell, Ledger, add
from .databases import Databases
from .databases_used import UsedDatabases
from .ddl import SchemaProbe
from .drivers import DIRECT, WRAPPED, autocommit, connection_of, in_transaction, transaction_open
from .enclosing_transactions import EnclosingTransactions
from .engine_hooks import EngineHooks, when_result_is_there
from .row_counts import Written, count, count_at_once
from .row_reporter import DDL, SAVEPOINT, RowReporter
from .statement_dispatch import sent

PROBE = "rows"

_DDL_COMMITS = frozenset(("mysql", "mariadb", "oracle"))
_WRITES = frozenset((sql.INSERT, sql.UPDATE, sql.DELETE, sql.TRUNCATE, sql.UNKNOWN))
_DEADLOCK = 1213
"""MySQL's number for it, which undoes the transaction."""


class RowsProbe:
    """Keeps a ledger for each connection, and hands what becomes of its rows to the reporter."""

    def __init__(self, recorder: Recorder, databases: Databases, in_batches: Any, hooked: bool) -> None:
        self._recorder = recorder
        self._databases = databases
        self.reporter = RowReporter(recorder)
        self._in_batches = in_batches  # SQLAlchemy's mark of insertmanyvalues; None before 2.0
        self._tapped = hooked
        self.use = UsedDatabases(recorder, databases)
        self.enclosing = EnclosingTransactions(recorder, databases)
        self._ledgers: Dict[int, Ledger] = {}
        """id of the driver's connection -> its ledger. The pool tells when a connection begins and ends."""
        self._uncertain: Dict[int, Ledger] = {}
        """Those whose commit was announced and may still fail."""
        self._pools_gone: List[int] = []
        self._names: Dict[Tuple[int, str], str] = {}
        """(database, table as it was written) -> its name there."""
        self.spelt: Dict[Tuple[int, str], str] = {}
        """(database, table) -> its name in a statement, with quotes."""
        self._quick = False
        """Whether a ledger may have a shortcut for the running unit."""
        self._primary: Dict[Tuple[int, str], Tuple[str, ...]] = {}
        """(database, table) -> the columns of its primary key, if known."""
        databases.when_pool_gone.append(self._pools_gone.append)

    def executed(
        self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: Optional[bool]
    ) -> None:
        dbapi = connection_of(conn)
        ledger = self._ledgers.get(id(dbapi))
        if ledger is not None and ledger.quick is not None and ledger.quick[0] is statement:
            _, cell, verb = ledger.quick
            if count_at_once(ledger, cell, dbapi, verb, cursor.rowcount):
                if not dbapi.in_transaction:
                    self._end(ledger, COMMITTED)
                return
        shape = sql.shape_of(statement)
        if shape is None:
            return
        if ledger is None or ledger.committing:
            ledger = self._ledger(conn, dbapi)
            if ledger is None:
                return
        verb = shape.verb
        parameters, many = sent(parameters, context, many)
        if ledger.lite == WRAPPED:
            dbapi = drivers.wrapped(dbapi)
        if verb in _WRITES:
            again = self._write(conn, ledger, dbapi, shape, cursor, parameters, context, many)
            ledger.quick = (statement, again, verb) if again is not None else None
            self._quick = self._quick or again is not None
            if ledger.lite:
                if not dbapi.in_transaction:
                    self._end(ledger, COMMITTED)
            elif autocommit(conn, dbapi) and not transaction_open(dbapi):
                self._end(ledger, COMMITTED)
        elif verb == sql.SAVEPOINT:
            ledger.savepoint(shape.table)
        elif verb == sql.RELEASE:
            self._look(ledger, dbapi)
            ledger.release(shape.table)
            if ledger.lite and not dbapi.in_transaction:
                self._end(ledger, COMMITTED, SAVEPOINT if in_transaction(conn) else "")
        elif verb == sql.ROLLBACK_TO:
            self._look(ledger, dbapi)
            ledger.aborted = False
            for cell in ledger.back_to(shape.table):
                self.reporter.transaction_ended(cell, ROLLED_BACK)
        elif verb in (sql.COMMIT, sql.ROLLBACK):
            self._look(ledger, dbapi)
            self._end(ledger, COMMITTED if verb == sql.COMMIT and not ledger.aborted else ROLLED_BACK)
        elif ledger.pending:
            self._end(ledger, COMMITTED, "" if autocommit(conn, dbapi) else DDL)

    def _write(
        self,
        conn: Any,
        ledger: Ledger,
        dbapi: Any,
        shape: sql.Shape,
        cursor: Any,
        parameters: Any,
        context: Any,
        many: bool,
    ) -> Optional[Cell]:
        """Where the rows went, if the same statement, sent again, may be counted there at once."""
        table = self._names.get((ledger.number, shape.table)) or self._name(conn, ledger.number, shape)
        cell, verb = self.reporter.cell(ledger, table), shape.verb
        if verb == sql.TRUNCATE:
            cell.inexact = cell.inexact or shape.vague
            cell.empty()
            return None
        if verb == sql.UNKNOWN:
            cell.inexact = True
            self._look(ledger, dbapi)
            return None
        batched = self._in_batches is not None and context.execute_style is self._in_batches
        if batched or not (shape.simple and ledger.lite and count_at_once(ledger, cell, dbapi, verb, cursor.rowcount)):
            primary = self._primary.get((ledger.number, table)) if shape.by else None
            count(
                Written(shape, cursor, parameters, context, many, batched, self._tapped), ledger, cell, dbapi, primary
            )
        if verb == sql.INSERT and not (shape.vague or shape.lenient) and self.reporter.wants_keys(cell):
            if context.compiled is not None and context.isinsert:
                self._when_keys_are_there(context, functools.partial(self._learn_keys, cell))
        elif shape.simple and ledger.lite == DIRECT and not batched:
            return cell
        return None

    def _when_keys_are_there(self, context: Any, learn: Any) -> None:
        learn = self._recorder.guarded(PROBE, learn)
        if self._recorder.patches.safe:
            learn(context)  # those among the parameters
        else:
            when_result_is_there(context, learn)

    def _learn_keys(self, cell: Cell, context: Any) -> None:
        """Of an INSERT whose result is there."""
        cell = cell.now
        columns, found = primary_keys.inserted(context, primary_keys.MOST_KEYS - len(cell.keys))
        self._primary[cell.database, cell.table] = columns
        if found:
            cell.know(found)

    def _name(self, conn: Any, number: int, shape: sql.Shape) -> str:
        """What the database calls the table: without the driver's doubled percent signs, unquoted names as PostgreSQL
        folds them."""
        table, written = shape.table, shape.written
        if "%%" in table and "format" in str(conn.dialect.paramstyle):
            table, written = table.replace("%%", "%"), written.replace("%%", "%")
        if conn.dialect.name == "postgresql" and not sql.is_quoted(written):
            table = table.lower()
        self._names[number, shape.table] = table
        self.spelt[number, table] = written
        return table

    def _ledger(self, conn: Any, dbapi: Any) -> Optional[Ledger]:
        """The ledger of a connection; a commit that was announced has succeeded by now."""
        known = self._ledgers.get(id(dbapi))
        if known is None:
            number = self._databases.number(conn) if dbapi is not None else None
            if number is None:
                return None
            known = self._ledgers[id(dbapi)] = Ledger(number, id(conn.engine.pool), id(dbapi), drivers.lite(dbapi))
        elif known.committing:
            known.committing = False
            self._end(known, COMMITTED, known.way)
        return known

    def committed(self, conn: Any, *_: Any, prepared: bool = False) -> None:
        dbapi = connection_of(conn)
        self.enclosing.ended(id(dbapi))
        ledger = self._ledgers.get(id(dbapi))
        if ledger is None or not ledger.pending:
            return
        dbapi = self._look(ledger, dbapi)
        if ledger.aborted:
            self._end(ledger, ROLLED_BACK)
        if not ledger.pending or (not prepared and self._ended_behind(ledger, dbapi)):
            return
        ledger.committing, ledger.way = True, self.enclosing.way(ledger) if self.enclosing.held else ""
        ledger.quick = None
        self._uncertain[id(ledger)] = ledger

    def rolled_back(self, conn: Any, *_: Any, prepared: bool = False) -> None:
        dbapi = connection_of(conn)
        self.enclosing.ended(id(dbapi))
        ledger = self._ledgers.get(id(dbapi))
        if ledger is not None and ledger.pending:
            dbapi = self._look(ledger, dbapi)
            if ledger.committing or prepared or not self._ended_behind(ledger, dbapi):
                self._undo(ledger)

    def _ended_behind(self, ledger: Ledger, dbapi: Any) -> bool:
        """Whether the suite committed or rolled back on the driver's own connection; which is not known."""
        if (dbapi.in_transaction if ledger.lite else transaction_open(dbapi)) is not False:
            return False
        for cell in self._end(ledger, COMMITTED):
            cell.now.inexact = True
        return True

    def _undo(self, ledger: Ledger) -> None:
        done, ledger.committing = ledger.committing, False
        self._end(ledger, COMMITTED if done else ROLLED_BACK, ledger.way if done else "")

    def reset(self, dbapi: Any, record: Any, *_: Any) -> None:
        """The connection comes back to its pool."""
        dbapi = drivers.driver_connection(dbapi, record)
        self.enclosing.ended(id(dbapi))
        ledger = self._ledgers.get(id(dbapi))
        if ledger is None or (not ledger.lite and not ledger.pending):
            return
        dbapi = self._look(ledger, dbapi)
        if ledger.pending:
            kept = drivers.kept_on_return(record)
            if kept:
                self._end(ledger, COMMITTED)
            elif kept is not None and (ledger.committing or not self._ended_behind(ledger, dbapi)):
                self._undo(ledger)

    def connected(self, dbapi: Any, record: Any) -> None:
        self._ledgers.pop(id(dbapi), None)
        self.enclosing.ended(id(dbapi))

    def closed(self, dbapi: Any, *_: Any) -> None:
        self.enclosing.ended(id(dbapi))
        ledger = self._ledgers.pop(id(dbapi), None)
        if ledger is not None and ledger.pending:
            self._undo(ledger)

    def failed(self, context: Any) -> None:
        """A statement, or a commit, raised."""
        conn, error = context.connection, context.original_exception
        if conn is None:
            return
        if id(conn.engine.pool) not in self.use.used:
            self.use(conn)
        dbapi = connection_of(conn)
        ledger = self._ledgers.get(id(dbapi))
        if context.statement is None:
            if ledger is not None:
                ledger.committing = False  # it was the commit: what was written is open still
            return
        if dbapi is None:
            return
        if ledger is not None and ledger.committing:
            ledger.committing = False
            self._end(ledger, COMMITTED, ledger.way)
        shape = sql.shape_of(context.statement)
        writes = shape is not None and shape.verb in _WRITES
        ledger = ledger or (self._ledger(conn, dbapi) if writes else None)
        if ledger is None:
            return
        if ledger.lite == WRAPPED:
            dbapi = drivers.wrapped(dbapi)
        if shape is not None and writes:
            self._half_written(conn, ledger, dbapi, shape, context)
        if ledger.pending:
            self._undone_by(error, ledger, dbapi, conn)

    def _half_written(self, conn: Any, ledger: Ledger, dbapi: Any, shape: sql.Shape, context: Any) -> None:
        """An executemany that failed half way has written the first half, where no transaction undoes it."""
        table = self._name(conn, ledger.number, shape)
        written = drivers.total(dbapi) if ledger.lite else None
        if written is not None:
            rows = written - ledger.expected
            if ledger.unsure is not None or rows < 0:
                ledger.compare(written)
            elif rows:
                cell = self.reporter.cell(ledger, table)
                add(cell, shape.verb, rows)
                ledger.expected = written
        elif conn.dialect.name != "postgresql" and getattr(context.execution_context, "executemany", False):
            cell = self.reporter.cell(ledger, table)
            cell.inexact = True

    def _undone_by(self, error: Any, ledger: Ledger, dbapi: Any, conn: Any) -> None:
        """Some errors end the transaction, or doom it."""
        name = conn.dialect.name
        if name == "postgresql":
            ledger.aborted = ledger.aborted or drivers.aborted(dbapi, error)
        elif name in _DDL_COMMITS:
            if getattr(error, "args", ())[:1] == (_DEADLOCK,):
                self._end(ledger, ROLLED_BACK)
        elif ledger.lite and not dbapi.in_transaction and in_transaction(conn) and not autocommit(conn, dbapi):
            self._end(ledger, ROLLED_BACK)  # INSERT OR ROLLBACK, a full disk

    def _end(self, ledger: Ledger, state: str, way: str = "") -> List[Cell]:
        if state == COMMITTED and not way and self.enclosing.held:
            way = self.enclosing.way(ledger)
        cells = ledger.take_all()
        for cell in cells:
            cell.way = way or cell.way
            self.reporter.transaction_ended(cell, state)
        return cells

    def _look(self, ledger: Ledger, dbapi: Any) -> Any:
        """Count what is certain now; the connection to be asked, SQLite's own where that is wrapped."""
        if not ledger.lite:
            return dbapi
        if ledger.lite == WRAPPED and not hasattr(dbapi, "in_transaction"):
            dbapi = drivers.wrapped(dbapi)
        written = drivers.total(dbapi)
        if written is not None:
            ledger.compare(written)
        return dbapi

    def ledgers_of(self, number: int) -> List[Ledger]:
        """Of the connections to one database that wrote, or might have."""
        return [ledger for ledger in list(self._ledgers.values()) if ledger.number == number]

    def dropped(self, number: int, tables: Sequence[str]) -> None:
        pending: List[Cell] = []
        for ledger in list(self._ledgers.values()):
            if ledger.number == number and (ledger.levels[0].cells or len(ledger.levels) > 1):
                pending += [cell for level in ledger.levels for cell in level.cells.values()]
        if pending or self.reporter.holds_any:
            for table in tables:
                self.reporter.dropped(number, table, pending)

    def flush(self) -> None:
        """The unit ends: emit its rows."""
        while self._uncertain:  # no error came: the commits have succeeded
            _, ledger = self._uncertain.popitem()
            if ledger.committing:
                ledger.committing = False
                self._end(ledger, COMMITTED, ledger.way)
        if self._quick:
            self._quick = False
            for ledger in list(self._ledgers.values()):
                ledger.quick = None
        self.reporter.flush()
        self.enclosing.unit_ends()

    def test_boundary(self) -> None:
        """A test starts or has ended."""
        self.use.test_boundary()
        if self._recorder.phase != "teardown" and len(self._names) + len(self._primary) > 2 * sql.MEMO_LIMIT:
            self._names.clear()
            self.spelt.clear()
            self._primary.clear()
        if self._pools_gone:
            gone, self._pools_gone[:] = list(self._pools_gone), []
            for connection, ledger in list(self._ledgers.items()):
                if ledger.pool in gone:
                    del self._ledgers[connection]


def wants(conn: Any, statement: str) -> bool:
    """Writes, and what ends a transaction or a savepoint; DDL where it does so."""
    if statement[:2] not in sql.MAY_MATTER:
        return False
    shape = sql.shape_of(statement)
    return shape is not None and (shape is not sql.PLAIN_DDL or conn.dialect.name in _DDL_COMMITS)


def arm(
    recorder: Recorder, sqlalchemy: Any, hooks: EngineHooks, databases: Databases, schema: SchemaProbe
) -> RowsProbe:
    """Listen to ``sqlalchemy``, the module as the suite imported it."""
    interfaces = sys.modules.get("sqlalchemy.engine.interfaces")
    styles = getattr(interfaces, "ExecuteStyle", None)
    probe = RowsProbe(recorder, databases, getattr(styles, "INSERTMANYVALUES", None), hooks.hooked)
    hooks.statements.when_first.append(recorder.guarded(PROBE, probe.use))
    hooks.statements.subscribe(PROBE, wants, probe.executed)
    hooks.listen(PROBE, "begin", probe.enclosing.begins)
    hooks.listen(PROBE, "commit", probe.committed)
    hooks.listen(PROBE, "rollback", probe.rolled_back)
    hooks.listen(PROBE, "commit_twophase", functools.partial(probe.committed, prepared=True))
    hooks.listen(PROBE, "rollback_twophase", functools.partial(probe.rolled_back, prepared=True))
    hooks.listen(PROBE, "handle_error", probe.failed)
    of_pools = {"connect": probe.connected, "reset": probe.reset, "close": probe.closed, "close_detached": probe.closed}
    for name, listener in of_pools.items():
        sqlalchemy.event.listen(sqlalchemy.pool.Pool, name, recorder.guarded(PROBE, listener))
    schema.when_dropped.append(recorder.guarded(PROBE, probe.dropped))
    recorder.before_phase_ends(PROBE, probe.flush)
    recorder.at_test_boundaries(PROBE, probe.test_boundary)
    return probe
