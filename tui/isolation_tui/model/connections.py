"""Connections and sessions that are out when a test has ended, who stood in whose way, and calls that did nothing."""

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
    """A connection or session taken during ``test`` and still out at its end. ``life`` is the fixture that took it,
    None where a test did, or an import. ``closed_by`` is the unit during which it was given back, None as long as it
    is out."""

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
        """A fixture that serves several tests holds it for as long as it lives; so may what was imported."""
        life = self.life
        if life is None:
            return not self.unit.nodeid
        if life.definition.scope == "function":
            return False
        return life.alive or self.closed_by is not None

    @property
    def collected(self) -> bool:
        """Nobody gave it back, but it went with the test: before the next one began."""
        return self.closed_by is not None and self.closed_by.phase == "between"


@dataclass(frozen=True, slots=True)
class NoOpDdl:
    """A ``create_all`` that created nothing, or a ``drop_all`` that dropped nothing. ``known`` is how many tables its
    MetaData held; ``standing`` are tables that the database was known to have at that moment."""

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
    """Who took what stands in the way, and where."""

    author: Author
    place: Place


@dataclass(frozen=True, slots=True)
class BlockedDrop:
    """A drop that transactions held open by others stood in the way of; ``holders`` are the lines that took them,
    ``authors`` who did."""

    database: str
    holders: tuple[Place, ...]
    place: Place
    unit: Unit
    worker: str
    authors: tuple[ResourceHolder, ...] = ()


@dataclass(frozen=True, slots=True)
class FailedWait:
    """Somebody was told that something is in use; ``why`` is as in the contract's ``WaitedInVain``."""

    database: str
    why: str
    holders: tuple[ResourceHolder, ...]
    place: Place
    unit: Unit
    worker: str


@dataclass(frozen=True, slots=True)
class SharedSession:
    """A session that the test of ``unit`` used, and that ``first`` had used before it. ``life`` is the fixture that
    used it first, None where a test did, or an import."""

    session: int
    first: str
    place: Place
    unit: Unit
    worker: str
    life: FixtureLife | None = field(default=None, repr=False)

    @property
    def intended(self) -> bool:
        """It is a wide fixture's, which is meant to be shared."""
        return self.life is not None and self.life.definition.scope != "function"


def open_at_end(test: Test) -> list[HeldResource]:
    """What was taken for the test and is left open: neither a wide fixture's, nor gone with the test itself."""
    return [held for held in test.held_open if not (held.intended or held.collected)]
