"""Questions about one test: its fixtures, its tables, who is charged, where it failed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from pytest_isolation.events import Place, Unit

from .fixtures import FixtureLife
from .run import Run
from .tables import TableEvent, TableEventKind
from .test import Test


@dataclass(frozen=True, slots=True)
class FixtureUse:
    """A fixture life that served a test. ``others`` is the number of other tests that it served; ``new`` tells
    whether the test was its first."""

    life: FixtureLife
    new: bool
    others: int


@dataclass(frozen=True, slots=True)
class ModelsMet:
    """Names of tables in MetaData, seen from one test: ``kept`` were there before it, and stayed."""

    kept: tuple[str, ...]
    new: tuple[str, ...]
    refused: tuple[str, ...]
    cleared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A definition of a table that was refused. ``first`` is the valid registration (None if it was not seen),
    ``again`` is the refused one."""

    first: TableEvent | None
    again: TableEvent


def fixtures_used(test: Test) -> list[FixtureUse]:
    """The fixture lives that served it, and those whose set-up failed for it, the widest scope first."""
    lives = list(test.lives)
    failed = {phase.life for phase in test.phases if phase.life}
    for life in lives_asked_for(test, failed):
        if life not in lives:
            lives.append(life)
    uses = [FixtureUse(life, not life.users or life.users[0] is test, others_of(life, test)) for life in lives]
    return sorted(uses, key=lambda use: use.life.definition.width)


def lives_asked_for(test: Test, ids: set[int]) -> list[FixtureLife]:
    """Lives with these ids that were set up for the test, among those of the definitions that served it."""
    found: list[FixtureLife] = []
    for life in test.lives:
        found += [other for other in life.definition.lives if other.id in ids and other.asked_by is test]
    return found


def others_of(life: FixtureLife, test: Test) -> int:
    """The number of other tests that it served."""
    return len(life.users) - (test in life.users)


def failed_life(run: Run, test: Test) -> FixtureLife | None:
    """The fixture life that raised the test's failure; None if there is none."""
    failure = test.failure
    return run.life(test.worker, failure.life) if failure is not None and failure.life else None


def models_met(test: Test) -> ModelsMet:
    """Tables in MetaData that the test found, registered, was refused, and saw removed."""
    before = frozenset().union(*test.metadata_at_start.values()) if test.metadata_at_start else frozenset()
    by_kind = _tables_by_kind(test)
    new = by_kind.get(TableEventKind.REGISTERED, {})
    refused = by_kind.get(TableEventKind.REFUSED, {})
    cleared = {**by_kind.get(TableEventKind.CLEARED, {}), **by_kind.get(TableEventKind.REMOVED, {})}
    kept = sorted(before - set(new) - set(refused) - set(cleared))
    return ModelsMet(tuple(kept), tuple(new), tuple(refused), tuple(cleared))


def tables_touched(test: Test) -> dict[TableEventKind, tuple[str, ...]]:
    """Tables created and dropped in a database while it ran, each named once."""
    by_kind = _tables_by_kind(test)
    kinds = (TableEventKind.CREATED, TableEventKind.DROPPED)
    return {kind: tuple(by_kind[kind]) for kind in kinds if kind in by_kind}


def _tables_by_kind(test: Test) -> dict[TableEventKind, dict[str, None]]:
    tables: dict[TableEventKind, dict[str, None]] = {}
    for event in test.table_events:
        tables.setdefault(event.kind, {})[event.table] = None
    return tables


def refusals(run: Run, test: Test) -> list[Refusal]:
    """Every definition that was refused while it ran, with the registration that it met."""
    return [
        Refusal(run.table_history.registration(event), event)
        for event in test.table_events
        if event.kind is TableEventKind.REFUSED
    ]


def charged(run: Run, worker: str, unit: Unit) -> str:
    """Who is charged, in words: ``fixture sample_category``, ``the test's call``, ``import``."""
    life = run.life_of_unit(worker, unit)
    if life is not None:
        return f"fixture {life.name}" + (" (teardown)" if unit.step == "teardown" else "")
    if unit.nodeid and not unit.phase:
        return "the test"
    if unit.phase in ("import", "collect", ""):
        return "import"
    return f"the test's {unit.phase}" if unit.nodeid else unit.phase


def location(run: Run, test: Test) -> Place:
    """The line to look at first: the nearest line of the project that failed, else the test's own."""
    candidates: list[Place] = []
    failure = test.failure
    if failure is not None:
        candidates.append(failure.place)
        candidates += [place for refusal in refusals(run, test) for place in refusal.again.via]
        life = failed_life(run, test)
        if life is not None:
            candidates.append(life.definition.place)
    return next((place for place in candidates if own(run, place)), Place("", test.file, test.line))


def own(run: Run, place: Place) -> bool:
    """Whether the line belongs to the project, not to a library."""
    file = place.file.replace("\\", "/")
    inside = not run.rootdir or not file.startswith("/") or file.startswith(run.rootdir.rstrip("/") + "/")
    return bool(file) and inside and "/site-packages/" not in file and "/lib/python" not in file


def repeat_command(test: Test) -> str:
    """The command that runs just this test, quoted for a shell."""
    return f"python -m pytest {shlex.quote(test.nodeid)}"
