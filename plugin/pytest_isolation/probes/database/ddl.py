"""Emit the tables that are created and dropped in a database, by SQLAlchemy's DDL or by raw SQL.

No query is sent: the tables of a database are those that statements were seen to create.

Facts about SQLAlchemy (1.3 to 2.1):

* ``create_all`` fires ``MetaData.before_create``, then sends a statement for each table that is not there yet. Tables
  of one call are emitted in one fact, with one look at the stack.
* A statement of SQLAlchemy's own DDL knows its Table. Commits and rollbacks are announced before the driver is called.
"""

import re
import weakref
from collections import defaultdict
from typing import Any, Callable, DefaultDict, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ...call_sites import caller
from ...events import NothingDone, Place, TablesCreated, TablesDropped, Unit
from ...recorder import Recorder
from .databases import MOST_KEPT, Databases
from .drivers import autocommit, connection_of
from .engine_hooks import EngineHooks
from .sql_writes import BEFORE, LONGEST_KEPT, MEMO_LIMIT, QUALIFIED, RELEASE, ROLLBACK_TO, SAVEPOINT, plain, shape_of

PROBE = "schema"

_DDL = re.compile(
    r"(?:(?P<create>CREATE)\s+(?:UNLOGGED\s+)?TABLE\s+(?P<unless>IF\s+NOT\s+EXISTS\s+)?"
    r"|DROP\s+TABLE\s+(?P<if>IF\s+EXISTS\s+)?"
    r"|(?P<alter>ALTER)\s+TABLE\s+(?:IF\s+EXISTS\s+)?)"
    r"(?P<names>" + QUALIFIED + r"(?:\s*,\s*" + QUALIFIED + r")*)"
    r"(?:\s+RENAME\s+TO\s+(?P<new>" + QUALIFIED + r"))?",
    re.IGNORECASE,
)
_SAVEPOINTS = frozenset((SAVEPOINT, RELEASE, ROLLBACK_TO))
_MAY_MATTER = frozenset(
    a + b
    for first, second in ("AL", "CR", "DR", "SA", "RE", "RO")
    for a in (first, first.lower())
    for b in (second, second.lower())
) | frozenset(a + b for a in "-/ \n\t\r" for b in "-*/ \n\t\rACDSRacdsr")
"""The first two characters of DDL and of statements about savepoints; a SELECT's are not among them."""


class _Change(NamedTuple):
    """Of a transaction that has not ended. Without a database it is the savepoint named ``table``."""

    created: bool
    database: int
    table: str


class _Ddl(NamedTuple):
    """What one statement does to tables: it is ``kind``, a fact. ``perhaps``: if they are there, or are not."""

    kind: type
    tables: Tuple[str, ...]
    perhaps: bool
    renamed: str


class SchemaProbe:
    def __init__(self, recorder: Recorder, databases: Databases, metadata_number: Callable[[Any], int]) -> None:
        self._recorder = recorder
        self._database = databases.number
        self._metadata = metadata_number
        self._tables: DefaultDict[int, Set[str]] = defaultdict(set)
        self._gathered: Optional[Tuple[type, int, str, Place, Unit]] = None
        self._names: List[str] = []
        self._connection: Any = None
        """Whose statements are gathered now, and SQLite's own connection."""
        self._lite: Any = None
        self._undone = False
        """Whether a rollback would undo what is gathered now."""
        self._call_site: Optional[Place] = None
        """Where the create_all or drop_all that now runs was called."""
        self.when_dropped: List[Callable[[int, Sequence[str]], None]] = []
        """Called with database and tables, at the moment of the drop."""
        databases.when_gone.append(self._forget)
        self._idle: Set[NothingDone] = set()
        """Emitted since the unit began: it may call ten thousand times."""
        self.before_drops: List[Callable[[Any, Place], None]] = []
        """Called with the connection and the line, before the first table of a call is dropped."""
        self._uncommitted: Any = weakref.WeakKeyDictionary()
        """Connection -> its changes, and its savepoints, since its transaction began."""

    # -- listeners ------------------------------------------------------------------------------------------------

    def create_all_begins(self, metadata: Any, connection: Any, **given: Any) -> None:
        self._call_begins()
        self._emit_if_nothing(metadata, connection, "create_all", given)

    def drop_all_begins(self, metadata: Any, connection: Any, **given: Any) -> None:
        place = self._call_begins()
        self._emit_if_nothing(metadata, connection, "drop_all", given)
        for warn in self.before_drops if given.get("tables") else ():
            warn(connection, place)

    def _call_begins(self) -> Place:
        self.flush()
        self._call_site = caller(4)
        return self._call_site

    def _emit_if_nothing(self, metadata: Any, connection: Any, call: str, given: Any) -> None:
        """SQLAlchemy has looked already which of the tables are there."""
        if given.get("tables") or self._call_site is None:
            return
        number = self._database(connection)
        if number is not None:
            known = len(metadata.tables)
            place, unit = self._call_site, self._recorder.unit()
            said = NothingDone(
                database=number, metadata=self._metadata(metadata), call=call, known=known, place=place, unit=unit
            )
            if said not in self._idle:
                self._idle.add(said)
                self._recorder.emit(said)

    def call_ends(self, *_: Any, **__: Any) -> None:
        self.flush()
        self._call_site = None

    def table_drops(self, table: Any, connection: Any, **_: Any) -> None:
        if self._call_site is None:
            place = caller(3)
            for warn in self.before_drops:
                warn(connection, place)

    def executed(self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: Any) -> None:
        """A statement that is DDL of tables, or of a savepoint."""
        change = _changes.get(statement) or _change_of(statement)
        if change is None:
            shape = shape_of(statement)
            if shape is not None:
                self._savepoint(conn, shape.verb, shape.table)
            return
        if getattr(context, "isddl", False):
            element: Any = getattr(context.compiled.statement, "element", None)
            if getattr(element, "metadata", None) is not None:  # with the other tables of the call
                number = self._database(conn)
                if number is not None:
                    self._gather(change.kind, conn, number, [_key(element)], "orm")
                return
        number = self._database(conn)
        if number is None:
            return
        if change.renamed:
            schema, dot, _ = change.tables[0].rpartition(".")
            self._gather(TablesDropped, conn, number, change.tables[:1], "sql")
            self._gather(TablesCreated, conn, number, [schema + dot + change.renamed], "sql")
        else:
            for table in change.tables:
                if not change.perhaps or (table in self._tables.get(number, ())) is (change.kind is TablesDropped):
                    self._gather(change.kind, conn, number, [table], "sql")
        self.flush()

    def committed(self, conn: Any) -> None:
        if conn in self._uncommitted:
            del self._uncommitted[conn]

    def rolled_back(self, conn: Any) -> None:
        self._undo(self._uncommitted.pop(conn, ()))

    def _undo(self, changes: Sequence[_Change]) -> None:
        for change in reversed(changes):
            if change.database:
                kind = TablesDropped if change.created else TablesCreated
                self._gather(kind, None, change.database, [change.table], "rollback")
        if changes:
            self.flush()

    def _savepoint(self, conn: Any, verb: str, name: str) -> None:
        changes = self._uncommitted.setdefault(conn, [])
        mark = _Change(False, 0, name)
        if verb == SAVEPOINT:
            changes.append(mark)
        elif mark in changes:
            index = len(changes) - 1 - changes[::-1].index(mark)
            if verb == ROLLBACK_TO:  # the savepoint itself stays
                undone, changes[index + 1 :] = changes[index + 1 :], []
                self._undo(undone)
            else:
                changes[index:] = [change for change in changes[index:] if change.database]
                if not changes and not _undone_by_rollback(conn):
                    del self._uncommitted[conn]

    # -- gathering ------------------------------------------------------------------------------------------------

    def _gather(self, kind: type, conn: Any, number: int, tables: Sequence[str], by: str) -> None:
        """Without a connection it is no change of a transaction's, but the end of one."""
        held = self._gathered
        if (
            held is None
            or conn is not self._connection
            or held[:3] != (kind, number, by)
            or self._would_be_undone(conn) is not self._undone
        ):
            self.flush()
            self._begin(kind, conn, number, by)
        self._note(tables)

    def _begin(self, kind: type, conn: Any, number: int, by: str) -> None:
        site = self._call_site if by == "orm" else None
        self._gathered = (kind, number, by, site or caller(4), self._recorder.unit())
        self._connection = conn
        self._lite = connection_of(conn) if conn is not None and conn.dialect.name == "sqlite" else None
        self._undone = self._would_be_undone(conn)

    def _would_be_undone(self, conn: Any) -> bool:
        if self._lite is not None:  # Python's sqlite3 opens no transaction for DDL by itself
            return bool(getattr(self._lite, "in_transaction", False))
        return conn is not None and _undone_by_rollback(conn)

    def _note(self, tables: Sequence[str]) -> None:
        """Of what is gathered now."""
        if self._gathered is None:
            return
        kind, number = self._gathered[:2]
        self._names += tables
        if number not in self._tables and len(self._tables) >= MOST_KEPT:
            del self._tables[next(iter(self._tables))]  # as if the suite had not made its tables
        if kind is TablesCreated:
            self._tables[number].update(tables)
        else:
            self._tables[number].difference_update(tables)
            for dropped in self.when_dropped:
                dropped(number, tables)
        if self._undone:
            changes = self._uncommitted.setdefault(self._connection, [])
            changes += [_Change(kind is TablesCreated, number, table) for table in tables]

    def flush(self) -> None:
        """Emit what was gathered; called when a unit ends."""
        if self._gathered is not None:
            kind, number, by, place, unit = self._gathered
            self._recorder.emit(kind(number, self._names, by, place, unit))
            self._gathered, self._names = None, []
            self._connection = self._lite = None

    def forget_call(self) -> None:
        """A phase or fixture step ends: a create_all that raised fires no event at its end."""
        if self._gathered is not None:
            self.flush()
        self._call_site = None
        if self._idle:
            self._idle.clear()

    def _forget(self, number: int) -> None:
        self._tables.pop(number, None)


def _key(table: Any) -> str:
    """Its key in its MetaData, as the property of that name has it."""
    return "%s.%s" % (table.schema, table.name) if table.schema else str(table.name)


def _undone_by_rollback(connection: Any) -> bool:
    """Whether DDL sent now would be undone by a rollback. Python's sqlite3 opens no transaction for DDL by itself."""
    name = connection.dialect.name
    if name == "sqlite":
        return bool(getattr(connection_of(connection), "in_transaction", False))
    return name == "postgresql" and not autocommit(connection, None)


def _change_of(statement: str) -> Optional[_Ddl]:
    """None where it is no DDL that makes, drops or renames a table."""
    try:
        return _changes[statement]
    except KeyError:
        change = _read(statement)
        if len(statement) <= LONGEST_KEPT:
            _keep(_changes, statement, change)
        return change


def _keep(memo: Dict[str, Any], statement: str, value: Any) -> None:
    if len(memo) >= MEMO_LIMIT:
        memo.clear()
    memo[statement] = value


_changes: Dict[str, Optional[_Ddl]] = {}


def _read(statement: str) -> Optional[_Ddl]:
    before = BEFORE.match(statement)
    match = _DDL.match(statement, before.end() if before else 0)
    if match is None or (match.group("alter") and match.group("new") is None):
        return None
    kind = TablesCreated if match.group("create") else TablesDropped
    tables = tuple(map(plain, re.findall(QUALIFIED, match.group("names"))))
    renamed = plain(match.group("new")) if match.group("new") else ""
    return _Ddl(kind, tables, bool(match.group("unless") or match.group("if")), renamed)


def wants(conn: Any, statement: str) -> bool:
    """Of savepoints as well: DDL since then may be undone."""
    if statement[:2] not in _MAY_MATTER:
        return False
    shape = shape_of(statement)
    return shape is not None and (shape.verb in _SAVEPOINTS or _change_of(statement) is not None)


def arm(
    recorder: Recorder, sqlalchemy: Any, hooks: EngineHooks, databases: Databases, metadata_number: Callable[[Any], int]
) -> SchemaProbe:
    """Listen to ``sqlalchemy``, the module as the suite imported it."""
    MetaData = sqlalchemy.MetaData
    probe = SchemaProbe(recorder, databases, metadata_number)

    def listen(target: Any, name: str, listener: Any) -> None:
        sqlalchemy.event.listen(target, name, recorder.guarded(PROBE, listener))

    listen(MetaData, "before_create", probe.create_all_begins)
    listen(MetaData, "before_drop", probe.drop_all_begins)
    listen(MetaData, "after_create", probe.call_ends)
    listen(MetaData, "after_drop", probe.call_ends)
    listen(sqlalchemy.Table, "before_drop", probe.table_drops)
    hooks.statements.subscribe(PROBE, wants, probe.executed)
    hooks.listen(PROBE, "commit", probe.committed)
    hooks.listen(PROBE, "rollback", probe.rolled_back)
    recorder.before_phase_ends(PROBE, probe.forget_call)
    return probe
