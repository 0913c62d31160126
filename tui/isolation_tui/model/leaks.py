"""Leaks: what one author left behind at one location."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place

from .authors import Author

if TYPE_CHECKING:
    from .test import Test


@dataclass(eq=False, slots=True)
class Leak:
    """What one author left at one location, and the tests that met it.

    ``location`` is ``engine.table`` for rows and tables, ``metadata.table`` for what is in a MetaData, else
    ``env:NAME``, ``global:mod.attr``...;
    ``what`` is ``rows``, ``table``, ``metadata`` or the kind of state. ``amount`` is the number of rows (0 for other
    state). ``met`` is how many later tests started with it, ``readers`` those of them that read it (or, with ``maybe``,
    whose code may), ``victims`` the readers that failed as if by it; both in run order. ``keys``
    are primary keys of the rows, as far as they are known.
    """

    author: Author
    what: str
    location: str
    place: Place
    amount: int = 0
    met: int = 0
    inexact: bool = False
    maybe: bool = False
    keys: tuple[str, ...] = ()
    table: str = ""
    """The name of the table, for rows and tables: it may contain dots, so it cannot be cut from the location."""
    way: str = ""
    """How rows escaped the rollback; see the contract's RowsWritten."""
    readers: list[Test] = field(default_factory=list)
    victims: list[Test] = field(default_factory=list)

    @property
    def thing(self) -> str:
        """What was left, in words; for rows, the table."""
        if self.what == "table":
            return f"table {self.table}"
        if self.what == "metadata":
            return f"{self.table} in MetaData {self.location.removesuffix(f'.{self.table}')}"
        return self.table if self.what == "rows" else self.location

    @property
    def benign(self) -> bool:
        """Whether no later test read it."""
        return not self.readers
