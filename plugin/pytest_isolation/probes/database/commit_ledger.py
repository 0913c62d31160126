"""The ledger of one connection: rows written in its transaction and savepoints, until commit or rollback."""

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ...events import Place, Unit
from .primary_keys import MOST_KEYS

OPEN, COMMITTED, ROLLED_BACK = "open", "committed", "rolled back"

MOST_GONE = 20
"""How many deleted rows of other units are named by their keys."""

CellKey = Tuple[int, int, str]
"""(number of the unit, number of the database, table)."""


class Cell:
    """What one unit wrote into one table, on one level of one transaction. See :class:`..events.RowsWritten`."""

    __slots__ = (
        "database",
        "deleted",
        "emitted",
        "emptied",
        "gone",
        "inexact",
        "inserted",
        "into",
        "kept",
        "keys",
        "place",
        "state",
        "table",
        "taken",
        "turn",
        "unit",
        "unsure",
        "updated",
        "way",
    )

    def __init__(self, turn: int, database: int, table: str, unit: Unit, place: Place) -> None:
        self.turn, self.database, self.table, self.unit, self.place = turn, database, table, unit, place
        self.inserted = self.updated = self.deleted = self.kept = self.taken = 0
        self.inexact = self.emptied = self.emitted = self.unsure = False
        self.keys: Sequence[str] = ()
        """The first primary keys of ``kept``, as far as they are known."""
        self.gone: Sequence[str] = ()
        """The primary keys of ``taken``; none where not all of them are known."""
        self.way = ""
        self.state = OPEN
        self.into: Optional[Cell] = None
        """The cell that absorbed this one."""

    def insert(self, rows: int) -> None:
        self.inserted += rows
        self.kept += rows

    def know(self, keys: Sequence[str]) -> None:
        """The primary keys of rows just inserted."""
        self.keys = [*self.keys, *keys][:MOST_KEYS]

    def delete(self, rows: int, keys: Sequence[str] = ()) -> None:
        """``keys`` are those of all these rows, where they are known."""
        self.deleted += rows
        self._lose(rows, keys)

    def _lose(self, rows: int, gone: Sequence[str]) -> None:
        own = min(self.kept, rows)
        known = len(gone) == rows
        if own and known:
            mine = [key for key in gone if key in self.keys]
            if len(self.keys) == self.kept:
                own = len(mine)
            self.keys = [key for key in self.keys if key not in mine]
            gone = [key for key in gone if key not in mine]
        elif own:
            self.keys = ()  # it is not known which
        self.kept -= own
        self.taken += rows - own
        all_known = known and len(gone) == rows - own and len(self.gone) + len(gone) == self.taken <= MOST_GONE
        self.gone = [*self.gone, *gone] if all_known else ()

    def empty(self) -> None:
        """All rows of the table are gone; how many is not known."""
        self.kept = self.taken = 0
        self.keys = self.gone = ()
        self.emptied = True

    def drop(self) -> None:
        """The table itself was dropped, which is a fact of its own."""
        self.kept = self.taken = 0
        self.keys = self.gone = ()
        self.emptied = False

    def absorb(self, later: "Cell") -> None:
        """Add what the same unit did after this."""
        self.inserted += later.inserted
        self.updated += later.updated
        self.deleted += later.deleted
        if later.emptied:
            self.kept, self.taken, self.emptied = later.kept, later.taken, True
            self.keys, self.gone = later.keys, later.gone
        else:
            if later.taken:
                self._lose(later.taken, later.gone)
            self.kept += later.kept
            if later.keys:
                self.know(later.keys)
        self.inexact = self.inexact or later.inexact
        self.unsure = self.unsure or later.unsure
        later.into = self

    @property
    def now(self) -> "Cell":
        """This cell, or the one that absorbed it."""
        cell = self
        while cell.into is not None:
            cell = cell.into
        return cell

    @property
    def empty_handed(self) -> bool:
        return not (self.inserted or self.updated or self.deleted or self.emptied or self.inexact or self.unsure)


class Level:
    """The transaction itself (no name), or a savepoint within it."""

    __slots__ = ("cells", "name")

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.cells: Dict[CellKey, Cell] = {}


class Ledger:
    """``pool`` and ``connection`` are the ids of a pool and of the driver's connection. ``lite``: SQLite's own
    connection (1), one wrapped for asyncio (2), another database's (0).

    SQLite's ``total_changes`` counts every row that the connection ever wrote, also in raw cursors and triggers:
    ``expected`` is what it should be by our own count. Rows of a RETURNING are counted when they have been fetched.
    """

    __slots__ = (
        "aborted",
        "committing",
        "connection",
        "counted",
        "expected",
        "last",
        "levels",
        "lite",
        "number",
        "pool",
        "quick",
        "unsure",
        "way",
    )

    def __init__(self, number: int, pool: int, connection: int, lite: int) -> None:
        self.number, self.pool, self.connection, self.lite = number, pool, connection, lite
        self.levels = [Level()]
        self.committing = False
        """Whether a commit was announced; the driver is called after that."""
        self.way = ""
        """How what is being committed escapes its rollback; see :class:`..events.RowsWritten`."""
        self.aborted = False
        """PostgreSQL, after an error: a commit will undo what is pending."""
        self.quick: Optional[Tuple[str, Cell, str]] = None
        """(statement, cell, verb): that statement is counted there at once, as long as nothing else happens."""
        self.expected = 0
        self.counted: Any = None
        """Weak reference to the context whose insertmanyvalues were counted: it comes once for each batch."""
        self.unsure: Optional[Tuple[Cell, str]] = None
        """What the statement just sent wrote to, and its verb: how many rows it were will be known a little later."""
        self.last: Optional[Cell] = None

    def compare(self, total: int) -> None:
        """``total`` is the connection's ``total_changes``, at a moment when nothing is left to be fetched."""
        more = total - self.expected
        if self.unsure is not None:
            cell, verb = self.unsure
            self.unsure = None
            cell = cell.now
            cell.unsure = False
            add(cell, verb, more)
            cell.inexact = cell.inexact or cell.inserted < 0 or cell.deleted < 0
        elif more and self.last is not None:
            self.last.inexact = True
        self.expected = total

    # -- levels of the transaction --------------------------------------------------------------------------------

    def savepoint(self, name: str) -> None:
        self.levels.append(Level(name))
        self.quick = None

    def release(self, name: str) -> None:
        """The savepoint of that name, and those within it, become part of what is around them."""
        index = self._index(name)
        if index is None:
            return
        into = self.levels[index - 1].cells
        self.quick = None
        for level in self.levels[index:]:
            for key, cell in level.cells.items():
                known = into.get(key)
                if known is None:
                    into[key] = cell
                else:
                    known.absorb(cell)
                    cell.state = ""  # part of the other
        del self.levels[index:]

    def back_to(self, name: str) -> List[Cell]:
        """What is undone. The savepoint itself stays."""
        index = self._index(name)
        if index is None:
            return []
        undone = [cell for level in self.levels[index:] for cell in level.cells.values()]
        del self.levels[index + 1 :]
        self.levels[index].cells = {}
        self.quick = None
        return undone

    def _index(self, name: str) -> Optional[int]:
        for index in range(len(self.levels) - 1, 0, -1):
            if self.levels[index].name == name:
                return index
        return None

    def take_all(self) -> List[Cell]:
        """All cells, outermost level first; the ledger is empty again."""
        self.last = self.quick = None
        self.aborted = False
        if len(self.levels) == 1:
            cells, self.levels[0].cells = self.levels[0].cells, {}
            return list(cells.values())
        levels, self.levels = self.levels, [Level()]
        return [cell for level in levels for cell in level.cells.values()]

    @property
    def pending(self) -> bool:
        return len(self.levels) > 1 or bool(self.levels[0].cells)


def add(cell: Cell, verb: str, rows: int, keys: Sequence[str] = ()) -> None:
    """``keys`` are those of the rows deleted, where all are known."""
    if verb == "insert":
        cell.insert(rows)
    elif verb == "update":
        cell.updated += rows
    elif verb == "delete":
        cell.delete(rows, keys)
