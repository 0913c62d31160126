"""Rows inserted, updated and deleted, by whom, and whether they were committed: from events alone, without a query.

Facts about SQLAlchemy (1.3 to 2.1) and its drivers that this rests on:

* Begin, commit and rollback events fire before the driver is called, ``after_cursor_execute`` after it. A commit is
  believed when the next thing happens without an error in between.
* Savepoints are told by their statements, which also tells those of raw SQL.
* A connection let go of without ``close()`` has no rollback event, only the pool's ``reset``.
* insertmanyvalues: one event for each batch, whose parameters differ by version; SQLite counts the rows when fetched.
* SQLite: ``in_transaction`` after a statement tells whether it was committed by itself (AUTOCOMMIT; the release of a
  savepoint that had no BEGIN), ``total_changes`` whether rows were written that no event told of.

Not seen: rows that raw cursors, triggers and cascades wrote (on SQLite the count beside them becomes inexact), a commit
on the driver's own connection, stored procedures, and a table renamed with rows in it.
"""

import sys
import weakref
from typing import Any, Dict, List, Optional, Tuple

from ..callers import caller
from ..events import DatabasesUsed, Place, RowsWritten, Unit
from ..recorder import Recorder
from . import statements as sql
from .databases import Databases
from .drivers import WRAPPED, autocommit, driver_connection, in_transaction, kept_on_return, lite, total
from .ledger import COMMITTED, OPEN, ROLLED_BACK, Cell, CellKey, Ledger, add
from .schema import SchemaProbe

PROBE = "rows"

_DDL_COMMITS = frozenset(("mysql", "mariadb", "oracle"))
_WRITES = frozenset((sql.INSERT, sql.UPDATE, sql.DELETE, sql.TRUNCATE, sql.UNKNOWN))


class RowsProbe:
    def __init__(self, recorder: Recorder, databases: Databases, in_batches: Any) -> None:
        self._recorder = recorder
        self._databases = databases
        self._in_batches = in_batches
        """SQLAlchemy's mark of insertmanyvalues; None before 2.0."""
        self._ledgers: Dict[int, Ledger] = {}
        """id of the driver's connection -> its ledger. The pool tells when a connection begins and ends."""
        self._turn = 0
        """Grows with every unit that leaves the stage."""
        self._unit: Optional[Unit] = None
        self._places: Dict[Tuple[int, str], Place] = {}
        self._fresh: List[Cell] = []
        """Begun by the unit on the stage."""
        self._done: Dict[Tuple[CellKey, str, bool, bool], Cell] = {}
        """Committed or undone since a unit last left the stage."""
        self._unsettled: List[Ledger] = []
        """Whose commit or count is not certain yet."""
        self.used: Dict[int, int] = {}
        """id(pool) -> its database, for the pools of the engines used since the test began."""
        self._pools_gone: List[int] = []
        databases.when_pool_gone.append(self._pools_gone.append)

    # -- statements -----------------------------------------------------------------------------------------------

    def use(self, conn: Any) -> None:
        """First statement of this test on this engine. A fixture that cleans up does not make the test, which may be
        another than it served, look at its database."""
        stage = self._recorder.stage
        if stage and stage[-1][1] == "teardown":
            return
        self._forget_pools()
        number = self._databases.number(conn)
        if number is not None:
            self.used[id(conn.engine.pool)] = number

    def executed(self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        shape = sql.shape_of(statement)
        if shape is None or (shape.verb == sql.DDL and conn.dialect.name not in _DDL_COMMITS):
            return
        dbapi = conn.connection
        dbapi = getattr(dbapi, "dbapi_connection", None) or dbapi.connection
        ledger = self._ledgers.get(id(dbapi))
        if ledger is None or ledger.committing:
            ledger = self._ledger(conn, dbapi)
            if ledger is None:
                return
        verb = shape.verb
        if ledger.lite == WRAPPED:
            dbapi = dbapi._connection
        if verb in _WRITES:
            self._write(ledger, dbapi, shape, cursor, parameters, context, many)
            if ledger.lite:
                if not dbapi.in_transaction:
                    self._end(ledger, COMMITTED)
            elif autocommit(conn, dbapi):
                self._end(ledger, COMMITTED)
        elif verb == sql.SAVEPOINT:
            ledger.savepoint(shape.table)
        elif verb == sql.RELEASE:
            self._look(ledger, dbapi)
            ledger.release(shape.table)
            if ledger.lite and not dbapi.in_transaction:
                self._end(ledger, COMMITTED, escape=in_transaction(conn))
        elif verb == sql.ROLLBACK_TO:
            self._look(ledger, dbapi)
            for cell in ledger.back_to(shape.table):
                self._settle(cell, ROLLED_BACK)
        elif verb == sql.COMMIT:
            self._look(ledger, dbapi)
            self._end(ledger, COMMITTED)
        elif verb == sql.ROLLBACK:
            self._look(ledger, dbapi)
            self._end(ledger, ROLLED_BACK)
        elif ledger.pending:
            self._end(ledger, COMMITTED)

    def _write(
        self, ledger: Ledger, dbapi: Any, shape: sql.Shape, cursor: Any, parameters: Any, context: Any, many: bool
    ) -> None:
        cell = self._cell(ledger, shape.table)
        verb = shape.verb
        if shape.vague or (shape.several and not ledger.lite):
            cell.inexact = True
        if verb == sql.TRUNCATE:
            cell.empty()
            return
        if verb == sql.UNKNOWN:
            cell.inexact = True
            self._look(ledger, dbapi)
            return
        batches = self._in_batches is not None and context.execute_style is self._in_batches
        if ledger.lite and shape.returning:
            ledger.compare(dbapi.total_changes)  # of what came before: these rows are counted when they are fetched
            rows = self._batched(ledger, context) if batches else 0
            ledger.expected += rows
            ledger.last, ledger.unsure = cell, (cell, verb)
            cell.unsure = not rows
            add(cell, verb, rows)
            return
        rows = cursor.rowcount
        if batches:
            rows = rows if rows > 0 else self._batched(ledger, context)
        elif not ledger.lite and (rows < 0 or (many and rows != len(parameters))):
            if rows < 0 or verb == sql.INSERT:  # some drivers count the last set of parameters alone
                rows = len(parameters) if many else 1
            if not (many and verb == sql.INSERT and not shape.several and not shape.lenient):
                cell.inexact = True
        if ledger.lite:
            if rows < 0:  # Python's sqlite3 takes it for no write: it begins with WITH, or with a comment
                rows = max(dbapi.total_changes - ledger.expected, 0)
                cell.inexact = cell.inexact or ledger.unsure is not None
            elif ledger.unsure is not None:
                ledger.compare(dbapi.total_changes - rows)
            ledger.expected += rows
            ledger.last = cell
            if ledger.expected != dbapi.total_changes:
                ledger.compare(dbapi.total_changes)
        add(cell, verb, rows)

    def _batched(self, ledger: Ledger, context: Any) -> int:
        if ledger.counted is not None and ledger.counted() is context:
            return 0
        ledger.counted = weakref.ref(context)
        return len(context.compiled_parameters)

    def _cell(self, ledger: Ledger, table: str) -> Cell:
        key = (self._turn, ledger.number, table)
        cell = ledger.cell(key)
        if cell is None:
            if self._unit is None:
                self._unit = self._recorder.unit()
            place = self._places.get((ledger.number, table))
            if place is None:
                place = self._places[ledger.number, table] = caller()
            cell = Cell(self._turn, ledger.number, table, self._unit, place)
            ledger.levels[-1].cells[key] = cell
            self._fresh.append(cell)
        return cell

    def _ledger(self, conn: Any, dbapi: Any) -> Optional[Ledger]:
        """Begin one, or believe the commit that was heard last."""
        known = self._ledgers.get(id(dbapi))
        if known is None:
            number = self._databases.number(conn)
            if number is None:
                return None
            known = self._ledgers[id(dbapi)] = Ledger(number, id(conn.engine.pool), lite(dbapi))
        elif known.committing:
            known.committing = False
            self._end(known, COMMITTED)
        return known

    # -- the ends of transactions ---------------------------------------------------------------------------------

    def committed(self, conn: Any, *_: Any) -> None:
        dbapi, ledger = self._of(conn)
        if ledger is not None and ledger.pending:
            self._look(ledger, dbapi)
            ledger.committing = True
            self._unsettled.append(ledger)

    def rolled_back(self, conn: Any, *_: Any) -> None:
        dbapi, ledger = self._of(conn)
        if ledger is not None and ledger.pending:
            self._look(ledger, dbapi)
            self._undo(ledger)

    def _undo(self, ledger: Ledger) -> None:
        done, ledger.committing = ledger.committing, False
        self._end(ledger, COMMITTED if done else ROLLED_BACK)

    def reset(self, dbapi: Any, record: Any, *_: Any) -> None:
        """The connection comes back to its pool."""
        dbapi = driver_connection(dbapi, record)
        ledger = self._ledgers.get(id(dbapi))
        if ledger is None:
            return
        if ledger.lite == WRAPPED:
            dbapi = dbapi._connection
        self._look(ledger, dbapi)
        if ledger.pending:
            kept = kept_on_return(record)
            if kept:
                self._end(ledger, COMMITTED)
            elif kept is not None:
                self._undo(ledger)

    def connected(self, dbapi: Any, record: Any) -> None:
        self._ledgers.pop(id(dbapi), None)

    def closed(self, dbapi: Any, *_: Any) -> None:
        ledger = self._ledgers.pop(id(dbapi), None)
        if ledger is not None and ledger.pending:
            self._undo(ledger)

    def failed(self, context: Any) -> None:
        """A statement, or a commit, raised."""
        conn = context.connection
        if conn is None:
            return
        if id(conn.engine.pool) not in self.used:
            self.use(conn)
        dbapi, ledger = self._of(conn)
        if context.statement is None:
            if ledger is not None:
                ledger.committing = False  # it was the commit: what was written is open still
            return
        shape = sql.shape_of(context.statement)
        if dbapi is None or shape is None or shape.verb not in _WRITES:
            return
        ledger = ledger or self._ledger(conn, dbapi)
        if ledger is None:
            return
        if ledger.committing:
            ledger.committing = False
            self._end(ledger, COMMITTED)
        written = total(dbapi) if ledger.lite else None
        if written is not None:  # an executemany that failed half way has written the first half
            rows = written - ledger.expected
            if ledger.unsure is not None or rows < 0:
                ledger.compare(written)
            elif rows:
                add(self._cell(ledger, shape.table), shape.verb, rows)
                ledger.expected = written
        elif getattr(context.execution_context, "executemany", False):
            self._cell(ledger, shape.table).inexact = True

    def _end(self, ledger: Ledger, state: str, escape: bool = False) -> None:
        for cell in ledger.take_all():
            if escape:
                cell.escape = True
            self._settle(cell, state)

    def _settle(self, cell: Cell, state: str) -> None:
        key = ((cell.turn, cell.database, cell.table), state, cell.said, cell.escape)
        known = self._done.get(key)
        cell.state = state
        if known is None:
            self._done[key] = cell
        else:
            known.absorb(cell)

    def _of(self, conn: Any) -> Tuple[Any, Optional[Ledger]]:
        """Of a connection that may be closed or invalid: it must not be made to connect again."""
        if conn.closed or conn.invalidated:
            return None, None
        held = conn.connection
        dbapi = getattr(held, "dbapi_connection", None) or getattr(held, "connection", None)
        ledger = self._ledgers.get(id(dbapi))
        if ledger is not None and ledger.lite == WRAPPED:
            dbapi = getattr(dbapi, "_connection", None)
        return dbapi, ledger

    def _look(self, ledger: Ledger, dbapi: Any) -> None:
        if ledger.lite:
            written = total(dbapi)
            if written is not None:
                ledger.compare(written)

    # -- drops ----------------------------------------------------------------------------------------------------

    def dropped(self, number: int, table: str) -> None:
        """A table is dropped: rows written to it and not yet told of are gone with it."""
        cells = self._fresh + list(self._done.values())
        for ledger in list(self._ledgers.values()):
            if ledger.number == number:
                cells += [cell for level in ledger.levels for cell in level.cells.values()]
        for cell in cells:
            if cell.database == number and cell.table == table:
                cell.drop()

    # -- telling --------------------------------------------------------------------------------------------------

    def say(self) -> None:
        """The unit leaves the stage: tell what it wrote, and what became of what was open."""
        while self._unsettled:  # no error came: what was heard of as committed is
            ledger = self._unsettled.pop()
            if ledger.committing:
                ledger.committing = False
                self._end(ledger, COMMITTED)
        if self._done or self._fresh:
            done, self._done = self._done, {}  # the collector may end a transaction at any moment
            fresh, self._fresh = self._fresh, []
            for (_, state, said, escape), cell in done.items():
                self._put(cell, state, escape, said)
            for cell in fresh:
                if cell.state == OPEN:
                    cell.said = True
                    self._put(cell, OPEN, False, False)
        if self._unit is not None:
            self._turn += 1
            self._unit = None
            self._places.clear()

    def _put(self, cell: Cell, state: str, escape: bool, settled: bool) -> None:
        if not cell.empty_handed:
            self._recorder.put(
                RowsWritten(
                    cell.database, cell.table, cell.inserted, cell.updated, cell.deleted, state, cell.place, cell.unit,
                    cell.inexact or cell.unsure, cell.kept, cell.taken, cell.emptied, escape, settled,
                )
            )  # fmt: skip

    def edge(self) -> None:
        """A test starts or has ended."""
        if self.used:
            used = sorted(set(self.used.values()))
            self.used = {}
            if self._recorder.phase == "teardown":
                self._recorder.put(DatabasesUsed(self._recorder.nodeid, used))
        self._forget_pools()

    def _forget_pools(self) -> None:
        if self._pools_gone:
            gone, self._pools_gone[:] = list(self._pools_gone), []
            for key in gone:
                self.used.pop(key, None)
            for connection, ledger in list(self._ledgers.items()):
                if ledger.pool in gone:
                    del self._ledgers[connection]


def arm(recorder: Recorder, sqlalchemy: Any, databases: Databases, schema: SchemaProbe) -> None:
    """Listen to ``sqlalchemy``, the module as the suite imported it."""
    interfaces = sys.modules.get("sqlalchemy.engine.interfaces")
    styles = getattr(interfaces, "ExecuteStyle", None)
    probe = RowsProbe(recorder, databases, getattr(styles, "INSERTMANYVALUES", None))
    Engine, Pool = sqlalchemy.engine.Engine, sqlalchemy.pool.Pool

    def listen(target: Any, name: str, listener: Any) -> None:
        sqlalchemy.event.listen(target, name, recorder.guarded(PROBE, listener))

    # This one is called for every statement: SQLAlchemy looks at a listener's own arguments, so it is passed as it is.
    sqlalchemy.event.listen(Engine, "after_cursor_execute", _safe_executed(recorder, probe))
    for name in ("commit", "commit_twophase"):
        listen(Engine, name, probe.committed)
    for name in ("rollback", "rollback_twophase"):
        listen(Engine, name, probe.rolled_back)
    listen(Engine, "handle_error", probe.failed)
    listen(Pool, "connect", probe.connected)
    listen(Pool, "reset", probe.reset)
    listen(Pool, "close", probe.closed)
    listen(Pool, "close_detached", probe.closed)
    schema.when_dropped.append(recorder.guarded(PROBE, probe.dropped))
    recorder.before_phase_ends.append(recorder.guarded(PROBE, probe.say))
    recorder.at_test_edges.append(recorder.guarded(PROBE, probe.edge))


def _safe_executed(recorder: Recorder, probe: RowsProbe) -> Any:
    matters = sql.MAY_MATTER

    def after_cursor_execute(
        conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        """A SELECT is out again within a tenth of a microsecond or two."""
        try:
            if id(conn.engine.pool) not in probe.used:
                probe.use(conn)
            if statement[:2] in matters and not recorder.is_disabled(PROBE):
                probe.executed(conn, cursor, statement, parameters, context, executemany)
        except Exception as error:
            recorder.disable(PROBE, error)

    return after_cursor_execute
