"""Tables, the MetaData and databases that hold them, and what happened to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import Enum
from heapq import heappop, heappush
from itertools import islice

from pytest_isolation.events import Place, Unit

from .versions import Version, Versioned


class TableEventKind(Enum):
    """What can happen to a table. The first five happen in a MetaData, the last two in a database."""

    REGISTERED = "registered"
    REFUSED = "refused"
    CLEARED = "cleared"
    REMOVED = "removed"
    DISPOSED = "disposed"
    CREATED = "created"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class TableEvent:
    """Something that happened to one table. ``holder`` is the label of the MetaData or database, ``at`` is in seconds
    since the epoch."""

    kind: TableEventKind
    table: str
    holder: str
    worker: str
    at: float
    place: Place
    via: tuple[Place, ...]
    unit: Unit
    by: str = ""
    """``orm``, ``sql`` or ``rollback`` for created and dropped."""


@dataclass(frozen=True, slots=True)
class RepeatedIndex:
    """A second index of the same ``name`` on a table. ``holder`` is the label of its MetaData."""

    name: str
    table: str
    holder: str
    worker: str
    at: float
    place: Place
    via: tuple[Place, ...]
    unit: Unit


TablesVersion = Version[str, bool, frozenset[str]]


def _names_of(entries: Iterable[tuple[str, bool]]) -> frozenset[str]:
    return frozenset(name for name, _ in entries)


def _no_names() -> Versioned[str, bool, frozenset[str]]:
    return Versioned(_names_of)


@dataclass(eq=False)
class Holder:
    """A MetaData or a database, with the tables that are in it."""

    id: int
    label: str
    _names: Versioned[str, bool, frozenset[str]] = field(default_factory=_no_names, init=False, repr=False)

    @property
    def tables(self) -> frozenset[str]:
        """Names of its tables now."""
        return self._names.latest.contents

    @property
    def version(self) -> TablesVersion:
        """Its tables now, for a test to keep: the same object until they change."""
        return self._names.latest

    def has(self, table: str) -> bool:
        return table in self._names.current

    def add(self, names: Collection[str]) -> None:
        for name in names:
            if name not in self._names.current:
                self._names.set(name, True)

    def remove(self, names: Collection[str]) -> None:
        for name in names:
            self._names.remove(name)

    def replace(self, names: Collection[str]) -> None:
        """These are its tables, whatever was recorded before."""
        self.add(names)
        if len(self._names.current) > len(names):
            self.remove(self._names.current.keys() - set(names))


@dataclass(eq=False)
class Metadata(Holder):
    """A MetaData of the suite's process. ``generation`` counts how often it was cleared."""

    place: Place = Place()  # noqa: RUF009 - it is immutable
    generation: int = 0


@dataclass(eq=False)
class Database(Holder):
    """A database that DDL was sent to; its tables are known from that DDL. ``maker`` made the engine that first used
    it."""

    dialect: str = ""
    maker: Unit = Unit()  # noqa: RUF009 - it is immutable


@dataclass(slots=True)
class Labels:
    """Labels of the MetaData, or of the databases, that one worker has: ``app.db``, ``app.db (2)``. A label that is
    free again goes to the next holder of that name."""

    _names: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Label in use -> its name and number."""
    _free: dict[str, list[int]] = field(default_factory=dict)
    """Name -> numbers below the highest that are free, the lowest first."""
    _highest: dict[str, int] = field(default_factory=dict)

    def assign(self, name: str) -> str:
        """A label that no other holder of this worker has."""
        while True:
            free = self._free.get(name)
            number = heappop(free) if free else self._highest.get(name, 0) + 1
            self._highest[name] = max(number, self._highest.get(name, 0))
            label = name if number == 1 else f"{name} ({number})"
            if label not in self._names:  # another name may read so
                self._names[label] = (name, number)
                return label

    def release(self, label: str) -> None:
        """The holder with this label no longer exists."""
        if label in self._names:
            name, number = self._names.pop(label)
            heappush(self._free.setdefault(name, []), number)


IMPORTED = "<module>"
"""The function name of a module's own code: what it registers stays registered, whichever test imports it first."""

OLDEST_KEPT, NEWEST_KEPT = 8, 32
"""Of how many MetaData or databases a test keeps the tables: a suite may make a new one for each of its tests."""


TablesHeld = dict[str, TablesVersion]
"""Label of a MetaData or database -> its tables at one moment."""


def tables_held(holders: dict[int, Metadata] | dict[int, Database]) -> TablesHeld:
    """Label -> tables, of the oldest and the newest holders."""
    numbers = list(islice(holders, OLDEST_KEPT))
    if len(holders) > OLDEST_KEPT:
        newest = min(NEWEST_KEPT, len(holders) - OLDEST_KEPT)
        numbers += list(islice(reversed(holders), newest))[::-1]
    return {holders[number].label: holders[number].version for number in numbers}


def in_memory(database: str) -> bool:
    """Whether a label is that of an in-memory SQLite database: each pool, or each connection, has its own."""
    dialect, _, rest = database.partition("://")
    path = rest.partition(" (")[0]
    return dialect.startswith("sqlite") and (path in ("", "/", "/:memory:") or "mode=memory" in path)
