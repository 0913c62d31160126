"""Rows that stand in a database, and who left them there: the ledger as it adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_isolation.events import Place, RowsWritten, Unit

from .authors import UNKNOWN, Author

if TYPE_CHECKING:
    from .fixtures import FixtureLife
    from .test import Test

NEWEST_KEPT, OLDER_KEPT = 16, 32
"""How many entries of a table are kept one by one, and for how many authors older ones are added up."""
AUTHORS_NAMED = 3
"""How many authors a test remembers for a table that it found dirty."""
KEYS_KEPT = 10
"""How many primary keys of one author's rows in a table are kept."""


@dataclass(eq=False, slots=True)
class StandingRows:
    """Rows of one unit that stand in one table. ``life`` is the fixture that wrote them, ``test`` the test during which
    they were written; both None for imports. An entry that is ``older`` stands for several of its author's."""

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
    """Of the test, in which they were written."""
    author: Author = UNKNOWN
    way: str = ""
    """How they escaped what was to undo them; see the contract's RowsWritten."""
    keys: tuple[str, ...] = ()
    """Their primary keys, as far as they are known; the first few."""

    @property
    def intended(self) -> bool:
        """Rows of a fixture that serves several tests, for as long as it lives."""
        life = self.life
        return life is not None and life.alive and life.definition.scope != "function"


@dataclass(frozen=True, slots=True)
class AuthorShare:
    """How many rows of a table are one author's."""

    author: Author
    rows: int
    place: Place
    intended: bool
    way: str = ""


@dataclass(frozen=True, slots=True)
class RowsAtStart:
    """What stood in a table when a test started: ``shares`` are the authors with most rows, ``others`` counts the rest.
    ``intended`` of the ``rows`` are a living wide fixture's."""

    database: str
    table: str
    rows: int
    intended: int
    shares: tuple[AuthorShare, ...]
    others: int
    inexact: bool

    @property
    def dirty(self) -> bool:
        """Whether there is more than was meant to be."""
        return self.rows > self.intended


@dataclass(frozen=True, slots=True)
class TableRead:
    """A table that a test read, and the unit and line that did so first in the strongest way. ``inexact``: a view may
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
    """Rows of others that stood in a table when a test read it: ``shares`` by author, whose rows are the oldest first.
    ``others`` counts authors that are not named; ``intended`` tells whether rows of a living wide fixture stood
    beside them."""

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
    """What had become of a table before a test wrote to it first: how many rows of others stood there, how many were
    ever inserted since it was created, and by whom the first of them."""

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
    """Rows of a test, or of a fixture that served it alone, that stand when it has ended."""

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
    """A real count of a table, at the end of a test that wrote to it, beside what the ledger says: rows that stand, and
    those that were there before the suite. ``counted`` is None where nobody could be asked: ``why_not`` tells why."""

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
    """What one author left in one table in the course of a run, and how many tests started with it."""

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
    """Tests that read the table while these rows stood, in that order."""


@dataclass(eq=False)
class TableRows:
    """The rows known to stand in one table, by who wrote them, oldest first. Rows that were there before the suite are
    not known."""

    database: str
    table: str
    entries: list[StandingRows] = field(default_factory=list)
    older: dict[Author, StandingRows] = field(default_factory=dict)
    """Author -> what is left of entries that are not kept one by one."""
    inexact: bool = False
    """Something was written of which nobody knows how much."""
    begun: int = -1
    """The start, by the worker's count, after which it was changed first; ``at_start`` is what it was then."""
    at_start: RowsAtStart | None = None
    first: RowsWritten | None = None
    """The first to insert since it was created."""
    inserted: int = 0
    """How many rows were inserted since then, rolled back or not."""
    before: int | None = None
    """Rows that were there before the suite; None as long as nobody has counted."""
    _found: RowsAtStart | None = None

    def touch(self, start: int) -> None:
        """It is about to change; ``start`` counts the tests that its worker has started."""
        if self.begun != start:
            self.at_start, self.begun = self.found(), start
        self._found = None

    def forget(self) -> None:
        """Look again who of its authors is alive."""
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

    def take(self, rows: int, test: Test | None, gone: Sequence[str] = ()) -> None:
        """Somebody deleted rows that were not his own: those whose keys are ``gone``; else those written during the
        same test go first, then the oldest. Where others' rows go in part, whose they were is a guess."""
        for key in gone:
            rows -= self._take_key(key)
        mine = [entry for entry in self.entries if test is not None and entry.test is test]
        theirs = [entry for entry in self.standing() if entry not in mine]
        rows = _take(rows, mine, bool(gone))
        guess = 0 < rows < sum(entry.rows for entry in theirs) and len(theirs) > 1
        _take(rows, theirs, bool(gone))
        for entry in theirs if guess else ():
            entry.inexact = True
        self._sweep()

    def _take_key(self, key: str) -> int:
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
        """The unit's transaction has ended: what was open is so no more, and is told anew."""
        self.entries = [entry for entry in self.entries if not (entry.open and entry.unit == unit)]

    def _sweep(self) -> None:
        self.entries = [entry for entry in self.entries if entry.rows > 0]
        self.older = {author: entry for author, entry in self.older.items() if entry.rows > 0}

    def found(self) -> RowsAtStart | None:
        """What a test that starts now finds; None where nothing stands. The same object as long as nothing changes."""
        if self._found is None and (self.entries or self.older):
            shares: dict[Author, AuthorShare] = {}
            for entry in self.standing():
                known = shares.get(entry.author)
                rows = entry.rows + (known.rows if known is not None else 0)
                shares[entry.author] = AuthorShare(entry.author, rows, entry.place, entry.intended, entry.way)
            ordered = sorted(shares.values(), key=lambda share: (share.intended, -share.rows))
            self._found = RowsAtStart(
                self.database,
                self.table,
                sum(share.rows for share in ordered),
                sum(entry.rows for entry in self.standing() if entry.intended),
                tuple(ordered[:AUTHORS_NAMED]),
                max(len(ordered) - AUTHORS_NAMED, 0),
                self.inexact or any(entry.inexact for entry in self.standing()),
            )
        return self._found


def _take(rows: int, entries: list[StandingRows], keys_known: bool) -> int:
    """Take rows from the entries in turn; how many are still to be taken. ``keys_known``: they are none of those whose
    keys an entry holds."""
    for entry in entries:
        taken = min(entry.rows, rows)
        entry.rows -= taken
        if taken and not keys_known:
            entry.keys = ()  # nobody knows which
        rows -= taken
    return rows
