"""Fold connections and sessions that were not given back, and calls on databases that failed or had no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..authors import author_of
from ..connections import (
    BlockedDrop,
    FailedStatement,
    FailedWait,
    HeldResource,
    NoOpDdl,
    ResourceHolder,
    SharedSession,
)
from .registry import folds

if TYPE_CHECKING:
    from ..run import Run, Worker


@folds(ev.HeldOpen)
def held_open(run: Run, worker: Worker, at: float, fact: ev.HeldOpen) -> None:
    test = run.tests.get(fact.nodeid)
    held = HeldResource(
        number=fact.holder,
        database=_label(worker, fact.database),
        what=fact.what,
        in_transaction=fact.in_transaction,
        place=fact.place,
        unit=fact.unit,
        worker=worker.name,
        test=test,
        life=worker.lives.get(fact.unit.life),
        author=author_of(run, worker.name, fact.unit, fact.place),
    )
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
    run.no_effects.append(
        NoOpDdl(
            database=_label(worker, fact.database),
            metadata=metadata.label if metadata is not None else "",
            call=fact.call,
            known=fact.known,
            place=fact.place,
            unit=fact.unit,
            worker=worker.name,
            standing=database.tables if database is not None else frozenset(),
        )
    )


@folds(ev.DropAwaited)
def drop_awaited(run: Run, worker: Worker, at: float, fact: ev.DropAwaited) -> None:
    run.awaited_drops.append(
        BlockedDrop(
            database=_label(worker, fact.database),
            holders=_holders(run, worker, fact.holders, fact.units),
            place=fact.place,
            unit=fact.unit,
            worker=worker.name,
        )
    )


@folds(ev.WaitedInVain)
def waited_in_vain(run: Run, worker: Worker, at: float, fact: ev.WaitedInVain) -> None:
    run.waited_in_vain.append(
        FailedWait(
            database=_label(worker, fact.database),
            why=fact.why,
            holders=_holders(run, worker, fact.holders, fact.units),
            place=fact.place,
            unit=fact.unit,
            worker=worker.name,
        )
    )


@folds(ev.SessionShared)
def session_shared(run: Run, worker: Worker, at: float, fact: ev.SessionShared) -> None:
    run.shared_sessions.append(
        SharedSession(
            session=fact.session,
            first=fact.first,
            place=fact.place,
            unit=fact.unit,
            worker=worker.name,
            life=worker.lives.get(fact.owner.life),
        )
    )


@folds(ev.StatementFailed)
def statement_failed(run: Run, worker: Worker, at: float, fact: ev.StatementFailed) -> None:
    database = worker.databases.get(fact.database)
    run.failed_statements.append(
        FailedStatement(
            database=database.label if database is not None else "",
            error=fact.error,
            mark=fact.mark,
            place=fact.place,
            unit=fact.unit,
            worker=worker.name,
            at=at,
        )
    )


def _holders(run: Run, worker: Worker, places: list[ev.Place], units: list[ev.Unit]) -> tuple[ResourceHolder, ...]:
    given = [*units, *[ev.Unit()] * len(places)]
    return tuple(
        ResourceHolder(author_of(run, worker.name, unit, place), place)
        for place, unit in zip(places, given, strict=False)
    )


def _label(worker: Worker, number: int) -> str:
    """The database's label; '' if nothing was ever sent to it."""
    database = worker.databases.get(number)
    return database.label if database is not None else f"database {number}" if number else ""
