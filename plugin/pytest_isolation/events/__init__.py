"""The contract: what the suite's process says to whoever listens (:mod:`.encoding` writes its lines).

Newline-delimited JSON (UTF-8, no newline inside a line). A line is an array: who says it, then one or more facts in the
order in which they came; each is the name of a class below, the moment, and the values of its fields in order::

    ["main", ["TestStarted", 1763856000123456, "test_a.py::test_b", 1, "test_a.py", 12], ...]

* Whoever says it is ``main``, or pytest-xdist's ``gw0``, ``gw1``... Facts of the observer itself carry ``observer``.
* Moments are whole microseconds since the epoch, and within one process never go backwards. Durations are whole
  nanoseconds. (To write a float takes five times as long.)
* Nested :class:`Place` and :class:`Unit` values are arrays in field order.

The first line of a connection is the handshake (:mod:`.encoding`); it is never recorded. A reader ignores kinds that it
does not know, and values beyond the fields that it knows; a field without a value has its default, so new ones come
last. ``PROTOCOL`` grows when that is not enough.

Facts are plain named tuples: built in half a microsecond, immutable, and the same on Python 3.9 and on the newest.
This package imports the standard library alone; both sides import it. A module for each thing that is told of; readers
take the names from here.
"""

from typing import Any, Dict, Type

from .database import (
    DatabaseSeen,
    DatabasesUsed,
    DropAwaited,
    HeldClosed,
    HeldOpen,
    HoldersGone,
    NothingDone,
    RowsCounted,
    RowsWritten,
    SessionShared,
    StatementFailed,
    TablesCreated,
    TablesDropped,
    TableSets,
    TablesRead,
    WaitedInVain,
    mark_of,
)
from .models import (
    IndexRepeated,
    InstanceDetached,
    MetadataCleared,
    MetadataSeen,
    ModelMapped,
    RegistryDisposed,
    TableRefused,
    TableRegistered,
    TableRemoved,
)
from .observer import (
    Disconnected,
    Output,
    ProcessEnded,
    RunStarted,
)
from .origin import (
    PROTOCOL,
    Place,
    Unit,
)
from .process import (
    StateChanged,
    StateInReach,
)
from .session import (
    Collected,
    CollectionFailed,
    CollectionFinished,
    Deselected,
    FactsDropped,
    Hello,
    InternalError,
    Interrupted,
    LibraryArmed,
    ProbeDisabled,
    SessionFinished,
    SessionStarted,
    WorkerCrashed,
)
from .tests import (
    FixtureDefined,
    FixtureGave,
    FixtureSetUp,
    FixtureTornDown,
    PhaseFinished,
    TestStarted,
    WarningCaught,
)

__all__ = [
    "KINDS",
    "OBSERVER",
    "PROTOCOL",
    "SETTINGS_VARIABLE",
    "Collected",
    "CollectionFailed",
    "CollectionFinished",
    "DatabaseSeen",
    "DatabasesUsed",
    "Deselected",
    "Disconnected",
    "DropAwaited",
    "FactsDropped",
    "FixtureDefined",
    "FixtureGave",
    "FixtureSetUp",
    "FixtureTornDown",
    "HeldClosed",
    "HeldOpen",
    "Hello",
    "HoldersGone",
    "IndexRepeated",
    "InstanceDetached",
    "InternalError",
    "Interrupted",
    "LibraryArmed",
    "MetadataCleared",
    "MetadataSeen",
    "ModelMapped",
    "NothingDone",
    "Output",
    "PhaseFinished",
    "Place",
    "ProbeDisabled",
    "ProcessEnded",
    "RegistryDisposed",
    "RowsCounted",
    "RowsWritten",
    "RunStarted",
    "SessionFinished",
    "SessionShared",
    "SessionStarted",
    "StateChanged",
    "StateInReach",
    "StatementFailed",
    "TableRefused",
    "TableRegistered",
    "TableRemoved",
    "TableSets",
    "TablesCreated",
    "TablesDropped",
    "TablesRead",
    "TestStarted",
    "Unit",
    "WaitedInVain",
    "WarningCaught",
    "WorkerCrashed",
    "mark_of",
]

SETTINGS_VARIABLE = "ISOLATION_TUI"
"""The one environment variable: a JSON object, see :mod:`pytest_isolation.settings`. Without it the plugin sleeps."""

OBSERVER = "observer"
"""The ``worker`` of facts that the observer states itself: the command, the output, the end of the process."""

KINDS: Dict[str, Type[Any]] = {
    kind.__name__: kind
    for kind in (
        Hello, SessionStarted, LibraryArmed, Collected, Deselected, CollectionFailed, CollectionFinished,
        SessionFinished, Interrupted, InternalError, WorkerCrashed, ProbeDisabled, FactsDropped, TestStarted,
        PhaseFinished, WarningCaught, FixtureDefined, FixtureSetUp, FixtureTornDown, FixtureGave, MetadataSeen,
        TableRegistered, ModelMapped, TableRefused, IndexRepeated, TableRemoved, MetadataCleared, RegistryDisposed,
        InstanceDetached, StatementFailed, DatabaseSeen, TablesCreated, TablesDropped, TableSets, RowsWritten,
        DatabasesUsed, HoldersGone, TablesRead, RowsCounted, NothingDone,
        DropAwaited, WaitedInVain, HeldOpen, HeldClosed, SessionShared, StateChanged, StateInReach, RunStarted, Output,
        Disconnected, ProcessEnded,
    )
}  # fmt: skip
"""Every kind of fact by its name on the wire."""
