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
    else:
        worker.state[location] = entry
    worker.state_met = None
    if test is not None:
        test.state_changed.append(entry)


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
    if life.definition.scope != "function" and any(entry.life is life for entry in worker.state.values()):
        worker.state_met = None


def state_met(worker: Worker) -> dict[str, StateResidue]:
    """What a test that starts now finds. Tests that start with the same share it."""
    if worker.state_met is None:
        worker.state_met = {place: entry for place, entry in worker.state.items() if not entry.intended}
    return worker.state_met
