"""Fold fixtures: their definitions, and each life from set-up to teardown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_isolation import events as ev

from ..fixtures import Detached, FixtureDefinition, FixtureLife, FixtureValue
from . import process_state, rows
from .registry import folds

if TYPE_CHECKING:
    from ..run import Run, Worker


@folds(ev.FixtureDefined)
def fixture_defined(run: Run, worker: Worker, at: float, fact: ev.FixtureDefined) -> None:
    definition = FixtureDefinition(
        name=fact.name,
        scope=fact.scope,
        baseid=fact.baseid,
        place=fact.place,
        arguments=tuple(fact.arguments),
        internal=fact.internal,
    )
    # Each worker of pytest-xdist reports it; the run has it once.
    worker.definitions[fact.definition] = run.definitions.setdefault(definition.key, definition)


@folds(ev.FixtureSetUp)
def fixture_set_up(run: Run, worker: Worker, at: float, fact: ev.FixtureSetUp) -> None:
    definition = worker.definitions.get(fact.definition)
    if definition is None:  # its definition was among dropped facts
        return
    life = FixtureLife(
        id=fact.life,
        worker=worker.name,
        definition=definition,
        parameter=fact.parameter,
        asked_by=run.tests.get(fact.nodeid),
        parent=fact.parent,
        depends=tuple(fact.depends),
        began=fact.began / 1e6,
        set_up=at,
        setup_duration=fact.duration / 1e9,
        exception=fact.exception,
        message=fact.message,
    )
    worker.lives[fact.life] = life
    definition.lives.append(life)
    rows.fixture_known(run, worker, fact.life)


@folds(ev.FixtureTornDown)
def fixture_torn_down(run: Run, worker: Worker, at: float, fact: ev.FixtureTornDown) -> None:
    life = worker.lives.get(fact.life)
    if life is not None:
        rows.fixture_ended(run, worker, fact.life)
        process_state.fixture_ended(worker, life)
        life.torn_down = at
        life.teardown_duration = None if fact.duration is None else fact.duration / 1e9
        life.ended_by = run.tests.get(fact.nodeid)


@folds(ev.FixtureGave)
def fixture_gave(run: Run, worker: Worker, at: float, fact: ev.FixtureGave) -> None:
    life = worker.lives.get(fact.life)
    if life is not None:
        life.gave.append(FixtureValue(fact.what, fact.name, fact.lost))


@folds(ev.InstanceDetached)
def instance_detached(run: Run, worker: Worker, at: float, fact: ev.InstanceDetached) -> None:
    life = worker.lives.get(fact.life)
    if life is not None:
        life.detached.append(Detached(fact.model, fact.way, fact.place, fact.unit, at=at))
