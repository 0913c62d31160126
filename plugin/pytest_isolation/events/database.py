"""Facts about databases: tables, rows, open transactions."""

import zlib
from typing import List, NamedTuple, Tuple

from .origin import Place, Unit
from .registry import fact


@fact
class DatabaseSeen(NamedTuple):
    """A database that the suite uses. ``url`` has no password; each in-memory SQLite database has a number of its own,
    whatever its URL. ``maker`` made the engine that used it first."""

    database: int
    url: str
    dialect: str
    maker: Unit = Unit()


@fact
class TablesCreated(NamedTuple):
    """Tables that one statement or one ``create_all`` created. ``by``: ``orm`` (SQLAlchemy's DDL), ``sql`` (raw text)
    or ``rollback`` (of a DROP)."""

    database: int
    tables: List[str]
    by: str
    place: Place
    unit: Unit


@fact
class TablesDropped(NamedTuple):
    """Tables that were dropped, as in :class:`TablesCreated`; ``rollback`` is that of a CREATE."""

    database: int
    tables: List[str]
    by: str
    place: Place
    unit: Unit


@fact
class TableSets(NamedTuple):
    """Names of the tables at the ``edge`` (``start`` or ``end``) of a test, for each MetaData and database whose tables
    differ from what was last sent. A database's tables are known from the DDL sent to it, and never queried."""

    nodeid: str
    edge: str
    metadata: List[Tuple[int, List[str]]] = []
    database: List[Tuple[int, List[str]]] = []


@fact
class RowsWritten(NamedTuple):
    """What one unit did to the rows of one table, summed up when the unit or its transaction ended.

    ``state`` is ``committed``, ``rolled back`` or ``open``. If a transaction is still open when its unit ends, its rows
    are emitted as ``open``, and again with their outcome and ``settled``. ``place`` is the line that wrote first.

    ``inserted``, ``updated`` and ``deleted`` count the writes. ``kept`` and ``taken`` are their result: how many of the
    unit's own rows remain, and how many of others' are gone (a deletion counts against the unit's own rows first).
    ``emptied``: all earlier rows are gone, however many there were (TRUNCATE). ``inexact``: the counts may be wrong.
    ``escape``: releasing a savepoint made the rows permanent, and no rollback can undo that (SQLite's SAVEPOINT without
    BEGIN). ``way`` is how rows escaped a rollback: ``savepoint``, ``ddl`` (a DDL statement that commits by itself),
    ``beside`` (committed on another connection than the one whose transaction a fixture holds open around the test) or
    ``thread`` (the same, on another thread). ``keys`` are primary keys of the rows that remain, like ``id=3``: the
    first few that are known without a query. ``gone`` are the keys of all rows that were ``taken``, or empty.
    """

    database: int
    table: str
    inserted: int
    updated: int
    deleted: int
    state: str
    place: Place
    unit: Unit
    inexact: bool = False
    kept: int = 0
    taken: int = 0
    emptied: bool = False
    escape: bool = False
    settled: bool = False
    keys: List[str] = []
    way: str = ""
    gone: List[str] = []


@fact
class DatabasesUsed(NamedTuple):
    """The databases that received statements during a test, from any unit. Emitted at its end."""

    nodeid: str
    databases: List[int]


@fact
class HoldersGone(NamedTuple):
    """MetaData and in-memory databases that the suite has freed: no more facts about them follow."""

    metadata: List[int] = []
    databases: List[int] = []


@fact
class TablesRead(NamedTuple):
    """Tables that ``unit`` was the first to read in its test. Each is emitted once a test, and again only if it is read
    in a stronger way later.

    ``how``, the weakest first: ``match`` (rows that equal something, whose author is unknown), ``key`` (by a primary
    key of a row that the test did not insert), ``scan`` (any row, or those that match a condition), ``clash`` (a write
    that a unique constraint refused). ``emptied``: the test itself had emptied the table before. ``inexact``: known
    from the statement's text alone, and the table was not seen being created: it may be a view of others.
    """

    database: int
    tables: List[str]
    unit: Unit
    place: Place = Place()
    inexact: bool = False
    how: str = "scan"
    emptied: bool = False


@fact
class RowsCounted(NamedTuple):
    """Rows by table, counted by a query when a test has ended; only if that is asked for. ``why_not`` is why nothing
    was counted, else ''."""

    nodeid: str
    database: int
    rows: List[Tuple[str, int]] = []
    why_not: str = ""


@fact
class NothingDone(NamedTuple):
    """A ``create_all`` that created nothing, or a ``drop_all`` that dropped nothing. ``call`` is which of them;
    ``known`` is how many tables the MetaData had."""

    database: int
    metadata: int
    call: str
    known: int
    place: Place
    unit: Unit


@fact
class DropAwaited(NamedTuple):
    """Tables are about to be dropped while others hold transactions open on the same database, for which a server may
    wait. ``holders`` are the lines that opened them, ``units`` who did, in the same order."""

    database: int
    holders: List[Place]
    place: Place
    unit: Unit
    units: List[Unit] = []


@fact
class WaitedInVain(NamedTuple):
    """A statement failed because something is in use. ``why`` is ``pool`` (all connections of a pool are out),
    ``locked`` (SQLite), ``lock timeout`` (a server's) or ``in use`` (DROP DATABASE). ``holders`` are the lines that
    took what was out at that moment, ``units`` who did, in the same order; the first few."""

    database: int
    why: str
    holders: List[Place]
    units: List[Unit]
    place: Place
    unit: Unit


@fact
class HeldOpen(NamedTuple):
    """A connection or session that was taken during a test and is still open when that test has ended.

    ``holder`` is its number in this process; ``what`` is ``connection`` or ``session``; ``place`` is the line that took
    it (for a session: that began its transaction), ``unit`` who did.
    """

    nodeid: str
    holder: int
    database: int
    what: str
    in_transaction: bool
    place: Place
    unit: Unit


@fact
class HeldClosed(NamedTuple):
    """What a :class:`HeldOpen` named has been returned, closed or freed."""

    holder: int
    unit: Unit


@fact
class SessionShared(NamedTuple):
    """A session that one test used begins a transaction in another; emitted once a test. ``first`` is the test that
    used it first, and ``owner`` who did; ``place`` and ``unit`` are who uses it now."""

    session: int
    first: str
    place: Place
    unit: Unit
    owner: Unit = Unit()


@fact
class StatementFailed(NamedTuple):
    """A statement that the database refused; the first few different errors of each unit. ``error`` is the name of the
    driver's exception; ``mark`` identifies its message (see :func:`mark_of`), which may contain values."""

    database: int
    error: str
    mark: str
    place: Place
    unit: Unit


def mark_of(message: str) -> str:
    """A checksum of a message's first line: recognises the message without revealing it."""
    return "%08x" % zlib.crc32(message.partition("\n")[0].strip().encode("utf-8", "replace"))
