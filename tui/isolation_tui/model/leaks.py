"""Leaks: what was left behind, by whom, and who met it later; the one that did most harm first."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pytest_isolation.events import Place

from .symptoms import came_of
from .tables import TableEvent, TableEventKind

if TYPE_CHECKING:
    from .process import StateResidue
    from .rows import Tally
    from .run import Run, Worker
    from .tests import Test


@dataclass(eq=False, slots=True)
class Leak:
    """What one author left at one location.

    ``author`` is ``fixture customer``, a node id, ``import``, or ``unknown``. ``location`` is ``engine.table`` for
    rows, else ``env:NAME``, ``global:mod.attr``...; ``what`` is ``rows`` or the kind of state. ``amount`` is the number
    of rows (0 for other state). ``met`` is how many later tests started with it, ``readers`` those of them that read it
    (or, with ``maybe``, whose code may), ``victims`` the readers that failed, and in a way that may come of it; both in
    run order. ``keys`` are primary keys of the rows, as far as they are known.
    """

    author: str
    what: str
    location: str
    place: Place
    amount: int = 0
    met: int = 0
    inexact: bool = False
    maybe: bool = False
    keys: tuple[str, ...] = ()
    table: str = ""
    """Its own name, where rows or a table are left: a name may hold dots, so the location does not tell it."""
    way: str = ""
    """How rows escaped what was to undo them; see the contract's RowsWritten."""
    readers: list[Test] = field(default_factory=list)
    victims: list[Test] = field(default_factory=list)

    @property
    def benign(self) -> bool:
        """Nobody read it."""
        return not self.readers


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
    found += _of_tables(run)
    found += _of_state(run)
    found += _of_holders(run)
    return sorted(found, key=_harm)


def leaks_of_rows(run: Run, ways: Collection[str] | None = None) -> list[Leak]:
    """Rows alone, in no order: those that escaped in one of these ways ('' for rows that did not), or all."""
    return [_of_rows(tally) for tally in run.residue.values() if tally.author and (ways is None or tally.way in ways)]


def _harm(leak: Leak) -> tuple[int, int, int, int, str]:
    read = len(leak.readers)
    return (-len(leak.victims), 0 if leak.maybe else -read, -read, -leak.met, leak.author)


def _of_rows(tally: Tally) -> Leak:
    """Readers are those that read whatever stood there. Where all that is known of any is that they looked up rows that
    equal something, they are named with ``maybe``."""
    readers = [test for test, met in tally.readers.items() if met.read.how != "match"]
    return Leak(
        tally.author, "rows", f"{tally.database}.{tally.table}", tally.place, tally.rows,
        max(tally.met, len(tally.readers)), tally.inexact, bool(tally.readers) and not readers, tally.keys,
        tally.table, tally.way, readers or list(tally.readers),
        [test for test, met in tally.readers.items() if came_of(test, met)],
    )  # fmt: skip


@dataclass(slots=True)
class _Span:
    """A table from its creation to its drop, in seconds since the epoch."""

    made: TableEvent
    until: float = math.inf


def _of_tables(run: Run) -> list[Leak]:
    """Tables that later tests read although only another test, or a fixture they do not have, had made them."""
    spans: dict[tuple[str, str, str], list[_Span]] = {}
    for event in run.table_events:
        key = (event.worker, event.holder, event.table)
        if event.kind is TableEventKind.CREATED:
            spans.setdefault(key, []).append(_Span(event))
        elif event.kind is TableEventKind.DROPPED and key in spans:
            spans[key][-1].until = event.at
    found: dict[tuple[str, str], Leak] = {}
    for test in run.order:
        for database, table in test.tables_read:
            earlier = (each for each in reversed(spans.get((test.worker, database, table), ())))
            span = next((each for each in earlier if each.made.at < test.started), None)
            author = _maker(run, span.made, test) if span is not None and span.until > test.started else ""
            if span is None or not author:
                continue
            location = f"{database}.{table}"
            leak = found.setdefault((author, location), Leak(author, "table", location, span.made.place, table=table))
            leak.met += 1
            leak.readers.append(test)
    return list(found.values())


def _maker(run: Run, made: TableEvent, reader: Test) -> str:
    """Who made a table for himself alone; '' where it was meant for others, like this reader, too."""
    life = run.life_of_unit(made.worker, made.unit)
    if life is None:
        return made.unit.nodeid if made.unit.phase in ("setup", "call", "teardown") and not made.unit.life else ""
    wide = life.definition.scope != "function"
    if wide and (life.torn_down is None or life.torn_down > reader.started):
        return ""
    return "" if any(own.definition is life.definition for own in reader.lives) else life.author


def _of_state(run: Run) -> list[Leak]:
    """State of the process that stood when later tests began. Read is what tests have in reach: all that failed, and
    some of those that passed. What a wide fixture changed is meant to be so as long as it lives."""
    found: dict[tuple[str, str], Leak] = {}
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


def _leak_of(entry: StateResidue, found: dict[tuple[str, str], Leak]) -> Leak:
    author = entry.author or "unknown"  # during one of several tests
    leak = found.get((author, entry.location))
    if leak is None:
        place = entry.life.definition.place if entry.life is not None else Place()
        leak = found[author, entry.location] = Leak(author, entry.what, entry.location, place, maybe=True)
    return leak


def _of_holders(run: Run) -> list[Leak]:
    """Connections and sessions that were never given back, by who took them, and where."""
    found: dict[tuple[str, str, Place], Leak] = {}
    for worker in run.workers.values():
        for held in worker.held.values():
            if held.test is None:
                continue
            life = run.life_of_unit(held.worker, held.unit)
            author = life.author if life is not None else held.unit.nodeid
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
