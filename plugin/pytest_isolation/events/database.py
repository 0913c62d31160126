"""What databases hold: tables, rows, open transactions."""

import zlib
from typing import List, NamedTuple, Tuple

from .origin import Place, Unit
from .registry import fact


@fact
class DatabaseSeen(NamedTuple):
    """A database that statements were sent to. ``url`` has no password in it; each in-memory SQLite database has a
    number of its own, whatever its URL. ``maker`` made the engine that first spoke to it."""

    database: int
    url: str
    dialect: str
    maker: Unit = Unit()


@fact
class TablesCreated(NamedTuple):
    """Tables that one statement, or one ``create_all``, made. ``by``: ``orm`` (SQLAlchemy's DDL), ``sql`` (raw text) or
    ``rollback`` (a DROP that was rolled back)."""

    database: int
    tables: List[str]
    by: str
    place: Place
    unit: Unit


@fact
class TablesDropped(NamedTuple):
    """As :class:`TablesCreated`; ``rollback`` means a CREATE that was rolled back."""

    database: int
    tables: List[str]
    by: str
    place: Place
    unit: Unit


@fact
class TableSets(NamedTuple):
    """Names of the tables known at the ``edge`` (``start`` or ``end``) of a test, for those MetaData and databases in
    which they differ from what was last sent. A database's set is what DDL was seen to make of it: nobody asks it."""

    nodeid: str
    edge: str
    metadata: List[Tuple[int, List[str]]] = []
    database: List[Tuple[int, List[str]]] = []


@fact
class RowsWritten(NamedTuple):
    """What one unit did to the rows of one table: summed up when it left the stage, or when its transaction ended.

    ``state`` is ``committed``, ``rolled back`` or ``open``; where a transaction outlives its unit the rows are said to
    be open first, and what became of them comes with ``settled``. ``place`` is the line that wrote first.

    ``inserted``, ``updated`` and ``deleted`` are what was done, ``kept`` and ``taken`` what it comes to: how many of
    the unit's own rows stand, and how many of others' are gone (a deletion meets the unit's own rows first).
    ``emptied``: all rows that stood before are gone, however many (TRUNCATE). ``inexact``: the counts may be wrong.
    ``escape``: made permanent by the release of a savepoint inside a transaction, which no rollback undoes any more
    (SQLite's SAVEPOINT without BEGIN). ``way`` is how rows escaped what was to undo them: ``savepoint``, ``ddl`` (a DDL
    statement that commits by itself), ``beside`` (committed on another connection than the one whose transaction a
    fixture holds open around the test), ``thread`` (the same, on another thread). ``keys`` are primary keys of rows
    that stand, as far as they are known without a query, like ``id=3``; the first few. ``gone`` are those of all of
    others' rows that are ``taken``, or none.
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
    """The databases that statements were sent to while a test was on the stage, whoever sent them. Said at its end."""

    nodeid: str
    databases: List[int]


@fact
class HoldersGone(NamedTuple):
    """MetaData and in-memory databases that the suite has let go of: nothing more will be said of them."""

    metadata: List[int] = []
    databases: List[int] = []


@fact
class TablesRead(NamedTuple):
    """Tables that ``unit`` was the first to read in its test: each is said once a test, whatever the number of
    statements, and again only if it was read in a stronger way later.

    ``how``, the weakest first: ``match`` (rows that equal something: whose they are is not known), ``key`` (by a
    primary key that is not of a row which the test inserted), ``scan`` (whatever stands there, or fits a condition),
    ``clash`` (a write that a unique constraint refused). ``emptied``: the test itself had emptied the table before.
    ``inexact``: told from the statement's text, and nobody saw the table made: it may be a view, and hide others.
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
    """What a real count says when the test has ended (only where it was asked for): rows by table. ``why_not`` tells
    why nothing was counted, '' where it was."""

    nodeid: str
    database: int
    rows: List[Tuple[str, int]] = []
    why_not: str = ""


@fact
class NothingDone(NamedTuple):
    """A ``create_all`` that created nothing, or a ``drop_all`` that dropped nothing. ``call`` is which; ``known``
    is how many tables the MetaData held."""

    database: int
    metadata: int
    call: str
    known: int
    place: Place
    unit: Unit


@fact
class DropAwaited(NamedTuple):
    """Before tables are dropped: transactions that others hold open on the same database, which a server may wait for.
    ``holders`` are the lines that took them, ``units`` who did, in the same order."""

    database: int
    holders: List[Place]
    place: Place
    unit: Unit
    units: List[Unit] = []


@fact
class WaitedInVain(NamedTuple):
    """An error said that something is in use. ``why`` is ``pool`` (all connections of a pool are out), ``locked``
    (SQLite), ``lock timeout`` (a server's) or ``in use`` (DROP DATABASE). ``holders`` are the lines that took what was
    out at that moment, ``units`` who did, in the same order; the first few."""

    database: int
    why: str
    holders: List[Place]
    units: List[Unit]
    place: Place
    unit: Unit


@fact
class HeldOpen(NamedTuple):
    """A connection or a session that was taken during a test and is still out when that test has ended.

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
    """What was said to be held open has been given back, or was let go of."""

    holder: int
    unit: Unit


@fact
class SessionShared(NamedTuple):
    """A session that one test used begins a transaction in another; said once a test. ``first`` is the test that used
    it first, and ``owner`` who did; ``place`` and ``unit`` are who uses it now."""

    session: int
    first: str
    place: Place
    unit: Unit
    owner: Unit = Unit()


@fact
class StatementFailed(NamedTuple):
    """A statement that the database refused: the first few different errors of each unit. ``error`` is the name of the
    driver's exception; ``mark`` stands for its message (see :func:`mark_of`), which may hold values."""

    database: int
    error: str
    mark: str
    place: Place
    unit: Unit


def mark_of(message: str) -> str:
    """By what a message is told again where its first line is seen, without telling what it says."""
    return "%08x" % zlib.crc32(message.partition("\n")[0].strip().encode("utf-8", "replace"))
