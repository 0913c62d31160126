"""State of the process that differs from what it was: environment, configuration, module globals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, Unit

from .authors import UNKNOWN, Author
from .fixtures import FixtureLife

if TYPE_CHECKING:
    from .test import Test

MOST_EARLIER = 10
"""How many earlier authors of what is changed in place are kept."""


@dataclass(eq=False, slots=True)
class StateResidue:
    """One change that stands. ``what`` and ``name`` as in the contract's StateChanged; ``test`` is the one on the stage
    when it was seen, None at import; ``among`` are node ids of the tests that may have made it, where that is not known
    more closely."""

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
    """The fixture life that made it; None where that was a test."""
    in_place: bool = False
    earlier: tuple[StateResidue, ...] = field(default=(), repr=False)
    """Where it is changed in place: those of other authors whose share may be in it yet, oldest first."""

    @property
    def location(self) -> str:
        """``env:INVENTORY_CURRENCY``."""
        return f"{self.what}:{self.name}"

    @property
    def intended(self) -> bool:
        """Whether a wide fixture made it that has not been torn down: it is meant to be so."""
        return self.life is not None and self.life.alive and self.life.definition.scope != "function"

    @property
    def first(self) -> StateResidue:
        """The oldest whose share may be in it."""
        return self.earlier[0] if self.earlier else self

    @property
    def authors(self) -> tuple[Author, ...]:
        """Everybody whose share may be in it, oldest first."""
        return tuple(dict.fromkeys([*(each.author for each in self.earlier), self.author]))


@dataclass(frozen=True, slots=True)
class Reach:
    """Changed state that a test's code may read: where it is mentioned in code that the test can reach."""

    location: str
    place: Place
