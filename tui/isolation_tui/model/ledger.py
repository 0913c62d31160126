"""The ledger: the rows known to be in each table, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, RowsWritten, Unit

from .authors import UNKNOWN, Author
from .rows import AuthorShare, RowsAtStart

if TYPE_CHECKING:
    from .fixtures import FixtureLife
    from .test import Test

NEWEST_KEPT, OLDER_KEPT = 16, 32
"""How many entries of a table are kept one by one, and for how many authors older ones are added up."""
AUTHORS_NAMED = 3
"""How many authors a test keeps for a table that had leftover rows when it started."""
KEYS_KEPT = 10
"""How many primary keys of one author's rows in a table are kept."""


@dataclass(eq=False, slots=True)
class StandingRows:
    """Rows of one unit in one table. ``life`` is the fixture that wrote them, ``test`` the test during which they were
    written; both are None for imports."""

    unit: Unit
    place: Place
    at: float
    rows: int
    life: FixtureLife | None = field(default=None, repr=False)
    test: Test | None = field(default=None, repr=False)
    inexact: bool = False
    escape: bool = False
    open: bool = False
    """Its transaction has not ended."""
    attempt: int = 0
    """The test's attempt in which they were written."""
    author: Author = UNKNOWN
    way: str = ""
    """How they escaped the rollback that was meant to undo them; see the contract's RowsWritten."""
    keys: tuple[str, ...] = ()
    """Their first primary keys, as far as they are known."""

    @property
    def intended(self) -> bool:
        """Whether they belong to a wide fixture that is not torn down."""
        life = self.life
        return life is not None and life.alive and life.definition.scope != "function"


@dataclass(eq=False)
class TableRows:
    """The rows known to be in one table, by author, oldest first. Rows from before the suite are not known."""

    database: str
    table: str
    entries: list[StandingRows] = field(default_factory=list)
    older: dict[Author, StandingRows] = field(default_factory=dict)
    """Author -> the sum of entries that are not kept one by one."""
    inexact: bool = False
    """Something was written, and it is not known how much."""
    begun: int = -1
    """The number of the test, by the worker's count, that first changed it; ``at_start`` is what that test found."""
    at_start: RowsAtStart | None = None
    first: RowsWritten | None = None
    """The first insert since it was created."""
    inserted: int = 0
    """How many rows were inserted since then, rolled back or not."""
    before: int | None = None
    """The number of rows from before the suite; None until it was counted."""
    _found: RowsAtStart | None = None

    def before_change(self, start: int) -> None:
        """Keep what the running test found; ``start`` is the number of tests that its worker has started."""
        if self.begun != start:
            self.at_start, self.begun = self.found(), start
        self._found = None

    def refresh(self) -> None:
        """An author of its rows has become known."""
        self._found = None

    def standing(self) -> list[StandingRows]:
        """Everything, oldest first."""
        return [*self.older.values(), *self.entries]

    def add(self, entry: StandingRows) -> None:
        for known in reversed(self.entries):
            same = known.unit == entry.unit and known.life is entry.life and known.attempt == entry.attempt
            if same and known.open == entry.open:
                known.rows += entry.rows
                known.inexact, known.escape = known.inexact or entry.inexact, known.escape or entry.escape
                known.way, known.keys = known.way or entry.way, (*known.keys, *entry.keys)[:KEYS_KEPT]
                return
        self.entries.append(entry)
        if len(self.entries) > NEWEST_KEPT:
            oldest = next((each for each in self.entries if not each.open), self.entries[0])
            self.entries.remove(oldest)
            self._add_older(oldest)

    def _add_older(self, entry: StandingRows) -> None:
        author = entry.author if entry.author in self.older or len(self.older) < OLDER_KEPT else UNKNOWN
        known = self.older.get(author)
        if known is None:
            entry.author = author
            self.older[author] = entry
            return
        known.rows += entry.rows
        known.inexact = known.inexact or entry.inexact
        known.life = entry.life if entry.life is not None and entry.life.alive else known.life

    def remove(self, rows: int, test: Test | None, gone: Sequence[str] = ()) -> None:
        """Remove rows that another unit deleted: those whose keys are ``gone``, then those written during the same
        test, then the oldest. If only some rows of others are deleted, the entries they are taken from are a guess."""
        for key in gone:
            rows -= self._remove_key(key)
        mine = [entry for entry in self.entries if test is not None and entry.test is test]
        theirs = [entry for entry in self.standing() if entry not in mine]
        rows = _remove(rows, mine, bool(gone))
        guess = 0 < rows < sum(entry.rows for entry in theirs) and len(theirs) > 1
        _remove(rows, theirs, bool(gone))
        for entry in theirs if guess else ():
            entry.inexact = True
        self._sweep()

    def _remove_key(self, key: str) -> int:
        for entry in self.standing():
            if key in entry.keys:
                entry.rows -= 1
                entry.keys = tuple(known for known in entry.keys if known != key)
                return 1
        return 0

    def clear(self) -> None:
        self.entries.clear()
        self.older.clear()
        self.inexact = False
        self.before = 0

    def close(self, unit: Unit) -> None:
        """The unit's transaction has ended: its open rows go, and those that were committed are recorded again."""
        self.entries = [entry for entry in self.entries if not (entry.open and entry.unit == unit)]

    def _sweep(self) -> None:
        self.entries = [entry for entry in self.entries if entry.rows > 0]
        self.older = {author: entry for author, entry in self.older.items() if entry.rows > 0}

    def found(self) -> RowsAtStart | None:
        """What a test that starts now finds, None if nothing. The same object as long as nothing changes."""
        if self._found is None and (self.entries or self.older):
            shares: dict[Author, AuthorShare] = {}
            for entry in self.standing():
                known = shares.get(entry.author)
                rows = entry.rows + (known.rows if known is not None else 0)
                shares[entry.author] = AuthorShare(entry.author, rows, entry.place, entry.intended, way=entry.way)
            ordered = sorted(shares.values(), key=lambda share: (share.intended, -share.rows))
            self._found = RowsAtStart(
                database=self.database,
                table=self.table,
                rows=sum(share.rows for share in ordered),
                intended=sum(entry.rows for entry in self.standing() if entry.intended),
                shares=tuple(ordered[:AUTHORS_NAMED]),
                others=max(len(ordered) - AUTHORS_NAMED, 0),
                inexact=self.inexact or any(entry.inexact for entry in self.standing()),
            )
        return self._found


def _remove(rows: int, entries: list[StandingRows], keys_known: bool) -> int:
    """Remove rows from the entries in turn; return how many remain to be removed. ``keys_known``: the deleted rows are
    none of those whose keys an entry has."""
    for entry in entries:
        removed = min(entry.rows, rows)
        entry.rows -= removed
        if removed and not keys_known:
            entry.keys = ()  # it is not known which of them remain
        rows -= removed
    return rows
