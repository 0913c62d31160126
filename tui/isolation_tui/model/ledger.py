"""The ledger: the rows known to be in each table, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, RowsWritten, Unit

from .authors import UNKNOWN, Author
from .rows import AuthorShare, ResidueTotal, RowsAtStart

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
    total: ResidueTotal | None = field(default=None, repr=False)
    """What the author left in the table over the run; None until that is counted."""

    def charge(self, author: Author) -> None:
        """Name another author."""
        self.author, self.total = author, None

    @property
    def intended(self) -> bool:
        """Whether they belong to a wide fixture that is not torn down."""
        life = self.life
        return life is not None and life.alive and life.definition.scope != "function"


@dataclass(eq=False, slots=True)
class Leftovers:
    """The leftover rows in a table, as long as nothing changes them: what reads of them have in common."""

    entries: list[StandingRows]
    """Oldest first."""
    shares: tuple[AuthorShare, ...]
    """By author, the oldest rows first; of authors that are known."""
    unknown: int
    """How many authors are not in ``shares``."""
    intended: bool
    """Whether rows of a wide fixture that is not torn down are there too."""
    inexact: bool
    totals: list[ResidueTotal] | None = None
    """The totals of the authors in ``shares``; None until a test has read the rows."""


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
    start_totals: list[ResidueTotal] | None = None
    """The totals of the authors whose rows a test finds; None until a test has ended that found them."""
    _found: RowsAtStart | None = None
    _leftovers: Leftovers | None = None
    _writers: set[Test | None] | None = None

    def before_change(self, start: int) -> None:
        """Keep what the running test found; ``start`` is the number of tests that its worker has started."""
        if self.begun != start:
            self.at_start, self.begun = self.found(), start

    def refresh(self) -> None:
        """Its rows, or what is known of them, have changed."""
        self._found = self._leftovers = self._writers = self.start_totals = None

    def mark_inexact(self) -> None:
        """Something was written, and it is not known how much."""
        if not self.inexact:
            self.inexact = True
            self.refresh()

    def standing(self) -> list[StandingRows]:
        """Everything, oldest first."""
        return [*self.older.values(), *self.entries]

    def add(self, entry: StandingRows) -> None:
        self.refresh()
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
            if author is not entry.author:
                entry.charge(author)
            self.older[author] = entry
            return
        known.rows += entry.rows
        known.inexact = known.inexact or entry.inexact
        known.life = entry.life if entry.life is not None and entry.life.alive else known.life

    def remove(self, rows: int, test: Test | None, gone: Sequence[str] = ()) -> None:
        """Remove rows that another unit deleted: those whose keys are ``gone``, then those written during the same
        test, then the oldest. If only some rows of others are deleted, the entries they are taken from are a guess."""
        self.refresh()
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
        self.refresh()
        self.entries.clear()
        self.older.clear()
        self.inexact = False
        self.before = 0

    def close(self, unit: Unit) -> None:
        """The unit's transaction has ended: its open rows go, and those that were committed are recorded again."""
        kept = [entry for entry in self.entries if not (entry.open and entry.unit == unit)]
        if len(kept) < len(self.entries):
            self.entries = kept
            self.refresh()

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

    def leftovers(self, reader: Test) -> Leftovers | None:
        """What the test finds of others if it reads now, None if nothing. The same object as long as nothing changes,
        except for tests that wrote some of the rows."""
        if self._writers is None:
            self._writers = {entry.test for entry in self.standing()}
        if reader in self._writers:
            return self._leftovers_of(reader)
        if self._leftovers is None:
            self._leftovers = self._leftovers_of(reader)
        return self._leftovers

    def _leftovers_of(self, reader: Test) -> Leftovers | None:
        others = [entry for entry in self.standing() if entry.test is not reader]
        left = sorted((entry for entry in others if not entry.intended), key=_age)
        if not left:
            return None
        shares: dict[Author, AuthorShare] = {}
        for entry in left:
            known = shares.get(entry.author)
            if known is None:
                shares[entry.author] = AuthorShare(entry.author, entry.rows, entry.place, False, way=entry.way)
            else:
                number, way = known.rows + entry.rows, known.way or entry.way
                shares[entry.author] = AuthorShare(entry.author, number, known.place, False, way=way)
        named = tuple(share for share in shares.values() if share.author.known)
        return Leftovers(
            entries=left,
            shares=named,
            unknown=len(shares) - len(named),
            intended=len(left) < len(others),
            inexact=self.inexact or any(entry.inexact for entry in left),
        )


def _age(entry: StandingRows) -> float:
    return entry.at


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
