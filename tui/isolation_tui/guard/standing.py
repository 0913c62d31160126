"""Which tables stand because of whom: in databases, and in MetaData. A fold beside the model's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_isolation.events import Place, Unit

Where = tuple[int, str]
"""Number of the database or MetaData, and the table."""


@dataclass(frozen=True, slots=True)
class Made:
    """By whom a table was made, or taken away: then ``before`` tells who had made it. ``last`` is who made it last: it
    may have been put back since it was first made, and is then its first maker's still."""

    unit: Unit
    place: Place
    last: Unit
    before: Made | None = None


class Standing:
    """``present`` are the tables that somebody was seen to make, ``missing`` those that were taken away since. A table
    that is made again is its first maker's still: it was put back. ``fresh`` is what changed since it was last
    emptied."""

    def __init__(self) -> None:
        self.present: dict[Where, Made] = {}
        self.missing: dict[Where, Made] = {}
        self.fresh: set[Where] = set()

    def made(self, holder: int, tables: Iterable[str], unit: Unit, place: Place) -> None:
        for table in tables:
            gone = self.missing.pop((holder, table), None)
            first = gone.before if gone is not None and gone.before is not None else Made(unit, place, unit)
            self.present[holder, table] = Made(first.unit, first.place, unit)
            self.fresh.add((holder, table))

    def taken(self, holder: int, tables: Iterable[str], unit: Unit, place: Place) -> None:
        for table in tables:
            before = self.present.pop((holder, table), None)
            if before is not None:
                self.missing[holder, table] = Made(unit, place, unit, before)
                self.fresh.add((holder, table))

    def forget(self, holder: int) -> None:
        """The database or MetaData is no more."""
        for tables in (self.present, self.missing):
            for where in [where for where in tables if where[0] == holder]:
                del tables[where]
