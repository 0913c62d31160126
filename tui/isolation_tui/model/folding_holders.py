"""Folding connections and sessions that stay out, and calls on databases that did nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from .holders import AwaitedDrop, Held, NoEffect, SharedSession

if TYPE_CHECKING:
    from .run import Run, Worker


def held_open(run: Run, worker: Worker, at: float, fact: ev.HeldOpen) -> None:
    test = run.tests.get(fact.nodeid)
    held = Held(
        fact.holder, _database(worker, fact.database), fact.what, fact.in_transaction, fact.place, fact.unit,
        worker.name, test,
    )  # fmt: skip
    worker.held[fact.holder] = held
    if test is not None:
        test.held_open.append(held)


def held_closed(run: Run, worker: Worker, at: float, fact: ev.HeldClosed) -> None:
    held = worker.held.pop(fact.holder, None)
    if held is not None:
        held.closed_by = fact.unit


def nothing_done(run: Run, worker: Worker, at: float, fact: ev.NothingDone) -> None:
    metadata = worker.metadata.get(fact.metadata)
    label = metadata.label if metadata is not None else ""
    run.no_effects.append(
        NoEffect(_database(worker, fact.database), label, fact.call, fact.known, fact.place, fact.unit, worker.name)
    )


def drop_awaited(run: Run, worker: Worker, at: float, fact: ev.DropAwaited) -> None:
    database = _database(worker, fact.database)
    run.awaited_drops.append(AwaitedDrop(database, tuple(fact.holders), fact.place, fact.unit, worker.name))


def session_shared(run: Run, worker: Worker, at: float, fact: ev.SessionShared) -> None:
    run.shared_sessions.append(SharedSession(fact.session, fact.first, fact.place, fact.unit, worker.name))


def _database(worker: Worker, number: int) -> str:
    database = worker.databases.get(number)
    return database.label if database is not None else f"database {number}"
