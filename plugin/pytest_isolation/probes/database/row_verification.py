"""``--verify``: count the rows of the tables that a test wrote to, if a query can do no harm.

What can go wrong, and what is done about it:

* In-memory SQLite has one connection for all. A connection taken from its pool and given back is rolled back, and with
  it what the suite has not committed: so its driver's connection is asked directly, which changes nothing.
* SingletonThreadPool: each thread has a database of its own, and ours may not be the one that was written to.
* Elsewhere a connection of our own asks. It does not see what is not committed, and may have to wait while a table is
  dropped: so no query is sent while a transaction is known to be open, and no lock is waited for beyond 100 ms.
* A connection to an SQLite file that is no more would create it again.

If nothing is counted, the fact says why.
"""

import os
import weakref
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ...events import RowsCounted
from ...recorder import Recorder, describe
from .databases import Databases
from .ddl import SchemaProbe
from .drivers import connection_of, connection_of_thread, driver_connection, engine_itself, lite
from .engine_hooks import EngineHooks
from .rows import RowsProbe

PROBE = "verify"

MOST_TABLES = 50
_PATIENCE = {
    "sqlite": ("PRAGMA busy_timeout = 100",),
    "postgresql": ("SET lock_timeout = '100ms'", "SET statement_timeout = '1s'"),
    "mysql": ("SET SESSION lock_wait_timeout = 1",),
    "mariadb": ("SET SESSION lock_wait_timeout = 0.1", "SET SESSION max_statement_time = 1"),
}
"""What keeps the plugin's connection from waiting. MySQL counts whole seconds."""


class NotAsked(Exception):
    """Why nothing is counted."""


class VerifyProbe:
    def __init__(self, recorder: Recorder, databases: Databases, rows: RowsProbe) -> None:
        self._recorder = recorder
        self._databases = databases
        self._rows = rows
        self._engines: Dict[int, Any] = {}
        """Database -> weak reference to the engine that spoke to it last: its pool may be another by then."""
        self._open: Dict[int, int] = {}
        """id of the driver's connection -> its database, while a transaction is open on it."""
        self._written: Dict[int, Dict[str, None]] = {}
        """Database -> tables that the test wrote to, in that order."""

    # -- listeners ------------------------------------------------------------------------------------------------

    def speaks(self, conn: Any) -> None:
        number = self._databases.number(conn)
        if number is not None:
            self._keep(number, engine_itself(conn.engine))

    def _keep(self, number: int, engine: Any) -> None:
        known = self._engines.get(number)
        if known is None or known() is not engine:
            self._engines[number] = weakref.ref(engine, lambda gone: self._forget(number, gone))

    def _forget(self, number: int, gone: Any) -> None:
        if self._engines.get(number) is gone:
            del self._engines[number]

    def begins(self, conn: Any) -> None:
        number, dbapi = self._databases.number(conn), connection_of(conn)
        if number is not None and dbapi is not None:
            self._open[id(dbapi)] = number

    def ends(self, conn: Any, *_: Any) -> None:
        self._open.pop(id(connection_of(conn)), None)

    def returns(self, dbapi: Any, record: Any = None, *_: Any) -> None:
        self._open.pop(id(driver_connection(dbapi, record)), None)

    def written(self, number: int, table: str) -> None:
        self._written.setdefault(number, {})[table] = None

    def dropped(self, number: int, tables: Sequence[str]) -> None:
        written = self._written.get(number, {})
        for table in tables:
            written.pop(table, None)

    # -- counting -------------------------------------------------------------------------------------------------

    def test_boundary(self) -> None:
        """A test starts or has ended."""
        written, self._written = self._written, {}
        if self._recorder.phase != "teardown":
            return
        for number, tables in written.items():
            if tables:
                rows, why_not = self._count(number, list(tables)[:MOST_TABLES])
                self._recorder.emit(RowsCounted(self._recorder.nodeid, number, rows, why_not))

    def _count(self, number: int, tables: List[str]) -> Tuple[List[Tuple[str, int]], str]:
        rows: List[Tuple[str, int]] = []
        try:
            self._ask(number, tables, rows)
        except NotAsked as reason:
            return [], str(reason)
        except Exception as error:
            return [], describe(error).partition("\n")[0][:200]
        return rows, ""

    def _ask(self, number: int, tables: List[str], rows: List[Tuple[str, int]]) -> None:
        engine = self._engines[number]() if number in self._engines else None
        if engine is None:
            raise NotAsked("its engine is gone")
        pool, dialect, path = engine.pool, engine.dialect, engine.url.database
        if number in self._open.values() or any(ledger.pending for ledger in self._rows.ledgers_of(number)):
            raise NotAsked("a transaction is open")
        if getattr(dialect, "is_async", False):
            raise NotAsked("its driver is asynchronous")
        names = [(table, self._spelt(number, table)) for table in tables]
        shared = self._shared(number, pool)
        if shared is not None:
            _count_with(shared.cursor(), names, rows)
            return
        if dialect.name not in _PATIENCE:
            raise NotAsked("how to ask %s without waiting is not known" % dialect.name)
        if dialect.name == "sqlite" and not os.path.isfile(path or ""):
            raise NotAsked("its file is not there" if path else "it is in memory")
        _count_apart(pool, dialect, names, rows)

    def _spelt(self, number: int, table: str) -> str:
        spelt = self._rows.spelt.get((number, table))
        if spelt is None:
            raise NotAsked("table %s was written to too long ago: how statements spell it was forgotten" % table)
        return spelt

    def _shared(self, number: int, pool: Any) -> Any:
        """The one connection of an SQLite database that has no other; None where a second one may be opened."""
        kind = type(pool).__name__
        if kind == "StaticPool":
            record = pool.__dict__.get("connection")
        elif kind == "SingletonThreadPool":
            if len(self._rows.ledgers_of(number)) > 1:
                raise NotAsked("each thread has a database of its own")
            record = connection_of_thread(pool)
        else:
            return None
        dbapi = driver_connection(None, record)
        if dbapi is None or not lite(dbapi):
            raise NotAsked("it has no connection of its own")
        if all(ledger.connection != id(dbapi) for ledger in self._rows.ledgers_of(number)):
            raise NotAsked("each thread has a database of its own")
        if dbapi.in_transaction:
            raise NotAsked("a transaction is open")
        return dbapi


def _count_apart(pool: Any, dialect: Any, names: List[Tuple[str, str]], rows: List[Tuple[str, int]]) -> None:
    """By a connection that is opened as the suite's are, and closed at once."""
    apart = pool.recreate()
    held: Optional[Any] = None
    try:
        held = apart.connect()
        cursor = held.cursor()
        for statement in _PATIENCE[dialect.name]:
            cursor.execute(statement)
        _count_with(cursor, names, rows)
    finally:
        if held is not None:
            held.close()
        apart.dispose()


def _count_with(cursor: Any, names: List[Tuple[str, str]], rows: List[Tuple[str, int]]) -> None:
    if hasattr(cursor, "row_factory") and type(cursor).__module__ == "sqlite3":
        cursor.row_factory = None  # the suite's own may make anything of a row
    for table, spelt in names:
        cursor.execute("SELECT count(*) FROM " + spelt)
        rows.append((table, int(cursor.fetchone()[0])))
    cursor.close()


def arm(
    recorder: Recorder, sqlalchemy: Any, hooks: EngineHooks, databases: Databases, rows: RowsProbe, schema: SchemaProbe
) -> None:
    """Listen to ``sqlalchemy``, the module as the suite imported it."""
    probe = VerifyProbe(recorder, databases, rows)
    hooks.statements.when_first.append(recorder.guarded(PROBE, probe.speaks))
    hooks.listen(PROBE, "begin", probe.begins)
    for name in ("commit", "rollback", "commit_twophase", "rollback_twophase"):
        hooks.listen(PROBE, name, probe.ends)
    for name in ("reset", "close"):
        sqlalchemy.event.listen(sqlalchemy.pool.Pool, name, recorder.guarded(PROBE, probe.returns))
    rows.reporter.when_written = probe.written
    schema.when_dropped.append(recorder.guarded(PROBE, probe.dropped))
    recorder.at_test_boundaries(PROBE, probe.test_boundary)
