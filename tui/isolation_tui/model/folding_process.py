"""Folding changes of the process's own state: what stands, and what each test found and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from .process import Reach, StateResidue

if TYPE_CHECKING:
    from .run import Run, Worker
    from .tests import Test


def state_changed(run: Run, worker: Worker, at: float, fact: ev.StateChanged) -> None:
    location = f"{fact.what}:{fact.name}"
    test = run.tests.get(fact.unit.nodeid)
    entry = StateResidue(
        fact.what, fact.name, fact.change, fact.unit, worker.name, at, fact.detail, tuple(fact.among), test
    )
    standing = dict(worker.state)  # tests keep the one they began with
    if fact.change == "restored":
        standing.pop(location, None)
    else:
        standing[location] = entry
    worker.state = standing
    if test is not None:
        test.state_changed.append(entry)


def state_in_reach(run: Run, worker: Worker, at: float, fact: ev.StateInReach) -> None:
    test = run.tests.get(fact.nodeid)
    if test is not None:
        places = [*fact.places, *[ev.Place()] * len(fact.names)]
        test.state_in_reach = tuple(Reach(name, place) for name, place in zip(fact.names, places, strict=False))


def test_started(worker: Worker, test: Test) -> None:
    test.state_found = worker.state
    test.state_changed.clear()
    test.state_in_reach = ()
