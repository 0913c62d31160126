"""All leaks of a run: rows, tables, process state and connections, the most harmful first."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pytest_isolation.events import Place

from .authors import Author, author_of
from .leaks import Leak
from .symptoms import came_of
from .table_leaks import leaks_of_tables

if TYPE_CHECKING:
    from .process_state import StateResidue
    from .rows import ResidueTotal
    from .run import Run, Worker
    from .test import Test


_KNOWN: WeakKeyDictionary[Run, tuple[int, list[Leak]]] = WeakKeyDictionary()
"""The leaks of each run as of a revision: several failure classes and two views ask for them."""


def leaks(run: Run) -> list[Leak]:
    """All leaks of the run: most victims first, then most readers (certain ones before others), then most tests that
    met them."""
    revision = run.revision
    known = _KNOWN.get(run)
    if known is None or known[0] != revision:
        known = _KNOWN[run] = (revision, _leaks(run))
    return list(known[1])


def _leaks(run: Run) -> list[Leak]:
    found = leaks_of_rows(run)
    found += leaks_of_tables(run)
    found += _of_state(run)
    found += _of_holders(run)
    return sorted(found, key=_harm)


def leaks_of_rows(run: Run, ways: Collection[str] | None = None) -> list[Leak]:
    """Leaks of rows, in no order: all, or those committed in one of these ways ('' is a plain commit)."""
    return [
        _of_rows(tally) for tally in run.residue.values() if tally.author.known and (ways is None or tally.way in ways)
    ]


def _harm(leak: Leak) -> tuple[int, int, int, int, str]:
    read = len(leak.readers)
    return (-len(leak.victims), 0 if leak.maybe else -read, -read, -leak.met, leak.author.label)


def _of_rows(tally: ResidueTotal) -> Leak:
    """Readers are tests that read whole tables or keys. If all of them only looked up rows by their values, they are
    readers with ``maybe``."""
    readers = [test for test, met in tally.readers.items() if met.read.how != "match"]
    return Leak(
        tally.author,
        "rows",
        f"{tally.database}.{tally.table}",
        tally.place,
        amount=tally.rows,
        met=max(tally.met, len(tally.readers)),
        inexact=tally.inexact,
        maybe=bool(tally.readers) and not readers,
        keys=tally.keys,
        table=tally.table,
        way=tally.way,
        readers=readers or list(tally.readers),
        victims=[test for test, met in tally.readers.items() if came_of(test, met)],
    )


def _of_state(run: Run) -> list[Leak]:
    """State of the process that later tests started with. Readers are tests whose code mentions it: all that failed,
    and some of those that passed. The changes of a wide fixture are intended until it is torn down."""
    found: dict[tuple[Author, str], Leak] = {}
    readers = _readers_of_state(run)
    started: dict[str, list[Test]] = defaultdict(list)
    for test in run.order:
        started[test.worker].append(test)
    for worker in run.workers.values():
        tests = sorted(started[worker.name], key=_start)
        for entry in worker.leftover_state:
            met = _starts_with(run, entry, tests)
            if met:
                leak = _leak_of(entry, found)
                leak.met += len(met)
                mentions = readers.get((worker.name, entry.location), [])
                reading = mentions[bisect_left(mentions, tests[met.start].latest.start, key=_start) :]
                reading = reading[: bisect_right(reading, tests[met.stop - 1].latest.start, key=_start)]
                leak.readers += reading
                leak.victims += [test for test in reading if test.failure is not None]
    for worker in run.workers.values():
        for entry in worker.state.values():
            _leak_of(entry, found)
    return list(found.values())


def _starts_with(run: Run, entry: StateResidue, tests: list[Test]) -> range:
    """Which of the worker's tests, in the order of their latest starts, started with the change."""
    life = run.life_of_unit(entry.worker, entry.unit)
    begin = bisect_left(tests, entry.found_from, key=_start)
    end = len(tests) if entry.found_until is None else bisect_left(tests, entry.found_until, key=_start)
    if life is not None and life.definition.scope != "function":
        if life.torn_down is None:
            return range(0)
        begin = max(begin, bisect_left(tests, life.torn_down, key=lambda test: test.latest.started))
    return range(begin, end)


def _readers_of_state(run: Run) -> dict[tuple[str, str], list[Test]]:
    """(worker, location) -> the tests whose code mentions it, in the order of their latest starts."""
    readers: dict[tuple[str, str], dict[Test, None]] = defaultdict(dict)
    for test in run.order:
        for reach in test.state_in_reach:
            readers[test.worker, reach.location][test] = None
    return {key: sorted(tests, key=_start) for key, tests in readers.items()}


def _start(test: Test) -> int:
    return test.latest.start


def _leak_of(entry: StateResidue, found: dict[tuple[Author, str], Leak]) -> Leak:
    author = entry.author
    leak = found.get((author, entry.location))
    if leak is None:
        place = entry.life.definition.place if entry.life is not None else Place()
        leak = found[author, entry.location] = Leak(author, entry.what, entry.location, place, maybe=True)
    return leak


def _of_holders(run: Run) -> list[Leak]:
    """Connections and sessions that were never returned, by author and line."""
    found: dict[tuple[Author, str, Place], Leak] = {}
    for worker in run.workers.values():
        for held in worker.held.values():
            if held.test is None:
                continue
            author = author_of(run, held.worker, held.unit, held.place)
            what = "open transaction" if held.in_transaction else f"open {held.what}"
            leak = found.setdefault(
                (author, what, held.place), Leak(author, what, f"{held.database}:{held.what}", held.place)
            )
            leak.amount += 1
            leak.met = max(leak.met, _after(worker, held.test))
    return list(found.values())


def _after(worker: Worker, test: Test) -> int:
    """How many tests its worker started afterwards."""
    return max(len(worker.order) - test.position - 1, 0)
