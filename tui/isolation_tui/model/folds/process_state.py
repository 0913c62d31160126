"""Fold the state of the process: what is changed, and what each test found and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..authors import UNKNOWN, author_of
from ..process_state import MOST_EARLIER, Reach, StateResidue
from .registry import folds

if TYPE_CHECKING:
    from ..fixtures import FixtureLife
    from ..run import Run, Worker


@folds(ev.StateChanged)
def state_changed(run: Run, worker: Worker, at: float, fact: ev.StateChanged) -> None:
    location = f"{fact.what}:{fact.name}"
    test = run.tests.get(fact.unit.nodeid)
    entry = StateResidue(
        what=fact.what,
        name=fact.name,
        change=fact.change,
        unit=fact.unit,
        worker=worker.name,
        at=at,
        detail=fact.detail,
        among=tuple(fact.among),
        test=test,
        author=UNKNOWN if fact.among else author_of(run, worker.name, fact.unit),
        life=worker.lives.get(fact.unit.life),
        in_place=fact.in_place,
    )
    before = worker.state.get(location)
    if before is not None and fact.in_place:
        entry.earlier = _earlier(before, entry)
    if fact.change == "restored":
        worker.state.pop(location, None)
        _end(worker, location)
    else:
        _add(worker, location, entry, before)
    if test is not None:
        test.state_changed.append(entry)


def _add(worker: Worker, location: str, entry: StateResidue, before: StateResidue | None) -> None:
    if before is None:
        worker.state_changes += 1
    entry.order = before.order if before is not None else worker.state_changes
    worker.state[location] = entry
    if entry.intended:
        worker.state_of_life.setdefault(entry.unit.life, {})[location] = None
        _end(worker, location)
    else:
        _begin(worker, location, entry)


def _begin(worker: Worker, location: str, entry: StateResidue) -> None:
    """Tests that start from now on find the change."""
    _end(worker, location)
    entry.found_from = worker.starts
    worker.leftover_state.append(entry)
    worker.state_met.set(location, entry)


def _end(worker: Worker, location: str) -> None:
    """Tests that start from now on find no change there."""
    entry = worker.state_met.current.get(location)
    if entry is not None:
        entry.found_until = worker.starts
        worker.state_met.remove(location)


def _earlier(before: StateResidue, entry: StateResidue) -> tuple[StateResidue, ...]:
    """Earlier changes that an object changed in place still contains, one for each author."""
    known = [*before.earlier, before]
    firsts = {each.author: each for each in reversed(known) if each.author != entry.author}
    return tuple(sorted(firsts.values(), key=lambda each: each.at)[:MOST_EARLIER])


@folds(ev.StateInReach)
def state_in_reach(run: Run, worker: Worker, at: float, fact: ev.StateInReach) -> None:
    test = run.tests.get(fact.nodeid)
    if test is not None:
        places = [*fact.places, *[ev.Place()] * len(fact.names)]
        test.latest.state_in_reach = tuple(Reach(name, place) for name, place in zip(fact.names, places, strict=False))


def fixture_ended(worker: Worker, life: FixtureLife) -> None:
    """What a wide fixture changed and did not restore is leftover state from now on."""
    for location in worker.state_of_life.pop(life.id, ()):
        entry = worker.state.get(location)
        if entry is not None and entry.life is life:
            _begin(worker, location, entry)
