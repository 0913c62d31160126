"""The contract: what the suite's process says to whoever listens (:mod:`.encoding` writes its lines).

One fact a line, newline-delimited JSON (UTF-8, no newline inside a line). A line is one JSON object::

    {"kind": "TestStarted", "worker": "main", "at": 1763856000.123456, "nodeid": "tests/test_a.py::test_b", ...}

* ``kind`` is the name of a class below; the other keys are that class's fields. Nested :class:`Place` and
  :class:`Unit` values are arrays in field order.
* ``worker`` is ``main``, or pytest-xdist's ``gw0``, ``gw1``... Facts of the observer itself carry ``observer``.
* ``at`` is seconds since the epoch (float). Within one process it never goes backwards.

The first line of a connection is the handshake (:mod:`.encoding`); it is never recorded. A reader ignores
kinds and fields that it does not know; a field it misses has its default. ``PROTOCOL`` grows when that is not enough.

Facts are plain named tuples: built in half a microsecond, immutable, and the same on Python 3.9 and on the newest.
This module imports the standard library alone; both sides import it.
"""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Type

PROTOCOL = 1
"""Version of the lines written here. A reader refuses a larger one."""

SETTINGS_VARIABLE = "ISOLATION_TUI"
"""The one environment variable: a JSON object, see :mod:`pytest_isolation.settings`. Without it the plugin sleeps."""

OBSERVER = "observer"
"""The ``worker`` of facts that the observer states itself: the command, the output, the end of the process."""


class Place(NamedTuple):
    """A line of source: dotted module name, absolute file, line (1-based; 0 unknown), function."""

    module: str = ""
    file: str = ""
    line: int = 0
    function: str = ""


class Unit(NamedTuple):
    """Who stood on the stage when a fact happened, and is charged with it.

    ``life`` is the fixture life being set up or torn down (0: none, the test's own phase is charged).
    ``phase`` is ``import`` (plugin start to collection), ``collect``, ``setup``, ``call``, ``teardown`` or ``finish``.
    ``step`` tells for a fixture whether it was in ``setup`` or in ``teardown``; '' where no fixture is charged.
    """

    nodeid: str = ""
    phase: str = ""
    life: int = 0
    step: str = ""


# -- the session ------------------------------------------------------------------------------------------------


class Hello(NamedTuple):
    """First fact of every process. ``role``: ``main`` (the launched process) or ``worker`` (pytest-xdist's)."""

    protocol: int
    role: str
    pid: int
    python: str
    pytest: str
    platform: str = ""
    cwd: str = ""
    args: List[str] = []


class SessionStarted(NamedTuple):
    """pytest is configured. ``config_file`` is '' without one. ``worker_count`` is 0 without pytest-xdist. ``limits``:
    what this old a pytest cannot tell, in words, one line each."""

    rootdir: str
    config_file: str = ""
    worker_count: int = 0
    limits: List[str] = []


class LibraryArmed(NamedTuple):
    """The suite imported a library that a probe listens to (``sqlalchemy``, ``sqlalchemy.orm``)."""

    name: str
    version: str
    limits: List[str] = []


class Collected(NamedTuple):
    """A chunk of the collected node ids, in order; ``first`` is the index of the first of them."""

    first: int
    nodeids: List[str]


class Deselected(NamedTuple):
    nodeids: List[str]


class CollectionFailed(NamedTuple):
    """A module or directory that could not be collected: an error in pytest's count."""

    nodeid: str
    exception: str = ""
    message: str = ""
    place: Place = Place()
    traceback: str = ""


class CollectionFinished(NamedTuple):
    total: int


class SessionFinished(NamedTuple):
    """pytest's own end. Absent where the process was killed or left by ``os._exit``; None where pytest ended before it
    had a session (a usage error, a broken conftest)."""

    exit_status: Optional[int] = None


class Interrupted(NamedTuple):
    reason: str


class InternalError(NamedTuple):
    """pytest's INTERNALERROR: a plugin or pytest itself failed."""

    message: str
    traceback: str = ""


class WorkerCrashed(NamedTuple):
    """pytest-xdist lost a worker while it ran ``nodeid`` ('' unknown)."""

    lost: str
    nodeid: str = ""
    message: str = ""


# -- tests ------------------------------------------------------------------------------------------------------


class TestStarted(NamedTuple):
    """``attempt`` counts from 1 (plugins may rerun a test). ``line`` is 1-based, 0 unknown; ``file`` as pytest says it,
    relative to the rootdir."""

    nodeid: str
    attempt: int = 1
    file: str = ""
    line: int = 0


class PhaseFinished(NamedTuple):
    """One report: ``when`` is setup, call or teardown; ``outcome`` is passed, failed, skipped or rerun.

    ``duration`` in seconds. ``exception`` is the type's name, '' where nothing was raised. ``xfail`` is the reason
    where the test was expected to fail (may be ''), None elsewhere. ``uses`` are the fixture lives that the test had
    at the end of this phase and not before it. ``life`` is the fixture life that raised, 0 where it was the test or is
    not known. ``subtest`` describes the subtest that this report is of, None for the test itself.
    """

    nodeid: str
    attempt: int
    when: str
    outcome: str
    duration: float = 0.0
    exception: str = ""
    message: str = ""
    place: Place = Place()
    traceback: str = ""
    xfail: Optional[str] = None
    uses: List[int] = []
    life: int = 0
    subtest: Optional[str] = None


class WarningCaught(NamedTuple):
    """pytest recorded a warning. ``when`` is config, collect or runtest."""

    nodeid: str
    when: str
    category: str
    message: str
    file: str = ""
    line: int = 0


# -- fixtures ---------------------------------------------------------------------------------------------------


class FixtureDefined(NamedTuple):
    """Sent before the first life of a definition. ``definition`` is unique within the process.

    ``baseid`` is where pytest sees it from ('' rootdir conftest or plugin, a folder, ``file`` or ``file::Class``).
    ``internal`` marks pytest's own (xunit set-up, event loops).
    """

    definition: int
    name: str
    scope: str
    baseid: str
    place: Place
    arguments: List[str] = []
    internal: bool = False


class FixtureSetUp(NamedTuple):
    """A life began (or failed to). Sent when its set-up ended; ``began`` is when it started, ``at`` when it ended.

    ``nodeid`` asked first. ``parent`` is the life whose set-up asked for it by ``getfixturevalue`` (0: none);
    ``depends`` are the lives of its arguments. ``duration`` is its own time in seconds, without lives it caused.
    """

    life: int
    definition: int
    nodeid: str
    parameter: Optional[str] = None
    parent: int = 0
    depends: List[int] = []
    began: float = 0.0
    duration: float = 0.0
    exception: str = ""
    message: str = ""


class FixtureTornDown(NamedTuple):
    """A life ended. ``nodeid`` is the test during which it ended, '' after the last. ``duration`` of its teardown in
    seconds; None where the life never came to be or the time is not known."""

    life: int
    nodeid: str
    duration: Optional[float] = None


# -- SQLAlchemy: what models and MetaData hold --------------------------------------------------------------------


class MetadataSeen(NamedTuple):
    """A MetaData that holds tables of the suite. ``name`` is its bind key or '' (most have none)."""

    metadata: int
    name: str
    place: Place


class TableRegistered(NamedTuple):
    """A Table entered a MetaData. ``place`` is the innermost line outside libraries, ``via`` its callers, nearest
    first."""

    metadata: int
    table: str
    place: Place
    via: List[Place]
    unit: Unit


class ModelMapped(NamedTuple):
    """A class was mapped to a table; ``model`` is ``module.QualifiedName``."""

    metadata: int
    table: str
    model: str
    unit: Unit


class TableRefused(NamedTuple):
    """A second definition was refused: "Table ... is already defined for this MetaData instance"."""

    metadata: int
    table: str
    place: Place
    via: List[Place]
    unit: Unit


class TableRemoved(NamedTuple):
    metadata: int
    table: str
    place: Place
    unit: Unit


class MetadataCleared(NamedTuple):
    metadata: int
    tables: List[str]
    place: Place
    unit: Unit


class RegistryDisposed(NamedTuple):
    """``registry.dispose()`` or ``clear_mappers()``: mappings ended, tables stay in their MetaData."""

    models: List[str]
    place: Place
    unit: Unit


# -- SQLAlchemy: what the database holds --------------------------------------------------------------------------


class DatabaseSeen(NamedTuple):
    """A database that statements were sent to. ``url`` has no password in it; each in-memory SQLite database has a
    number of its own, whatever its URL."""

    database: int
    url: str
    dialect: str


class TablesCreated(NamedTuple):
    """Tables that one statement, or one ``create_all``, made. ``by``: ``orm`` (SQLAlchemy's DDL), ``sql`` (raw text) or
    ``rollback`` (a DROP that was rolled back)."""

    database: int
    tables: List[str]
    by: str
    place: Place
    unit: Unit


class TablesDropped(NamedTuple):
    """As :class:`TablesCreated`; ``rollback`` means a CREATE that was rolled back."""

    database: int
    tables: List[str]
    by: str
    place: Place
    unit: Unit


class TableSets(NamedTuple):
    """Names of the tables known at the ``edge`` (``start`` or ``end``) of a test, for those MetaData and databases in
    which they differ from what was last sent. A database's set is what DDL was seen to make of it: nobody asks it."""

    nodeid: str
    edge: str
    metadata: List[Tuple[int, List[str]]] = []
    database: List[Tuple[int, List[str]]] = []


class RowsWritten(NamedTuple):
    """What one unit did to the rows of one table: summed up when it left the stage, or when its transaction ended.

    ``state`` is ``committed``, ``rolled back`` or ``open``; where a transaction outlives its unit the rows are said to
    be open first, and what became of them comes with ``settled``. ``place`` is the line that wrote first.

    ``inserted``, ``updated`` and ``deleted`` are what was done, ``kept`` and ``taken`` what it comes to: how many of
    the unit's own rows stand, and how many of others' are gone (a deletion meets the unit's own rows first).
    ``emptied``: all rows that stood before are gone, however many (TRUNCATE). ``inexact``: the counts may be wrong.
    ``escape``: made permanent by the release of a savepoint inside a transaction, which no rollback undoes any more
    (SQLite's SAVEPOINT without BEGIN).
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


class DatabasesUsed(NamedTuple):
    """The databases that statements were sent to while a test was on the stage, whoever sent them. Said at its end."""

    nodeid: str
    databases: List[int]


class HoldersGone(NamedTuple):
    """MetaData and in-memory databases that the suite has let go of: nothing more will be said of them."""

    metadata: List[int] = []
    databases: List[int] = []


# -- about the stream itself --------------------------------------------------------------------------------------


class ProbeDisabled(NamedTuple):
    """A listener of ours failed; it says so once and is silent from then on."""

    probe: str
    why: str


class FactsDropped(NamedTuple):
    """How many facts this process could not send so far because the reader was too slow."""

    total: int


# -- stated by the observer ---------------------------------------------------------------------------------------


class RunStarted(NamedTuple):
    """The first line of a recording. ``fix`` tells whether the project's conftest fix stood applied;
    ``select`` are the node ids that the run was restricted to."""

    command: List[str]
    cwd: str
    python: str
    project: str = ""
    fix: bool = False
    tool: str = ""
    protocol: int = PROTOCOL
    select: List[str] = []


class Output(NamedTuple):
    """What pytest printed, as it came; may hold colour sequences."""

    text: str


class Disconnected(NamedTuple):
    """The connection of ``who`` ended; ``clean`` if it had sent its SessionFinished."""

    who: str
    clean: bool


class ProcessEnded(NamedTuple):
    """``status`` as a shell shows it: pytest's own, or minus the signal's number; ``stopped`` if we asked for it."""

    status: int
    stopped: bool = False


KINDS: Dict[str, Type[Any]] = {
    kind.__name__: kind
    for kind in (
        Hello, SessionStarted, LibraryArmed, Collected, Deselected, CollectionFailed, CollectionFinished,
        SessionFinished, Interrupted, InternalError, WorkerCrashed, TestStarted, PhaseFinished, WarningCaught,
        FixtureDefined, FixtureSetUp, FixtureTornDown, MetadataSeen, TableRegistered, ModelMapped, TableRefused,
        TableRemoved, MetadataCleared, RegistryDisposed, DatabaseSeen, TablesCreated, TablesDropped, TableSets,
        RowsWritten, DatabasesUsed, HoldersGone, ProbeDisabled, FactsDropped, RunStarted, Output, Disconnected,
        ProcessEnded,
    )
}  # fmt: skip
"""Every kind of fact by its name on the wire."""
