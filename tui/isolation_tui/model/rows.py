"""Rows in databases, as each question needs them.

:class:`RowWrite` is what a unit did, :class:`RowsAtStart` what a test started with, :class:`ResidueRead` what it read
of others, :class:`TableBeforeFirstWrite` what explains its ids, :class:`RowsLeft` what remained of it, and
:class:`ResidueTotal` what one author left over the whole run. The rows that are there now are in :mod:`.ledger`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, Unit

from .authors import Author

if TYPE_CHECKING:
    from .test import Test


@dataclass(frozen=True, slots=True)
class AuthorShare:
    """The number of rows in a table that belong to one author."""

    author: Author
    rows: int
    place: Place
    intended: bool
    way: str = ""


@dataclass(frozen=True, slots=True)
class RowsAtStart:
    """The rows in a table when a test started. ``shares`` are the authors with most rows, ``others`` counts further
    authors. ``intended`` of the ``rows`` belong to a wide fixture that was not torn down."""

    database: str
    table: str
    rows: int
    intended: int
    shares: tuple[AuthorShare, ...]
    others: int
    inexact: bool

    @property
    def dirty(self) -> bool:
        """Whether there were leftover rows among them."""
        return self.rows > self.intended


@dataclass(frozen=True, slots=True)
class TableRead:
    """A table that a test read, with the unit and line of its first read in the strongest way. ``inexact``: a view may
    hide others. ``how`` and ``emptied`` as in the contract's TablesRead."""

    database: str
    table: str
    unit: Unit
    place: Place
    inexact: bool = False
    how: str = "scan"
    emptied: bool = False


@dataclass(frozen=True, slots=True)
class ResidueRead:
    """Leftover rows of others in a table that a test read. ``shares`` are by author, the oldest rows first; ``others``
    counts authors that are not named. ``intended``: rows of a wide fixture that was not torn down were there too."""

    read: TableRead
    shares: tuple[AuthorShare, ...]
    others: int
    intended: bool
    inexact: bool
    since: float
    """When the oldest of them were written."""

    @property
    def rows(self) -> int:
        return sum(share.rows for share in self.shares)


@dataclass(frozen=True, slots=True)
class TableBeforeFirstWrite:
    """A table before a test wrote to it first: how many rows of others were there, how many had been inserted since it
    was created, and the author and line of the first of those."""

    standing: int
    inserted: int
    author: Author
    place: Place


@dataclass(frozen=True, slots=True)
class RowWrite:
    """What one unit did to one table during a test. ``state`` is committed, rolled back or open."""

    database: str
    table: str
    inserted: int
    updated: int
    deleted: int
    state: str
    unit: Unit
    place: Place
    inexact: bool
    escape: bool
    way: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowsLeft:
    """Rows of a test, or of a fixture that served it alone, that remain when it has ended."""

    database: str
    table: str
    author: Author
    rows: int
    place: Place
    inexact: bool
    open: bool
    escape: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """A real count of a table at the end of a test that wrote to it, and the ledger's number: rows written and not
    deleted, and those from before the suite. ``counted`` is None if the database could not be asked; ``why_not`` says
    why."""

    database: str
    table: str
    ledger: int
    counted: int | None
    why_not: str = ""

    @property
    def agrees(self) -> bool | None:
        return None if self.counted is None else self.counted == self.ledger


@dataclass(eq=False, slots=True)
class ResidueTotal:
    """The rows that one author left in one table over a run, and how many tests started with them (``met``)."""

    author: Author
    database: str
    table: str
    place: Place
    rows: int = 0
    met: int = 0
    inexact: bool = False
    way: str = ""
    keys: tuple[str, ...] = ()
    readers: dict[Test, ResidueRead] = field(default_factory=dict, repr=False)
    """Tests that read the table while these rows were there, in that order."""
