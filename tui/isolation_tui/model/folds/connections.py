"""Folding connections and sessions that stay out, and calls on databases that did nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..authors import author_of
from ..connections import BlockedDrop, FailedWait, HeldResource, NoOpDdl, ResourceHolder, SharedSession
from .registry import folds

if TYPE_CHECKING:
    from ..run import Run, Worker


@folds(ev.HeldOpen)
def held_open(run: Run, worker: Worker, at: float, fact: ev.HeldOpen) -> None:
    test = run.tests.get(fact.nodeid)
    held = HeldResource(
        fact.holder, _database(worker, fact.database), fact.what, fact.in_transaction, fact.place, fact.unit,
        worker.name, test, worker.lives.get(fact.unit.life), author_of(run, worker.name, fact.unit, fact.place),
    )  # fmt: skip
    worker.held[fact.holder] = held
    if test is not None:
        test.held_open.append(held)


@folds(ev.HeldClosed)
def held_closed(run: Run, worker: Worker, at: float, fact: ev.HeldClosed) -> None:
    held = worker.held.pop(fact.holder, None)
    if held is not None:
        held.closed_by = fact.unit


@folds(ev.NothingDone)
def nothing_done(run: Run, worker: Worker, at: float, fact: ev.NothingDone) -> None:
    metadata, database = worker.metadata.get(fact.metadata), worker.databases.get(fact.database)
    label = metadata.label if metadata is not None else ""
    standing = database.tables if database is not None else frozenset()
    run.no_effects.append(
        NoOpDdl(
            _database(worker, fact.database), label, fact.call, fact.known, fact.place, fact.unit, worker.name, standing
        )
    )


@folds(ev.DropAwaited)
def drop_awaited(run: Run, worker: Worker, at: float, fact: ev.DropAwaited) -> None:
    holders = _holders(run, worker, fact.holders, fact.units)
    database = _database(worker, fact.database)
    places = tuple(fact.holders)
    run.awaited_drops.append(BlockedDrop(database, places, fact.place, fact.unit, worker.name, holders))


@folds(ev.WaitedInVain)
def waited_in_vain(run: Run, worker: Worker, at: float, fact: ev.WaitedInVain) -> None:
    holders = _holders(run, worker, fact.holders, fact.units)
    database = _database(worker, fact.database)
    run.waited_in_vain.append(FailedWait(database, fact.why, holders, fact.place, fact.unit, worker.name))


@folds(ev.SessionShared)
def session_shared(run: Run, worker: Worker, at: float, fact: ev.SessionShared) -> None:
    life = worker.lives.get(fact.owner.life)
    run.shared_sessions.append(SharedSession(fact.session, fact.first, fact.place, fact.unit, worker.name, life))


def _holders(run: Run, worker: Worker, places: list[ev.Place], units: list[ev.Unit]) -> tuple[ResourceHolder, ...]:
    given = [*units, *[ev.Unit()] * len(places)]
    return tuple(
        ResourceHolder(author_of(run, worker.name, unit, place), place)
        for place, unit in zip(places, given, strict=False)
    )


def _database(worker: Worker, number: int) -> str:
    """'' where nothing was ever sent to it."""
    database = worker.databases.get(number)
    return database.label if database is not None else f"database {number}" if number else ""
