"""Leaks of tables: in a database, or in a MetaData, that other tests use as well."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .authors import UNKNOWN, Author, author_of
from .leaks import Leak
from .tables import IMPORTED, TableEvent, TableEventKind

if TYPE_CHECKING:
    from .fixtures import FixtureLife
    from .run import Run
    from .test import Test

_GONE = (TableEventKind.DROPPED, TableEventKind.REMOVED, TableEventKind.CLEARED)
_REFUSED = "is already defined for this MetaData instance"


@dataclass(slots=True)
class _Span:
    """A table from its creation until it was gone, in seconds since the epoch."""

    made: TableEvent
    until: float


_Spans = dict[tuple[str, str, str], list[_Span]]
"""(worker, holder, table) -> the spans of that table there, in the order of time."""


def leaks_of_tables(run: Run) -> list[Leak]:
    """Tables that later tests found in their database or MetaData, although only another test, or a fixture that they
    do not use, had made them. Those that no test read are benign."""
    return [*_in_databases(run), *_in_metadata(run)]


def _in_databases(run: Run) -> Iterable[Leak]:
    spans = _spans(run, TableEventKind.CREATED)
    users: dict[tuple[str, str], list[Test]] = defaultdict(list)
    for test in run.order:
        for database in test.databases_used:
            users[test.worker, database].append(test)
    found = _Found(run, "table", users)
    for kept in spans.values():
        for span in kept:
            found.add_if_met(span)
    for test in run.order:
        for (database, table), read in test.tables_read.items():
            earlier = (each for each in reversed(spans.get((test.worker, database, table), ())))
            last = next((each for each in earlier if each.made.at < test.started), None)
            if last is not None and last.until > test.started and not (read.emptied and last.until <= test.ended):
                found.read(last, test)
    return found.leaks.values()


def _in_metadata(run: Run) -> Iterable[Leak]:
    """Tables that an import defines are no leaks, nor are those in a MetaData that only one test uses."""
    spans = _spans(run, TableEventKind.REGISTERED)
    everybody: dict[tuple[str, str], list[Test]] = defaultdict(list)
    by_name: dict[str, Test] = {}
    for test in run.order:
        everybody[test.worker, ""].append(test)
        by_name[test.nodeid] = test
    concerned: dict[tuple[str, str, float], set[str]] = defaultdict(set)
    for event in run.table_events:
        if event.kind in (TableEventKind.REGISTERED, TableEventKind.REFUSED):
            concerned[event.worker, event.holder, run.table_history.holder_end(event)].add(event.unit.nodeid)
    found = _Found(run, "metadata", everybody)
    standing: dict[tuple[str, str], list[_Span]] = defaultdict(list)
    for (worker, holder, table), kept in spans.items():
        for span in kept:
            shared = len(concerned[worker, holder, run.table_history.holder_end(span.made)]) > 1
            if shared and span.made.place.function != IMPORTED and found.add_if_met(span):
                standing[worker, table].append(span)
    own = {(event.unit.nodeid, event.table) for event in run.table_events if event.kind is TableEventKind.REGISTERED}
    for event, span in _meetings(run, standing):
        reader = by_name.get(event.unit.nodeid)
        # A test with such a table in its own MetaData creates that one.
        if reader is None or (event.kind is TableEventKind.CREATED and (reader.nodeid, event.table) in own):
            continue
        found.read(span, reader, event.kind is TableEventKind.REFUSED and _was_refused(reader))
    return found.leaks.values()


def _was_refused(test: Test) -> bool:
    """Whether it failed with that error, not with an assertion about it."""
    failure = test.failure
    return failure is not None and failure.exception.endswith("InvalidRequestError") and _REFUSED in failure.message


def _meetings(run: Run, standing: dict[tuple[str, str], list[_Span]]) -> Iterator[tuple[TableEvent, _Span]]:
    """Later definitions that were refused, and creations of the table, with the definition that was there then."""
    for event in run.table_events if standing else ():
        made = event.kind is TableEventKind.CREATED and event.by == "orm"
        if not made and event.kind is not TableEventKind.REFUSED:
            continue
        for span in standing.get((event.worker, event.table), ()):
            if span.made.at < event.at < span.until and (made or span.made.holder == event.holder):
                yield event, span


def _spans(run: Run, made: TableEventKind) -> _Spans:
    spans: _Spans = {}
    for event in run.table_events:
        if event.kind is not made and event.kind not in _GONE:
            continue
        known = spans.setdefault((event.worker, event.holder, event.table), [])
        if known:  # made again, so it was gone before, unseen
            known[-1].until = min(known[-1].until, event.at)
        if event.kind is made:
            known.append(_Span(event, run.table_history.holder_end(event)))
    return spans


class _Found:
    """Leaks by author and location. ``users`` are the tests that may meet them, by worker and database ('' if all may),
    in the order they started."""

    def __init__(self, run: Run, what: str, users: dict[tuple[str, str], list[Test]]) -> None:
        self.leaks: dict[tuple[Author, str], Leak] = {}
        self._run = run
        self._what = what
        self._users = users
        self._starts = {key: [test.started for test in tests] for key, tests in users.items()}
        self._counted: dict[tuple[object, ...], int] = {}
        self._read: set[tuple[Author, str, str]] = set()

    def add_if_met(self, span: _Span) -> bool:
        """Add a leak if a later test started while the table was there; return whether one did."""
        key = (span.made.worker, span.made.holder if self._what == "table" else "")
        starts = self._starts.get(key, [])
        first, last = bisect_right(starts, span.made.at), bisect_left(starts, span.until)
        if (
            first < last
            and span.until == self._run.table_history.holder_end(span.made) < self._users[key][last - 1].ended
        ):
            last -= 1  # the holder ended during this test, which then uses another of that name
        if first >= last:  # most tables: dropped by the test that made them
            return False
        author, life = self._author(span.made)
        met = self._unserved(key, first, last, life) if author.known else 0
        if met:
            self._leak(author, span.made).met += met
        return met > 0

    def read(self, span: _Span, reader: Test, failed: bool = False) -> None:
        author, life = self._author(span.made)
        if not author.known or author.nodeid == reader.nodeid or (life is not None and _serves(life, reader)):
            return
        leak = self._leak(author, span.made)
        if (author, leak.location, reader.nodeid) not in self._read:
            self._read.add((author, leak.location, reader.nodeid))
            leak.readers.append(reader)
            leak.met = max(leak.met, len(leak.readers))
            if failed:
                leak.victims.append(reader)

    def _leak(self, author: Author, made: TableEvent) -> Leak:
        location = f"{made.holder}.{made.table}"
        leak = self.leaks.get((author, location))
        if leak is None:
            leak = self.leaks[author, location] = Leak(author, self._what, location, made.place, table=made.table)
        return leak

    def _author(self, made: TableEvent) -> tuple[Author, FixtureLife | None]:
        """Who made it, and in which life of a fixture; unknown where it was an import."""
        life = self._run.life_of_unit(made.worker, made.unit)
        if life is not None:
            return life.author, life
        by_test = made.unit.phase in ("setup", "call", "teardown") and not made.unit.life
        return author_of(self._run, made.worker, made.unit) if by_test else UNKNOWN, None

    def _unserved(self, key: tuple[str, str], first: int, last: int, life: FixtureLife | None) -> int:
        """How many of these users do not use the fixture that made the table."""
        if life is None:
            return last - first
        asked = (id(life), *key, first, last)
        if asked not in self._counted:
            self._counted[asked] = sum(not _serves(life, test) for test in self._users[key][first:last])
        return self._counted[asked]


def _serves(life: FixtureLife, test: Test) -> bool:
    """Whether the table is intended for the test, or the same fixture makes it again for the test."""
    if life.definition.scope != "function" and (life.torn_down is None or life.torn_down > test.started):
        return True
    return any(own.definition is life.definition for own in test.lives)
