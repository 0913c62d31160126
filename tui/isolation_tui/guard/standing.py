"""Which tables stand because of whom: in databases, and in MetaData. A fold beside the model's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pytest_isolation.events import Place, Unit

Where = tuple[int, str]
"""Number of the database or MetaData, and the table."""


@dataclass(frozen=True, slots=True)
class Made:
    """By whom a table was made, or taken away: then ``before`` is who had made it (None: nobody saw it made)."""

    unit: Unit
    place: Place
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
            put_back = gone.before if gone is not None else None
            self.present[holder, table] = put_back or Made(unit, place)
            self.fresh.add((holder, table))

    def taken(self, holder: int, tables: Iterable[str], unit: Unit, place: Place) -> None:
        for table in tables:
            before = self.present.pop((holder, table), None)
            if before is not None:
                self.missing[holder, table] = Made(unit, place, before)
                self.fresh.add((holder, table))

    def forget(self, holder: int) -> None:
        """The database or MetaData is no more."""
        for tables in (self.present, self.missing):
            for where in [where for where in tables if where[0] == holder]:
                del tables[where]
