"""Connections and sessions that were not given back, what they blocked, and calls on databases that failed or had no
effect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, Unit

from .authors import UNKNOWN, Author

if TYPE_CHECKING:
    from .fixtures import FixtureLife
    from .test import Test


@dataclass(eq=False, slots=True)
class HeldResource:
    """A connection or session taken during ``test`` and not given back by its end. ``life`` is the fixture that took
    it, None if a test did, or an import. ``closed_by`` is the unit during which it was given back later, None until
    then."""

    number: int
    database: str
    what: str
    in_transaction: bool
    place: Place
    unit: Unit
    worker: str
    test: Test | None = field(default=None, repr=False)
    life: FixtureLife | None = field(default=None, repr=False)
    author: Author = UNKNOWN
    closed_by: Unit | None = None

    @property
    def intended(self) -> bool:
        """Whether it is meant to stay open: a wide fixture holds it until its teardown, or an import took it."""
        life = self.life
        if life is None:
            return not self.unit.nodeid
        if life.definition.scope == "function":
            return False
        return life.alive or self.closed_by is not None

    @property
    def collected(self) -> bool:
        """Whether it was collected with the test's objects, before the next test started."""
        return self.closed_by is not None and self.closed_by.phase == "between"


@dataclass(frozen=True, slots=True)
class NoOpDdl:
    """A ``create_all`` that created nothing, or a ``drop_all`` that dropped nothing. ``known`` is the number of tables
    in its MetaData; ``standing`` are the tables that the database was known to have at that moment."""

    database: str
    metadata: str
    call: str
    known: int
    place: Place
    unit: Unit
    worker: str
    standing: frozenset[str] = frozenset()

    @property
    def reason(self) -> str:
        """Why: the MetaData was ``empty``, its tables were ``all there`` already, or ``none there`` to be dropped.
        SQLAlchemy looks before it acts, so no other reason is left."""
        if not self.known:
            return "empty"
        return "all there" if self.call == "create_all" else "none there"


@dataclass(frozen=True, slots=True)
class ResourceHolder:
    """Who holds what another one waits for, and the line that took it."""

    author: Author
    place: Place


@dataclass(frozen=True, slots=True)
class BlockedDrop:
    """A drop of tables while ``holders`` had transactions open on the same database."""

    database: str
    holders: tuple[ResourceHolder, ...]
    place: Place
    unit: Unit
    worker: str


@dataclass(frozen=True, slots=True)
class FailedWait:
    """A wait for something in use that ended in an error; ``why`` as in the contract's ``WaitedInVain``."""

    database: str
    why: str
    holders: tuple[ResourceHolder, ...]
    place: Place
    unit: Unit
    worker: str


@dataclass(frozen=True, slots=True)
class SharedSession:
    """A session that the test of ``unit`` used, and that the test ``first`` had used before. ``life`` is the fixture
    that used it first, None if a test did, or an import."""

    session: int
    first: str
    place: Place
    unit: Unit
    worker: str
    life: FixtureLife | None = field(default=None, repr=False)

    @property
    def intended(self) -> bool:
        """Whether it belongs to a wide fixture, which is meant to be shared."""
        return self.life is not None and self.life.definition.scope != "function"


@dataclass(frozen=True, slots=True)
class FailedStatement:
    """A statement that the database rejected. ``error`` is the exception's type, ``mark`` identifies its message;
    ``at`` is in seconds since the epoch."""

    database: str
    error: str
    mark: str
    place: Place
    unit: Unit
    worker: str
    at: float


def open_at_end(test: Test) -> list[HeldResource]:
    """What the test left open: neither a wide fixture's, nor collected with the test's objects."""
    return [held for held in test.held_open if not (held.intended or held.collected)]
