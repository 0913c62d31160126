"""State of the process that differs from what it was: environment, configuration, module globals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, Unit

if TYPE_CHECKING:
    from .tests import Test


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

    @property
    def location(self) -> str:
        """``env:INVENTORY_CURRENCY``."""
        return f"{self.what}:{self.name}"


@dataclass(frozen=True, slots=True)
class Reach:
    """Changed state that a test's code may read: where it is mentioned in code that the test can reach."""

    location: str
    place: Place
