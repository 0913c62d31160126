"""Leaks: what was left behind, by whom, and who met it later; the one that did most harm first."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pytest_isolation.events import Place

from .authors import Author, author_of
from .leak import Leak
from .symptoms import came_of
from .table_leaks import leaks_of_tables

if TYPE_CHECKING:
    from .process_state import StateResidue
    from .rows import ResidueTotal
    from .run import Run, Worker
    from .test import Test


_KNOWN: WeakKeyDictionary[Run, tuple[int, list[Leak]]] = WeakKeyDictionary()
"""Of each run, as of a revision: several failure classes and two views ask for the same."""


def leaks(run: Run) -> list[Leak]:
    """All leaks, the one with most victims first, then most readers (the certain before others), then most tests that
    met it."""
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
    """Rows alone, in no order: those that escaped in one of these ways ('' for rows that did not), or all."""
    return [
        _of_rows(tally) for tally in run.residue.values() if tally.author.known and (ways is None or tally.way in ways)
    ]


def _harm(leak: Leak) -> tuple[int, int, int, int, str]:
    read = len(leak.readers)
    return (-len(leak.victims), 0 if leak.maybe else -read, -read, -leak.met, leak.author.label)


def _of_rows(tally: ResidueTotal) -> Leak:
    """Readers are those that read whatever stood there. Where all that is known of any is that they looked up rows that
    equal something, they are named with ``maybe``."""
    readers = [test for test, met in tally.readers.items() if met.read.how != "match"]
    return Leak(
        tally.author, "rows", f"{tally.database}.{tally.table}", tally.place, tally.rows,
        max(tally.met, len(tally.readers)), tally.inexact, bool(tally.readers) and not readers, tally.keys,
        tally.table, tally.way, readers or list(tally.readers),
        [test for test, met in tally.readers.items() if came_of(test, met)],
    )  # fmt: skip


def _of_state(run: Run) -> list[Leak]:
    """State of the process that stood when later tests began. Read is what tests have in reach: all that failed, and
    some of those that passed. What a wide fixture changed is meant to be so as long as it lives."""
    found: dict[tuple[Author, str], Leak] = {}
    alike: dict[int, list[Test]] = {}  # tests share what they found, so that it is looked at once
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
    """Connections and sessions that were never given back, by who took them, and where."""
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
    """How many tests its worker started later."""
    return max(len(worker.order) - test.position - 1, 0)
