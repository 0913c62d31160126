"""An index of a run: during which test something was left, changed or held."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from ..model import Author, HeldResource, RowWrite, Run, Test, author_of

NEWEST = 3
"""How many tests are suspected of one thing: the latest first."""


class LeftDuring:
    """Answers which tests did something before a given one, on the same worker, the latest first."""

    def __init__(self, run: Run) -> None:
        self._by_author: dict[tuple[str, Author, str], list[Test]] = defaultdict(list)
        self._changed: dict[tuple[str, str, str], list[Test]] = defaultdict(list)
        self._inserted: dict[tuple[str, str, str], list[Test]] = defaultdict(list)
        self._held: dict[tuple[str, str], list[tuple[Test, HeldResource]]] = defaultdict(list)
        for worker in run.workers.values():
            for test in worker.order:
                for write in test.rows_written:
                    self._add_write(run, test, write)
                for change in test.state_changed:
                    if change.change != "restored" and change.author.known:
                        _add(self._by_author[test.worker, change.author, change.location], test)
                for held in test.held_open:
                    if not held.intended:
                        self._held[test.worker, held.database].append((test, held))

    def _add_write(self, run: Run, test: Test, write: RowWrite) -> None:
        if write.state == "rolled back":
            return
        table = (test.worker, write.database, write.table)
        if write.updated or write.deleted:
            _add(self._changed[table], test)
        if write.inserted:
            author = author_of(run, test.worker, write.unit)
            _add(self._by_author[test.worker, author, f"{write.database}.{write.table}"], test)
            _add(self._inserted[table], test)

    def by(self, author: Author, location: str, before: Test) -> Test | None:
        """The last test before ``before`` during which ``author`` left something at ``location``."""
        tests = self._by_author.get((before.worker, author, location), [])
        return next(iter(_latest(tests, before, 1)), None)

    def changed(self, database: str, table: str, before: Test) -> list[Test]:
        """The last tests that updated or deleted rows of the table."""
        return _latest(self._changed.get((before.worker, database, table), []), before)

    def inserted(self, database: str, table: str, before: Test) -> list[Test]:
        """The last tests during which rows were inserted there, whether they are there yet or not."""
        return _latest(self._inserted.get((before.worker, database, table), []), before)

    def holding(self, database: str, before: Test) -> list[tuple[Test, HeldResource]]:
        """What earlier tests took in this database and had not given back at their end."""
        held = self._held.get((before.worker, database), [])
        number = bisect_left(held, before.position, key=lambda each: each[0].position)
        return held[max(number - NEWEST, 0) : number][::-1]


def _add(tests: list[Test], test: Test) -> None:
    if not tests or tests[-1] is not test:
        tests.append(test)


def _latest(tests: list[Test], before: Test, most: int = NEWEST) -> list[Test]:
    number = bisect_left(tests, before.position, key=lambda test: test.position)
    return tests[max(number - most, 0) : number][::-1]
