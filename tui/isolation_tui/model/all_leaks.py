"""All leaks of a run: rows, tables, process state and connections, the most harmful first."""

from __future__ import annotations

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
    alike: dict[int, list[Test]] = {}  # tests that found the same share one dictionary
    for test in run.order:
        alike.setdefault(id(test.state_found), []).append(test)
    for tests in alike.values():
        for location, entry in tests[0].state_found.items():
            life = run.life_of_unit(entry.worker, entry.unit)
            met = tests
            if life is not None and life.definition.scope != "function":
                met = [test for test in tests if life.torn_down is not None and life.torn_down <= test.started]
            if not met:
                continue
            leak = _leak_of(entry, found)
            leak.met += len(met)
            readers = [test for test in met if any(reach.location == location for reach in test.state_in_reach)]
            leak.readers += readers
            leak.victims += [test for test in readers if test.failure is not None]
    for worker in run.workers.values():
        for entry in worker.state.values():
            _leak_of(entry, found)
    return list(found.values())


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
