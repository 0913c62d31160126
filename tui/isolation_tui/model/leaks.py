"""Leaks: what was left behind, by whom, and who met it later; the one that did most harm first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place

if TYPE_CHECKING:
    from .run import Run
    from .tests import Test


@dataclass(eq=False, slots=True)
class Leak:
    """What one author left at one location.

    ``author`` is ``fixture customer``, a node id, or ``import``. ``location`` is ``engine.table`` for rows, else
    ``env:NAME``, ``global:mod.attr``...; ``what`` is ``rows`` or the kind of state. ``amount`` is the number of rows (0
    for other state). ``met`` is how many later tests started with it, ``readers`` those of them that read it (or, with
    ``maybe``, whose code may), ``victims`` the readers that failed; both in run order. ``keys`` are primary keys of the
    rows, as far as they are known.
    """

    author: str
    what: str
    location: str
    place: Place
    amount: int = 0
    met: int = 0
    inexact: bool = False
    maybe: bool = False
    keys: tuple[str, ...] = ()
    readers: list[Test] = field(default_factory=list)
    victims: list[Test] = field(default_factory=list)

    @property
    def benign(self) -> bool:
        """Nobody read it."""
        return not self.readers


def leaks(run: Run) -> list[Leak]:
    """All leaks, the one with most victims first, then most readers, then most tests that met it."""
    found = [
        Leak(tally.author, "rows", f"{tally.database}.{tally.table}", tally.place, tally.rows, tally.met, tally.inexact)
        for tally in run.residue.values()
    ]
    return sorted(found, key=lambda leak: (-len(leak.victims), -len(leak.readers), -leak.met, leak.author))
