"""What one author left behind at one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place

from .authors import Author

if TYPE_CHECKING:
    from .test import Test


@dataclass(eq=False, slots=True)
class Leak:
    """What one author left at one location.

    ``location`` is ``engine.table`` for
    rows and tables, ``metadata.table`` for what stands in a MetaData, else ``env:NAME``, ``global:mod.attr``...;
    ``what`` is ``rows``, ``table``, ``metadata`` or the kind of state. ``amount`` is the number of rows (0 for other
    state). ``met`` is how many later tests started with it, ``readers`` those of them that read it (or, with ``maybe``,
    whose code may), ``victims`` the readers that failed, and in a way that may come of it; both in run order. ``keys``
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
    """Its own name, where rows or a table are left: a name may hold dots, so the location does not tell it."""
    way: str = ""
    """How rows escaped what was to undo them; see the contract's RowsWritten."""
    readers: list[Test] = field(default_factory=list)
    victims: list[Test] = field(default_factory=list)

    @property
    def thing(self) -> str:
        """What it is, in words; of rows, their table."""
        if self.what == "table":
            return f"table {self.table}"
        if self.what == "metadata":
            return f"{self.table} in MetaData {self.location.removesuffix(f'.{self.table}')}"
        return self.table if self.what == "rows" else self.location

    @property
    def benign(self) -> bool:
        """Nobody read it."""
        return not self.readers
