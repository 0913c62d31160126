"""What happened to tables: in a MetaData, and in a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from pytest_isolation.events import Place, Unit


class TableEventKind(Enum):
    """The house's words. The first five are about a MetaData, the last two about a database."""

    REGISTERED = "registered"
    REFUSED = "refused"
    CLEARED = "cleared"
    REMOVED = "removed"
    DISPOSED = "disposed"
    CREATED = "created"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class TableEvent:
    """One fact about one table. ``holder`` is the label of the MetaData or database; ``at`` seconds since the epoch."""

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
    """A table got a second index of one ``name``. ``holder`` is the label of its MetaData."""

    name: str
    table: str
    holder: str
    worker: str
    at: float
    place: Place
    via: tuple[Place, ...]
    unit: Unit


@dataclass(eq=False)
class Metadata:
    """A MetaData of the suite's process. ``tables`` is replaced, never changed: a test can keep the one it
    began with. ``generation`` counts how often it was cleared."""

    id: int
    label: str
    place: Place
    tables: frozenset[str] = frozenset()
    generation: int = 0


@dataclass(eq=False)
class Database:
    """A database that DDL went to; ``tables`` is what DDL was seen to make of it. ``maker`` made the engine that first
    spoke to it."""

    id: int
    label: str
    dialect: str
    tables: frozenset[str] = frozenset()
    maker: Unit = Unit()  # noqa: RUF009 - it cannot be changed


IMPORTED = "<module>"
"""The function that a module's own code stands in: what it registers is there for good, whoever imports it first."""

OLDEST_KEPT, NEWEST_KEPT = 8, 32
"""Of how many MetaData or databases a test remembers the tables: a suite may open a new one for each of its tests."""


def tables_held(holders: Mapping[int, Metadata] | Mapping[int, Database]) -> dict[str, frozenset[str]]:
    """Label -> tables, of the first and the latest holders."""
    numbers = list(islice(holders, OLDEST_KEPT))
    if len(holders) > OLDEST_KEPT:
        newest = min(NEWEST_KEPT, len(holders) - OLDEST_KEPT)
        numbers += list(islice(reversed(list(holders)), newest))[::-1]
    return {holders[number].label: holders[number].tables for number in numbers}
