"""Which tables each test read, and how: from the texts of its statements, without a query.

SQLite could tell exactly, by an authorizer: a function that it calls for each column as it prepares a statement. But
there is one authorizer a connection, which cannot be read, so that ours would replace the suite's own;
one that is set for each test has all statements prepared again; and it is called in Python. Measured on statements
of 5 us in memory it took 2.5 us each, and the text takes a quarter of one: a statement that the test has sent before is
known by one look into a set. So the text it is, for every database alike. What that misses: raw cursors, triggers,
stored functions; and views that were made before the suite: a table whose CREATE was not seen is emitted as *inexact*.

A write reads its table only if it has to look what is there: an UPDATE or DELETE with a WHERE, unless that names one
row by its key, which its sender knows already; an INSERT with ON CONFLICT; and one that a unique constraint
refused. What SQLAlchemy's ORM sends to refresh an object it has in hand, or for the one that such an object points to
by its key, is no reading of what others left.
"""

from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from ...call_sites import caller
from ...events import Place, TablesRead, Unit
from ...recorder import Recorder
from .databases import Databases
from .ddl import SchemaProbe
from .drivers import loads_known_object
from .engine_hooks import EngineHooks
from .sql_reads import NOTHING, Reading, reading_of
from .statement_dispatch import StatementDispatch, sent

PROBE = "reads"

MATCH, KEY, SCAN, CLASH = "match", "key", "scan", "clash"
_STRENGTH = {MATCH: 1, KEY: 2, SCAN: 3, CLASH: 4}
_ON_STAGE = frozenset(("setup", "call", "teardown"))
MOST_KEYS = 50
"""Of how many rows a test remembers that it inserted them."""
MOST_TABLES = 4_000
"""How many tables and views are known from their CREATE. A suite may make new ones for each test: reads of those beyond
are emitted as inexact."""

TableKey = Tuple[int, str]


class ReadsProbe:
    """Emits the tables that each test reads."""

    def __init__(self, recorder: Recorder, databases: Databases, statements: StatementDispatch) -> None:
        self._recorder = recorder
        self._databases = databases
        self._statements = statements
        self._strength: Dict[TableKey, int] = {}
        """How this test read a table so far."""
        self._emptied: Set[TableKey] = set()
        """Tables that this test has emptied: what it reads there later is its own."""
        self._own: Dict[TableKey, Optional[Set[int]]] = {}
        """Keys of the rows that this test inserted; None where they are not all known."""
        self._fresh: Dict[Tuple[int, str, bool, bool, Place, Unit], List[str]] = {}
        self._tables: Set[str] = set()
        """Tables that were seen to be created."""
        self._views: Dict[str, Tuple[str, ...]] = {}
        self._keys: Dict[str, Set[str]] = {}
        """Table -> columns that tell its rows apart, or whose rows they belong to."""
        self._primary: Dict[str, str] = {}

    # -- statements -----------------------------------------------------------------------------------------------

    def executed(
        self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: Optional[bool]
    ) -> None:
        """A statement that may tell something new."""
        pool = id(conn.engine.pool)
        reading = reading_of(statement)
        if self._recorder.phase not in _ON_STAGE:
            if reading.defines:
                self._define(reading)
            self._pass_over(pool, statement, reading)
            return
        number = self._databases.number(conn)
        if number is None:
            return
        parameters, many = sent(parameters, context, many)
        if reading.verb == "insert" and self._inserted(number, reading.target, cursor, many):
            if reading.tables:
                self._read(number, reading, MATCH if reading.target in reading.tables else SCAN)
            return  # it is to be looked at again: each time it is another row
        for table in reading.empties:
            self._emptied.add((number, table))
        if reading.defines:
            self._define(reading)
        elif reading.tables:
            if reading.one and self._by_primary_key(reading):
                table = reading.tables[0]
                if self._strength.get((number, table), 0) < _STRENGTH[KEY]:
                    how = self._by_key(number, table, parameters, context)
                    if how:
                        self._read(number, reading, how)
                    return
            self._read(number, reading, MATCH if self._narrowed(reading) else SCAN)
        self._pass_over(pool, statement, reading)

    def _pass_over(self, pool: int, statement: str, reading: Reading) -> None:
        """For as long as it can tell nothing new."""
        self._statements.pass_over(pool, statement, self.executed, for_good=reading.verb == "create")

    def emptied(self, number: int, tables: Sequence[str]) -> None:
        """They were dropped: what the test reads there later is its own."""
        self._emptied.update([(number, table) for table in tables])

    def failed(self, context: Any) -> None:
        """A statement raised: rows that a unique constraint refused met others."""
        conn, statement, error = context.connection, context.statement, context.original_exception
        if conn is None or not statement or self._recorder.phase not in _ON_STAGE:
            return
        if all(kind.__name__ != "IntegrityError" for kind in type(error).__mro__):
            return
        text = str(error).lower()
        if "unique" not in text and "duplicate" not in text:
            return
        reading = reading_of(statement)
        number = self._databases.number(conn)
        if reading.target and number is not None:
            self._read(number, Reading(tables=(reading.target,)), CLASH)

    def _inserted(self, number: int, table: str, cursor: Any, many: bool) -> bool:
        """Note the key of the new row. False where the test's rows are not known one by one, and need not be looked
        at any more."""
        own = self._own.get((number, table), _NO_KEYS)
        if own is None:
            return False
        row = None if many else getattr(cursor, "lastrowid", None)
        if type(row) is not int or row <= 0 or len(own) >= MOST_KEYS:
            self._own[number, table] = None
            return False
        if own is _NO_KEYS:
            own = self._own[number, table] = set()
        own.add(row)
        return True

    def _by_primary_key(self, reading: Reading) -> bool:
        return len(reading.tables) == 1 and self._primary.get(reading.tables[0], "id") in reading.equals

    def _by_key(self, number: int, table: str, parameters: Any, context: Any) -> str:
        """How a look-up by primary key reads: '' where the row is the test's own."""
        if loads_known_object(context):
            return ""
        own = self._own.get((number, table), _NO_KEYS)
        values = list(parameters.values()) if isinstance(parameters, dict) else parameters
        if own is None or not isinstance(values, (list, tuple)) or len(values) != 1 or type(values[0]) is not int:
            return MATCH
        return "" if values[0] in own else KEY

    def _narrowed(self, reading: Reading) -> bool:
        """Whether it asks for rows that equal something which not every row of others can."""
        for column in reading.equals:
            if column == "id" or column.endswith("_id"):
                return True
            for table in reading.tables:
                if column in self._keys.get(table, ()):
                    return True
        return False

    def _define(self, reading: Reading) -> None:
        name = reading.defines
        if name not in self._tables and name not in self._views and len(self._tables) + len(self._views) >= MOST_TABLES:
            return
        if reading.verb == "view":
            self._views[name] = reading.tables
            return
        if reading.keys:
            self._keys.setdefault(name, set()).update(reading.keys)
        if reading.primary:
            self._primary[name] = reading.primary
        self._tables.add(name)

    # -- reporter --------------------------------------------------------------------------------------------------

    def _read(self, number: int, reading: Reading, how: str) -> None:
        strength = _STRENGTH[how]
        place: Optional[Place] = None
        for table in self._resolved(reading.tables):
            key = (number, table)
            if self._strength.get(key, 0) >= strength:
                continue
            self._strength[key] = strength
            if place is None:
                place, unit = caller(), self._recorder.unit()
            group = (number, how, key in self._emptied, table not in self._tables, place, unit)
            self._fresh.setdefault(group, []).append(table)

    def _resolved(self, tables: Tuple[str, ...], depth: int = 5) -> Tuple[str, ...]:
        """The tables, and those that their views read, if the views were created during this run."""
        if not self._views or depth == 0:
            return tables
        found: List[str] = []
        for table in tables:
            behind = self._views.get(table)
            found += [table] if behind is None else self._resolved(behind, depth - 1)
        return tuple(found)

    def flush(self) -> None:
        """The unit ends: emit what it read."""
        if self._fresh:
            fresh, self._fresh = self._fresh, {}
            for (number, how, emptied, inexact, place, unit), tables in fresh.items():
                self._recorder.emit(
                    TablesRead(
                        database=number,
                        tables=tables,
                        unit=unit,
                        place=place,
                        inexact=inexact,
                        how=how,
                        emptied=emptied,
                    )
                )

    def test_boundary(self) -> None:
        """A test starts or has ended."""
        self._strength.clear()
        self._emptied.clear()
        self._own.clear()


_NO_KEYS: Set[int] = set()


def wants(conn: Any, statement: str) -> bool:
    """Texts that read, or define what reads look at. Drops come from the probe of tables."""
    reading = reading_of(statement)
    return reading is not NOTHING and not (reading.verb == "empty" and "DROP" in statement[:20].upper())


def arm(recorder: Recorder, hooks: EngineHooks, databases: Databases, schema: SchemaProbe) -> None:
    """Listen from now on. Armed before the probe of rows: what a unit reads is emitted before what it writes."""
    probe = ReadsProbe(recorder, databases, hooks.statements)
    hooks.statements.subscribe(PROBE, wants, probe.executed)
    hooks.listen(PROBE, "handle_error", probe.failed)
    schema.when_dropped.append(recorder.guarded(PROBE, probe.emptied))
    recorder.before_phase_ends(PROBE, probe.flush)
    recorder.at_test_boundaries(PROBE, probe.test_boundary)
