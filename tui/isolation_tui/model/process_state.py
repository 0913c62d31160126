"""Changed state of the process: environment, configuration, module globals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, Unit

from .authors import UNKNOWN, Author
from .fixtures import FixtureLife
from .versions import Version, Versioned

if TYPE_CHECKING:
    from .test import Test

MOST_EARLIER = 10
"""How many earlier authors are kept of an object that is changed in place."""


@dataclass(eq=False, slots=True)
class StateResidue:
    """A change that was not restored. ``what`` and ``name`` as in the contract's StateChanged; ``test`` ran when it was
    seen, None at import; ``among`` are node ids of the tests that may have made it, if it is not known which."""

    what: str
    name: str
    change: str
    unit: Unit
    worker: str
    at: float
    detail: str = ""
    among: tuple[str, ...] = ()
    test: Test | None = field(default=None, repr=False)
    author: Author = UNKNOWN
    life: FixtureLife | None = field(default=None, repr=False)
    """The fixture life that made it; None if a test did."""
    in_place: bool = False
    earlier: tuple[StateResidue, ...] = field(default=(), repr=False)
    """If it is changed in place: changes of other authors that it may still contain, oldest first."""

    order: int = 0
    """Of its location among those that are changed: a later change of the same location keeps it."""
    found_from: int = -1
    """The number of the worker's first start that found it; -1 if none did yet."""
    found_until: int | None = None
    """The number of the worker's first start that did not find it any more."""

    @property
    def location(self) -> str:
        """``env:INVENTORY_CURRENCY``."""
        return f"{self.what}:{self.name}"

    @property
    def intended(self) -> bool:
        """Whether a wide fixture made it that is not torn down."""
        return self.life is not None and self.life.alive and self.life.definition.scope != "function"

    @property
    def first(self) -> StateResidue:
        """The oldest change that it may contain."""
        return self.earlier[0] if self.earlier else self

    @property
    def authors(self) -> tuple[Author, ...]:
        """Authors of all changes that it may contain, oldest first."""
        return tuple(dict.fromkeys([*(each.author for each in self.earlier), self.author]))


StateFound = Version[str, StateResidue, dict[str, StateResidue]]
"""Location -> its change, at one moment."""


def _in_order(changes: Iterable[tuple[str, StateResidue]]) -> dict[str, StateResidue]:
    return dict(sorted(changes, key=lambda each: each[1].order))


def nothing_changed() -> Versioned[str, StateResidue, dict[str, StateResidue]]:
    """Changed state of a process in which nothing is changed yet."""
    return Versioned(_in_order)


NOTHING_CHANGED: StateFound = nothing_changed().latest


@dataclass(frozen=True, slots=True)
class Reach:
    """Changed state that a test may read, and the line that mentions it in code that the test can reach."""

    location: str
    place: Place
